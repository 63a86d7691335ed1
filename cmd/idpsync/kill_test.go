package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// torture asks for the long grids, that `make torture` runs.
var torture = os.Getenv("IDPSYNC_TORTURE") != ""

// A world is what an apply starts from, and what it must arrive at.
type killWorld struct {
	name          string
	before, after files
}

func killWorlds() []killWorld {
	return []killWorld{
		{"change", company(), changedCompany()},
		{"create", nil, company()},
	}
}

// moment is when the process dies, seen from the server.
type moment string

const (
	beforeIt moment = "before" // the request came in, and was never looked at
	afterIt  moment = "after"  // the server did it, and its answer reached nobody
)

// killPoint is one death.
type killPoint struct {
	request int // counted from 1
	moment  moment
}

func (k killPoint) String() string { return fmt.Sprintf("killed %s request %d", k.moment, k.request) }

// TestKill kills the process of an apply of more than 30 changes at each of its
// requests, before and after the server did it. An apply after that leaves what
// the files declare, each once, and a journal in which nothing is open.
func TestKill(t *testing.T) {
	for _, w := range killWorlds() {
		t.Run(w.name, func(t *testing.T) {
			seeded := w.seeded(t)
			requests := w.countRequests(t, seeded)
			count := &killCount{}
			var points []string
			for n := range requests {
				points = append(points, fmt.Sprintf("%d %s", n+1, beforeIt), fmt.Sprintf("%d %s", n+1, afterIt))
			}
			together(t, 4, points, func(t testing.TB, point string) {
				var k killPoint
				if _, err := fmt.Sscan(point, &k.request, &k.moment); err != nil {
					t.Fatal(err)
				}
				w.killAt(t, seeded, k, count)
			})
			t.Logf("requests: %d, kill points: %d, not reached: %d, duplicates: %d, lost: %d, open in the journal: %d",
				requests, count.killed.Load(), count.missed.Load(), count.twice.Load(), count.lost.Load(), count.open.Load())
			if count.missed.Load() > int32(requests)/5 {
				t.Errorf("%d of %d points were not reached", count.missed.Load(), len(points))
			}
		})
	}
}

// killCount counts over all points.
type killCount struct{ killed, missed, twice, lost, open atomic.Int32 }

// seeded is a pool to which the files before were applied, with its ledger.
type seeded struct {
	state []byte
	dir   string
}

func (w killWorld) seeded(t testing.TB) seeded {
	if w.before == nil {
		return seeded{}
	}
	c := newFaultCase(t, nil, w.before, "")
	c.apply(t)
	return seeded{state: c.pool.rawState(), dir: c.pool.dir}
}

// killCase is a pool behind a boundary.
type killCase struct {
	*faultCase
	boundary *boundary
}

func (w killWorld) start(t testing.TB, s seeded) *killCase {
	t.Helper()
	server, err := sandbox.New(sandbox.Options{Seed: s.state})
	if err != nil {
		t.Fatal(err)
	}
	b := &boundary{next: server, started: make(chan struct{}), dead: make(chan struct{})}
	web := httptest.NewServer(b)
	t.Cleanup(func() { web.Close(); _ = server.Close() })
	p := &matrixPool{t: t, dialect: dialect{}, dir: t.TempDir(), env: map[string]string{}}
	if s.dir != "" {
		if err := os.CopyFS(p.dir, os.DirFS(s.dir)); err != nil {
			t.Fatal(err)
		}
	}
	p.meet(web.URL, server.Credentials())
	for i, name := range secretNames {
		p.env[name] = fmt.Sprintf("s3cret-%d", i)
	}
	p.write("objects.yaml", w.after.documents()...)
	return &killCase{&faultCase{pool: p, files: w.after}, b}
}

// rotated: the files name other secrets, and the ledger knows the names.
var rotated = []string{"--override", "secret-endpoint=rotated"}

func (w killWorld) countRequests(t testing.TB, s seeded) int {
	c := w.start(t, s)
	if n := c.apply(t, rotated...); n < 30 {
		t.Fatalf("%d steps, want at least 30", n)
	}
	return len(c.requests())
}

func (w killWorld) killAt(t testing.TB, s seeded, k killPoint, count *killCount) {
	c := w.start(t, s)
	c.boundary.kill(k)
	code, errs := c.applyAsProcess(t, rotated...)
	if code != killedCode {
		count.missed.Add(1)
		return
	}
	count.killed.Add(1)
	c.apply(t, rotated...)
	state := c.pool.state()
	twice, lost := c.files.twice(state), c.files.unlike(state, c.pool.env, nil)
	if wrong := c.factors(); wrong != "" {
		lost = append(lost, wrong)
	}
	if len(twice)+len(lost) > 0 {
		t.Errorf("in the end: %s\n%s", strings.Join(append(twice, lost...), "; "), trouble(errs))
	}
	count.twice.Add(int32(len(twice)))
	count.lost.Add(int32(len(lost)))
	count.open.Add(int32(c.journalIsWhole(t)))
	if code, errs := c.pool.command(nil, "plan", "--detailed-exitcode", "--allow-replace", "-t", "pool"); code != 0 {
		t.Errorf("the last plan ends with %d\n%s", code, trouble(errs))
	}
}

// killedCode stands for an end by SIGKILL.
const killedCode = -1

// applyAsProcess applies in a process of its own, and gives its exit code and
// all that it said.
func (c *killCase) applyAsProcess(t testing.TB, flags ...string) (code int, said string) {
	t.Helper()
	cmd := exec.Command("idpsync", append([]string{"apply", "--yes", "--allow-replace", "-t", "pool"}, flags...)...)
	cmd.Dir, cmd.Env = c.pool.dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.pool.dir}
	for name, value := range c.pool.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	err := c.boundary.follow(cmd)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// boundary stands before a server and kills the process that calls it.
type boundary struct {
	next    http.Handler
	started chan struct{} // closed when process is set
	process *os.Process
	dead    chan struct{} // closed when it has ended
	busy    sync.WaitGroup

	mu   sync.Mutex
	at   killPoint // the zero point: never
	seen int
}

func (b *boundary) kill(at killPoint) { b.mu.Lock(); defer b.mu.Unlock(); b.at, b.seen = at, 0 }

// follow waits for the end of a process and of all that it asked for.
func (b *boundary) follow(cmd *exec.Cmd) error {
	b.process = cmd.Process
	close(b.started)
	err := cmd.Wait()
	close(b.dead)
	b.busy.Wait()
	b.kill(killPoint{})
	return err
}

func (b *boundary) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_sandbox") {
		b.next.ServeHTTP(w, r)
		return
	}
	b.busy.Add(1)
	defer b.busy.Done()
	b.mu.Lock()
	b.seen++
	at := b.at
	hit := b.seen == at.request
	b.mu.Unlock()
	if !hit {
		b.next.ServeHTTP(w, r)
		return
	}
	if at.moment == afterIt {
		b.next.ServeHTTP(httptest.NewRecorder(), r)
	}
	<-b.started
	_ = b.process.Kill()
	<-b.dead
	panic(http.ErrAbortHandler)
}

// journalIsWhole tells how many steps of all runs nobody knows the fate of.
func (c *killCase) journalIsWhole(t testing.TB) (open int) {
	var d struct {
		Runs []struct {
			RunID, State string
			Open         int
		}
	}
	if code, errs := c.pool.command(&d, "journal", "list"); code != 0 {
		t.Errorf("journal: %d\n%s", code, errs)
	}
	for _, r := range d.Runs {
		if r.Open > 0 || r.State == "unfinished" {
			t.Errorf("run %s: %s, %d open", r.RunID, r.State, r.Open)
			open += max(1, r.Open)
		}
	}
	return open
}
