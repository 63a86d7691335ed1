package apply_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// willful is a target that switches on whatever is new in two applications.
type willful struct {
	*fake
	looked [][]model.Key
	err    error
}

func (w *willful) Imposed(_ context.Context, made []model.Key) ([]*model.Resource, error) {
	w.looked = append(w.looked, made)
	w.mu.Lock()
	w.calls = append(w.calls, "look")
	w.mu.Unlock()
	var on []*model.Resource
	for _, k := range made {
		for _, a := range []string{"a", "other"} {
			on = append(on, &model.Resource{Key: model.EnablementKey(a, k.Name)})
		}
	}
	return on, w.err
}

// twoNew plans an application with one of two new connections as its button.
func twoNew(t *testing.T) *plan.Plan {
	t.Helper()
	second := key("connection/d")
	p, err := plan.New(model.NewState(
		&model.Resource{Key: provider}, &model.Resource{Key: conn, DependsOn: []model.Key{provider}},
		&model.Resource{Key: second, DependsOn: []model.Key{provider}}, &model.Resource{Key: app},
		&model.Resource{Key: model.EnablementKey("a", "c"), DependsOn: []model.Key{conn, app}},
	), model.NewState(), plan.Options{Semantics: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

type nothing struct{}

func (nothing) Secret(model.Kind, string, model.Path) bool { return false }
func (nothing) Set(model.Kind, string, model.Path) bool    { return false }
func (nothing) Structured(model.Kind, model.Path) bool     { return false }
func (nothing) Default(model.Kind, model.Path) (any, bool) { return nil, false }

func TestUnaskedButtonsAreSwitchedOff(t *testing.T) {
	w := &willful{fake: &fake{}}
	res := apply.Run(t.Context(), twoNew(t), w, apply.Options{Parallelism: 4})
	if res.Count(apply.Done) != 5 || len(w.looked) != 1 || len(w.looked[0]) != 2 {
		t.Fatalf("%d done, looked %v", res.Count(apply.Done), w.looked)
	}
	look := slices.Index(w.calls, "look")
	if button := slices.Index(w.calls, "create enablement/a/c"); button < look || look < slices.Index(w.calls, "create connection/d") {
		t.Errorf("not between the last connection and the first button: %v", w.calls)
	}
	var off []string
	for _, o := range res.Outcomes {
		for _, e := range o.SideEffects {
			off = append(off, o.Change.Key.String()+" "+e.Key.String())
		}
	}
	slices.Sort(off)
	want := []string{"connection/c enablement/other/c", "connection/d enablement/a/d", "connection/d enablement/other/d"}
	if !slices.Equal(off, want) {
		t.Errorf("switched off %v", off)
	}
}

// TestUnaskedButtonsThatStay: what cannot be seen, or not be switched off, fails
// the step that brought it, and what leans on it is skipped.
func TestUnaskedButtonsThatStay(t *testing.T) {
	boom := errors.New("boom")
	for _, tt := range []struct {
		name           string
		w              *willful
		failed, skiped int
	}{
		{"the look fails", &willful{fake: &fake{}, err: boom}, 2, 1},
		{"one stays", &willful{fake: &fake{fail: map[string]error{"delete enablement/other/c": boom}}}, 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := apply.Run(t.Context(), twoNew(t), tt.w, apply.Options{Parallelism: 4})
			if res.Count(apply.Failed) != tt.failed || res.Count(apply.Skipped) != tt.skiped {
				t.Errorf("%d failed, %d skipped", res.Count(apply.Failed), res.Count(apply.Skipped))
			}
			for _, o := range res.Outcomes {
				if o.Status == apply.Failed && (!strings.Contains(o.Err.Error(), "boom") || !slices.Contains(o.PartsDone, "create")) {
					t.Errorf("%s: %v, %v", o.Change.Key, o.Err, o.PartsDone)
				}
			}
		})
	}
}
