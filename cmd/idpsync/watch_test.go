package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestWatchFollowsTools: whatever writes the files, the server has it soon. The
// interval is an hour, so that only what the system tells can be the reason.
func TestWatchFollowsTools(t *testing.T) {
	t.Parallel()
	p := startPool(t, dialect{}, nil, "")
	p.put(t, "sub/portal.yaml", appText("portal", "v0"))
	w := p.watching(t, nil, "--mode", "apply")
	w.until("the first pass", inSync)
	for i, step := range []struct{ needs, do string }{
		{"sed", "sed -i 's/appName: v[0-9]*/appName: NEW/' sub/portal.yaml"},
		{"vim", "vim -u NONE -i NONE -es -c '%s/appName: v[0-9]*/appName: NEW/' -c wq sub/portal.yaml </dev/null"},
		{"cp", "sed 's/appName: v[0-9]*/appName: NEW/' sub/portal.yaml > .portal.tmp; mv .portal.tmp sub/portal.yaml"},
		{"mv", "mv sub .sub.old; mkdir sub; sed 's/appName: v[0-9]*/appName: NEW/' .sub.old/portal.yaml > sub/portal.yaml"},
		{"mv", "sed -i 's/appName: v[0-9]*/appName: NEW/' sub/portal.yaml; mkdir -p a/b/c; mv sub/portal.yaml a/b/c/; mv a sub/"},
		{"git", "git init -q .; git add -A .; git commit -qm one; git checkout -q -b two; f=$(git ls-files '*portal.yaml'); " +
			"sed -i 's/appName: v[0-9]*/appName: NEW/' $f; git commit -qam two; git checkout -q -; git checkout -q two"},
	} {
		if _, err := exec.LookPath(step.needs); err != nil {
			t.Logf("%s is not here", step.needs)
			continue
		}
		title := fmt.Sprintf("v%d", i+1)
		p.sh(t, strings.ReplaceAll(step.do, "NEW", title))
		eventually(t, step.do, func() bool { return p.appName("portal") == title })
	}
	if code := w.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
}

// TestWatchUnread: a watch whose reader has gone ends; nobody would learn what it
// finds.
func TestWatchUnread(t *testing.T) {
	t.Parallel()
	p := startPool(t, dialect{}, nil, "")
	p.put(t, "portal.yaml", appText("portal", "v0"))
	cmd := exec.Command("idpsync", "watch", "-t", "pool", "--interval", "1h")
	cmd.Dir, cmd.Env = p.dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir}
	for name, value := range p.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	endsUnread(t, cmd)
}

// TestWatchKubernetes: the project is a folder of links that is swapped at once.
func TestWatchKubernetes(t *testing.T) {
	t.Parallel()
	p := startPool(t, dialect{}, nil, "")
	mount := filepath.Join(p.dir, "mount")
	version := func(name, title string) {
		p.sh(t, fmt.Sprintf("mkdir -p mount/..%[1]s/apps; cp idpsync.yaml mount/..%[1]s/", name))
		p.put(t, "mount/.."+name+"/apps/portal.yaml", appText("portal", title))
		p.sh(t, fmt.Sprintf("cd mount; ln -s ..%s ..data_tmp; mv -T ..data_tmp ..data", name))
	}
	version("1", "v1")
	p.sh(t, "cd mount; ln -s ..data/idpsync.yaml idpsync.yaml; ln -s ..data/apps apps")
	w := p.watching(t, nil, "--mode", "apply", "-C", mount)
	w.until("the first pass", inSync)
	version("2", "v2")
	p.sh(t, "rm -r mount/..1")
	eventually(t, "the swap is applied", func() bool { return p.appName("portal") == "v2" })
}

// TestWatchBadFiles: half a file, a file that vanishes, a folder that goes and
// comes back: the last good state stays, and nothing is deleted.
func TestWatchBadFiles(t *testing.T) {
	t.Parallel()
	p := startPool(t, dialect{}, nil, "")
	p.put(t, "c/portal.yaml", appText("portal", "v1"))
	p.put(t, "c/side.yaml", appText("side", "v1"))
	p.write("c/idpsync.yaml", object{
		"apiVersion": "idpsync/v1", "kind": "Project", "targets": object{"pool": p.target()},
		"policy": object{"prune": "owned", "maxDeletes": 100, "maxDeletePercent": 100},
	})
	w := p.watching(t, nil, "--mode", "apply", "-C", filepath.Join(p.dir, "c"))
	w.until("the first pass", inSync)

	p.put(t, "c/portal.yaml", appText("portal", "v2")[:70])
	l := w.until("half a file", func(l passLine) bool { return l.Verdict == "invalid" })
	if len(l.Diagnostics) == 0 || l.Diagnostics[0].File != "portal.yaml" {
		t.Errorf("%+v", l)
	}
	w.says("portal.yaml")
	p.put(t, "c/portal.yaml", appText("portal", "v2"))
	w.until("the whole file", inSync)
	if got := p.appName("portal"); got != "v2" {
		t.Errorf("the server has %q", got)
	}

	for range 200 { // files that come and go while they are read
		p.put(t, "c/gone.yaml", appText("portal", "v9"))
		_ = os.Remove(filepath.Join(p.dir, "c", "gone.yaml"))
	}
	p.put(t, "c/side.yaml", appText("side", "v3"))
	eventually(t, "after files that vanish", func() bool { return p.appName("side") == "v3" })

	p.sh(t, "mv c away")
	w.until("the folder is gone", func(l passLine) bool { return l.Verdict == "failing" && l.Trouble != nil })
	if p.appName("portal") != "v2" || p.appName("side") != "v3" {
		t.Error("something was deleted because the folder was gone")
	}
	if _, err := os.Stat(filepath.Join(p.dir, "c")); err == nil {
		t.Error("the folder was made again")
	}
	p.sh(t, "mv away c")
	w.until("the folder is back", inSync)
	p.sh(t, "rm c/portal.yaml")
	w.until("a document is gone", func(l passLine) bool { return strings.Contains(l.Note, "still the same") })
	if p.appName("portal") == "" {
		t.Error("deleted without a second look")
	}
	eventually(t, "the second look", func() bool { return p.appName("portal") == "" })
}

// TestWatchIdleSelection: a selection that names nothing is told until it names
// something, and is never in sync.
func TestWatchIdleSelection(t *testing.T) {
	t.Parallel()
	p := startPool(t, dialect{}, nil, "")
	p.put(t, "portal.yaml", appText("portal", "v1"))
	w := p.watching(t, nil, "--mode", "apply", "--interval", "1s", "--select", "application/late")
	l := w.until("the first pass", func(passLine) bool { return true })
	if l.Verdict != "failing" || l.Trouble == nil || !strings.Contains(l.Trouble.Message, `"application/late" fits no key of the files or the server`) {
		t.Errorf("%+v", l)
	}
	p.put(t, "late.yaml", appText("late", "v1"))
	w.until("it fits", inSync)
	if p.appName("late") != "v1" || p.appName("portal") != "" {
		t.Errorf("late %q, portal %q", p.appName("late"), p.appName("portal"))
	}
}

// TestWatchTellsDrift: somebody changes the pool by hand, and changes it back.
func TestWatchTellsDrift(t *testing.T) {
	t.Parallel()
	p := startPool(t, dialect{}, nil, "")
	p.put(t, "portal.yaml", appText("portal", "v1"))
	if code, errs := p.command(nil, "apply", "--yes", "-t", "pool"); code != 0 {
		t.Fatal(errs)
	}
	w := p.watching(t, nil, "--interval", "1s")
	w.until("in sync", inSync)
	id := p.state().Applications[0]["appId"]
	p.console("POST", "update-application", object{"appId": id, "appName": "by hand"})
	l := w.until("drift", func(l passLine) bool { return l.Verdict == "drifted" })
	if len(l.Objects) != 1 || l.Objects[0].Key != "application/portal" || l.Objects[0].Why != "changed on the server: appName" {
		t.Errorf("%+v", l)
	}
	p.console("POST", "update-application", object{"appId": id, "appName": "v1"})
	w.until("repaired", inSync)
	for _, r := range p.log() {
		if r.writes() && !strings.Contains(r.Path, "update-application") && !strings.Contains(r.Path, "create-application") {
			t.Errorf("a detecting watch wrote: %s", r)
		}
	}
}

// TestWatchEndsAfterTheStepInFlight: SIGTERM while a write is under way.
func TestWatchEndsAfterTheStepInFlight(t *testing.T) {
	t.Parallel()
	f := files{}
	for i := range 5 {
		f.application(fmt.Sprint("a", i), object{})
	}
	c, g := gated(t, f)
	w := c.pool.watching(t, nil, "--mode", "apply", "--parallelism", "1")
	<-g.held
	if err := w.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	// Only when it has heard of it may the step go on.
	w.says("the step in flight is finished")
	close(g.opened)
	<-w.ended
	if code := w.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit %d\n%s", code, w.said.String())
	}
	if n := len(c.pool.state().Applications); n != 1 {
		t.Errorf("%d applications were made, want the one in flight", n)
	}
	var runs struct {
		Runs []struct {
			Status  string
			Summary struct{ Done, Skipped, Unknown int }
		}
	}
	if code, errs := c.pool.command(&runs, "journal", "-t", "pool"); code != 0 {
		t.Error(errs)
	}
	if len(runs.Runs) != 1 || runs.Runs[0].Summary.Done != 1 || runs.Runs[0].Summary.Skipped != 4 || runs.Runs[0].Summary.Unknown != 0 {
		t.Errorf("journal: %+v", runs)
	}
}

// TestWatchCutsAStepThatHangs: a server that never answers does not keep a watch
// from ending, and what it does later is found by the next run.
func TestWatchCutsAStepThatHangs(t *testing.T) {
	t.Parallel()
	f := files{}
	f.application("portal", object{})
	c, g := gated(t, f)
	w := c.pool.watching(t, nil, "--mode", "apply")
	<-g.held
	if code := w.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
	close(g.opened)
	eventually(t, "the server does it after all", func() bool { return len(c.pool.state().Applications) == 1 })
	if code, errs := c.pool.command(nil, "apply", "--yes", "-t", "pool"); code != 0 {
		t.Errorf("exit %d\n%s", code, errs)
	}
	if n := len(c.pool.state().Applications); n != 1 {
		t.Errorf("%d applications", n)
	}
}

// TestWatchReloads: SIGHUP makes it look, also where it was started with SIGHUP
// ignored.
func TestWatchReloads(t *testing.T) {
	for name, prefix := range map[string][]string{
		"plain": {"env"}, "under nohup": {"sh", "-c", `trap '' HUP; exec "$@"`, "sh"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startPool(t, dialect{}, nil, "")
			p.put(t, "portal.yaml", appText("portal", "v1"))
			if code, errs := p.command(nil, "apply", "--yes", "-t", "pool"); code != 0 {
				t.Fatal(errs)
			}
			w := p.watching(t, prefix)
			w.until("in sync", inSync)
			p.console("POST", "update-application", object{"appId": p.state().Applications[0]["appId"], "appName": "by hand"})
			if err := w.cmd.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			w.until("a look on SIGHUP", func(l passLine) bool { return l.Verdict == "drifted" })
			if code := w.end(syscall.SIGTERM); code != 0 {
				t.Errorf("exit %d", code)
			}
		})
	}
}

// TestWatchServerAway: it waits for a server that does not answer, and goes on.
func TestWatchServerAway(t *testing.T) {
	t.Parallel()
	p := startPool(t, dialect{}, nil, t.TempDir())
	p.put(t, "portal.yaml", appText("portal", "v1"))
	faults := object{"faults": []string{"POST /api/v3/get-management-token #* status=503"}}
	p.control("POST", "faults", faults, nil)
	w := p.watching(t, nil, "--interval", "1s", "--mode", "apply")
	l := w.until("nobody answers", func(l passLine) bool { return l.Verdict == "failing" })
	if l.Trouble == nil || l.Trouble.Message == "" {
		t.Errorf("%+v", l)
	}
	p.control("POST", "faults", object{"faults": []string{}}, nil)
	w.until("it answers again", inSync)
}

// TestWatchServes: the page is there, an address that is taken is told, and a
// token is asked for.
func TestWatchServes(t *testing.T) {
	t.Parallel()
	p := startPool(t, dialect{}, nil, "")
	p.put(t, "portal.yaml", appText("portal", "v1"))
	p.put(t, "token.txt", "a-long-token\n")
	w := p.watching(t, nil, "--listen", "127.0.0.1:0", "--auth-token-file", "token.txt")
	w.until("the first pass", func(passLine) bool { return true })
	address := w.address()
	status := func(path, token string) int {
		req, err := http.NewRequest(http.MethodGet, "http://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	eventually(t, "ready", func() bool { return status("/readyz", "") == http.StatusOK })
	if a, b := status("/api/v1/status", ""), status("/api/v1/status", "a-long-token"); a != http.StatusUnauthorized || b != http.StatusOK {
		t.Errorf("without a token %d, with one %d", a, b)
	}
	code, _, errs := run(t, p.dir, p.env, "watch", "-t", "pool", "--listen", address)
	if code != 1 || !strings.Contains(errs, "--listen "+address) || !strings.Contains(errs, "hint: ") {
		t.Errorf("the address is taken: exit %d\n%s", code, errs)
	}
	if code := w.end(syscall.SIGINT); code != 0 {
		t.Errorf("exit %d", code)
	}
}
