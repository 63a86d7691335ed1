package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// world is a sandbox with a project for it.
type world struct {
	t   *testing.T
	dir string
	env []string
}

// secrets are what the example needs; no value of them may ever be seen.
var secrets = map[string]string{
	"CORP_OIDC_SECRET": "kept-corp-1", "GITHUB_CLIENT_SECRET": "kept-github-2", "WECHAT_PC_SECRET": "kept-wechat-3",
	"WECHAT_MOBILE_SECRET": "kept-wechat-4", "LARK_STAFF_SECRET": "kept-lark-5", "LARK_PARTNER_SECRET": "kept-lark-6",
}

// newWorld starts a sandbox and copies the example, with the sandbox as its only
// target.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}}
	for name, value := range secrets {
		w.env = append(w.env, name+"="+value)
	}
	var told struct{ Listening, AccessKeyID, AccessKeySecret, UserPoolID string }
	line := w.start(t.TempDir(), "sandbox", "--listen", "127.0.0.1:0").first(os.Stdout, regexp.MustCompile(`^\{.*\}$`))
	if err := json.Unmarshal([]byte(line[0]), &told); err != nil {
		t.Fatal(err)
	}
	w.env = append(w.env, "IDPSYNC_ACCESS_KEY_ID="+told.AccessKeyID, "IDPSYNC_ACCESS_KEY_SECRET="+told.AccessKeySecret)
	w.dir = filepath.Join(t.TempDir(), "config")
	if err := os.CopyFS(w.dir, os.DirFS(filepath.Join("..", "..", "examples", "config"))); err != nil {
		t.Fatal(err)
	}
	w.write("idpsync.yaml", fmt.Sprintf("apiVersion: idpsync/v1\nkind: Project\ndefaultTarget: local\ntargets:\n  local:\n    host: %s\n    userPoolId: %q\n    vars: {domain: blueheron.example}\npolicy: {prune: off}\n", told.Listening, told.UserPoolID))
	return w
}

func (w *world) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// edit replaces a text in a file of a project, as an editor saves it: beside it,
// then in its place.
func edit(t *testing.T, dir, name, old, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(was, []byte(old)) {
		t.Fatalf("%s does not say %q", name, old)
	}
	if err := os.WriteFile(path+"~", bytes.ReplaceAll(was, []byte(old), []byte(text)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		t.Fatal(err)
	}
}

// run runs a command to its end in a project.
func (w *world) run(dir string, args ...string) string {
	w.t.Helper()
	c := w.command(dir, args...)
	out, err := c.CombinedOutput()
	if err != nil {
		w.t.Fatalf("idpsync %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (w *world) command(dir string, args ...string) *exec.Cmd {
	w.t.Helper()
	bin, err := program()
	if err != nil {
		w.t.Fatal(err)
	}
	c := command(10*time.Minute, bin, args...)
	c.Dir, c.Env = dir, w.env
	return c
}

// another is a second project for the same pool, with a memory of its own: to
// the first it is somebody else.
func (w *world) another() string {
	w.t.Helper()
	dir := filepath.Join(w.t.TempDir(), "other")
	err := fs.WalkDir(os.DirFS(w.dir), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".idpsync":
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(dir, path), 0o700)
		}
		text, err := os.ReadFile(filepath.Join(w.dir, path))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, path), text, 0o600)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return dir
}

// process is a program that runs beside the test.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	ended chan struct{}

	mu    sync.Mutex
	lines map[*os.File][]string // by the stream of ours that it stands for
	more  chan struct{}
}

// start starts idpsync beside the test; it is stopped by its own pid.
func (w *world) start(dir string, args ...string) *process {
	w.t.Helper()
	p := &process{t: w.t, cmd: w.command(dir, args...), ended: make(chan struct{}), lines: map[*os.File][]string{}, more: make(chan struct{}, 1)}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	errs, err := p.cmd.StderrPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	var read sync.WaitGroup
	read.Go(func() { p.read(out, os.Stdout) })
	read.Go(func() { p.read(errs, os.Stderr) })
	go func() {
		read.Wait()
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	w.t.Cleanup(p.stop)
	return p
}

func (p *process) read(from io.Reader, as *os.File) {
	for s := bufio.NewScanner(from); s.Scan(); {
		p.mu.Lock()
		p.lines[as] = append(p.lines[as], s.Text())
		p.mu.Unlock()
		select {
		case p.more <- struct{}{}:
		default:
		}
	}
}

// first waits for a line of a stream that fits.
func (p *process) first(of *os.File, re *regexp.Regexp) []string {
	p.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		p.mu.Lock()
		lines := append([]string(nil), p.lines[of]...)
		p.mu.Unlock()
		for _, l := range lines {
			if m := re.FindStringSubmatch(l); m != nil {
				return m
			}
		}
		select {
		case <-p.more:
		case <-p.ended:
			p.t.Fatalf("it ended before it said %s: %v", re, p.said())
		case <-limit.C:
			p.t.Fatalf("it never said %s: %v", re, p.said())
		}
	}
}

func (p *process) said() map[*os.File][]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lines
}

// stop asks the program to end, and ends it if it does not.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-p.ended:
	case <-limit.C:
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

var atAddress = regexp.MustCompile(`(http://[^ ]+/)$`)

// watch starts a watch of a project and gives the address of its page.
func (w *world) watch(listen string, more ...string) (p *process, url string) {
	w.t.Helper()
	p = w.start(w.dir, append([]string{"watch", "--interval", "1s", "--listen", listen}, more...)...)
	return p, p.first(os.Stderr, atAddress)[1]
}
