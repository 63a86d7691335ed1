package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// passLine is what a line of "watch -o json" tells, as far as tests look.
type passLine struct {
	Seq     int
	Verdict string
	Counts  struct{ InSync, Pending, Drifted, Failing, Unmanaged int }
	Objects []struct{ Key, State, Why string }
	Note    string
	Commit  string
	Target  struct{ Name string }
	Trouble *struct{ Message, Hint string }
	// Diagnostics are what is wrong with the files.
	Diagnostics []struct{ Code, File string }
}

// watcher is a running watch.
type watcher struct {
	t   testing.TB
	cmd *exec.Cmd

	mu    sync.Mutex
	lines []passLine
	seen  int
	said  bytes.Buffer
	ended chan struct{}
}

// watching starts "watch -o json" as a process of its own. A shell in front may
// settle how it inherits things: prefix ends with the command.
func (p *matrixPool) watching(t testing.TB, prefix []string, args ...string) *watcher {
	t.Helper()
	args = slices.Concat(prefix, []string{"idpsync", "watch", "-t", "pool", "-o", "json", "--interval", "1h"}, args)
	w := &watcher{t: t, cmd: exec.Command(args[0], args[1:]...), ended: make(chan struct{})}
	w.cmd.Dir, w.cmd.Env = p.dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir}
	for name, value := range p.env {
		w.cmd.Env = append(w.cmd.Env, name+"="+value)
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	w.cmd.Stderr = saidBy{w}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go w.read(bufio.NewScanner(out))
	t.Cleanup(func() { _ = w.cmd.Process.Kill(); <-w.ended })
	return w
}

type saidBy struct{ w *watcher }

func (b saidBy) Write(p []byte) (int, error) {
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	return b.w.said.Write(p)
}

func (w *watcher) read(lines *bufio.Scanner) {
	defer close(w.ended)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var l passLine
		err := json.Unmarshal(lines.Bytes(), &l)
		w.mu.Lock()
		if err != nil {
			fmt.Fprintf(&w.said, "not a line of JSON: %s\n", lines.Text())
		}
		w.lines = append(w.lines, l)
		w.mu.Unlock()
	}
	_ = w.cmd.Wait()
}

// until waits for a line that was not looked at yet and that fits.
func (w *watcher) until(what string, fits func(passLine) bool) passLine {
	w.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		w.mu.Lock()
		for ; w.seen < len(w.lines); w.seen++ {
			if l := w.lines[w.seen]; fits(l) {
				w.seen++
				w.mu.Unlock()
				return l
			}
		}
		w.mu.Unlock()
		if time.Now().After(deadline) {
			w.fail("never told: " + what)
		}
		select {
		case <-w.ended:
			w.mu.Lock()
			rest := w.seen < len(w.lines)
			w.mu.Unlock()
			if !rest {
				w.fail("ended before it told: " + what)
			}
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (w *watcher) fail(why string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	text, _ := json.Marshal(w.lines)
	w.t.Fatalf("%s\n%s\n%s", why, text, w.said.String())
}

// says waits until stderr holds a text.
func (w *watcher) says(text string) {
	w.t.Helper()
	eventually(w.t, "stderr says "+text, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return strings.Contains(w.said.String(), text)
	})
}

// end sends a signal and gives the exit code.
func (w *watcher) end(s syscall.Signal) int {
	w.t.Helper()
	if err := w.cmd.Process.Signal(s); err != nil {
		w.t.Fatal(err)
	}
	select {
	case <-w.ended:
	case <-time.After(time.Minute):
		w.fail("it does not end")
	}
	return w.cmd.ProcessState.ExitCode()
}

// eventually asks until the answer is yes.
func eventually(t testing.TB, what string, yes func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !yes() {
		if time.Now().After(deadline) {
			t.Fatalf("never true: %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func inSync(l passLine) bool { return l.Verdict == "in sync" }

// appName is what the server has.
func (p *matrixPool) appName(identifier string) string {
	for _, a := range p.state().Applications {
		if a["appIdentifier"] == identifier {
			return fmt.Sprint(a["appName"])
		}
	}
	return ""
}

// appFile writes one application into a file of its own.
func appText(name, title string) string {
	return fmt.Sprintf("apiVersion: idpsync/v1\nkind: Application\nmetadata: {name: %s}\nspec: {appName: %s, appType: api}\n", name, title)
}

func (p *matrixPool) put(t testing.TB, name, text string) {
	t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// sh runs a line of shell in the project folder.
func (p *matrixPool) sh(t testing.TB, line string) {
	t.Helper()
	cmd := exec.Command("sh", "-ec", line)
	cmd.Dir = p.dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com", "TERM=dumb",
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}

var pageAddress = regexp.MustCompile(`http://([0-9.:]+)/`)

// address is where the page is served.
func (w *watcher) address() string {
	w.t.Helper()
	w.says("status page")
	w.mu.Lock()
	defer w.mu.Unlock()
	return pageAddress.FindStringSubmatch(w.said.String())[1]
}
