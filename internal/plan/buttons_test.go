package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// poolOf makes a state of a provider p with connections c and d, and of the
// applications a and b; each button is written "a/c". typ is the type of both
// connections and of their provider, appType that of a.
func poolOf(typ, appType string, buttons ...string) *model.State {
	res := func(kind model.Kind, name string, attrs map[string]any, deps ...model.Key) *model.Resource {
		return &model.Resource{Key: model.Key{Kind: kind, Name: name}, ID: name, Attributes: attrs, DependsOn: deps, Lifecycle: model.Present}
	}
	p := model.Key{Kind: model.IdentityProvider, Name: "p"}
	s := model.NewState(res(p.Kind, "p", map[string]any{"type": typ, "name": "p"}),
		res(model.Connection, "c", map[string]any{"provider": "p", "type": typ}, p), res(model.Connection, "d", map[string]any{"provider": "p", "type": typ}, p),
		res(model.Application, "a", map[string]any{"appType": appType}), res(model.Application, "b", map[string]any{"appType": "web"}))
	for _, e := range buttons {
		app, conn, _ := strings.Cut(e, "/")
		k := model.EnablementKey(app, conn)
		ka, kc, _ := k.Ends()
		s.Put(res(k.Kind, k.Name, map[string]any{}, ka, kc))
	}
	return s
}

func without(s *model.State, key string) *model.State {
	out := model.NewState()
	for r := range s.All() {
		if r.Key.String() != key {
			out.Put(r)
		}
	}
	return out
}

func gone(s *model.State, key string) *model.State {
	k, _ := model.ParseKey(key)
	s.Get(k).Lifecycle = model.Absent
	return s
}

// TestButtons: what each change of a plan itself gives (+) and takes (-).
func TestButtons(t *testing.T) {
	actual := func() *model.State { return poolOf("oidc", "web", "a/c", "b/c", "b/d") }
	for _, c := range []struct {
		name    string
		desired *model.State
		want    string
	}{
		{"one button comes and nothing else", poolOf("oidc", "web", "a/d", "a/c"), "enablement/a/d +a/d"},
		{"a connection goes: its buttons are taken by steps of their own", gone(poolOf("oidc", "web", "b/d"), "connection/c"), "enablement/a/c -a/c; enablement/b/c -b/c; connection/c"},
		{"an application goes with its buttons", gone(actual(), "application/b"), "application/b -b/c -b/d"},
		{"an application and its connection go", gone(gone(poolOf("oidc", "web", "a/c"), "application/b"), "connection/d"), "application/b -b/c -b/d; connection/d"},
		{"an application is replaced and gets its button back", poolOf("oidc", "spa", "a/c", "b/c", "b/d"), "application/a -a/c; enablement/a/c +a/c"},
		{"a provider goes with connections that no file names", gone(without(without(actual(), "connection/c"), "connection/d"), "identityprovider/p"), "identityprovider/p -a/c -b/c -b/d"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := plan.New(c.desired, actual(), plan.Options{Semantics: semantics{}})
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, ch := range p.Changes {
				line := ch.Key.String()
				for _, k := range ch.Gains {
					line += " +" + k.Name
				}
				for _, k := range ch.Loses {
					line += " -" + k.Name
				}
				lines = append(lines, line)
			}
			if got := strings.Join(lines, "; "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	p, err := plan.New(poolOf("saml", "web", "a/c", "b/c", "b/d"), actual(), plan.Options{Semantics: semantics{}})
	if err != nil {
		t.Fatal(err)
	}
	given, taken := "", ""
	for _, ch := range p.Changes {
		given, taken = given+fmt.Sprint(ch.Gains), taken+fmt.Sprint(ch.Loses)
	}
	for _, e := range []string{"a/c", "b/c", "b/d"} {
		if strings.Count(given, e) != 1 || strings.Count(taken, e) != 1 {
			t.Errorf("a replaced provider: %s is given %d times and taken %d times", e, strings.Count(given, e), strings.Count(taken, e))
		}
	}
}
