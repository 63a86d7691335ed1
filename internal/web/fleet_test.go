package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/schema"
)

// fakeFleet hands out what a replica of a serve does: brief statuses from memory
// and whole ones, as they travel, on demand.
type fakeFleet struct {
	fakeWatch // its subscribers alone
	mu        sync.Mutex
	list      []Target
	brief     map[string]*reconcile.Status
	whole     map[string][]byte
	jobs      map[string]Job
	fleet     Fleet
	broken    error
	fetched   atomic.Int64
}

func (f *fakeFleet) tell(name string, st *reconcile.Status) {
	brief, whole, err := reconcile.EncodeStatus(st)
	if err != nil {
		panic(err)
	}
	short, err := reconcile.DecodeStatus(brief)
	if err != nil {
		panic(err)
	}
	f.mu.Lock()
	f.brief[name], f.whole[name] = short, whole
	f.mu.Unlock()
	f.publish(func(*reconcile.Status) {})
}

// change does something to what the fleet shows, and tells the listeners.
func (f *fakeFleet) change(do func()) {
	f.mu.Lock()
	do()
	f.mu.Unlock()
	f.publish(func(*reconcile.Status) {})
}

func (f *fakeFleet) target(name string) Target {
	return Target{
		Name: name,
		Status: func() *reconcile.Status {
			f.mu.Lock()
			defer f.mu.Unlock()
			return f.brief[name]
		},
		Whole: func(context.Context) (*reconcile.Status, error) {
			f.fetched.Add(1)
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.broken != nil {
				return nil, f.broken
			}
			return reconcile.DecodeStatus(f.whole[name])
		},
		Job: func() Job {
			f.mu.Lock()
			defer f.mu.Unlock()
			return f.jobs[name]
		},
	}
}

// fleetOf is a fleet of that many targets: one is given up, one fails, one has
// wrong files, one drifted, and of one nothing is known yet.
func fleetOf(n int) *fakeFleet {
	f := &fakeFleet{brief: map[string]*reconcile.Status{}, whole: map[string][]byte{}, jobs: map[string]Job{}}
	for i := range n {
		name := fmt.Sprintf("main/customer-%05d", i)
		f.list = append(f.list, f.target(name))
		f.jobs[name] = Job{Source: "main", Replica: "one"}
		st := *sample().now
		st.Target, st.Verdict, st.Counts = name, reconcile.InSync, reconcile.Counts{InSync: 3}
		switch i {
		case 7:
			f.jobs[name] = Job{State: JobDead, Source: "main", Replica: "two", Failures: 8, Reason: "the server does not answer any more", Since: noon, Next: noon.Add(time.Hour)}
			st.Verdict, st.Trouble = reconcile.Failing, &reconcile.Trouble{Code: "IDP0501", Message: "the server does not answer any more"}
		case 5:
			st.Verdict, st.Trouble = reconcile.Failing, &reconcile.Trouble{Message: "cut off"}
		case 3:
			st.Verdict, st.Diagnostics = reconcile.Invalid, []diagnostic.Diagnostic{{Code: "IDP0102", Severity: diagnostic.Error, File: "a.yaml", Message: diagnostic.Words("the word <b> is wrong")}}
		case 2:
			st.Verdict, st.Counts = reconcile.Differs, reconcile.Counts{InSync: 2, Drifted: 1}
			f.jobs[name] = Job{State: JobRunning, Source: "main", Replica: "one"}
		case 1:
			continue
		}
		f.tell(name, &st)
	}
	f.fleet = Fleet{
		Read: noon, Queue: Queue{Waiting: 3, Running: 1, Retrying: 2, Dead: 1, Oldest: noon.Add(-90 * time.Second)},
		Replicas: []Replica{
			{Name: "one", Host: "host-a", PID: 11, Version: "1.2.3", Started: noon.Add(-time.Hour), Beat: noon, Leader: true, Self: true, Works: []string{"main/customer-00002"}},
			{Name: "two", Host: "host-b", PID: 12, Version: "1.2.3", Started: noon.Add(-time.Hour), Beat: noon.Add(-time.Minute), Gone: true},
		},
		Sources: []Source{
			{Name: "main", Place: "https://git.example/config main", Version: "0123456789abcdef0123", Since: noon, Checked: noon},
			{Name: "side", Place: "/srv/side", Version: "sha256:55", Error: "the folder cannot be read", Hint: "mount it", Stale: []string{"two"}},
		},
	}
	return f
}

func serveFleet(t *testing.T, f *fakeFleet, change ...func(*Options)) (*Server, *httptest.Server) {
	t.Helper()
	return serve(t, &f.fakeWatch, append([]func(*Options){func(o *Options) {
		o.Targets = nil
		o.List = func() []Target {
			f.mu.Lock()
			defer f.mu.Unlock()
			return f.list
		}
		o.Fleet = func() *Fleet {
			f.mu.Lock()
			defer f.mu.Unlock()
			now := f.fleet
			return &now
		}
		o.Ready = func() error { return nil }
	}}, change...)...)
}

// inOrder tells whether the texts stand in the page one after the other.
func inOrder(t *testing.T, page string, texts ...string) {
	t.Helper()
	at := 0
	for _, want := range texts {
		i := strings.Index(page[at:], want)
		if i < 0 {
			t.Errorf("the page does not say %q, or not after what comes before", want)
			return
		}
		at += i
	}
}

func TestFleetOverview(t *testing.T) {
	_, srv := serveFleet(t, fleetOf(300))
	_, text := get(t, srv, "/")
	inOrder(
		t, text, "given up", "the oldest waits since", "2026-11-22 11:58:30", `data-replica="one"`, "leader", "host-a:11", "alive", "customer-00002", `data-replica="two"`, "gone", "last heard",
		`data-source="main"`, "0123456789ab", `data-source="side"`, "the folder cannot be read", "hint: mount it", "another version on: two",
		"300 of 300 targets", "targets 1 to 200 of 300", `data-key="main/customer-00007" data-state="dead"`, "the server does not answer any more", `data-key="main/customer-00005" data-state="failing"`, "cut off",
		`data-key="main/customer-00003" data-state="invalid"`, "the word &lt;b&gt; is wrong", `data-key="main/customer-00002" data-state="drifted"`, "3 objects, 1 drifted", "running",
		`data-key="main/customer-00001" data-state="looking"`, `data-key="main/customer-00000" data-state="in sync"`,
	)
	for path, wants := range map[string][]string{
		"/?from=200":                   {"targets 201 to 300 of 300", "customer-00299"},
		"/?from=99999":                 {"targets 201 to 300 of 300"},
		"/?q=CUSTOMER-0029":            {"10 of 300 targets", "customer-00295"},
		"/?q=cut+off":                  {"1 of 300 targets", "customer-00005"},
		"/?state=dead":                 {"1 of 300 targets", "customer-00007", "<b>295</b> in sync"},
		"/?q=nothing-at-all":           {"0 of 300 targets", "Nothing fits."},
		"/?lang=zh-CN":                 {"已放弃", "副本", "服务器不再应答", "3 个对象，1 已漂移", "版本不同的副本：two"},
		"/t/main~customer-00007":       {"Given up after 8 failures in a row", "the server does not answer any more", "all targets", "replica"},
		"/t/main%2Fcustomer-00002":     {"connection/</i><bdi>corp-oidc", "changed on the server: displayName"},
		"/t/main~customer-00002/plan":  {"0 to create, 1 to change", "(secret)"},
		"/t/main~customer-00002/runs":  {"20261122T110000Z-abcdef"},
		"/t/main~customer-00002/graph": {"<svg"},
		"/t/main~customer-00001":       {"looking", "There are no objects yet."},
	} {
		resp, text := get(t, srv, path)
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, resp.Status)
		}
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", path, want)
			}
		}
		if strings.Contains(text, theSecret) {
			t.Errorf("%s shows the secret", path)
		}
	}
}

// TestFleetLinks: whatever a target is called, its line leads to its page.
func TestFleetLinks(t *testing.T) {
	f := fleetOf(0)
	names := []string{"main/eu/prod", "main/eu~prod", "main/eu%7Eprod", "main/eu%257Eprod", "main/~/%2F"}
	for _, name := range names {
		f.list = append(f.list, f.target(name))
	}
	s, srv := serveFleet(t, f)
	for _, name := range names {
		if resp, text := get(t, srv, base(s.find(name))); resp.StatusCode != http.StatusOK || !strings.Contains(text, "<title>"+name) {
			t.Errorf("%s at %s: %s", name, base(s.find(name)), resp.Status)
		}
	}
}

// TestFleetHostileNames: what a database, a replica or a source says stays text.
func TestFleetHostileNames(t *testing.T) {
	const evil = "\"><script>alert(1)</script>\u202e\x1b[31m/../../x"
	f := fleetOf(8)
	f.change(func() {
		name := evil[:26] // no project has a target that turns or hides text
		f.list = append([]Target{f.target(name)}, f.list...)
		f.jobs[name] = Job{State: JobDead, Replica: evil, Reason: evil}
		f.fleet = Fleet{
			Lost: evil, Queue: f.fleet.Queue, Replicas: []Replica{{Name: evil, Host: evil, Version: evil, Works: []string{evil}}},
			Sources: []Source{{Name: evil, Place: evil, Version: evil, Error: evil, Hint: evil, Stale: []string{evil}}}, Troubles: []string{evil},
		}
	})
	_, srv := serveFleet(t, f)
	_, text := get(t, srv, "/")
	judge(t, "/", text)
	_, rest, _ := strings.Cut(text, `class="name"><a href="`)
	path, _, _ := strings.Cut(rest, `"`)
	resp, text := get(t, srv, path)
	if resp.StatusCode != http.StatusOK || !strings.Contains(text, "Given up") {
		t.Errorf("%q leads to %s", path, resp.Status)
	}
	judge(t, path, text)
}

// TestFleetFetchesWhatIsLookedAt: a whole status is asked for when somebody looks
// and the brief one is news, and never for the list.
func TestFleetFetchesWhatIsLookedAt(t *testing.T) {
	f := fleetOf(8)
	_, srv := serveFleet(t, f)
	get(t, srv, "/")
	get(t, srv, "/api/v1/status")
	get(t, srv, "/metrics")
	if n := f.fetched.Load(); n != 0 {
		t.Errorf("the list fetched %d", n)
	}
	const page = "/t/main~customer-00002"
	for range 3 {
		get(t, srv, page)
	}
	if n := f.fetched.Load(); n != 1 {
		t.Errorf("three looks fetched %d", n)
	}
	next := listening(t, srv, "page=objects&target=main%2Fcustomer-00002", "")
	if u := updateOf(t, next()); !u.Reload {
		t.Errorf("%+v", u)
	}
	f.tell("main/customer-00000", f.brief["main/customer-00000"]) // another's news
	st := *sample().now
	st.Verdict = reconcile.Failing
	st.Objects = append([]reconcile.ObjectStatus(nil), st.Objects...)
	st.Objects[2].State = reconcile.ObjectFailing
	f.tell("main/customer-00002", &st)
	if u := updateOf(t, next()); keys(u.Rows) != "application/portal after " || f.fetched.Load() != 2 {
		t.Errorf("%+v after %d fetches", u, f.fetched.Load())
	}
}

// TestFleetWithoutDatabase: what is shown is old and says so, a page that is open
// hears of it, and the details that were there stay.
func TestFleetWithoutDatabase(t *testing.T) {
	f := fleetOf(8)
	_, srv := serveFleet(t, f, func(o *Options) {
		o.Ready = func() error {
			f.mu.Lock()
			defer f.mu.Unlock()
			return f.broken
		}
	})
	const page = "/t/main~customer-00002"
	_, text := get(t, srv, page)
	_, rest, _ := strings.Cut(text, `data-seq="`)
	seq, _, _ := strings.Cut(rest, `"`)
	next := listening(t, srv, "page=objects&target=main%2Fcustomer-00002&since="+seq, "")
	if u := updateOf(t, next()); u.Reload || !strings.Contains(u.Head, "verdict") {
		t.Errorf("%+v", u)
	}
	if resp, _ := get(t, srv, "/readyz"); resp.StatusCode != http.StatusOK {
		t.Error(resp.Status)
	}
	f.change(func() { f.broken, f.fleet.Lost = errors.New("connection refused"), "connection refused" })
	if u := updateOf(t, next()); u.Reload || !strings.Contains(u.Head, "The database does not answer.") {
		t.Errorf("%+v", u)
	}
	f.mu.Lock()
	other := *f.brief["main/customer-00002"]
	f.brief["main/customer-00002"] = &other
	f.mu.Unlock()
	for path, wants := range map[string][]string{
		"/":                      {"The database does not answer. What is shown is old", "2026-11-22 12:00:00", "customer-00007"},
		page:                     {"The database does not answer.", "The details cannot be read at the moment: connection refused", "corp-oidc"},
		"/t/main~customer-00000": {"The details cannot be read", "There are no objects yet."},
	} {
		resp, text := get(t, srv, path)
		for _, want := range wants {
			if resp.StatusCode != http.StatusOK || !strings.Contains(text, want) {
				t.Errorf("%s: %s, and it does not say %q", path, resp.Status, want)
			}
		}
	}
	if resp, text := get(t, srv, "/readyz"); resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(text, "connection refused") {
		t.Error(resp.Status, text)
	}
	if resp, _ := get(t, srv, "/api/v1/status?target=main%2Fcustomer-00000"); resp.StatusCode != http.StatusServiceUnavailable {
		t.Error(resp.Status)
	}
	if resp, _ := get(t, srv, "/healthz"); resp.StatusCode != http.StatusOK {
		t.Error(resp.Status)
	}
}

// TestFleetChanges: a target that is taken out is gone for an open page too, and
// the list hears of news, of a replica's end too.
func TestFleetChanges(t *testing.T) {
	f := fleetOf(8)
	_, srv := serveFleet(t, f)
	all, one := listening(t, srv, "page=overview", ""), listening(t, srv, "page=objects&target=main%2Fcustomer-00000", "")
	first := updateOf(t, all())
	updateOf(t, one())
	f.change(func() {
		f.fleet.Replicas = append([]Replica(nil), f.fleet.Replicas...)
		f.fleet.Replicas[0].Gone = true
	})
	second := updateOf(t, all())
	_, text := get(t, srv, "/t/main~customer-00002")
	_, rest, _ := strings.Cut(text, `data-seq="`)
	seq, _, _ := strings.Cut(rest, `"`)
	kept := listening(t, srv, "page=objects&target=main%2Fcustomer-00002&since="+seq, "")
	updateOf(t, kept()) // what stands beside the snapshot
	f.change(func() { f.list = append([]Target(nil), f.list[1:]...) })
	f.tell("main/customer-00002", sample().now)
	if u := updateOf(t, kept()); u.Reload {
		t.Errorf("a target that stays is shown anew: %+v", u)
	}
	if u := updateOf(t, one()); u.Head != "" { // what a replica's end changed came first, or nothing did
		t.Errorf("%+v", u)
	}
	if third := updateOf(t, all()); !third.Reload || first.Seq == second.Seq || second.Seq == third.Seq {
		t.Error(first, second, third)
	}
	if resp, _ := get(t, srv, "/t/main~customer-00000"); resp.StatusCode != http.StatusNotFound {
		t.Error(resp.Status)
	}
	if resp, _ := get(t, srv, "/t/main~customer-00002"); resp.StatusCode != http.StatusOK {
		t.Error(resp.Status)
	}
}

// TestFleetForgetsViews: what nobody looks at any more is not kept.
func TestFleetForgetsViews(t *testing.T) {
	f := fleetOf(200)
	big := reconcile.Status{}
	for i := range 30_000 {
		big.Objects = append(big.Objects, reconcile.ObjectStatus{Key: model.Key{Kind: model.Application, Name: fmt.Sprint(i)}})
	}
	s, srv := serveFleet(t, f)
	kept := func() (views, rows int) {
		for _, t := range s.targets.call().order {
			if v := t.view.Load(); v != nil {
				views, rows = views+1, rows+len(v.rows)
			}
		}
		return views, rows
	}
	for i := range 200 {
		get(t, srv, fmt.Sprintf("/t/main~customer-%05d/runs", i))
	}
	if views, _ := kept(); views != mostViews {
		t.Errorf("%d views are kept", views)
	}
	for i := range 4 {
		f.tell(fmt.Sprintf("main/customer-%05d", i), &big)
		get(t, srv, fmt.Sprintf("/t/main~customer-%05d/runs", i))
	}
	if views, rows := kept(); views < 1 || rows > mostRows {
		t.Errorf("%d views with %d rows are kept", views, rows)
	}
}

func TestFleetDocument(t *testing.T) {
	f := fleetOf(2500)
	_, srv := serveFleet(t, f)
	seen, after := map[string]bool{}, ""
	for pages := 0; ; pages++ {
		_, text := get(t, srv, "/api/v1/status?limit=999&after="+query(after))
		if found, err := schema.VerifyOutput("status", []byte(text)); err != nil || len(found) > 0 {
			t.Fatal(err, found)
		}
		var doc Status
		if err := json.Unmarshal([]byte(text), &doc); err != nil || doc.Fleet.Queue.Dead != 1 || len(doc.Fleet.Replicas) != 2 || pages > 2 {
			t.Fatal(err, pages)
		}
		for _, one := range doc.Targets {
			seen[one.Target.Name] = true
			if one.Details != nil || one.Job == nil {
				t.Fatalf("%+v", one)
			}
		}
		if after = doc.Next; after == "" {
			break
		}
	}
	if len(seen) != 2500 {
		t.Errorf("%d targets", len(seen))
	}
	_, text := get(t, srv, "/api/v1/status?target=main%2Fcustomer-00002")
	if found, err := schema.VerifyOutput("status", []byte(text)); err != nil || len(found) > 0 || !strings.Contains(text, "corp-oidc") || strings.Contains(text, theSecret) {
		t.Error(err, found, text)
	}
}

func TestFleetMetrics(t *testing.T) {
	few := NewMetrics("1.2.3")
	serveFleet(t, fleetOf(8), func(o *Options) { o.Metrics = few })
	if problems, err := testutil.GatherAndLint(few.Gatherer()); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
	m := NewMetrics("1.2.3")
	serveFleet(t, fleetOf(1200), func(o *Options) { o.Metrics = m })
	for i := range 1200 {
		m.Observe(fmt.Sprintf("main/customer-%05d", i), "pass", time.Second, nil)
	}
	if n, err := testutil.GatherAndCount(m.Gatherer(), "idpsync_ready"); err != nil || n > labelled {
		t.Errorf("%d targets have series of their own, %v", n, err)
	}
	if n, err := testutil.GatherAndCount(m.Gatherer(), "idpsync_pass_duration_seconds"); err != nil || n != labelled+1 {
		t.Errorf("%d targets are measured by themselves, %v", n, err)
	}
	want := `
# HELP idpsync_fleet_jobs Passes in the queue by what becomes of them; "dead" are those that were given up.
# TYPE idpsync_fleet_jobs gauge
idpsync_fleet_jobs{state="dead"} 1
idpsync_fleet_jobs{state="retrying"} 2
idpsync_fleet_jobs{state="running"} 1
idpsync_fleet_jobs{state="waiting"} 3
# HELP idpsync_fleet_oldest_waiting_seconds For how long the pass that waits longest could have run; 0 when none waits.
# TYPE idpsync_fleet_oldest_waiting_seconds gauge
idpsync_fleet_oldest_waiting_seconds 90
# HELP idpsync_fleet_replicas Replicas by whether their beat is heard.
# TYPE idpsync_fleet_replicas gauge
idpsync_fleet_replicas{state="alive"} 1
idpsync_fleet_replicas{state="gone"} 1
# HELP idpsync_targets Targets by what their last pass came to; "looking" before the first.
# TYPE idpsync_targets gauge
idpsync_targets{verdict="drifted"} 1
idpsync_targets{verdict="failing"} 2
idpsync_targets{verdict="in sync"} 1195
idpsync_targets{verdict="invalid"} 1
idpsync_targets{verdict="looking"} 1
idpsync_targets{verdict="pending"} 0
idpsync_targets{verdict="refused"} 0
`
	if err := testutil.GatherAndCompare(m.Gatherer(), strings.NewReader(want), "idpsync_fleet_jobs", "idpsync_fleet_oldest_waiting_seconds", "idpsync_fleet_replicas", "idpsync_targets"); err != nil {
		t.Error(err)
	}
}

// TestFleetLogin: replicas that share a token stand behind one address, so a login
// at one holds at the others.
func TestFleetLogin(t *testing.T) {
	shared := func(o *Options) { o.Token = []byte("the-same-in-all") }
	_, one := serveFleet(t, fleetOf(8), shared)
	_, two := serveFleet(t, fleetOf(8), shared)
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, one.URL+"/login", strings.NewReader("token=the-same-in-all&next=/"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, _ := do(t, r)
	if len(resp.Cookies()) != 1 {
		t.Fatal(resp.Status, resp.Header)
	}
	c := resp.Cookies()[0]
	if resp, text := get(t, two, "/", "Cookie", c.Name+"="+c.Value); resp.StatusCode != http.StatusOK || !strings.Contains(text, "customer-00007") {
		t.Error(resp.Status)
	}
	if resp, _ := get(t, two, "/", "Cookie", c.Name+"="+c.Value+"0"); resp.StatusCode != http.StatusUnauthorized {
		t.Error(resp.Status)
	}
}

// TestUnmanagedNames: an object that no file names is shown by what the server
// calls it, beside its id.
func TestUnmanagedNames(t *testing.T) {
	f := sample()
	f.publish(func(s *reconcile.Status) {
		s.Objects = append(s.Objects, reconcile.ObjectStatus{Key: model.Key{Kind: model.Application, Name: "60b49eb83f"}, Name: "old-<portal>", State: reconcile.ObjectUnmanaged})
	})
	_, srv := serve(t, f)
	_, text := get(t, srv, "/?q=old-")
	inOrder(t, text, "1 of 4 objects", "<bdi>60b49eb83f</bdi> <b>old-&lt;portal&gt;</b>")
	_, text = get(t, srv, "/api/v1/status")
	if !strings.Contains(text, `"name": "old-`) {
		t.Error("the document does not name it")
	}
}

// BenchmarkFleet is a page of ten thousand targets, and whether it has news.
func BenchmarkFleet(b *testing.B) {
	f := fleetOf(10_000)
	s, err := New(Options{List: func() []Target { return f.list }, Fleet: func() *Fleet { return &f.fleet }})
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range []string{"/", "/?lang=zh-CN&q=customer-09", "/?q=nothing"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				w := httptest.NewRecorder()
				s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil))
				b.SetBytes(int64(w.Body.Len()))
			}
		})
	}
	b.Run("sum", func(b *testing.B) {
		for b.Loop() {
			s.summed()
		}
	})
}
