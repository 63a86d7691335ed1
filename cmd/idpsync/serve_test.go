package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
	"github.com/idpsync/idpsync/internal/sandbox"
)

// TestServe runs replicas as processes of their own on a real PostgreSQL.
func TestServe(t *testing.T) {
	t.Parallel()
	s := ledgertest.Start(t)
	t.Run("stories", func(t *testing.T) { // they run side by side and end before the server does
		for name, story := range map[string]func(*fleetWorld){
			"takeover": takeover, "late folder": lateFolder, "repository": repository, "wrong files": wrongFiles, "moved": movedHost,
			"no reader": noReader,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				story(newFleetWorld(t, s.Database(t), 4))
			})
		}
	})
}

// fleetWorld is some pools, a folder with the project that names them, and a
// database.
type fleetWorld struct {
	t     testing.TB
	dir   string
	env   []string
	pools []*stallingPool
}

// stallingPool is a sandbox whose next write can be kept without an answer.
type stallingPool struct {
	url    string
	server *sandbox.Server

	mu      sync.Mutex
	stalled chan struct{} // closed when a write waits; nil: none is to wait
	release chan struct{}
}

func (p *stallingPool) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	stalled, release := p.stalled, p.release
	if stalled != nil && (request{Method: r.Method, Path: r.URL.Path}).writes() {
		p.stalled = nil
		p.mu.Unlock()
		close(stalled)
		<-release
	} else {
		p.mu.Unlock()
	}
	p.server.ServeHTTP(w, r)
}

// stall keeps the next write until release is closed.
func (p *stallingPool) stall() (stalled, release chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalled, p.release = make(chan struct{}), make(chan struct{})
	return p.stalled, p.release
}

func newFleetWorld(t testing.TB, database string, n int) *fleetWorld {
	w := &fleetWorld{t: t, dir: t.TempDir()}
	w.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "IDPSYNC_DATABASE=" + database}
	for i := range n {
		server, err := sandbox.New(sandbox.Options{})
		if err != nil {
			t.Fatal(err)
		}
		p := &stallingPool{server: server}
		web := httptest.NewServer(p)
		p.url = web.URL
		t.Cleanup(func() { web.Close(); _ = server.Close() })
		w.pools = append(w.pools, p)
		w.env = append(w.env, fmt.Sprintf("AK%d=%s", i, server.Credentials().AccessKeyID), fmt.Sprintf("SK%d=%s", i, server.Credentials().AccessKeySecret))
	}
	w.put("project/idpsync.yaml", w.project())
	w.put("project/portal.yaml", appText("portal", "v1"))
	w.put("fleet.yaml", fleetText("dir: project"))
	return w
}

// project names a target for each pool: t0, t1, ...
func (w *fleetWorld) project() string {
	text := "apiVersion: idpsync/v1\nkind: Project\ntargets:\n"
	for i, p := range w.pools {
		text += fmt.Sprintf("  t%d: {host: %q, userPoolId: %s, credentials: {accessKeyId: {env: AK%d}, accessKeySecret: {env: SK%d}}}\n",
			i, p.url, p.server.Credentials().UserPoolID, i, i)
	}
	return text
}

func fleetText(source string) string {
	return "apiVersion: idpsync/v1\nkind: Fleet\nsources:\n  - {name: main, " + source + "}\ntargets:\n  - {source: main, match: \"t*\", interval: 10s, mode: apply}\n"
}

// put writes a file whole, as an editor does.
func (w *fleetWorld) put(name, text string) {
	w.t.Helper()
	file := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(file+".new~", []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(file+".new~", file); err != nil {
		w.t.Fatal(err)
	}
}

// serve starts a replica.
func (w *fleetWorld) serve(args ...string) *watcher {
	w.t.Helper()
	r := &watcher{t: w.t, cmd: exec.Command("idpsync", append([]string{"serve", "-o", "json", "--workers", "4"}, args...)...), ended: make(chan struct{})}
	r.cmd.Dir, r.cmd.Env = w.dir, w.env
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	r.cmd.Stderr = saidBy{r}
	if err := r.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go r.read(bufio.NewScanner(out))
	w.t.Cleanup(func() { _ = r.cmd.Process.Kill(); <-r.ended })
	return r
}

// names are what the pools call their applications, sorted in each.
func (w *fleetWorld) names() []string {
	w.t.Helper()
	var out []string
	for _, p := range w.pools {
		resp, err := http.Get(p.url + "/_sandbox/state")
		if err != nil {
			w.t.Fatal(err)
		}
		var state struct{ Applications []struct{ AppName string } }
		err = json.NewDecoder(resp.Body).Decode(&state)
		_ = resp.Body.Close()
		if err != nil {
			w.t.Fatal(err)
		}
		var names []string
		for _, a := range state.Applications {
			names = append(names, a.AppName)
		}
		slices.Sort(names)
		out = append(out, strings.Join(names, "+"))
	}
	return out
}

// converge waits until every pool has one application of that name.
func (w *fleetWorld) converge(name string) {
	w.t.Helper()
	eventually(w.t, "every pool has "+name, func() bool {
		return !slices.ContainsFunc(w.names(), func(has string) bool { return has != name })
	})
}

// passes counts the lines of a replica.
func (w *watcher) passes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.lines)
}

// takeover: a replica that is killed while a write of it is under way is followed
// by another one, which makes nothing twice; a stopped one ends in peace.
func takeover(w *fleetWorld) {
	stalled, release := w.pools[0].stall()
	first := w.serve("--fleet", "fleet.yaml")
	<-stalled
	second := w.serve("--fleet", "fleet.yaml", "--listen", "127.0.0.1:0")
	second.says("status page")
	if err := first.cmd.Process.Kill(); err != nil {
		w.t.Fatal(err)
	}
	<-first.ended
	close(release) // the request was on the wire, and is done
	w.converge("v1")
	w.put("project/portal.yaml", appText("portal", "v2"))
	w.converge("v2")
	if code := second.end(syscall.SIGTERM); code != 0 {
		second.fail(fmt.Sprintf("ends with %d", code))
	}
	if p := second.passes(); p < len(w.pools) {
		second.fail(fmt.Sprintf("only %d passes", p))
	}
}

// lateFolder: of two replicas with a folder each, the one that has still the old
// files does not bring them back; it works again when it has the new ones, and
// with its old ones when nobody else is there.
func lateFolder(w *fleetWorld) {
	for _, side := range []string{"a", "b"} {
		w.put(side+"/project/idpsync.yaml", w.project())
		w.put(side+"/project/portal.yaml", appText("portal", "v1"))
		w.put(side+"/fleet.yaml", fleetText("dir: project"))
	}
	a := w.serve("--fleet", "a/fleet.yaml")
	a.until("a works", inSync)
	b := w.serve("--fleet", "b/fleet.yaml")
	b.until("b works too", inSync)
	w.put("a/project/portal.yaml", appText("portal", "v2"))
	w.converge("v2")
	for range 3 * len(w.pools) {
		a.until("a goes on", inSync)
	}
	if has := w.names(); slices.Contains(has, "v1") {
		w.t.Errorf("b brought back the old files: %v", has)
	}
	w.put("b/project/portal.yaml", appText("portal", "v2"))
	before := b.passes()
	eventually(w.t, "b works again", func() bool { return b.passes() > before })
	// Nobody has the files of a any more, and a replica that has older ones goes on.
	if code := b.end(syscall.SIGTERM); code != 0 {
		b.fail(fmt.Sprintf("ends with %d", code))
	}
	w.put("b/project/portal.yaml", appText("portal", "v1"))
	if code := a.end(syscall.SIGTERM); code != 0 {
		a.fail(fmt.Sprintf("ends with %d", code))
	}
	w.serve("--fleet", "b/fleet.yaml")
	w.converge("v1")
}

// repository: a commit comes into force in every pool, told of by a call of the
// host, and a wrong one changes nothing.
func repository(w *fleetWorld) {
	sh := func(script string) {
		w.t.Helper()
		cmd := exec.Command("sh", "-ec", script)
		cmd.Dir = w.dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_AUTHOR_NAME=n", "GIT_AUTHOR_EMAIL=n@example.com",
			"GIT_COMMITTER_NAME=n", "GIT_COMMITTER_EMAIL=n@example.com")
		if out, err := cmd.CombinedOutput(); err != nil {
			w.t.Fatalf("%s: %v\n%s", script, err, out)
		}
	}
	sh("mkdir keep-1 keep-2; git init -q -b main repo; cp -r project repo/config; cd repo; git add -A; git commit -qm one")
	w.put("fleet.yaml", fleetText("git: {url: repo, ref: main, path: config}"))
	w.put("hook.txt", "a-long-hook-secret\n")
	one := w.serve("--fleet", "fleet.yaml", "-C", "keep-1", "--listen", "127.0.0.1:0", "--hook-secret-file", "hook.txt")
	w.serve("--fleet", "fleet.yaml", "-C", "keep-2")
	w.converge("v1")
	call := func() {
		req, err := http.NewRequest(http.MethodPost, "http://"+one.address()+"/hooks/git", strings.NewReader("{}"))
		if err != nil {
			w.t.Fatal(err)
		}
		req.Header.Set("X-Gitlab-Token", "a-long-hook-secret")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			w.t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusAccepted {
			w.t.Errorf("the hook answers %d", resp.StatusCode)
		}
	}
	commit := func(text string) {
		w.put("repo/config/portal.yaml", text)
		sh("cd repo; git commit -qam next")
		call()
	}
	commit(appText("portal", "v2"))
	w.converge("v2")
	commit(strings.Replace(appText("portal", "v3"), "appName", "appNam", 1))
	one.until("the third commit is wrong", func(l passLine) bool { return l.Verdict == "invalid" })
	commit(appText("portal", "v4"))
	w.converge("v4")
}

// wrongFiles: files that are wrong change nothing, what drifts is repaired from
// the last good ones, and a fleet file that is wrong keeps the last good one.
func wrongFiles(w *fleetWorld) {
	r := w.serve("--fleet", "fleet.yaml")
	w.converge("v1")
	w.put("project/portal.yaml", strings.Replace(appText("portal", "v2"), "appName", "appNam", 1))
	r.until("the files are wrong", func(l passLine) bool { return l.Verdict == "invalid" })
	for _, p := range w.pools {
		w.changed(p)
	}
	w.converge("v1")
	w.put("fleet.yaml", "apiVersion: idpsync/v1\nkind: Fleet\nsources: 7\n")
	r.says("fleet.yaml:3")
	w.put("project/portal.yaml", appText("portal", "v3"))
	w.converge("v3")
	r.mu.Lock()
	if told := strings.Count(r.said.String(), "fleet.yaml:3"); told != 1 {
		w.t.Errorf("the wrong fleet file is told %d times", told)
	}
	r.mu.Unlock()
	w.put("fleet.yaml", strings.Replace(fleetText("dir: project"), `match: "t*"`, "target: t1", 1))
	r.says("no longer looked after: main/t0, main/t2, main/t3")
}

// changed plays the console: the application has another name.
func (w *fleetWorld) changed(p *stallingPool) {
	w.t.Helper()
	m := &matrixPool{t: w.t, dialect: dialect{}, dir: w.t.TempDir(), env: map[string]string{}}
	m.meet(p.url, p.server.Credentials())
	m.console("POST", "update-application", object{"appId": m.state().Applications[0]["appId"], "appName": "by hand"})
}

// movedHost: files that lead a target to another server are not followed before
// somebody says so, whichever replica reads them.
func movedHost(w *fleetWorld) {
	r := w.serve("--fleet", "fleet.yaml")
	w.converge("v1")
	visits := 0
	var mu sync.Mutex
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		visits++
		mu.Unlock()
	}))
	w.t.Cleanup(trap.Close)
	w.put("project/idpsync.yaml", strings.Replace(w.project(), w.pools[1].url, trap.URL, 1))
	elsewhere := func(l passLine) bool {
		return l.Trouble != nil && strings.Contains(l.Trouble.Message, "target t1 names another host")
	}
	r.until("the target leads elsewhere", elsewhere)
	if code := r.end(syscall.SIGTERM); code != 0 {
		r.fail(fmt.Sprintf("ends with %d", code))
	}
	r = w.serve("--fleet", "fleet.yaml")
	r.until("another replica says so too", elsewhere)
	// Not by another name either, nor by a detour.
	evil := fmt.Sprintf("  t9: {host: %q, userPoolId: %s, credentials: {accessKeyId: {env: PATH}, accessKeySecret: {env: HOME}}}\n", trap.URL, w.pools[1].server.Credentials().UserPoolID)
	w.put("project/idpsync.yaml", w.project()+evil)
	r.until("a new target leads to a new server", func(l passLine) bool {
		return l.Trouble != nil && strings.Contains(l.Trouble.Message, "target t9 leads to a server that is new")
	})
	w.put("project/idpsync.yaml", strings.Replace(w.project(), "  t1:", "  t8:", 1))
	r.until("it has another name", func(l passLine) bool { return l.Target.Name == "main/t8" && inSync(l) })
	w.put("project/idpsync.yaml", strings.Replace(w.project(), w.pools[1].url, trap.URL, 1))
	r.until("it is back, and leads elsewhere", elsewhere)
	// The key of one server is not shown to another one that is known.
	w.put("project/idpsync.yaml", strings.Replace(w.project(), "{env: SK1}", "{env: SK2}", 1))
	r.until("a key of another server", func(l passLine) bool {
		return l.Trouble != nil && (strings.Contains(l.Trouble.Message, "would show the value of SK2") || elsewhere(l))
	})
	mu.Lock()
	defer mu.Unlock()
	if visits != 0 {
		w.t.Errorf("the other host was asked %d times", visits)
	}
	w.put("project/idpsync.yaml", w.project())
	r.until("all is as it was", func(l passLine) bool { return l.Target.Name == "main/t1" && inSync(l) })
	// It moves to the pool of another one when a person says that it is meant.
	lines := strings.SplitAfter(w.project(), "\n")
	w.put("project/idpsync.yaml", strings.Join(lines[:4], "")+lines[5]+strings.Replace(lines[6], "t3:", "t1:", 1))
	r.until("it is led to the server of another one", elsewhere)
	if err := r.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		w.t.Fatal(err)
	}
	r.until("it is followed", func(l passLine) bool { return l.Target.Name == "main/t1" && inSync(l) })
}

// noReader: a serve whose lines nobody reads any more ends, as one that cannot
// write them does. The lines of its targets come without waiting for an interval.
func noReader(w *fleetWorld) {
	cmd := exec.Command("idpsync", "serve", "--fleet", "fleet.yaml")
	cmd.Dir, cmd.Env = w.dir, w.env
	said := endsUnread(w.t, cmd)
	if want := "IDPSYNC_LEDGER_KEY is not set"; !strings.Contains(said, want) {
		w.t.Errorf("it does not say %q: %s", want, said)
	}
}

// endsUnread starts what would go on for ever, with nobody who reads its stdout:
// it must end by itself, with 1, and say why.
func endsUnread(t testing.TB, cmd *exec.Cmd) (said string) {
	t.Helper()
	reader, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = reader.Close()
	var text strings.Builder
	cmd.Stdout, cmd.Stderr = out, &text
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	_ = out.Close()
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("it goes on although nobody reads what it tells")
	}
	if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(text.String(), "broken pipe") {
		t.Errorf("it ends with %d: %s", code, text.String())
	}
	return text.String()
}
