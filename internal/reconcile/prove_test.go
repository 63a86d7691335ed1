package reconcile

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// gift is the change that switches a new connection on, and its plan.
func gift(t *testing.T) (*Pass, *plan.Change) {
	t.Helper()
	conn := &model.Resource{Key: model.Key{Kind: model.Connection, Name: "c"}, Attributes: map[string]any{"displayName": "C"}}
	app := &model.Resource{Key: model.Key{Kind: model.Application, Name: "a"}, Attributes: map[string]any{}}
	button := &model.Resource{Key: model.EnablementKey("a", "c"), Attributes: map[string]any{}, DependsOn: []model.Key{app.Key, conn.Key}}
	p, err := plan.New(model.NewState(conn, app, button), model.NewState(app), plan.Options{Semantics: plain{}})
	if err != nil {
		t.Fatal(err)
	}
	return &Pass{Plan: p, semantics: plain{}}, p.Change(button.Key)
}

// TestProofSettles: what was given is read again with growing pauses until it
// shows or the time to settle has passed.
func TestProofSettles(t *testing.T) {
	for _, c := range []struct {
		name        string
		lag, settle time.Duration
		err         error
		says        string
		reads       int
		took        time.Duration
	}{
		{name: "at once", settle: 10 * time.Second, reads: 1},
		{name: "after a second", lag: time.Second, settle: 10 * time.Second, reads: 5, took: 1500 * time.Millisecond},
		{name: "too late", lag: time.Minute, settle: 10 * time.Second, says: "[IDP0503]", reads: 8, took: 10 * time.Second},
		{name: "no patience", lag: time.Second, says: "[IDP0503]", reads: 1},
		{name: "cannot be read", err: errors.New("gone"), settle: 10 * time.Second, says: "gone", reads: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, given := gift(t)
				begun := time.Now()
				remote := &slow{shows: begun.Add(c.lag), err: c.err}
				wrong := p.prover(remote, ApplyOptions{Settle: c.settle})(t.Context(), []*plan.Change{given})[given.Key]
				if (wrong == nil) != (c.says == "") || wrong != nil && !strings.Contains(wrong.Error(), c.says) {
					t.Errorf("said %v", wrong)
				}
				if remote.reads != c.reads || time.Since(begun) != c.took {
					t.Errorf("%d reads, %s", remote.reads, time.Since(begun))
				}
			})
		})
	}
}

// TestProofOfWhatItLeansOn: a button that is there without its connection, or
// with one that lost a field, lets nobody in.
func TestProofOfWhatItLeansOn(t *testing.T) {
	p, given := gift(t)
	button := given.To
	conn := p.Plan.Desired.Get(model.Key{Kind: model.Connection, Name: "c"})
	bare := &model.Resource{Key: conn.Key, Attributes: map[string]any{}}
	for _, c := range []struct {
		name string
		now  *model.State
		says string
	}{
		{"whole", model.NewState(button, conn), ""},
		{"no connection", model.NewState(button), "does not show it: it is not there"},
		{"a field is lost", model.NewState(button, bare), "its displayName reads otherwise"},
		{"no button", model.NewState(conn), "accepted enablement/a/c"},
	} {
		bases := p.bases([]*plan.Change{given})
		all := append([]*plan.Change{given}, bases[given.Key]...)
		wrong := unproven([]*plan.Change{given}, bases, p.absent(all, c.now))[given.Key]
		if (wrong == nil) != (c.says == "") || wrong != nil && !strings.Contains(wrong.Error(), c.says) {
			t.Errorf("%s: %v", c.name, wrong)
		}
	}
}

// TestProofLeansOnNothingLater: an application whose own change comes after its
// new button is not asked for what it is not yet.
func TestProofLeansOnNothingLater(t *testing.T) {
	key := model.Key{Kind: model.Application, Name: "a"}
	methods := func(list ...any) *model.Resource {
		return &model.Resource{Key: key, Attributes: map[string]any{"loginConfig": map[string]any{"enabledBasicLoginMethods": list}}}
	}
	conn := &model.Resource{Key: model.Key{Kind: model.Connection, Name: "c"}, Attributes: map[string]any{}}
	button := &model.Resource{Key: model.EnablementKey("a", "c"), Attributes: map[string]any{}, DependsOn: []model.Key{key, conn.Key}}
	p, err := plan.New(model.NewState(methods(), conn, button), model.NewState(methods("EMAIL_CODE"), conn), plan.Options{Semantics: plain{}})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Changes) != 2 || p.Changes[0].Key != button.Key {
		t.Fatalf("%d changes, %s first", len(p.Changes), p.Changes[0].Key)
	}
	if bases := (&Pass{Plan: p}).bases(p.Changes[:1]); len(bases[button.Key]) > 0 {
		t.Errorf("it leans on %v", bases)
	}
}
