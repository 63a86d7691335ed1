package source_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/source"
)

func TestNewestCommit(t *testing.T) {
	w := newWorld(t)
	first := w.commit(map[string]string{"config/idpsync.yaml": "one", "config/apps/a.yaml": "a", "other/b.txt": "b", ".env": "x"})
	o := w.options()
	o.Path = "config"
	g := w.open(o)
	one := fetch(t, g)
	if one.Commit != first || read(t, one.Dir, "idpsync.yaml") != "one" || read(t, one.Dir, "apps", "a.yaml") != "a" || !strings.HasSuffix(one.Name, "/repo#main:config") {
		t.Errorf("got %+v", one)
	}
	if again := fetch(t, g); again.Dir != one.Dir {
		t.Errorf("the same commit is in %s and in %s", one.Dir, again.Dir)
	}
	second := w.commit(map[string]string{"config/idpsync.yaml": "two"})
	two := fetch(t, g)
	if two.Commit != second || read(t, two.Dir, "idpsync.yaml") != "two" {
		t.Errorf("got %+v", two)
	}
	if read(t, one.Dir, "idpsync.yaml") != "one" {
		t.Error("the folder of the first commit was changed")
	}
	w.run("reset", "--quiet", "--hard", first) // a push by force
	if back := fetch(t, g); back.Commit != first {
		t.Errorf("got %+v", back)
	}
	if deep := strings.Count(w.git(g, "rev-list", "--all"), "\n"); deep > 0 {
		t.Errorf("%d commits too many were fetched", deep)
	}
}

// git looks into the mirror.
func (w *world) git(_ *source.Git, args ...string) string {
	w.t.Helper()
	mirrors, err := filepath.Glob(filepath.Join(w.dir, "*", "mirror"))
	if err != nil || len(mirrors) != 1 {
		w.t.Fatalf("mirrors %v, %v", mirrors, err)
	}
	return w.run(append([]string{"--git-dir=" + mirrors[0]}, args...)...)
}

// TestHostAway: the last good commit stays, also for the next process, and the
// error says that it may help to try again.
func TestHostAway(t *testing.T) {
	w := newWorld(t)
	id := w.commit(map[string]string{"idpsync.yaml": "one"})
	g := w.open(w.options())
	if _, ok := g.Last(t.Context()); ok {
		t.Error("there was a last commit before the first")
	}
	fetch(t, g)
	if err := os.Rename(w.repo, w.repo+".away"); err != nil {
		t.Fatal(err)
	}
	for _, g := range []*source.Git{g, w.open(w.options())} {
		_, err := g.Fetch(t.Context())
		var e *source.Error
		if !errors.As(err, &e) || e.Hint() == "" {
			t.Errorf("said %v", err)
		}
		last, ok := g.Last(t.Context())
		if !ok || last.Commit != id || read(t, last.Dir, "idpsync.yaml") != "one" {
			t.Errorf("last %v %+v", ok, last)
		}
	}
	if err := os.Rename(w.repo+".away", w.repo); err != nil {
		t.Fatal(err)
	}
	fetch(t, g)
}

// TestWays: the transports that a test can have: a file URL, git's daemon, HTTP
// with a password in the URL and from a credential helper.
func TestWays(t *testing.T) {
	w := newWorld(t)
	id := w.commit(map[string]string{"idpsync.yaml": "one"})
	w.run("config", "http.uploadpack", "true")
	web := w.backend("robot-account", "pa ss/w@rd")
	helper := filepath.Join(t.TempDir(), "helper")
	w.put(helper, "#!/bin/sh\ntest \"$1\" = get && printf 'username=robot-account\\npassword=pa ss/w@rd\\n'\n")
	if err := os.Chmod(helper, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		url string
		env []string
	}{
		"file":         {"file://" + w.repo, nil},
		"daemon":       {w.daemon(), nil},
		"password":     {strings.Replace(web.URL, "://", "://robot-account:pa%20ss%2Fw%40rd@", 1) + "/repo", nil},
		"helper":       {web.URL + "/repo", []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=credential.helper", "GIT_CONFIG_VALUE_0=" + helper}},
		"other folder": {"repo", nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := w.options()
			o.URL, o.Base, o.Dir, o.Env = c.url, filepath.Dir(w.repo), t.TempDir(), slices.Concat(c.env, w.env)
			g, err := source.New(o)
			if err != nil {
				t.Fatal(err)
			}
			tree := fetch(t, g)
			if tree.Commit != id || strings.Contains(tree.Name, "robot") || strings.Contains(tree.Name, "rd@") {
				t.Errorf("got %+v", tree)
			}
			nothingKept(t, o.Dir, "robot-account", "pa ss")
		})
	}
}

// TestNoPasswordIsTold: neither in an error nor on the disk.
func TestNoPasswordIsTold(t *testing.T) {
	w := newWorld(t)
	w.commit(nil)
	web := w.backend("robot-account", "right")
	o := w.options()
	o.URL = strings.Replace(web.URL, "://", "://robot-account:wrong-password@", 1) + "/repo"
	_, err := w.open(o).Fetch(t.Context())
	var e *source.Error
	if !errors.As(err, &e) || !strings.Contains(e.Hint(), "credentials") || e.Unavailable() {
		t.Errorf("said %v, %v", err, e)
	}
	for _, secret := range []string{"robot-account", "wrong-password"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("said %v", err)
		}
	}
	nothingKept(t, o.Dir, "robot-account", "wrong-password")
}

func nothingKept(t *testing.T, dir string, secrets ...string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		for _, s := range secrets {
			if strings.Contains(string(data), s) {
				t.Errorf("%s holds %s", name, s)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// daemon serves the repository by git's own program on a free port. Somebody else
// may take the port first.
func (w *world) daemon() string {
	w.t.Helper()
	for range 10 {
		if url := w.tryDaemon(freePort(w.t)); url != "" {
			return url
		}
	}
	w.t.Fatal("git daemon does not start")
	return ""
}

func (w *world) tryDaemon(port string) string {
	w.t.Helper()
	cmd := exec.Command("git", "daemon", "--listen=127.0.0.1", "--port="+port, "--export-all", "--reuseaddr", "--verbose", "--log-destination=stderr", "--base-path="+filepath.Dir(w.repo), filepath.Dir(w.repo))
	cmd.Env = w.env
	stop := group(cmd)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	ready := make(chan struct{})
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		s := bufio.NewScanner(stderr)
		for s.Scan() {
			if strings.Contains(s.Text(), "Ready to rumble") {
				close(ready)
			}
		}
	}()
	w.t.Cleanup(func() { stop(); <-drained; _ = cmd.Wait() })
	select {
	case <-ready:
	case <-drained:
		return ""
	case <-time.After(time.Minute):
		w.t.Fatal("git daemon is not ready")
	}
	return "git://127.0.0.1:" + port + "/repo"
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// TestHostThatHangs: it takes the call and never answers.
func TestHostThatHangs(t *testing.T) {
	w := newWorld(t)
	id := w.commit(map[string]string{"idpsync.yaml": "one"})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	held := make(chan net.Conn, 8)
	go func() {
		defer close(held)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			held <- c
		}
	}()
	for _, scheme := range []string{"git", "http"} {
		o := w.options()
		o.URL, o.Timeout = scheme+"://"+l.Addr().String()+"/repo", 2*time.Second
		g := w.open(o)
		var c net.Conn
		for c == nil { // on a busy machine git may not have come so far
			_, err = g.Fetch(t.Context())
			var e *source.Error
			if !errors.As(err, &e) || !e.Unavailable() || !strings.Contains(err.Error(), "did not end in time") {
				t.Fatalf("said %v", err)
			}
			select {
			case c = <-held:
			case <-time.After(time.Second):
			}
		}
		// What git had started is gone: nobody holds the other end any more.
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := io.Copy(io.Discard, c); err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("a process still waits for the host")
		}
		_ = c.Close()
	}
	_ = l.Close()
	if tree := fetch(t, w.open(w.options())); tree.Commit != id {
		t.Errorf("got %+v", tree)
	}
}

// TestStop: a fetch ends with its context, and is no trouble of the host's.
func TestStop(t *testing.T) {
	w := newWorld(t)
	w.commit(nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		cancel()
		_, _ = io.Copy(io.Discard, c)
		_ = c.Close()
	}()
	o := w.options()
	o.URL = "git://" + l.Addr().String() + "/repo"
	if _, err := w.open(o).Fetch(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("said %v", err)
	}
	_ = l.Close()
	<-done
	cancel()
}

// TestBrokenMirror: a lock that a killed process left, a mirror that is no
// repository, objects that are lost or changed: it is made anew.
func TestBrokenMirror(t *testing.T) {
	for name, harm := range map[string]func(t *testing.T, mirror string){
		"lock": func(t *testing.T, mirror string) {
			if err := os.WriteFile(filepath.Join(mirror, "shallow.lock"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(mirror, "refs", "idpsync", "tip.lock"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"no repository": func(t *testing.T, mirror string) {
			if err := os.Remove(filepath.Join(mirror, "HEAD")); err != nil {
				t.Fatal(err)
			}
		},
		"empty objects": func(t *testing.T, mirror string) {
			eachObject(t, mirror, func(name string) error { return os.Truncate(name, 0) })
		},
		"lost objects": func(t *testing.T, mirror string) { eachObject(t, mirror, os.Remove) },
		"other objects": func(t *testing.T, mirror string) {
			var all []string
			eachObject(t, mirror, func(name string) error { all = append(all, name); return nil })
			data := read(t, all[0])
			eachObject(t, mirror, func(name string) error { return os.WriteFile(name, []byte(data), 0o600) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.commit(map[string]string{"idpsync.yaml": "one", "a.yaml": "a", "b.yaml": "b"})
			fetch(t, w.open(w.options()))
			mirrors, err := filepath.Glob(filepath.Join(w.dir, "*", "mirror"))
			if err != nil || len(mirrors) != 1 {
				t.Fatal(mirrors, err)
			}
			harm(t, mirrors[0])
			id := w.commit(map[string]string{"idpsync.yaml": "two"})
			tree := fetch(t, w.open(w.options()))
			if tree.Commit != id || read(t, tree.Dir, "idpsync.yaml") != "two" || read(t, tree.Dir, "b.yaml") != "b" {
				t.Errorf("got %+v", tree)
			}
		})
	}
}

func eachObject(t *testing.T, mirror string, f func(string) error) {
	t.Helper()
	objects, err := filepath.Glob(filepath.Join(mirror, "objects", "??", "*"))
	if err != nil || len(objects) == 0 {
		t.Fatalf("%d objects, %v", len(objects), err)
	}
	for _, name := range objects {
		if err := errors.Join(os.Chmod(name, 0o600), f(name)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOldFolders: what nobody asked for in an hour is removed, and a folder that
// is in use stays.
func TestOldFolders(t *testing.T) {
	w := newWorld(t)
	w.commit(map[string]string{"idpsync.yaml": "one"})
	now := time.Now()
	o := w.options()
	o.Now = func() time.Time { return now }
	g := w.open(o)
	one := fetch(t, g)
	w.commit(map[string]string{"idpsync.yaml": "two"})
	two := fetch(t, g)
	if _, err := os.Stat(one.Dir); err != nil {
		t.Error("the folder of the first commit is gone at once")
	}
	now = now.Add(2 * time.Hour)
	if three := fetch(t, g); three.Dir != two.Dir {
		t.Errorf("%s moved to %s", two.Dir, three.Dir)
	}
	if _, err := os.Stat(one.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of the first commit: %v", err)
	}
	if read(t, two.Dir, "idpsync.yaml") != "two" {
		t.Error("the folder in use was touched")
	}
}
