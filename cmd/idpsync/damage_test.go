//go:build unix

package main

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// fileLimit is how a test makes a child run out of disk: no file of its may
// grow over so many bytes.
const fileLimit = "TEST_FILE_LIMIT"

func init() {
	if n, err := strconv.ParseUint(os.Getenv(fileLimit), 10, 64); err == nil {
		_ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n})
	}
}

// ledgerCode is in every complaint about a ledger (spec 5, 04xx).
var ledgerCode = regexp.MustCompile(`IDP041\d`)

// small is a world with at least one of each kind.
func small() files {
	f := files{}
	f.provider("corp", "oidc")
	f.connection("corp-oidc", "corp", "oidc", object{"issuerUrl": "https://idp.example.com", "clientID": "a", "clientSecret": secretFrom("A_SECRET")})
	f.application("portal", object{"connections": []any{"corp-oidc"}, "mfa": object{"enabledFactors": []any{"OTP"}, "disabledFactors": []any{}}})
	f.application("side", object{})
	return f
}

// smallChanged asks for one change of each kind, and one more object.
func smallChanged() files {
	f := small()
	f.spec("connection/corp-oidc")["displayName"] = "Changed"
	f.spec("application/portal")["appName"] = "Changed"
	f.provider("more", "saml")
	return f
}

// remembering is a pool after two runs, the second of which was cut off after
// its first write, and the files that it was to carry out.
func remembering(t testing.TB) *faultCase {
	t.Helper()
	c := newFaultCase(t, nil, small(), t.TempDir())
	c.pool.env["IDPSYNC_LEDGER_KEY"] = "a key of the ledger, long enough to be none that is stretched"
	c.apply(t)
	c.files = smallChanged()
	c.pool.write("objects.yaml", c.files.documents()...)
	c.pool.control("POST", "faults", object{"faults": []string{"POST /api/v3/create-ext-idp #1 kill"}}, nil)
	if code, errs := c.pool.command(nil, "apply", "--yes", "--parallelism", "1", "-t", "pool"); code != 5 {
		t.Fatalf("the run that is cut off: exit %d\n%s", code, errs)
	}
	c.pool.restart()
	return c
}

// ledgerFiles are what the ledger keeps, as paths below the project.
func (c *faultCase) ledgerFiles(t testing.TB) (names []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(c.pool.dir, ".idpsync"), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && !strings.Contains(e.Name(), "lock") {
			names = append(names, path)
		}
		return err
	})
	if err != nil || len(names) < 3 {
		t.Fatalf("%v, %v", names, err)
	}
	return names
}

// TestDamagedLedger cuts each file of a ledger and changes bytes of it. Either
// the next apply says so, exits 1 and asks for no write, and moving the ledger
// away is the cure; or the damage is what a kill leaves behind, and the apply
// does what it would have done.
func TestDamagedLedger(t *testing.T) {
	t.Parallel()
	c := remembering(t)
	would := c.wouldDo(t, c.pool)
	refused, went := 0, 0
	for _, path := range c.ledgerFiles(t) {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel(c.pool.dir, path)
		for what, broken := range damages(whole) {
			t.Run(name+", "+what, func(t *testing.T) {
				if c.survives(t, would, path, broken) {
					went++
				} else {
					refused++
				}
			})
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("damages: %d refused with nothing written, %d as a kill leaves them; wrong: 0 (else this fails)", refused, went)
	if refused == 0 || went == 0 {
		t.Error("a grid that refuses all or nothing proves little")
	}
}

// damages of one file. A byte is changed in every stretch, with the long grid
// everywhere.
func damages(whole []byte) map[string][]byte {
	d := map[string][]byte{"empty": nil, "cut in half": whole[:len(whole)/2], "a byte short": whole[:len(whole)-1], "zeros": make([]byte, len(whole))}
	stretch := max(1, len(whole)/8)
	if torture {
		stretch = 1
	}
	for at := 0; at < len(whole); at += stretch {
		b := []byte(string(whole))
		b[at] ^= 1 << rand.IntN(7)
		d[fmt.Sprintf("byte %d is %q", at, b[at])] = b
	}
	return d
}

// survives plans with the damaged file. A plan is enough where it is refused:
// an apply would be as well, and is asked so.
func (c *faultCase) survives(t *testing.T, would, path string, broken []byte) bool {
	t.Helper()
	if err := os.WriteFile(path, broken, 0o600); err != nil {
		t.Fatal(err)
	}
	copied := *c.pool
	copied.t, copied.dir = t, t.TempDir()
	if err := os.CopyFS(copied.dir, os.DirFS(c.pool.dir)); err != nil {
		t.Fatal(err)
	}
	code, errs := copied.command(nil, "plan", "-t", "pool")
	if code == 0 {
		if does := c.wouldDo(t, &copied); does != would {
			t.Errorf("it would do\n%s, and without the damage\n%s", does, would)
		}
		return true
	}
	if code != 1 || !ledgerCode.MatchString(errs) {
		t.Errorf("plan: exit %d\n%s", code, errs)
	}
	code, errs = copied.command(nil, "apply", "--yes", "-t", "pool")
	if code != 1 || !ledgerCode.MatchString(errs) || len(copied.writes()) > 0 {
		t.Errorf("apply: exit %d, %v\n%s", code, copied.writes(), errs)
	}
	return false
}

// wouldDo is the plan less its numbers.
func (c *faultCase) wouldDo(t testing.TB, p *matrixPool) (steps string) {
	t.Helper()
	var d planned
	if code, errs := p.command(&d, "plan", "-t", "pool"); code != 0 {
		t.Fatalf("plan: exit %d\n%s", code, errs)
	}
	for _, change := range d.Changes {
		steps += fmt.Sprintln(change.Action, change.Key, change.Fields)
	}
	return steps
}

// TestLedgerMovedAway is the cure: without its ledger a project goes on.
func TestLedgerMovedAway(t *testing.T) {
	t.Parallel()
	c := remembering(t)
	if err := os.RemoveAll(filepath.Join(c.pool.dir, ".idpsync")); err != nil {
		t.Fatal(err)
	}
	c.apply(t, "--push", "all")
	c.isThere(t)
}

func (c *faultCase) isThere(t testing.TB) {
	t.Helper()
	s := c.pool.state()
	for _, wrong := range append(c.files.unlike(s, c.pool.env, nil), c.files.twice(s)...) {
		t.Error(wrong)
	}
}

// TestNewerLedger: what a later version wrote is neither read nor overwritten.
func TestNewerLedger(t *testing.T) {
	t.Parallel()
	c := remembering(t)
	version := regexp.MustCompile(`"version": ?1`)
	for _, path := range c.ledgerFiles(t) {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		newer := version.ReplaceAll(whole, []byte(`"version":99`))
		if string(newer) == string(whole) {
			t.Errorf("%s names no version", path)
			continue
		}
		if err := os.WriteFile(path, newer, 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"apply", "--yes", "-t", "pool"}
		if strings.Contains(path, "journal") && !strings.Contains(path, ".open.") {
			args = []string{"journal", "list"} // history: no apply needs it
		}
		code, errs := c.pool.command(nil, args...)
		if code != 1 || !strings.Contains(errs, "IDP0411") || len(c.pool.writes()) > 0 {
			t.Errorf("%s: exit %d, %v\n%s", filepath.Base(path), code, c.pool.writes(), errs)
		}
		if now, _ := os.ReadFile(path); string(now) != string(newer) {
			t.Errorf("%s was written to", path)
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.apply(t)
	c.isThere(t)
}

// TestReadOnlyLedger: a run that cannot remember does not begin.
func TestReadOnlyLedger(t *testing.T) {
	t.Parallel()
	c := newFaultCase(t, nil, small(), "")
	folder := filepath.Join(c.pool.dir, "locked")
	if err := os.Mkdir(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		folder = "/proc/self" // root may write to any other
	}
	c.pool.write("idpsync.yaml", object{
		"apiVersion": "idpsync/v1", "kind": "Project", "targets": object{"pool": c.pool.target()},
		"ledger": "file:" + folder + "/ledger",
	})
	code, errs := c.pool.command(nil, "apply", "--yes", "-t", "pool")
	if code != 1 || !strings.Contains(errs, "IDP0413") || len(c.pool.writes()) > 0 {
		t.Errorf("exit %d, %v\n%s", code, c.pool.writes(), errs)
	}
	if code, errs := c.pool.command(nil, "plan", "-t", "pool"); code != 0 {
		t.Errorf("plan needs no ledger that can be written, exit %d\n%s", code, errs)
	}
}

// TestFullDisk lets the files of a run grow to so many bytes and no further. It
// stops, tells why and tells the truth; no request went out that its journal
// does not know, and the next run completes the work.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	w := killWorld{"", nil, company()}
	limits := []int{0, 300, 700, 1000, 1500, 2500, 4000, 6000, 9000, 14000}
	if torture {
		limits = nil
		for n := 0; n < 24000; n += 100 {
			limits = append(limits, n)
		}
	}
	codes := map[int]int{}
	var mu sync.Mutex
	names := make([]string, len(limits))
	for i, n := range limits {
		names[i] = strconv.Itoa(n)
	}
	together(t, 4, names, func(t testing.TB, limit string) {
		c := w.start(t, seeded{})
		c.pool.env[fileLimit] = limit
		code, errs := c.applyAsProcess(t)
		delete(c.pool.env, fileLimit)
		mu.Lock()
		codes[code]++
		mu.Unlock()
		c.judgeFull(t, code, errs)
		c.apply(t)
		c.isThere(t)
	})
	t.Logf("disks that were full at %v bytes a file; exit codes: %v, duplicates: 0, lost: 0 (else this fails)", limits, codes)
	if codes[1] == 0 || codes[5] == 0 {
		t.Error("want disks that were full before and after the first write")
	}
}

func (c *killCase) judgeFull(t testing.TB, code int, errs string) {
	t.Helper()
	done := 0
	for _, r := range c.pool.log() {
		if r.writes() && r.StatusCode == http.StatusOK {
			done++
		}
	}
	switch {
	case code == 0 && done == 0, code == 1 && done > 0, code == 5 && done == 0, code != 0 && code != 1 && code != 5:
		t.Errorf("exit %d after %d writes\n%s", code, done, errs)
	case code != 0 && !strings.Contains(errs, "IDP0413") && !strings.Contains(errs, "the ledger cannot be written"):
		t.Errorf("exit %d, and no word of the disk\n%s", code, errs)
	}
	if intents := c.intents(t); done > intents {
		t.Errorf("%d writes, and the journal knows of %d", done, intents)
	}
}

// intents counts the steps of all runs.
func (c *killCase) intents(t testing.TB) (n int) {
	t.Helper()
	var d struct{ Runs []struct{ Steps int } }
	if code, errs := c.pool.command(&d, "journal", "list"); code != 0 {
		t.Errorf("journal: %d\n%s", code, errs)
	}
	for _, r := range d.Runs {
		n += r.Steps
	}
	return n
}

// TestClockJumps leads two runs under a clock that jumps by days, back and
// forth, each time it is read; one of them is cut off in the middle. The next
// run neither waits for days nor forgets.
func TestClockJumps(t *testing.T) {
	for _, hours := range []int{+48, -48} {
		t.Run(fmt.Sprint(hours), func(t *testing.T) {
			t.Parallel()
			c := newFaultCase(t, nil, small(), t.TempDir())
			c.pool.now = jumping(hours)
			c.apply(t)
			c.files = smallChanged()
			c.pool.write("objects.yaml", c.files.documents()...)
			c.pool.control("POST", "faults", object{"faults": []string{"POST /api/v3/create-ext-idp #1 kill"}}, nil)
			if code, errs := c.pool.command(nil, "apply", "--yes", "-t", "pool"); code != 5 {
				t.Fatalf("exit %d\n%s", code, errs)
			}
			c.pool.restart()
			c.pool.now = func() time.Time { return time.Now().Add(-time.Duration(hours) * time.Hour) }
			begun := time.Now()
			c.apply(t)
			if took := time.Since(begun); took > time.Minute {
				t.Errorf("it waited for %s", took)
			}
			c.isThere(t)
		})
	}
}

// jumping is a clock that is off by so many hours at every second look.
func jumping(hours int) func() time.Time {
	var mu sync.Mutex
	n := 0
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		n++
		return time.Now().Add(time.Duration(n%2*hours) * time.Hour)
	}
}
