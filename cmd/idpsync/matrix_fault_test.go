package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// faults are the actions of spec 8; of a range, one that matters. The second
// list is for writes alone.
var (
	faults      = []string{"status=500", "429", "drop-before", "drop-after", "delay=20ms", "truncate", "garbage", "kill"}
	writeFaults = []string{"accept-no-store", "success-false"}
)

// TestFaults lets each fault happen at each request of an apply of thirty
// changes of all kinds, and applies again without: in the end there is exactly
// what the files declare, each once, and the first result told the truth.
func TestFaults(t *testing.T) {
	before, after := company(), changedCompany()
	seed := seedOf(t, before)
	base := newFaultCase(t, seed, after, "")
	if n := base.apply(t); n < 30 {
		t.Fatalf("%d steps, want at least 30", n)
	}
	var specs []string
	counts := map[string]int{}
	for _, r := range base.requests() {
		route := r.Method + " " + r.Path
		counts[route]++
		for _, f := range faultsOf(r) {
			specs = append(specs, fmt.Sprintf("%s #%d %s", route, counts[route], f))
		}
	}
	tally := &tally{codes: map[int]int{}}
	together(t, 48, specs, func(t testing.TB, spec string) {
		data := ""
		if strings.HasSuffix(spec, " kill") {
			data = t.TempDir()
		}
		c := newFaultCase(t, seed, after, data)
		c.tally = tally
		c.live(t, spec)
	})
	t.Logf("requests: %d, faults: %d (kill and drop-after at each), duplicates: 0, lost: 0 (else this fails); first runs by exit code: %v", len(base.requests()), len(specs), tally.codes)
}

func faultsOf(r request) []string {
	if r.writes() {
		return slices.Concat(faults, writeFaults)
	}
	return faults
}

// tally counts over all cases.
type tally struct {
	mu    sync.Mutex
	codes map[int]int
}

// together runs f for each item, at most limit at once. A failure ends its own
// item only.
func together(t *testing.T, limit int, items []string, f func(testing.TB, string)) {
	slots := make(chan struct{}, limit)
	var wg sync.WaitGroup
	for _, item := range items {
		slots <- struct{}{}
		wg.Go(func() {
			a := &aside{TB: t, name: item}
			defer func() { a.end(); <-slots }()
			f(a, item)
		})
	}
	wg.Wait()
}

// aside is a test in a goroutine of its own, named in what it says.
type aside struct {
	testing.TB
	name     string
	cleanups []func()
}

// Cleanup is for the end of this test, not of the one it belongs to.
func (a *aside) Cleanup(f func()) { a.cleanups = append(a.cleanups, f) }

func (a *aside) end() {
	for _, f := range slices.Backward(a.cleanups) {
		f()
	}
}

func (a *aside) Errorf(format string, args ...any) {
	a.TB.Errorf("%s: %s", a.name, fmt.Sprintf(format, args...))
}

func (a *aside) Fatalf(format string, args ...any) { a.Errorf(format, args...); runtime.Goexit() }
func (a *aside) Fatal(args ...any)                 { a.Errorf("%s", fmt.Sprint(args...)); runtime.Goexit() }

// faultCase is one pool with one fault.
type faultCase struct {
	pool  *matrixPool
	files files
	tally *tally
	// killed: the log of the faulty apply went with the server; told are then the
	// keys that it said were done.
	killed bool
	told   map[string]bool
}

func newFaultCase(t testing.TB, seed []byte, f files, data string) *faultCase {
	p := startPool(t, dialect{}, seed, data)
	for i, name := range secretNames {
		p.env[name] = fmt.Sprintf("s3cret-%d", i)
	}
	p.write("objects.yaml", f.documents()...)
	return &faultCase{pool: p, files: f}
}

// seedOf is the state of a pool to which the files were applied.
func seedOf(t *testing.T, f files) []byte {
	c := newFaultCase(t, nil, f, "")
	c.apply(t)
	return c.pool.rawState()
}

// apply applies without a fault, and returns how many steps it took.
func (c *faultCase) apply(t testing.TB, flags ...string) int {
	t.Helper()
	var r applied
	code, errs := c.pool.command(&r, append([]string{"apply", "--yes", "--allow-replace", "-t", "pool"}, flags...)...)
	if code != 0 || r.Summary.Done != len(r.Steps) {
		t.Fatalf("exit %d, %+v\n%s", code, r.Summary, trouble(errs))
	}
	return len(r.Steps)
}

// requests are those of the last command.
func (c *faultCase) requests() []request { return c.pool.log()[c.pool.mark:] }

func (c *faultCase) live(t testing.TB, spec string) {
	c.pool.control("POST", "faults", object{"faults": []string{spec}}, nil)
	var r applied
	before := c.pool.state()
	code, errs := c.pool.command(&r, "apply", "--yes", "--allow-replace", "-t", "pool")
	if c.killed = strings.HasSuffix(spec, " kill"); c.killed {
		c.pool.restart()
		c.told = map[string]bool{}
		for _, st := range r.Steps {
			c.told[st.Key] = st.Status == "done"
		}
	}
	c.tell(t, before, r, code, errs)
	c.pool.control("POST", "faults", object{"faults": []string{}}, nil)
	if again := c.apply(t, "--push", "notkept"); code == 0 && again > 3 {
		t.Errorf("exit 0, and %d steps were left", again)
	}
	s := c.pool.state()
	if wrong := append(c.files.unlike(s, c.pool.env, nil), c.files.twice(s)...); len(wrong) > 0 {
		t.Errorf("first exit %d\n%s\nin the end: %s", code, trouble(errs), strings.Join(wrong, "; "))
	}
	if wrong := c.factors(); wrong != "" {
		t.Errorf("in the end: %s", wrong)
	}
	if code == 0 {
		return // the second apply has seen that nothing was open
	}
	if code, errs := c.pool.command(nil, "plan", "--detailed-exitcode", "--allow-replace", "-t", "pool"); code != 0 {
		t.Errorf("the last plan ends with %d\n%s", code, trouble(errs))
	}
}

// tell holds what the faulty apply said against what the server has.
func (c *faultCase) tell(t testing.TB, before matrixState, r applied, code int, errs string) {
	c.tally.mu.Lock()
	c.tally.codes[code]++
	c.tally.mu.Unlock()
	s := c.pool.state()
	was, x := newComparer(before, c.pool.env), newComparer(s, c.pool.env)
	notKept := map[string]bool{}
	for _, at := range r.NotKept {
		notKept[at.Key] = true
	}
	for _, st := range r.Steps {
		there, whole := x.standing(c.files, st.Key)
		had, _ := was.standing(c.files, st.Key)
		switch {
		case st.Status == "done" && !whole && !notKept[st.Key]:
			t.Errorf("told done, and it is not: %s %s\n%s", st.Action, st.Key, trouble(errs))
		case (st.Status == "skipped" || st.Status == "failed" && st.Error != nil && !partial(st.PartsDone)) && st.Action == "create" && there && !had:
			t.Errorf("told %s, and it is there: %s %s\n%s", st.Status, st.Action, st.Key, trouble(errs))
		case st.Status == "skipped" && st.Action == "delete" && !there:
			t.Errorf("told skipped, and it is gone: %s", st.Key)
		}
	}
	c.judgeCode(t, r, code, len(c.files.unlike(s, c.pool.env, nil)) == 0, errs)
}

func partial(parts []string) bool { return slices.Contains(parts, "create") }

// judgeCode: 0 only if all is as declared, 5 as soon as anything was written.
func (c *faultCase) judgeCode(t testing.TB, r applied, code int, whole bool, errs string) {
	wrote := false
	for _, q := range c.requests() {
		wrote = wrote || q.writes() && q.StatusCode == http.StatusOK
	}
	bad := r.Summary.Done < len(r.Steps) || len(r.NotKept) > 0
	switch code {
	case 0:
		if !whole || bad || len(r.Steps) == 0 {
			t.Errorf("exit 0, whole %v, %+v", whole, r.Summary)
		}
	case 5:
		if !wrote && !c.killed {
			t.Errorf("exit 5, and nothing was written\n%s", trouble(errs))
		}
	case 1, 7:
		if r.Summary.Done > 0 {
			t.Errorf("exit %d after %d steps\n%s", code, r.Summary.Done, trouble(errs))
		}
	default:
		t.Errorf("exit %d\n%s", code, trouble(errs))
	}
}

// standing tells whether the object of a key is there, and whether it is as the
// files say.
func (x *comparer) standing(f files, key string) (there, whole bool) {
	kind, name, _ := strings.Cut(key, "/")
	if kind == "enablement" {
		app, conn, _ := strings.Cut(name, "/")
		spec := object{}
		if f["application/"+app] != nil {
			spec = f.spec("application/" + app)
		}
		a := x.find("application", app, object{})
		there = a != nil && slices.Contains(x.on(a), any(conn))
		wanted, _ := spec["connections"].([]any)
		return there, there == slices.Contains(wanted, any(conn)) || a == nil
	}
	got := x.find(kind, name, f.spec(key))
	if f.metadata(key)["state"] == "absent" {
		return got != nil, got == nil
	}
	if got == nil {
		return false, false
	}
	y := *x
	y.found, y.key = nil, key
	spec := plain(f.spec(key)).(object)
	delete(spec, "connections")
	y.compare("", spec, got, nil)
	return true, len(y.found) == 0
}

// twice lists what is there more than once, or though nobody declares it.
func (f files) twice(s matrixState) []string {
	var found []string
	seen := map[string]int{}
	for _, p := range s.IdentityProviders {
		seen["provider "+p["name"].(string)]++
		for _, e := range p["connections"].([]any) {
			seen["connection "+e.(object)["identifier"].(string)]++
		}
	}
	for _, a := range s.Applications {
		seen["application "+a["appIdentifier"].(string)]++
	}
	want := 0
	for k := range f {
		if f.metadata(k)["state"] != "absent" {
			want++
		}
	}
	for k, n := range seen {
		if n > 1 {
			found = append(found, fmt.Sprintf("%s: %d times", k, n))
		}
	}
	if len(seen) != want {
		found = append(found, fmt.Sprintf("%d objects, %d declared", len(seen), want))
	}
	return found
}

// factors tells of an application whose last factors are not the declared ones.
func (c *faultCase) factors() string {
	ids := map[string]string{}
	for _, a := range c.pool.state().Applications {
		ids[a["appId"].(string)] = a["appIdentifier"].(string)
	}
	last := map[string]object{}
	for _, r := range c.pool.log() {
		var body object
		if strings.HasSuffix(r.Path, "update-application-mfa-settings") && r.StatusCode == http.StatusOK && json.Unmarshal(r.Body, &body) == nil {
			last["application/"+ids[body["appId"].(string)]] = body
		}
	}
	for k := range c.files {
		want, declared := c.files.spec(k)["mfa"].(object)
		if declared && !c.told[k] && !equal(want["enabledFactors"], last[k]["enabledFactors"]) {
			return fmt.Sprintf("%s: factors %v", k, last[k]["enabledFactors"])
		}
	}
	return ""
}
