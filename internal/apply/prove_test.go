package apply_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// looks is a prover that remembers what it was asked of, and what was sent before.
type looks struct {
	f     *fake
	wrong map[string]error
	asked [][]string
}

func (l *looks) prove(_ context.Context, given []*plan.Change) map[model.Key]error {
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	l.f.calls = append(l.f.calls, "look")
	var keys []string
	out := map[model.Key]error{}
	for _, c := range given {
		keys = append(keys, c.Key.String())
		if err := l.wrong[c.Key.String()]; err != nil {
			out[c.Key] = err
		}
	}
	l.asked = append(l.asked, keys)
	return out
}

// TestGivenIsProvenBeforeTaking: one look stands between the last step that
// gives a way to log in and the first that takes one.
func TestGivenIsProvenBeforeTaking(t *testing.T) {
	f := &fake{}
	l := &looks{f: f}
	r := apply.Run(t.Context(), swap(t), f, apply.Options{Parallelism: 8, Prove: l.prove})
	want := []string{"create identityprovider/p", "create connection/c", "create enablement/a/c", "look", "delete enablement/a/old", "delete connection/old"}
	if !slices.Equal(f.calls, want) || r.Count(apply.Done) != 5 {
		t.Errorf("calls %q\n%s", f.calls, statuses(r))
	}
	if len(l.asked) != 1 || !slices.Equal(l.asked[0], []string{"enablement/a/c"}) {
		t.Errorf("asked for %q", l.asked)
	}
}

// TestNothingIsTakenForWhatIsNotProven: nothing of that application, and nothing
// else either.
func TestNothingIsTakenForWhatIsNotProven(t *testing.T) {
	f, boom := &fake{}, errors.New("boom")
	l := &looks{f: f, wrong: map[string]error{"enablement/a/c": boom}}
	r := apply.Run(t.Context(), swap(t), f, apply.Options{Parallelism: 8, Prove: l.prove})
	want := []string{"create identityprovider/p", "create connection/c", "create enablement/a/c", "look"}
	if !slices.Equal(f.calls, want) || r.Count(apply.Skipped) != 2 || !r.Wrote() {
		t.Fatalf("calls %q\n%s", f.calls, statuses(r))
	}
	var u *apply.UnprovenError
	if err := r.Outcomes[3].Err; !errors.As(err, &u) || !errors.Is(err, boom) || u.Given.String() != "enablement/a/c" {
		t.Errorf("said %v", err)
	}
}

// TestUnprovenStopsAllTaking: what a server did not store once it may not have
// stored elsewhere either, so nothing is taken from other applications.
func TestUnprovenStopsAllTaking(t *testing.T) {
	b := key("application/b")
	whole := func(k model.Key) *model.Resource {
		r := res(k, attrs("appIdentifier", k.Name))
		r.Whole = true
		return r
	}
	bare := func(k model.Key) *model.Resource { return res(k, attrs("appIdentifier", k.Name)) }
	x, y := res(conn, attrs("provider", "p")), res(old, attrs("provider", "p"))
	p := newPlan(t, model.NewState(whole(app), whole(b), x, y, edge(app, conn), edge(b, conn)), model.NewState(bare(app), bare(b), x, y, edge(app, old), edge(b, old), edge(b, conn)))
	f := &fake{}
	l := &looks{f: f, wrong: map[string]error{"enablement/a/c": errors.New("boom")}}
	r := apply.Run(t.Context(), p, f, apply.Options{Parallelism: 1, Prove: l.prove})
	if want := []string{"create enablement/a/c", "look"}; !slices.Equal(f.calls, want) || r.Count(apply.Skipped) != 2 {
		t.Errorf("calls %q\n%s", f.calls, statuses(r))
	}
}

// TestMethodsAreProvenToo: an update that gives basic methods is looked at before
// the old button goes, and one that takes them waits for the new button.
func TestMethodsAreProvenToo(t *testing.T) {
	methods := func(list ...any) map[string]any {
		return attrs("loginConfig", map[string]any{"enabledBasicLoginMethods": list})
	}
	whole := func(list ...any) *model.Resource {
		a := res(app, methods(list...))
		a.Whole = true
		return a
	}
	spare := res(conn, attrs("provider", "p"))
	for _, c := range []struct {
		name            string
		desired, actual *model.State
		want            []string
	}{
		{
			"given", model.NewState(whole("EMAIL_CODE"), spare),
			model.NewState(res(app, methods()), spare, edge(app, conn)),
			[]string{"update application/a", "look", "delete enablement/a/c"},
		},
		{
			"taken", model.NewState(whole(), spare, edge(app, conn)),
			model.NewState(res(app, methods("EMAIL_CODE")), spare),
			[]string{"create enablement/a/c", "look", "update application/a"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{}
			l := &looks{f: f}
			apply.Run(t.Context(), newPlan(t, c.desired, c.actual), f, apply.Options{Parallelism: 8, Prove: l.prove})
			if !slices.Equal(f.calls, c.want) {
				t.Errorf("calls %q", f.calls)
			}
		})
	}
}

// TestNoLookWithoutNeed: a plan that only gives, or gives to one application and
// takes from another, or fails before it could take, asks nothing.
func TestNoLookWithoutNeed(t *testing.T) {
	b := key("application/b")
	whole := func(k model.Key) *model.Resource {
		r := res(k, attrs("appIdentifier", k.Name))
		r.Whole = true
		return r
	}
	spare := res(conn, attrs("provider", "p"))
	for name, c := range map[string]struct {
		desired, actual *model.State
		fail            map[string]error
	}{
		"gives": {model.NewState(whole(app), spare, edge(app, conn)), model.NewState(res(app, attrs("appIdentifier", "a")), spare), nil},
		"elsewhere": {
			model.NewState(whole(app), whole(b), spare, edge(app, conn)),
			model.NewState(res(app, attrs("appIdentifier", "a")), res(b, attrs("appIdentifier", "b")), spare, edge(b, conn)), nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := &looks{f: &fake{fail: c.fail}}
			apply.Run(t.Context(), newPlan(t, c.desired, c.actual), l.f, apply.Options{Parallelism: 8, Prove: l.prove})
			if len(l.asked) > 0 {
				t.Errorf("looked for %q", l.asked)
			}
		})
	}
	t.Run("failed", func(t *testing.T) {
		l := &looks{f: &fake{fail: map[string]error{"create enablement/a/c": errors.New("boom")}}}
		apply.Run(t.Context(), swap(t), l.f, apply.Options{Prove: l.prove})
		if len(l.asked) > 0 {
			t.Errorf("looked for %q", l.asked)
		}
	})
}

// TestStopEndsTheLook: a stop while something is read back takes nothing more.
func TestStopEndsTheLook(t *testing.T) {
	f, stop := &fake{}, make(chan struct{})
	prove := func(ctx context.Context, given []*plan.Change) map[model.Key]error {
		close(stop)
		<-ctx.Done()
		return map[model.Key]error{given[0].Key: ctx.Err()}
	}
	r := apply.Run(t.Context(), swap(t), f, apply.Options{Stop: stop, Prove: prove})
	if r.Count(apply.Done) != 3 || r.Count(apply.Skipped) != 2 || !errors.Is(r.Outcomes[3].Err, apply.ErrStopped) {
		t.Errorf("%s\n%v", statuses(r), r.Outcomes[3].Err)
	}
}
