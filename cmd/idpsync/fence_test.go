package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
	"github.com/idpsync/idpsync/internal/sandbox"
)

// stopPoint is where an apply is stopped, as SIGSTOP does, until another run has
// taken its place.
type stopPoint struct {
	// what it was stopped at, and the how manieth of them
	what string
	n    int
}

// The points: when a write was done and its answer is not out; when an intent is
// in the database and its request is not out; when the server has said 429, so
// that a retry waits; and while the lock says that it is there (the first time it is taken). At "pace" and
// "random" more requests wait for the rate, with their intents written. At "killed"
// the first never goes on.
const (
	atAnswer    = "answer"
	atIntent    = "intent"
	atThrottled = "throttled"
	atBeat      = "beat"
	atPace      = "pace"
	atRandom    = "random"
	atKilled    = "killed"
)

func stopPoints() (points []string) {
	for _, p := range []stopPoint{{atAnswer, 5}, {atIntent, 1}, {atIntent, 6}, {atThrottled, 4}, {atBeat, 2}, {atPace, 3}, {atKilled, 5}, {atRandom, rand.IntN(1000)}} {
		points = append(points, fmt.Sprint(p.what, " ", p.n))
	}
	if torture {
		for n := range 24 {
			points = append(points, fmt.Sprint(atIntent, " ", n+2), fmt.Sprint(atThrottled, " ", n+1), fmt.Sprint(atRandom, " ", rand.IntN(3000)))
		}
	}
	return points
}

// TestFence stops a run and lets another one take its place after the lease of
// the database, half a minute. The first one goes on then, and must change
// nothing more: not what it was about to send, not what it was to try again. What
// it left open the second one settles before it plans, and makes nothing twice.
func TestFence(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: only /proc tells that a process is stopped")
	}
	t.Parallel()
	database := ledgertest.Start(t)
	together(t, 16, stopPoints(), func(t testing.TB, point string) {
		var at stopPoint
		if _, err := fmt.Sscan(point, &at.what, &at.n); err != nil {
			t.Fatal(err)
		}
		newFenceCase(t, database.Database(t), at).tell()
	})
}

// fenceCase is one pool, one database, and two machines: the first calls the
// pool and the database through what stands between.
type fenceCase struct {
	t      testing.TB
	at     stopPoint
	server *sandbox.Server
	files  files
	first  *exec.Cmd
	said   bytes.Buffer
	second *killCase
	dir    string // of the first
	env    map[string]string

	begun   chan struct{} // closed when the first runs
	stopped chan struct{} // closed when it is stopped

	mu     sync.Mutex
	hits   int
	once   bool
	writes []string
}

func newFenceCase(t testing.TB, database string, at stopPoint) *fenceCase {
	t.Helper()
	server, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	c := &fenceCase{t: t, at: at, server: server, files: company(), begun: make(chan struct{}), stopped: make(chan struct{})}
	front := httptest.NewServer(c)
	t.Cleanup(func() { front.Close(); web.Close(); _ = server.Close() })
	machine := func(host, database string) *matrixPool {
		p := &matrixPool{t: t, dialect: dialect{}, dir: t.TempDir(), env: map[string]string{}}
		p.meet(host, server.Credentials())
		for i, name := range secretNames {
			p.env[name] = fmt.Sprintf("s3cret-%d", i)
		}
		p.write("objects.yaml", c.files.documents()...)
		p.write("idpsync.yaml", object{"apiVersion": "idpsync/v1", "kind": "Project", "targets": object{"pool": p.target()}, "ledger": database})
		return p
	}
	p := machine(front.URL, c.between(database))
	c.dir, c.env = p.dir, p.env
	c.second = &killCase{faultCase: &faultCase{pool: machine(web.URL, database), files: c.files}}
	return c
}

// tell tells the story.
func (c *fenceCase) tell() {
	t := c.t
	args := []string{"apply", "--yes", "-t", "pool"}
	if c.at.what == atPace || c.at.what == atBeat || c.at.what == atRandom {
		args = append(args, "--max-rps", "3")
	}
	c.first = exec.Command("idpsync", args...)
	c.first.Dir, c.first.Env = c.dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.dir}
	for name, value := range c.env {
		c.first.Env = append(c.first.Env, name+"="+value)
	}
	c.first.Stdout, c.first.Stderr = &c.said, &c.said
	if err := c.first.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	close(c.begun)
	go func() { ended <- c.first.Wait() }()
	t.Cleanup(func() { _ = c.first.Process.Kill() })
	select {
	case <-c.stopped:
	case err := <-ended:
		if ended <- err; c.at.what != atKilled {
			t.Fatalf("it was never stopped: %v\n%s", err, c.said.String())
		}
	}
	c.takeOver()
	before := c.sent()
	_ = c.first.Process.Signal(syscall.SIGCONT)
	var exit *exec.ExitError
	select {
	case err := <-ended:
		if !errors.As(err, &exit) || c.at.what != atKilled && !strings.Contains(c.said.String(), "was taken away while this run held it") {
			t.Errorf("the first ends with %v\n%s", err, trouble(c.said.String()))
		}
	case <-time.After(3 * time.Minute):
		t.Fatal("the first never ends")
	}
	if late := c.sent()[len(before):]; len(late) > 0 || len(before) == 0 && c.at.what != atIntent {
		t.Errorf("sent %d changes before it was stopped, and after: %s", len(before), strings.Join(late, ", "))
	}
	c.second.journalIsWhole(t)
	state := c.second.pool.state()
	if wrong := append(c.files.twice(state), c.files.unlike(state, c.env, nil)...); len(wrong) > 0 {
		t.Errorf("in the end: %s", strings.Join(wrong, "; "))
	}
	if code, errs := c.second.pool.command(nil, "plan", "--detailed-exitcode", "-t", "pool"); code != 0 {
		t.Errorf("the last plan ends with %d\n%s", code, trouble(errs))
	}
}

// takeOver is the other machine, that tries until it gets the lock.
func (c *fenceCase) takeOver() {
	c.t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); ; {
		switch code, errs := c.second.pool.command(nil, "apply", "--yes", "-t", "pool"); {
		case code == 0:
			return
		case code != 6 || time.Now().After(deadline):
			c.t.Fatalf("the second ends with %d\n%s", code, trouble(errs))
		}
		<-time.After(2 * time.Second)
	}
}

// sent are the changes that the first has sent so far.
func (c *fenceCase) sent() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.writes...)
}

// hit tells whether this is where the first is to be stopped.
func (c *fenceCase) hit(what string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if what != c.at.what || c.once {
		return false
	}
	c.hits++
	c.once = c.hits == c.at.n
	return c.once
}

// stop stops the first, and returns when it stands still.
func (c *fenceCase) stop() {
	<-c.begun
	_ = c.first.Process.Signal(syscall.SIGSTOP)
	stat := fmt.Sprintf("/proc/%d/stat", c.first.Process.Pid)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-time.After(time.Millisecond) {
		text, err := os.ReadFile(stat)
		if _, rest, ok := strings.Cut(string(text), ") "); err != nil || ok && strings.HasPrefix(rest, "T") {
			break
		}
	}
	close(c.stopped)
}

// ServeHTTP stands between the first and the pool.
func (c *fenceCase) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !(request{Method: r.Method, Path: r.URL.Path}).writes() {
		c.server.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // half a request is none
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	c.mu.Lock()
	c.writes = append(c.writes, r.Method+" "+r.URL.Path)
	first := len(c.writes) == 1
	c.mu.Unlock()
	if first && c.at.what == atRandom {
		time.AfterFunc(time.Duration(c.at.n)*time.Millisecond, c.stop)
	}
	if c.hit(atThrottled) {
		c.stop()
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	answer := httptest.NewRecorder()
	c.server.ServeHTTP(answer, r)
	if c.hit(atAnswer) || c.hit(atPace) {
		c.stop()
	}
	if c.hit(atKilled) {
		<-c.begun
		_ = c.first.Process.Kill()
		close(c.stopped)
	}
	w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// between gives the address of a database behind a line that this test holds.
func (c *fenceCase) between(database string) string {
	c.t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		c.t.Fatal(err)
	}
	server := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go c.line(client, server)
		}
	}()
	u.Host = l.Addr().String()
	return u.String()
}

// line is one connection to the database. Once a statement of the point has gone
// to the database, the first is stopped before the answer reaches it.
func (c *fenceCase) line(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	stop := make(chan struct{}, 1)
	go func() {
		defer server.Close()
		buf, tail := make([]byte, 64<<10), ""
		for {
			n, err := client.Read(buf)
			text := tail + string(buf[:n])
			for what, statement := range map[string]string{atIntent: "insert into idpsync_step ", atBeat: "update idpsync_pool set seen "} {
				if strings.Contains(text, statement) {
					text = ""
					if c.hit(what) {
						stop <- struct{}{}
					}
				}
			}
			tail = text[max(0, len(text)-64):]
			if _, bad := server.Write(buf[:n]); err != nil || bad != nil {
				return
			}
		}
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		select {
		case <-stop:
			c.stop()
		default:
		}
		if _, bad := client.Write(buf[:n]); err != nil || bad != nil {
			return
		}
	}
}
