package ledger_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
)

// The test binary plays a run in a process of its own when this names a folder.
const childVariable = "LEDGER_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		child(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// child writes steps until it is killed or cannot, and prints what it was
// promised: "intent 7", "outcome 7", "object 7", or the error.
func child(dir string) {
	location := "file:."
	if strings.HasPrefix(dir, "postgres://") {
		location, dir = dir, ""
	}
	l, err := ledger.Open(location, dir, ledger.Options{Lease: lease})
	stop(err)
	ctx := context.Background()
	w, err := l.Pool(poolID).Lock(ctx, ledger.Holder{Host: "here", PID: os.Getpid(), Run: "child", Since: time.Now()})
	stop(err)
	j, err := w.Begin(ctx, head("child"))
	stop(err)
	for i := 1; ; i++ {
		k := model.Key{Kind: model.Application, Name: strings.Repeat("a", 100) + strconv.Itoa(i)}
		n, err := j.Intent(ctx, ledger.Entry{Time: noon, Key: k, Action: "create"})
		stop(err)
		fmt.Println("intent", n)
		stop(j.Outcome(ctx, n, ledger.Outcome{Time: noon, Fate: ledger.Done, ID: "x"}))
		fmt.Println("outcome", n)
		stop(w.Save(ctx, ledger.Object{Key: k, ID: "x", Run: "child", At: noon}))
		fmt.Println("object", n)
	}
}

func stop(err error) {
	if err != nil {
		var e *ledger.Error
		if errors.As(err, &e) {
			fmt.Println("error", e.Code(), e)
		} else {
			fmt.Println("error", err)
		}
		os.Exit(0)
	}
}

// promised runs the child under a shell line that ends in "exec "$0"" and counts
// what it was promised; kill ends it after so many lines, 0 lets it end.
func promised(t *testing.T, dir, shell string, kill int) (counts map[string]int, failure string) {
	t.Helper()
	cmd := exec.Command("sh", "-c", shell, os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+dir)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	counts = map[string]int{}
	lines := bufio.NewScanner(out)
	for n := 1; lines.Scan(); n++ {
		what, rest, _ := strings.Cut(lines.Text(), " ")
		if what == "error" {
			failure = rest
			break
		}
		counts[what]++
		if n == kill {
			must(t, cmd.Process.Signal(syscall.SIGKILL))
		}
	}
	_ = cmd.Wait()
	return counts, failure
}

// keptAll checks that every promise was kept, and that the next run can go on.
func keptAll(t *testing.T, dir string, counts map[string]int) {
	t.Helper()
	p, _ := opened(t, dir)
	r, err := p.Run(t.Context(), "child")
	must(t, err)
	outcomes := len(r.Steps) - len(r.Open())
	objects, err := p.Objects(t.Context())
	must(t, err)
	if len(r.Steps) < counts["intent"] || outcomes < counts["outcome"] || len(objects) < counts["object"] {
		t.Errorf("promised %v; kept %d intents, %d outcomes, %d objects", counts, len(r.Steps), outcomes, len(objects))
	}
	if len(r.Open()) > 1 {
		t.Errorf("%d open steps of a run that takes one at a time", len(r.Open()))
	}
	w := lock(t, p)
	fates := map[int]ledger.Outcome{}
	for _, s := range r.Open() {
		fates[s.N] = ledger.Outcome{Time: noon, Fate: ledger.Absent}
	}
	must(t, w.Settle(t.Context(), "child", fates))
	must(t, w.Save(t.Context(), example(corp)))
	if left, err := p.Unfinished(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// TestKilledAnywhere kills a run after each of its first lines.
func TestKilledAnywhere(t *testing.T) {
	for kill := 1; kill <= 12; kill++ {
		dir := t.TempDir()
		counts, failure := promised(t, dir, `exec "$0"`, kill)
		if failure != "" || counts["intent"] == 0 {
			t.Fatalf("%v %s", counts, failure)
		}
		keptAll(t, dir, counts)
	}
}

// TestADiskThatFillsUp: the run is told at once, and what it was promised before
// is there. The limit is that of a file, which fails like a full disk.
func TestADiskThatFillsUp(t *testing.T) {
	dir := t.TempDir()
	counts, failure := promised(t, dir, `ulimit -f 16; exec "$0"`, 0)
	if counts["object"] < 5 || !strings.HasPrefix(failure, "IDP0413 the ledger cannot be written: "+dir) {
		t.Fatalf("%v %s", counts, failure)
	}
	// The half line that fitted is taken back: nothing is torn.
	p, told := opened(t, dir)
	r, err := p.Run(t.Context(), "child")
	must(t, err)
	must(t, lock(t, p).Release())
	if r.Torn || len(*told) > 0 {
		t.Errorf("torn: %v, told: %v", r.Torn, *told)
	}
	keptAll(t, dir, counts)
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	p, _ := opened(t, filepath.Join(file, "deep"))
	_, lockErr := p.Lock(t.Context(), ledger.Holder{PID: 1})
	for _, err := range []error{lockErr, p.LearnTraits(t.Context(), map[string]string{"a": "b"}, noon)} {
		var e *ledger.Error
		if !errors.As(err, &e) || e.Problem != ledger.Unwritable || e.Hint() == "" {
			t.Errorf("err = %v", err)
		}
	}
}

// TestAReadOnlyFolder needs a user whom permissions bind, and becomes one.
func TestAReadOnlyFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		asNobody(t)
		return
	}
	dir := lived(t)
	for _, d := range []string{filepath.Join(dir, poolID, "journal"), filepath.Join(dir, poolID)} {
		must(t, os.Chmod(d, 0o500))
		t.Cleanup(func() { _ = os.Chmod(d, 0o700) })
	}
	p, _ := opened(t, dir)
	if _, errs := readAll(t, p); len(errs) > 0 {
		t.Errorf("reading needs no writing: %v", errs)
	}
	_, err := p.Lock(t.Context(), ledger.Holder{PID: 1})
	var e *ledger.Error
	if !errors.As(err, &e) || e.Problem != ledger.Unwritable {
		t.Errorf("err = %v", err)
	}
}

// TestNobodyElseMayRead: what was applied is nobody's business.
func TestNobodyElseMayRead(t *testing.T) {
	dir := lived(t)
	for _, path := range append(files(t, dir), filepath.Join(dir, poolID), filepath.Join(dir, poolID, "journal"), filepath.Join(dir, poolID, "lock")) {
		info, err := os.Stat(path)
		must(t, err)
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %s", path, info.Mode())
		}
	}
}

// TestNoSecretOnTheDisk greps every file for a secret that was remembered.
func TestNoSecretOnTheDisk(t *testing.T) {
	for _, path := range files(t, lived(t)) {
		text, err := os.ReadFile(path)
		must(t, err)
		if strings.Contains(string(text), "canary") {
			t.Errorf("%s holds it", filepath.Base(path))
		}
	}
}

// TestALockThatIsTakenAway: a run whose lock file was deleted, beside which
// another may have begun, writes nothing more.
func TestALockThatIsTakenAway(t *testing.T) {
	dir := t.TempDir()
	p, _ := opened(t, dir)
	w := lock(t, p)
	j, err := w.Begin(t.Context(), head("r1"))
	must(t, err)
	must(t, os.Remove(filepath.Join(dir, poolID, "lock")))
	other, err := p.Lock(t.Context(), ledger.Holder{PID: 2})
	must(t, err)
	defer other.Release()
	var lost *ledger.LostError
	if _, err := j.Intent(t.Context(), ledger.Entry{Time: noon, Key: corp}); !errors.As(err, &lost) {
		t.Errorf("an intent was written: %v", err)
	}
	if err := w.Save(t.Context(), example(corp)); !errors.As(err, &lost) {
		t.Errorf("an object was written: %v", err)
	}
	must(t, other.Save(t.Context(), example(portal)))
	sameObjects(t, p, example(portal))
}

// TestAClockThatJumps: runs stay in the order in which they held the lock, and no
// intent is younger than nothing.
func TestAClockThatJumps(t *testing.T) {
	p, _ := opened(t, t.TempDir())
	for i, jump := range []time.Duration{0, -365 * 24 * time.Hour, 24 * time.Hour} {
		w := lock(t, p)
		h := head(fmt.Sprint("r", i))
		h.Time = noon.Add(jump)
		j, err := w.Begin(t.Context(), h)
		must(t, err)
		must(t, j.Close(t.Context(), ledger.Summary{Time: noon.Add(jump - time.Hour)}))
		must(t, w.Release())
	}
	runs, err := p.Runs(t.Context())
	if err != nil || len(runs) != 3 || runs[0].ID != "r2" || runs[2].ID != "r0" {
		t.Errorf("%+v, %v", runs, err)
	}
	r := ledger.Run{Steps: []ledger.Step{{Entry: ledger.Entry{Time: noon}, Outcome: &ledger.Outcome{Time: noon.Add(time.Minute)}}, {Entry: ledger.Entry{Time: noon}}}}
	if r.Silence(noon.Add(-time.Hour)) != 0 || r.Silence(noon.Add(time.Hour)) != 59*time.Minute {
		t.Error("silence", r.Silence(noon.Add(time.Hour)))
	}
}

// asNobody runs this test again in a process that owns nothing.
func asNobody(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "nobody")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	program, err := os.ReadFile(os.Args[0])
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "again"), program, 0o755))
	must(t, os.Chmod(dir, 0o777))
	again := exec.Command(filepath.Join(dir, "again"), "-test.run=^"+t.Name()+"$", "-test.v")
	again.Dir, again.Env = dir, []string{"TMPDIR=" + dir}
	again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := again.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}
