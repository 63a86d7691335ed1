package reconcile

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

const pool = "62eaa95fe0a1b29a5295bf7c"

func parsed(t *testing.T, key string) model.Key {
	t.Helper()
	k, err := model.ParseKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// cutOff is a ledger in which a run knew the objects, and was ended after it
// had told of the entries.
func cutOff(t *testing.T, objects []ledger.Object, entries ...ledger.Entry) ledger.Ledger {
	t.Helper()
	l, err := ledger.Open("file:"+t.TempDir(), "", ledger.Options{})
	check(t, err)
	ctx := t.Context()
	w, err := l.Pool(pool).Lock(ctx, ledger.Here("r1", time.Now()))
	check(t, err)
	check(t, w.Save(ctx, objects...))
	j, err := w.Begin(ctx, ledger.RunHead{ID: "r1", Time: time.Now()})
	check(t, err)
	for _, e := range entries {
		_, err := j.Intent(ctx, e)
		check(t, err)
	}
	check(t, w.Release())
	return l
}

// TestWaitsForAYoungStep: an apply waits until a step that a killed run may have
// left on its way is old enough to show; a plan does not.
func TestWaitsForAYoungStep(t *testing.T) {
	for _, c := range []struct {
		name  string
		age   time.Duration
		apply bool
		want  time.Duration
	}{
		{"a young one", 3 * time.Second, true, 7 * time.Second},
		{"an old one", time.Minute, true, 0},
		{"a clock that was set back", -time.Hour, true, 10 * time.Second},
		{"a plan", 3 * time.Second, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				l := cutOff(t, nil, ledger.Entry{Time: begun.Add(-c.age), Key: parsed(t, "application/a"), Action: "create", Part: "create"})
				told := time.Duration(0)
				p := &Pass{UserPoolID: pool}
				check(t, p.remember(t.Context(), Options{Ledger: l, Apply: c.apply, Settle: 10 * time.Second, Waiting: func(d time.Duration) { told = d }}))
				check(t, p.Close())
				if time.Since(begun) != c.want || told != c.want {
					t.Errorf("waited %s, told of %s, want %s", time.Since(begun), told, c.want)
				}
			})
		})
	}
}

// cutOffHolder is a pool whose holder was cut off and is in the way for a while.
type cutOffHolder struct {
	ledger.Pool
	free time.Time
}

func (p cutOffHolder) Lock(ctx context.Context, h ledger.Holder) (ledger.Writer, error) {
	if left := time.Until(p.free); left > 0 {
		return nil, &ledger.HeldError{Path: "it", Wait: left}
	}
	return p.Pool.Lock(ctx, h)
}

// TestWaitsForACutOffHolder: where somebody is told so, the lock of a holder that
// was cut off is waited for; others are told that it is held.
func TestWaitsForACutOffHolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		m := &memory{pool: cutOffHolder{cutOff(t, nil).Pool(pool), begun.Add(12 * time.Second)}}
		var held *ledger.HeldError
		if _, err := m.lock(t.Context(), "r2", Options{}); !errors.As(err, &held) || time.Since(begun) > 0 {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
		var told time.Duration
		w, err := m.lock(t.Context(), "r2", Options{Waiting: func(d time.Duration) { told = d }})
		check(t, err)
		check(t, w.Release())
		if told != 12*time.Second || time.Since(begun) != told {
			t.Errorf("waited %s, told of %s", time.Since(begun), told)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		m.pool = cutOffHolder{m.pool, time.Now().Add(time.Hour)}
		if _, err := m.lock(ended, "r3", Options{Waiting: func(time.Duration) {}}); !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted: %v", err)
		}
	})
}

// TestProviderInDoubt: a provider that a killed run made is told by its type and
// name and by not having been there before; of two nobody can tell.
func TestProviderInDoubt(t *testing.T) {
	k := parsed(t, "identityprovider/corp")
	desired := model.NewState(&model.Resource{Key: k, Attributes: map[string]any{"type": "oidc", "name": "Corp"}})
	provider := func(id, name string) model.Observed {
		return model.Observed{Kind: model.IdentityProvider, ID: id, Type: "oidc", Name: name}
	}
	l := cutOff(t, []ledger.Object{{Key: parsed(t, "identityprovider/other"), ID: "4", Run: "r0"}},
		ledger.Entry{Time: time.Now(), Key: k, Action: "create", Part: "create", Seen: []string{"1", "2"}})
	for _, c := range []struct {
		name     string
		observed []model.Observed
		want     string
	}{
		{"made", []model.Observed{provider("1", "Corp"), provider("2", "Corp"), provider("3", "Corp"), provider("4", "Corp"), provider("5", "New")}, "3"},
		{"not made", []model.Observed{provider("1", "Corp"), provider("2", "Corp"), provider("4", "Corp")}, ""},
		{"two of them", []model.Observed{provider("3", "Corp"), provider("6", "Corp")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &Pass{UserPoolID: pool}
			check(t, p.remember(t.Context(), Options{Ledger: l}))
			if got := p.memory.known(desired, c.observed)[k]; got != c.want {
				t.Errorf("it is %q, want %q", got, c.want)
			}
		})
	}
}

// TestDoubtIsKept: what a killed run had begun to change is in doubt, for a plan
// at once and for later runs after an apply has settled the journal; what it had
// not begun is not.
func TestDoubtIsKept(t *testing.T) {
	a, b := parsed(t, "application/a"), parsed(t, "application/b")
	known := func(k model.Key, id string) ledger.Object {
		return ledger.Object{Key: k, ID: id, Applied: ledger.Remember(map[string]any{"mfa": "OTP"}, nil), Run: "r0", At: time.Now()}
	}
	l := cutOff(t, []ledger.Object{known(a, "1"), known(b, "2")}, ledger.Entry{Time: time.Now(), Key: a, Action: "update", Part: "mfa", ID: "1"})
	look := func(apply bool) *Pass {
		p := &Pass{UserPoolID: pool}
		check(t, p.remember(t.Context(), Options{Ledger: l, Apply: apply}))
		for k, want := range map[model.Key]bool{a: true, b: false} {
			r := &model.Resource{Key: k, ID: p.memory.objects[k].ID}
			if _, doubted := p.memory.recall(r).Applied.(plan.Mark); doubted != want {
				t.Errorf("apply %v: %s in doubt: %v, want %v", apply, k, doubted, want)
			}
		}
		return p
	}
	look(false)
	p := look(true)
	state := model.NewState(&model.Resource{Key: a, ID: "1"}, &model.Resource{Key: b, ID: "2"})
	p.Plan = &plan.Plan{Desired: state, Actual: state}
	check(t, p.settleDoubts(t.Context(), time.Now()))
	check(t, p.Close())
	if runs, err := l.Pool(pool).Unfinished(t.Context()); err != nil || len(runs) > 0 {
		t.Errorf("unfinished: %v, %v", runs, err)
	}
	run, err := l.Pool(pool).Run(t.Context(), "r1")
	check(t, err)
	if o := run.Steps[0].Outcome; o == nil || o.Fate != ledger.Done || o.By != p.runID {
		t.Errorf("the step came to %+v", o)
	}
	look(false)
}

// TestAnotherObject: what is remembered of an object does not speak for another
// one that has its name now.
func TestAnotherObject(t *testing.T) {
	a := parsed(t, "application/a")
	l := cutOff(t, []ledger.Object{{Key: a, ID: "1", Applied: ledger.Remember(map[string]any{"mfa": "OTP"}, nil), Run: "r1"}})
	p := &Pass{UserPoolID: pool}
	check(t, p.remember(t.Context(), Options{Ledger: l}))
	for _, c := range []struct {
		r    model.Resource
		want bool
	}{
		{model.Resource{Key: a, ID: "1"}, true},
		{model.Resource{Key: a, ID: "2"}, false},
		{model.Resource{Key: parsed(t, "application/renamed"), ID: "1"}, true},
	} {
		if got := p.memory.recall(&c.r); (got != nil) != c.want {
			t.Errorf("%s of id %s: %v", c.r.Key, c.r.ID, got)
		}
	}
}
