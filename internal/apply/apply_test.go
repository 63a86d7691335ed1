package apply_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a target that fails where it is told to and remembers what it did.
type fake struct {
	mu       sync.Mutex
	calls    []string
	fail     map[string]error
	delay    time.Duration
	flight   map[model.Key]int
	together int
	most     int
}

func (f *fake) do(verb string, r *model.Resource) error {
	f.mu.Lock()
	call := verb + " " + r.Key.String()
	f.calls = append(f.calls, call)
	if f.flight == nil {
		f.flight = map[model.Key]int{}
	}
	f.flight[r.Key.Owner()]++
	f.together++
	f.most = max(f.most, f.together)
	if f.flight[r.Key.Owner()] > 1 {
		f.calls = append(f.calls, "SIDE BY SIDE "+r.Key.Owner().String())
	}
	f.mu.Unlock()
	if f.delay > 0 {
		<-time.After(f.delay)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flight[r.Key.Owner()]--
	f.together--
	return f.fail[call]
}

func (f *fake) Create(_ context.Context, to *model.Resource) (string, error) {
	return "new-" + to.Key.Name, f.do("create", to)
}

func (f *fake) Update(_ context.Context, from, _ *model.Resource) error { return f.do("update", from) }

func (f *fake) Delete(_ context.Context, from *model.Resource) error { return f.do("delete", from) }

type lost struct{ error }

func (lost) Unknown() bool { return true }

type unreachable struct{ error }

func (unreachable) Unreachable() bool { return true }

type partly struct{ error }

func (partly) PartsDone() []string { return []string{"create"} }

var (
	provider = key("identityprovider/p")
	conn     = key("connection/c")
	old      = key("connection/old")
	app      = key("application/a")
)

func key(s string) model.Key {
	k, err := model.ParseKey(s)
	if err != nil {
		panic(err)
	}
	return k
}

func res(k model.Key, attrs map[string]any, deps ...model.Key) *model.Resource {
	return &model.Resource{Key: k, ID: "id-" + k.Name, Attributes: attrs, DependsOn: deps}
}

type blind struct{}

func (blind) Secret(model.Kind, string, model.Path) bool { return false }
func (blind) Set(model.Kind, string, model.Path) bool    { return false }
func (blind) Structured(model.Kind, model.Path) bool     { return false }
func (blind) Default(model.Kind, model.Path) (any, bool) { return nil, false }
func edge(a, c model.Key) *model.Resource                { return res(model.EnablementKey(a.Name, c.Name), nil, a, c) }

func attrs(kv ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i].(string)] = kv[i+1]
	}
	return m
}

// swap is a plan that creates a provider, a connection, an application and a
// button, and takes an old connection with its button away.
func swap(t *testing.T) *plan.Plan {
	t.Helper()
	a := res(app, attrs("appIdentifier", "a"))
	a.Whole = true
	gone := res(old, attrs("provider", "p0"))
	gone.Lifecycle = model.Absent
	desired := model.NewState(res(provider, attrs("name", "P")), res(conn, attrs("provider", "p"), provider), gone, a, edge(app, conn))
	actual := model.NewState(res(app, attrs("appIdentifier", "a")), res(old, attrs("provider", "p0")), edge(app, old))
	return newPlan(t, desired, actual)
}

func newPlan(t *testing.T, desired, actual *model.State) *plan.Plan {
	t.Helper()
	p, err := plan.New(desired, actual, plan.Options{Semantics: blind{}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func statuses(r *apply.Result) string {
	var lines []string
	for _, o := range r.Outcomes {
		line := fmt.Sprintf("%s %s %s", o.Change.Action, o.Change.Key, o.Status)
		if len(o.PartsDone) > 0 {
			line += " parts " + strings.Join(o.PartsDone, ",")
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestEveryStepInOrder(t *testing.T) {
	f := &fake{}
	r := apply.Run(t.Context(), swap(t), f, apply.Options{Parallelism: 8})
	want := []string{"create identityprovider/p", "create connection/c", "create enablement/a/c", "delete enablement/a/old", "delete connection/old"}
	if !slices.Equal(f.calls, want) {
		t.Errorf("calls %q", f.calls)
	}
	if r.Count(apply.Done) != 5 || r.Outcomes[0].ID != "new-p" {
		t.Errorf("result:\n%s", statuses(r))
	}
}

// TestFailingEachStep fails each step of the swap in turn: whatever hangs on it
// is skipped, and after it nothing is taken away.
func TestFailingEachStep(t *testing.T) {
	for _, c := range []struct {
		fail string
		want string
	}{
		{"create identityprovider/p", `
create identityprovider/p failed
create connection/c skipped
create enablement/a/c skipped
delete enablement/a/old skipped
delete connection/old skipped`},
		{"create connection/c", `
create identityprovider/p done
create connection/c failed
create enablement/a/c skipped
delete enablement/a/old skipped
delete connection/old skipped`},
		{"create enablement/a/c", `
create identityprovider/p done
create connection/c done
create enablement/a/c failed
delete enablement/a/old skipped
delete connection/old skipped`},
		{"delete enablement/a/old", `
create identityprovider/p done
create connection/c done
create enablement/a/c done
delete enablement/a/old failed
delete connection/old skipped`},
		{"delete connection/old", `
create identityprovider/p done
create connection/c done
create enablement/a/c done
delete enablement/a/old done
delete connection/old failed`},
	} {
		t.Run(c.fail, func(t *testing.T) {
			f := &fake{fail: map[string]error{c.fail: errors.New("no")}}
			r := apply.Run(t.Context(), swap(t), f, apply.Options{Parallelism: 8})
			if got := "\n" + statuses(r); got != c.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestUnrelatedStepsGoOnButNothingIsTakenAway(t *testing.T) {
	gone := res(key("application/gone"), attrs("appIdentifier", "gone"))
	gone.Lifecycle = model.Absent
	desired := model.NewState(res(provider, attrs("name", "P")), res(key("application/x"), attrs("appIdentifier", "x")), gone)
	actual := model.NewState(res(key("application/gone"), attrs("appIdentifier", "gone")))
	f := &fake{fail: map[string]error{"create identityprovider/p": lost{errors.New("cut")}}}
	r := apply.Run(t.Context(), newPlan(t, desired, actual), f, apply.Options{Parallelism: 1})
	want := "create identityprovider/p unknown\ncreate application/x done\ndelete application/gone skipped"
	if statuses(r) != want || !r.Wrote() {
		t.Errorf("got:\n%s", statuses(r))
	}
}

// TestUnreachable does not let every step wait for the same dead server.
func TestUnreachable(t *testing.T) {
	desired := model.NewState()
	for i := range 20 {
		desired.Put(res(key(fmt.Sprintf("application/x%02d", i)), attrs("appIdentifier", "x")))
	}
	f := &fake{fail: map[string]error{"create application/x03": unreachable{errors.New("refused")}}}
	r := apply.Run(t.Context(), newPlan(t, desired, model.NewState()), f, apply.Options{Parallelism: 1})
	if r.Count(apply.Done) != 3 || r.Count(apply.Failed) != 1 || r.Count(apply.Skipped) != 16 || len(f.calls) != 4 {
		t.Errorf("%d calls:\n%s", len(f.calls), statuses(r))
	}
}

type forgetful struct {
	error
	paths []string
}

func (f forgetful) NotKept() []string { return f.paths }

// TestNotKept: what the server accepted and did not store is done; it forbids to
// take anything away only where it was a way to log in.
func TestNotKept(t *testing.T) {
	const methods = "loginConfig.enabledBasicLoginMethods"
	for path, want := range map[string]string{
		"appName": "update application/a done\ndelete connection/old done",
		methods:   "update application/a done\ndelete connection/old skipped",
	} {
		gone := res(old, attrs("provider", "p0"))
		gone.Lifecycle = model.Absent
		desired := model.NewState(res(app, attrs("appIdentifier", "a", "appName", "New")), gone)
		actual := model.NewState(res(app, attrs("appIdentifier", "a", "appName", "Old")), res(old, attrs("provider", "p0")))
		f := &fake{fail: map[string]error{"update application/a": forgetful{errors.New("success=false"), []string{path}}}}
		r := apply.Run(t.Context(), newPlan(t, desired, actual), f, apply.Options{Parallelism: 1})
		if statuses(r) != want || !slices.Equal(r.Outcomes[0].NotKept, []string{path}) {
			t.Errorf("%s: got %v\n%s", path, r.Outcomes[0].NotKept, statuses(r))
		}
	}
}

func TestReplaceThatLosesItsSecondHalf(t *testing.T) {
	fixed := func(typ string) *model.State {
		return model.NewState(res(conn, attrs("provider", "p", "type", typ)), res(app, attrs("appIdentifier", "a")), edge(app, conn))
	}
	p := newPlan(t, fixed("b"), fixed("a"))
	f := &fake{fail: map[string]error{"create connection/c": partly{errors.New("no")}}}
	r := apply.Run(t.Context(), p, f, apply.Options{Parallelism: 8})
	want := "replace connection/c failed parts disable a/c,delete,create\ncreate enablement/a/c skipped"
	if statuses(r) != want {
		t.Errorf("got:\n%s", statuses(r))
	}
	if want := []string{"delete enablement/a/c", "delete connection/c", "create connection/c"}; !slices.Equal(f.calls, want) {
		t.Errorf("calls %q", f.calls)
	}
}

func TestReplaceThatCannotRemove(t *testing.T) {
	fixed := func(typ string) *model.State {
		return model.NewState(res(conn, attrs("provider", "p", "type", typ)))
	}
	f := &fake{fail: map[string]error{"delete connection/c": errors.New("no")}}
	r := apply.Run(t.Context(), newPlan(t, fixed("b"), fixed("a")), f, apply.Options{Parallelism: 8})
	if statuses(r) != "replace connection/c failed" || r.Wrote() {
		t.Errorf("got:\n%s", statuses(r))
	}
}

// TestParallel runs 40 creates and 40 buttons of one application: exactly the
// allowed number at once, and never two of the application.
func TestParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		desired := model.NewState()
		actual := model.NewState()
		a := res(app, attrs("appIdentifier", "a"))
		actual.Put(a)
		desired.Put(a)
		for i := range 40 {
			k := key(fmt.Sprintf("connection/c%02d", i))
			desired.Put(res(k, attrs("provider", "p")))
			desired.Put(edge(app, k))
		}
		f := &fake{delay: time.Second}
		begun := time.Now()
		r := apply.Run(t.Context(), newPlan(t, desired, actual), f, apply.Options{Parallelism: 8})
		if r.Count(apply.Done) != 80 || f.most != 8 {
			t.Errorf("done %d, at most %d at once", r.Count(apply.Done), f.most)
		}
		if i := slices.IndexFunc(f.calls, func(c string) bool { return strings.HasPrefix(c, "SIDE") }); i >= 0 {
			t.Error(f.calls[i])
		}
		if took := time.Since(begun); took > 46*time.Second {
			t.Errorf("took %s of fake time", took)
		}
	})
}

// TestAhead: steps that take nothing away may be begun ahead of those under way;
// the others begin when it is their turn.
func TestAhead(t *testing.T) {
	for verb, want := range map[string]int{"create": 5, "delete": 2} {
		synctest.Test(t, func(t *testing.T) {
			desired, actual := model.NewState(), model.NewState()
			for i := range 20 {
				c := res(key(fmt.Sprintf("connection/c%02d", i)), attrs("provider", "p"))
				if verb == "delete" {
					actual.Put(c)
					c = res(c.Key, c.Attributes)
					c.Lifecycle = model.Absent
				}
				desired.Put(c)
			}
			f := &fake{delay: time.Second}
			r := apply.Run(t.Context(), newPlan(t, desired, actual), f, apply.Options{Parallelism: 2, Ahead: 3})
			if r.Count(apply.Done) != 20 || f.most != want {
				t.Errorf("%s: done %d, at most %d at once, want %d", verb, r.Count(apply.Done), f.most, want)
			}
		})
	}
}

// TestStopDoesNotCutAChain: once something was removed to be made anew, a stop
// lets the chain end and gives the buttons back; what has not begun is left.
func TestStopDoesNotCutAChain(t *testing.T) {
	pool := func(typ string) *model.State {
		return model.NewState(res(provider, attrs("name", "P", "type", typ)), res(conn, attrs("provider", "p", "type", typ), provider),
			res(app, attrs("appIdentifier", "a")), edge(app, conn))
	}
	desired, actual := pool("saml"), pool("oidc")
	desired.Put(res(key("application/z"), attrs("appIdentifier", "z")))
	stop := make(chan struct{})
	f := &fake{}
	r := apply.Run(t.Context(), newPlan(t, desired, actual), f, apply.Options{Parallelism: 1, Stop: stop, Observe: func(e apply.Event) {
		if e.Status == apply.Running && e.Change.Key == conn && e.Half == plan.Remove {
			close(stop)
		}
	}})
	want := "replace identityprovider/p done\nreplace connection/c done\ncreate application/z skipped\ncreate enablement/a/c done"
	if statuses(r) != want {
		t.Errorf("got:\n%s", statuses(r))
	}
}

// TestStop lets the step in flight end and begins no other.
func TestStop(t *testing.T) {
	stop := make(chan struct{})
	f := &fake{}
	r := apply.Run(t.Context(), swap(t), f, apply.Options{Parallelism: 1, Stop: stop, Observe: func(e apply.Event) {
		if e.Status == apply.Running && e.Change.Key == provider {
			close(stop)
		}
	}})
	if r.Count(apply.Done) != 1 || r.Count(apply.Skipped) != 4 {
		t.Errorf("got:\n%s", statuses(r))
	}
	if !errors.Is(r.Outcomes[1].Err, apply.ErrStopped) {
		t.Errorf("reason %v", r.Outcomes[1].Err)
	}
}
