package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/idpsync/idpsync/test/bench/project"
)

// pool is a sandbox in a process of its own, so that its work is not counted,
// with a project that is meant for it.
type pool struct {
	bench   *bench
	project project.Project
	dir     string // of the project
	data    string // of the sandbox
	address string // stays the same when the sandbox is started again
	env     []string
	running *exec.Cmd
	memory  string // the folder in memory that it is in, or ""
}

// announced is the first line of a sandbox.
type announced struct {
	Listening       string `json:"listening"`
	AccessKeyID     string `json:"accessKeyId"`
	AccessKeySecret string `json:"accessKeySecret"`
	UserPoolID      string `json:"userPoolId"`
}

// newPool makes an empty pool and writes the project for it. The sandbox runs.
func (b *bench) newPool(name string, p project.Project, latency time.Duration) (*pool, error) {
	l, err := b.prepared(name, p)
	if err == nil {
		err = l.begin(latency)
	}
	if err != nil {
		return nil, err
	}
	return l, l.project.Write(l.dir)
}

// prepared is a pool of which nothing runs and nothing is written yet.
func (b *bench) prepared(name string, p project.Project) (*pool, error) {
	at := filepath.Join(b.work, name)
	if err := os.RemoveAll(at); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(at, 0o755); err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	return &pool{bench: b, project: p, dir: filepath.Join(at, "project"), data: filepath.Join(at, "pool"), address: address}, nil
}

// begin starts the sandbox for the first time: it says what the project has to
// know of it.
func (l *pool) begin(latency time.Duration) error {
	a, err := l.start(latency)
	if err != nil {
		return err
	}
	l.env = append(l.bench.environ(), "IDPSYNC_ACCESS_KEY_ID="+a.AccessKeyID, "IDPSYNC_ACCESS_KEY_SECRET="+a.AccessKeySecret)
	l.project.Target = project.Target{Host: a.Listening, UserPoolID: a.UserPoolID}
	return nil
}

// empty makes the pool and the ledger new; the project's documents stay.
func (l *pool) empty() error {
	if err := errors.Join(l.stop(), os.RemoveAll(l.data), os.RemoveAll(filepath.Join(l.dir, ".idpsync")), l.begin(0)); err != nil {
		return err
	}
	return l.project.WriteSettings(l.dir)
}

// environ is what every command gets. Variables of idpsync that the project
// does not name would be refused.
func (b *bench) environ() []string {
	return append(project.Environ(), "PATH="+os.Getenv("PATH"), "HOME="+b.work, "TMPDIR="+os.TempDir(),
		"IDPSYNC_LEDGER_KEY=a key for measuring, 32 bytes and more")
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// start runs the sandbox and waits for its first line.
func (l *pool) start(latency time.Duration) (a announced, err error) {
	cmd := exec.Command(l.bench.bin, "sandbox", "--listen", l.address, "--data", l.data, "--latency", latency.String())
	cmd.Env, cmd.Stderr = l.bench.environ()[:0], os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return a, err
	}
	if err := cmd.Start(); err != nil {
		return a, err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &a)
	}
	if err != nil {
		return a, errors.Join(fmt.Errorf("the sandbox does not start: %w", err), cmd.Process.Kill(), cmd.Wait())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	l.running = cmd
	return a, nil
}

func (l *pool) stop() error {
	if l.running == nil {
		return nil
	}
	cmd := l.running
	l.running = nil
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	_ = cmd.Wait() // it was told to end: by a signal
	return nil
}

// restart keeps the objects and forgets what was asked.
func (l *pool) restart(latency time.Duration) error {
	if err := l.stop(); err != nil {
		return err
	}
	_, err := l.start(latency)
	return err
}

// memory is a folder of files that no disk holds, where the system has one.
const memory = "/dev/shm"

// inMemory moves a pool of which nothing is written yet to where reading and
// writing cost no disk.
func (l *pool) inMemory() error {
	if info, err := os.Stat(memory); err != nil || !info.IsDir() {
		return nil
	}
	at, err := os.MkdirTemp(memory, "idpsync-bench-")
	l.memory, l.dir, l.data = at, filepath.Join(at, "project"), filepath.Join(at, "pool")
	return err
}

// forget deletes what inMemory made.
func (l *pool) forget() error {
	if l.memory == "" {
		return nil
	}
	return os.RemoveAll(l.memory)
}

// idpsync is a command on the project.
func (l *pool) idpsync(args ...string) command {
	return command{env: l.env, argv: append([]string{l.bench.bin, args[0], "-C", l.dir}, args[1:]...)}
}

// planned is the no-change plan that rows 1 to 10 are about.
func (l *pool) planned() command {
	return l.idpsync("plan", "--max-rps", "0", "--detailed-exitcode")
}

func (l *pool) applied(parallelism string) command {
	return l.idpsync("apply", "--yes", "--max-rps", "0", "--parallelism", parallelism)
}

func (l *pool) floor(args ...string) command {
	return command{env: l.env, argv: append([]string{filepath.Join(l.bench.tools, "floor")}, args...)}
}

// asked is what the sandbox was asked since it was started.
type asked struct {
	Requests []struct {
		Time   time.Time `json:"time"` // of arrival
		Method string    `json:"method"`
		Path   string    `json:"path"`
	} `json:"requests"`
	InFlightMax int `json:"inFlightMax"`
}

func (l *pool) asked() (a asked, err error) {
	resp, err := http.Get("http://" + l.address + "/_sandbox/requests")
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	return a, json.NewDecoder(resp.Body).Decode(&a)
}
