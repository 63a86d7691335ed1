package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// restarting is a sandbox that can be ended and begun again at one address.
type restarting struct {
	t   testing.TB
	dir string
	now atomic.Pointer[sandbox.Server]
}

func (r *restarting) begin() sandbox.Credentials {
	r.t.Helper()
	s, err := sandbox.New(sandbox.Options{DataDir: r.dir})
	if err != nil {
		r.t.Fatal(err)
	}
	r.now.Store(s)
	return s.Credentials()
}

func (r *restarting) end() {
	if s := r.now.Swap(nil); s != nil {
		_ = s.Close()
	}
}

func (r *restarting) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	s := r.now.Load()
	if s == nil {
		panic(http.ErrAbortHandler) // nobody is there: the line is cut
	}
	s.ServeHTTP(w, req)
}

// soak is a watch that is given a hard time.
type soak struct {
	t      testing.TB
	p      *matrixPool
	server *restarting
	w      *watcher
	rand   *rand.Rand
	want   map[string]string // the titles that the files ask for, by name
	events int
}

const soakApps = 24

func newSoak(t testing.TB, seed uint64) *soak {
	s := &soak{t: t, server: &restarting{t: t, dir: t.TempDir()}, rand: rand.New(rand.NewPCG(seed, 8)), want: map[string]string{}}
	keys := s.server.begin()
	front := httptest.NewUnstartedServer(s.server)
	front.Config.ErrorLog = nil
	front.Start()
	t.Cleanup(func() { front.Close(); s.server.end() })
	s.p = &matrixPool{t: t, dialect: dialect{}, dir: t.TempDir(), env: map[string]string{"GOGC": "50"}}
	s.p.meet(front.URL, keys)
	s.p.write("idpsync.yaml", object{
		"apiVersion": "idpsync/v1", "kind": "Project", "targets": object{"pool": s.p.target()},
		"policy": object{"prune": "owned", "maxDeletes": 100, "maxDeletePercent": 100},
	})
	if err := os.MkdirAll(filepath.Join(s.p.dir, "apps"), 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range soakApps {
		s.edit(fmt.Sprint("a", i))
	}
	s.watch()
	return s
}

// watch starts the watch that is tried.
func (s *soak) watch() {
	s.t.Helper()
	s.w = s.p.watching(s.t, nil, "--mode", "apply", "--interval", "2s", "--listen", "127.0.0.1:0")
	s.w.until("it has begun", func(passLine) bool { return true }) // before, a signal would end it
}

func (s *soak) file(name string) string { return filepath.Join(s.p.dir, "apps", name+".yaml") }

// edit writes a document, in one of the ways of editors.
func (s *soak) edit(name string) {
	s.want[name] = fmt.Sprint("t", s.rand.IntN(1_000_000))
	text := []byte(appText(name, s.want[name]))
	if s.rand.IntN(2) == 0 {
		_ = os.WriteFile(s.file(name), text, 0o644)
	} else {
		_ = os.WriteFile(s.file("."+name), text, 0o644)
		_ = os.Rename(s.file("."+name), s.file(name))
	}
	s.events++
}

func (s *soak) any() string { return fmt.Sprint("a", s.rand.IntN(soakApps)) }

var soakFaults = []string{
	"POST /api/v3/create-application #1 drop-after", "POST /api/v3/create-application #2 status=500",
	"POST /api/v3/update-application #1 drop-after", "POST /api/v3/update-application #2 drop-before", "POST /api/v3/update-application #3 429:0",
	"POST /api/v3/delete-application #1 drop-after", "POST /api/v3/get-management-token #1 status=503",
	"GET /api/v3/list-applications #1 truncate", "GET /api/v3/list-applications #2 garbage", "GET /api/v3/get-application #1 drop-before",
}

// trouble does one of the things that happen to a watch.
func (s *soak) trouble() {
	switch n := s.rand.IntN(100); {
	case n < 55:
		s.edit(s.any())
	case n < 70: // a storm on one file
		name := s.any()
		for range 40 {
			s.edit(name)
		}
	case n < 80:
		name := s.any()
		delete(s.want, name)
		_ = os.Remove(s.file(name))
		s.events++
	case n < 85: // half a file
		name := s.any()
		_ = os.WriteFile(s.file(name), []byte(appText(name, "half")[:60]), 0o644)
		s.want[name] = "half"
		s.events++
	case n < 90:
		_, _ = s.p.try("POST", "/_sandbox/faults", object{"faults": []string{soakFaults[s.rand.IntN(len(soakFaults))], soakFaults[s.rand.IntN(len(soakFaults))]}})
	case n < 95:
		s.byHand()
	case n < 97:
		s.server.end()
		<-time.After(time.Duration(s.rand.IntN(300)) * time.Millisecond)
		s.server.begin()
	case n < 98:
		_ = os.Rename(filepath.Join(s.p.dir, "apps"), filepath.Join(s.p.dir, "gone"))
		<-time.After(time.Duration(s.rand.IntN(500)) * time.Millisecond)
		_ = os.Rename(filepath.Join(s.p.dir, "gone"), filepath.Join(s.p.dir, "apps"))
		s.events += 2
	default:
		_ = s.w.cmd.Process.Signal(syscall.SIGHUP)
	}
}

// byHand changes or deletes an application at the console; a fault or a restart
// may keep it from happening.
func (s *soak) byHand() {
	apps := s.applications()
	if len(apps) == 0 {
		return
	}
	a := apps[s.rand.IntN(len(apps))]
	if s.rand.IntN(3) == 0 {
		_, _ = s.p.tryConsole("delete-application", object{"appId": a["appId"]})
	} else {
		_, _ = s.p.tryConsole("update-application", object{"appId": a["appId"], "appName": "by hand"})
	}
}

func (s *soak) applications() []object {
	var st matrixState
	if text, err := s.p.try("GET", "/_sandbox/state", nil); err != nil || json.Unmarshal(text, &st) != nil {
		return nil
	}
	return st.Applications
}

// work makes trouble in rounds, with a pause after each, as long as more says so.
func (s *soak) work(more func() bool) {
	for more() {
		for range 1 + s.rand.IntN(12) {
			s.trouble()
		}
		<-time.After(time.Duration(s.rand.IntN(1200)) * time.Millisecond)
	}
}

// settle puts all in order and waits until the pool is as the files say.
func (s *soak) settle() {
	s.t.Helper()
	eventually(s.t, "the faults are gone", func() bool {
		_, err := s.p.try("POST", "/_sandbox/faults", object{"faults": []string{}})
		return err == nil
	})
	for i := range soakApps {
		s.edit(fmt.Sprint("a", i))
	}
	tick := 0
	var diff string
	for deadline := time.Now().Add(3 * time.Minute); ; {
		if diff = s.differs(); diff == "" {
			break
		}
		if time.Now().After(deadline) {
			s.w.fail("never as the files say: " + diff)
		}
		if tick++; tick%50 == 0 { // what failed before is tried at once
			_ = s.w.cmd.Process.Signal(syscall.SIGHUP)
		}
		<-time.After(100 * time.Millisecond)
	}
	_ = s.w.cmd.Process.Signal(syscall.SIGHUP)
	s.w.mu.Lock()
	s.w.seen = len(s.w.lines)
	s.w.mu.Unlock()
	s.w.until("all in sync", func(l passLine) bool { return inSync(l) && l.Counts.InSync == soakApps })
}

// differs says in what the pool is not as the files say; "" when it is.
func (s *soak) differs() string {
	var out []string
	got := map[string]string{}
	for _, a := range s.applications() {
		got[fmt.Sprint(a["appIdentifier"])] = fmt.Sprint(a["appName"])
	}
	for name, title := range s.want {
		if got[name] != title {
			out = append(out, fmt.Sprintf("%s is %q, want %q", name, got[name], title))
		}
		delete(got, name)
	}
	for name := range got {
		out = append(out, name+" is too much")
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

// sizes are what must not grow; heap is what is in use, times a constant, and
// only told: of so small a heap a buffer more is a tenth.
type sizes struct{ goroutines, files, heap, resident float64 }

// measure takes the smallest of many looks while the collector runs often. What
// it found in use the last time is behind the size at which it runs again.
func (s *soak) measure() sizes {
	s.t.Helper()
	least := sizes{1e18, 1e18, 1e18, 1e18}
	begun := -1.0
	eventually(s.t, "the collector has run", func() bool {
		_ = s.w.cmd.Process.Signal(syscall.SIGHUP) // something to do
		m := s.metrics()
		least.goroutines = min(least.goroutines, m["go_goroutines"])
		least.files = min(least.files, m["process_open_fds"])
		least.heap = min(least.heap, m["go_memstats_next_gc_bytes"])
		least.resident = min(least.resident, m["process_resident_memory_bytes"])
		runs := m["go_gc_duration_seconds_count"]
		if begun < 0 {
			begun = runs
		}
		return runs >= begun+30
	})
	return least
}

func (s *soak) metrics() map[string]float64 {
	s.t.Helper()
	resp, err := http.Get("http://" + s.w.address() + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	out := map[string]float64{}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if name, value, ok := strings.Cut(lines.Text(), " "); ok && !strings.HasPrefix(name, "#") {
			out[name], _ = strconv.ParseFloat(value, 64)
		}
	}
	return out
}

// soakTime is how long the torture lasts: IDPSYNC_TORTURE may name it.
func soakTime() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("IDPSYNC_TORTURE")); err == nil {
		return d
	}
	return 10 * time.Minute
}

// TestSoak: random edits, faults, restarts of the sandbox, changes by hand. In the
// end the pool is as the files say, and nothing has grown. IDPSYNC_TORTURE makes
// it ten minutes and 20,000 events after the first 10,000, in which buffers and the
// list of runs come to their size, and weighs the memory too.
func TestSoak(t *testing.T) {
	long := torture
	if !long {
		t.Parallel()
	}
	seed := rand.Uint64()
	t.Log("seed", seed)
	s := newSoak(t, seed)
	rounds := 0
	s.work(func() bool { rounds++; return rounds <= 4 || long && s.events < 10_000 })
	s.settle()
	before := s.measure()
	begun, rounds, events := time.Now(), 0, s.events
	s.work(func() bool {
		if rounds++; long && rounds%50 == 0 {
			t.Logf("after %s: %d events, %+v", time.Since(begun).Round(time.Second), s.events-events, s.measure())
		}
		if long {
			return time.Since(begun) < soakTime() || soakTime() >= 10*time.Minute && s.events-events < 20_000
		}
		return rounds <= 8
	})
	s.settle()
	after := s.measure()
	t.Logf("%d events, %d lines; before %+v, after %+v", s.events, len(s.w.lines), before, after)
	if after.goroutines > before.goroutines+4 || after.files > before.files+4 {
		t.Errorf("goroutines or files grew: before %+v, after %+v", before, after)
	}
	if long && after.resident > before.resident*1.1 {
		t.Errorf("the memory grew: before %+v, after %+v", before, after)
	}
	if code := s.w.end(syscall.SIGTERM); code != 0 {
		s.w.fail(fmt.Sprintf("exit %d", code))
	}
	if code, errs := s.p.command(nil, "plan", "--detailed-exitcode", "-t", "pool"); code != 0 {
		t.Errorf("a plan afterwards ends with %d\n%s", code, errs)
	}
}

// try is a request that may fail.
func (p *matrixPool) try(method, path string, body any) ([]byte, error) {
	sent, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(method, p.url+path, bytes.NewReader(sent))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// tryConsole is a call at the console that may fail.
func (p *matrixPool) tryConsole(path string, body any) ([]byte, error) {
	var t struct {
		Data struct {
			Token string `json:"access_token"`
		}
	}
	text, err := p.try("POST", "/api/v3/get-management-token", object{"accessKeyId": p.keys.AccessKeyID, "accessKeySecret": p.keys.AccessKeySecret})
	if err != nil || json.Unmarshal(text, &t) != nil {
		return nil, err
	}
	p.token = t.Data.Token
	return p.try("POST", "/api/v3/"+path, body)
}
