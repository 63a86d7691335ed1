package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// torture asks for the long grids, that `make torture` runs.
var torture = os.Getenv("IDPSYNC_TORTURE") != ""

// killWorld is what an apply starts from, and what it must arrive at.
type killWorld struct {
	name          string
	before, after files
}

// killWorlds: the first has steps of every sort. The second, of the long grid,
// has creates alone, where nothing but the journal knows of what was begun.
func killWorlds() []killWorld {
	worlds := []killWorld{{"change", company(), changedCompany()}}
	if torture {
		worlds = append(worlds, killWorld{"create", nil, company()})
	}
	return worlds
}

// moment is when the process dies, seen from the server.
type moment string

const (
	beforeIt moment = "before" // the request came in, and was never looked at
	afterIt  moment = "after"  // the server did it, and its answer reached nobody
	lateIt   moment = "late"   // the server does it a while after the process has died
)

// A late server takes lateBy, and lateSettle is what the project allows for it.
const (
	lateBy     = 500 * time.Millisecond
	lateSettle = 2 * time.Second
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

// TestLateServer kills the process at a write that the server does only when
// the process is long dead. The next apply waits for it as long as the project
// says that a write may take, and does not make a thing twice.
func TestLateServer(t *testing.T) {
	t.Parallel()
	w := killWorld{"late", nil, small()}
	if torture {
		w.after = company()
	}
	count := &killCount{}
	var points []string
	for n, r := range w.writes(t) {
		if r {
			points = append(points, strconv.Itoa(n+1))
		}
	}
	together(t, 8, points, func(t testing.TB, point string) {
		n, err := strconv.Atoi(point)
		if err != nil {
			t.Fatal(err)
		}
		w.killAt(t, seeded{}, killPoint{n, lateIt}, count)
	})
	t.Logf("late writes: %d, duplicates: %d, lost: %d, open in the journal: %d", count.killed.Load(), count.twice.Load(), count.lost.Load(), count.open.Load())
	if count.killed.Load() == 0 {
		t.Error("nothing was killed")
	}
}

// writes tells of each request of an undisturbed apply, one at a time, whether
// it writes.
func (w killWorld) writes(t testing.TB) (out []bool) {
	c := w.start(t, seeded{})
	c.apply(t, "--parallelism", "1")
	for _, r := range c.requests() {
		out = append(out, r.writes())
	}
	return out
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
	b := newBoundary(server)
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
	flags := rotated
	if k.moment == lateIt {
		target := c.pool.target()
		target["settle"] = lateSettle.String()
		c.pool.write("idpsync.yaml", object{"apiVersion": "idpsync/v1", "kind": "Project", "targets": object{"pool": target}})
		flags = []string{"--parallelism", "1"}
	}
	code, errs := c.applyAsProcess(t, flags...)
	if code != killedCode {
		count.missed.Add(1)
		return
	}
	count.killed.Add(1)
	c.apply(t, flags...)
	if k.moment == lateIt {
		<-c.boundary.late
	}
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
	late    chan struct{} // closed when a late write was done

	mu   sync.Mutex
	idle *sync.Cond // busy is 0
	busy int
	at   killPoint // the zero point: never
	seen int
}

func newBoundary(next http.Handler) *boundary {
	b := &boundary{next: next, started: make(chan struct{}), dead: make(chan struct{}), late: make(chan struct{})}
	b.idle = sync.NewCond(&b.mu)
	return b
}

func (b *boundary) kill(at killPoint) { b.mu.Lock(); defer b.mu.Unlock(); b.at, b.seen = at, 0 }

// follow waits for the end of a process and of all that it asked for.
func (b *boundary) follow(cmd *exec.Cmd) error {
	b.process = cmd.Process
	close(b.started)
	err := cmd.Wait()
	close(b.dead)
	b.mu.Lock()
	for b.busy > 0 {
		b.idle.Wait()
	}
	b.mu.Unlock()
	b.kill(killPoint{})
	return err
}

func (b *boundary) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy--; b.busy == 0 {
		b.idle.Broadcast()
	}
}

func (b *boundary) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_sandbox") {
		b.next.ServeHTTP(w, r)
		return
	}
	defer b.leave()
	b.mu.Lock()
	b.busy++
	b.seen++
	at := b.at
	hit := b.seen == at.request
	b.mu.Unlock()
	if !hit {
		b.next.ServeHTTP(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	again := r.Clone(context.Background())
	again.Body = io.NopCloser(bytes.NewReader(body))
	do := func() { b.next.ServeHTTP(httptest.NewRecorder(), again) }
	if at.moment == afterIt {
		do()
	}
	<-b.started
	_ = b.process.Kill()
	<-b.dead
	if at.moment == lateIt {
		time.AfterFunc(lateBy, func() { do(); close(b.late) })
	}
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
