package serve

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// programFile is idpsync, built once for all tests of this module, or the one that
// the variable IDPSYNC names.
var programFile = filepath.Join(os.TempDir(), fmt.Sprintf("idpsync-serve-%d", os.Getpid()))

// long tells that the runs may take minutes.
var long = os.Getenv("IDPSYNC_TORTURE") != ""

func TestMain(m *testing.M) {
	if given := os.Getenv("IDPSYNC"); given != "" {
		programFile = given
		os.Exit(m.Run())
	}
	cmd := exec.Command("go", "build", "-o", programFile, "./cmd/idpsync")
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "idpsync does not build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.Remove(programFile)
	os.Exit(code)
}

// patience is how long anything asynchronous may take on a busy machine.
const patience = 2 * time.Minute

// eventually polls until something is true; say tells why it is not.
func eventually(t testing.TB, what string, within time.Duration, look func() (ok bool, say string)) {
	t.Helper()
	begun := time.Now()
	end, tell := begun.Add(within), begun.Add(20*time.Second)
	for {
		ok, say := look()
		if ok {
			return
		}
		if now := time.Now(); now.After(tell) {
			t.Logf("%s: not yet after %s: %.300s", what, now.Sub(begun).Round(time.Second), say)
			tell = now.Add(20 * time.Second)
		}
		if time.Now().After(end) {
			t.Fatalf("%s: not after %s: %s", what, within, say)
		}
		pause(100 * time.Millisecond)
	}
}

// pause lets time go by between two looks, or two troubles.
func pause(d time.Duration) { <-time.After(d) }

// process is one running idpsync.
type process struct {
	mark string // what its requests are known by, see pools
	cmd  *exec.Cmd
	// stdout and stderr are what it has said so far.
	stdout, stderr *said
	ended          chan struct{} // closed when it has ended

	mu      sync.Mutex
	stopped bool // by SIGSTOP
	resumed []span
}

// span is a time in which a process stood still.
type span struct {
	from, to time.Time
	sent     bool // see onTheWire
}

// said keeps the last of what a process says.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

const mostSaid = 4 << 20

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.text.Len() > mostSaid {
		s.text.Next(mostSaid / 2)
	}
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// tail is the end of it, for a message.
func (s *said) tail() string {
	text := s.String()
	return text[max(0, len(text)-4000):]
}

// start begins idpsync; it ends with the test, whatever became of it.
func start(t testing.TB, dir, mark string, env []string, args ...string) *process {
	t.Helper()
	p := &process{mark: mark, cmd: exec.Command(programFile, args...), stdout: &said{}, stderr: &said{}, ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, p.stdout, p.stderr
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GOTRACEBACK=all"}, env...)
	orphan(p.cmd)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.kill)
	return p
}

// kill ends the process as a machine that loses power would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// stop asks the process to end, as a rolling update does, and gives its exit code.
func (p *process) stop(t testing.TB) int {
	t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	return p.wait(t)
}

// wait gives the exit code of a process that ends by itself.
func (p *process) wait(t testing.TB) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		said := p.stderr.tail()
		_ = p.cmd.Process.Signal(syscall.SIGQUIT) // it tells what it waits for
		<-p.ended
		t.Fatalf("%s does not end\n%s\n%.8000s", p.mark, said, p.stderr.String()[len(said):])
		return -1
	}
}

// freeze makes the process stand still, as a machine that is suspended.
func (p *process) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.stopped {
		_ = p.cmd.Process.Signal(syscall.SIGSTOP)
		p.stopped = true
		p.resumed = append(p.resumed, span{from: time.Now()})
	}
}

// thaw lets it go on where it stood.
func (p *process) thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		p.resumed[len(p.resumed)-1].to = time.Now()
		_ = p.cmd.Process.Signal(syscall.SIGCONT)
		p.stopped = false
	}
}

// run runs a whole command to its end.
func run(t testing.TB, dir string, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(programFile, args...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, env...)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// write puts a file in place at once, as a ConfigMap does.
func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name+".new", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
