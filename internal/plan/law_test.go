package plan_test

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

func key(k model.Kind, format string, i int) model.Key {
	return model.Key{Kind: k, Name: fmt.Sprintf(format, i)}
}

// world draws a small pool. A desired world may hold absent objects and lists
// of connections; an actual one holds everything it names.
func world(t *rapid.T, label string, desired bool) *model.State {
	s := model.NewState()
	draw := func(what string, n int) int { return rapid.IntRange(0, n).Draw(t, label+what) }
	lifecycle := func() model.Lifecycle {
		if desired && draw("state", 5) == 0 {
			return model.Absent
		}
		return model.Present
	}
	for i := range 2 {
		if draw("provider", 3) > 0 {
			s.Put(&model.Resource{
				Key: key(model.IdentityProvider, "p%d", i), ID: "x", Lifecycle: lifecycle(),
				Attributes: map[string]any{"type": fmt.Sprint("t", draw("type", 1))},
			})
		}
	}
	for i := range 4 {
		p := key(model.IdentityProvider, "p%d", draw("parent", 1))
		if parent := s.Get(p); parent == nil || draw("connection", 3) == 0 {
			continue
		} else if r := (&model.Resource{
			Key: key(model.Connection, "c%d", i), ID: "x", Lifecycle: lifecycle(), DependsOn: []model.Key{p},
			Attributes: map[string]any{"provider": p.Name, "type": parent.Text("type"), "fields": map[string]any{"x": fmt.Sprint(draw("x", 2))}},
		}); parent.Lifecycle != model.Absent || r.Lifecycle == model.Absent {
			s.Put(r)
		}
	}
	for i := range 3 {
		if draw("application", 3) == 0 {
			continue
		}
		a := &model.Resource{
			Key: key(model.Application, "a%d", i), ID: "x", Lifecycle: lifecycle(), Whole: desired && draw("whole", 2) > 0, Refs: map[string]model.Key{},
			Attributes: map[string]any{
				"appType": fmt.Sprint("t", draw("appType", 1)), "appName": fmt.Sprint(draw("name", 1)),
				"loginConfig": map[string]any{"enabledBasicLoginMethods": methods[draw("method", len(methods)-1)]},
			},
		}
		s.Put(a)
		for j := range 4 {
			c := s.Get(key(model.Connection, "c%d", j))
			if c == nil || c.Lifecycle == model.Absent || a.Lifecycle == model.Absent || desired && !a.Whole || draw("button", 1) == 0 {
				continue
			}
			s.Put(&model.Resource{Key: model.EnablementKey(a.Key.Name, c.Key.Name), Attributes: map[string]any{}, DependsOn: []model.Key{a.Key, c.Key}})
			if draw("default", 3) == 0 {
				a.Attributes["loginConfig"].(map[string]any)["defaultLoginMethod"] = map[string]any{"qrcodeConnection": c.Key.Name}
				a.Refs = map[string]model.Key{"loginConfig.defaultLoginMethod.qrcodeConnection": c.Key}
			}
		}
	}
	return s
}

var methods = [][]any{{}, {"m0"}, {"m1"}, {"m0", "m1"}}

// loginWays counts the ways to log in to each application.
func loginWays(now map[model.Key]*model.Resource) map[model.Key]int {
	n := map[model.Key]int{}
	for k, r := range now {
		if app, _, edge := k.Ends(); edge {
			n[app]++
		} else if k.Kind == model.Application {
			list, _ := r.At("loginConfig", "enabledBasicLoginMethods")
			n[k] += len(list.([]any))
		}
	}
	return n
}

// carryOut does to a copy of the actual state what the steps say, refusing what
// no server could do.
func carryOut(t *rapid.T, p *plan.Plan) *model.State {
	now := map[model.Key]*model.Resource{}
	for r := range p.Actual.All() {
		now[r.Key] = r
	}
	remove := func(k model.Key) {
		if now[k] == nil {
			t.Fatalf("%s is removed twice", k)
		}
		delete(now, k)
		for _, r := range now {
			if _, _, edge := r.Key.Ends(); !edge && len(r.DependsOn) > 0 && r.DependsOn[0] == k {
				t.Fatalf("%s is removed under %s", k, r.Key)
			}
			if app, conn, edge := r.Key.Ends(); edge && conn == k {
				t.Fatalf("%s is removed while it is a button of %s", k, app)
			} else if edge && app == k {
				delete(now, r.Key)
			}
		}
	}
	before := loginWays(now)
	least := maps.Clone(before)
	for _, s := range p.Steps {
		c := s.Change
		for app, n := range loginWays(now) {
			if _, had := least[app]; had {
				least[app] = min(least[app], n)
			}
		}
		switch {
		case s.Half == plan.Remove:
			for _, e := range c.Release {
				remove(e.Key)
			}
			remove(c.Key)
		case c.Action == plan.Delete:
			remove(c.Key)
		case c.Action == plan.Update:
			merged := *now[c.Key]
			merged.Attributes = overlay(merged.Attributes, c.To.Attributes)
			if len(c.To.Refs) > 0 {
				merged.Refs = c.To.Refs
			}
			now[c.Key] = &merged
		default:
			for _, d := range c.To.DependsOn {
				if now[d] == nil {
					t.Fatalf("%s is made before %s", c.Key, d)
				}
			}
			if now[c.Key] != nil {
				t.Fatalf("%s is made twice", c.Key)
			}
			now[c.Key] = c.To
		}
	}
	for app, n := range loginWays(now) {
		if before[app] > 0 && n > 0 && least[app] == 0 && p.Summary.Replace == 0 {
			t.Fatalf("%s has no way to log in halfway:\n%s", app, render(p))
		}
	}
	s := model.NewState()
	for _, r := range now {
		s.Put(r)
	}
	return s
}

func overlay(base, top map[string]any) map[string]any {
	out := maps.Clone(base)
	for k, v := range top {
		b, bok := out[k].(map[string]any)
		w, wok := v.(map[string]any)
		if bok && wok {
			out[k] = overlay(b, w)
		} else {
			out[k] = v
		}
	}
	return out
}

// TestLaws: a plan of a state with itself is empty; after a plan is carried out
// the next one is empty; the order never does what a server could not do; and
// the same inputs give the same plan.
func TestLaws(t *testing.T) { rapid.Check(t, laws) }

// FuzzLaws looks for worlds that break them as long as it is let.
func FuzzLaws(f *testing.F) { f.Fuzz(rapid.MakeFuzz(laws)) }

func laws(t *rapid.T) {
	desired, actual := world(t, "want ", true), world(t, "have ", false)
	o := plan.Options{Semantics: semantics{}, Prune: rapid.SampledFrom([]plan.Prune{plan.PruneOff, plan.PruneAll}).Draw(t, "prune")}
	if p, err := plan.New(actual, actual, o); err != nil || !p.Empty() {
		t.Fatalf("a state differs from itself: %v\n%s", err, render(p))
	}
	p, err := plan.New(desired, actual, o)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := plan.New(desired, actual, o); render(again) != render(p) {
		t.Fatalf("two plans:\n%s\n%s", render(p), render(again))
	}
	if orphans(p) {
		return // refused by the guard "foreign-connections"
	}
	next, err := plan.New(desired, carryOut(t, p), o)
	if err != nil || !next.Empty() {
		t.Fatalf("not empty afterwards: %v\n%s\nafter\n%s", err, render(next), render(p))
	}
}

// orphans tells whether a provider goes under a connection that stays.
func orphans(p *plan.Plan) bool {
	gone := map[model.Key]bool{}
	for _, c := range p.Changes {
		gone[c.Key] = c.Action == plan.Delete || c.Action == plan.Replace
	}
	for r := range p.Actual.Of(model.Connection) {
		if !gone[r.Key] && gone[model.Key{Kind: model.IdentityProvider, Name: r.Text("provider")}] {
			return true
		}
	}
	return false
}
