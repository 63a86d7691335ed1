package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/rules"
)

type blind struct{}

func (blind) Secret(model.Kind, string, model.Path) bool { return false }
func (blind) Set(model.Kind, string, model.Path) bool    { return true }
func (blind) Structured(model.Kind, model.Path) bool     { return false }
func (blind) Default(model.Kind, model.Path) (any, bool) { return nil, false }

type obj map[string]any

func provider(name string, attrs obj) *model.Resource {
	return resource(model.IdentityProvider, name, obj{"name": name, "type": "oidc"}, attrs)
}

func conn(name, provider string, attrs obj) *model.Resource {
	r := resource(model.Connection, name, obj{"provider": provider, "identifier": name, "type": "oidc"}, attrs)
	r.DependsOn = []model.Key{{Kind: model.IdentityProvider, Name: provider}}
	return r
}

func resource(kind model.Kind, name string, attrs, more obj) *model.Resource {
	for k, v := range more {
		attrs[k] = v
	}
	return &model.Resource{Key: model.Key{Kind: kind, Name: name}, ID: "id", Attributes: attrs, Lifecycle: model.Present}
}

func absent(r *model.Resource) *model.Resource { r.Lifecycle = model.Absent; return r }

// app makes an application with its basic methods and its buttons; a nil list
// of methods says nothing about them.
func app(name string, methods []any, buttons ...string) []*model.Resource {
	attrs := obj{"appIdentifier": name}
	if methods != nil {
		attrs["loginConfig"] = map[string]any{"enabledBasicLoginMethods": methods}
	}
	a := resource(model.Application, name, attrs, nil)
	a.Whole = true
	rs := []*model.Resource{a}
	for _, b := range buttons {
		k := model.Key{Kind: model.Connection, Name: b}
		rs = append(rs, &model.Resource{Key: model.EnablementKey(name, b), Attributes: obj{}, DependsOn: []model.Key{a.Key, k}})
	}
	return rs
}

// with sets an attribute of the application's login configuration.
func with(rs []*model.Resource, key string, v any) []*model.Resource {
	lc, _ := rs[0].Attributes["loginConfig"].(map[string]any)
	if lc == nil {
		lc = map[string]any{}
		rs[0].Attributes["loginConfig"] = lc
	}
	lc[key] = v
	if m, ok := v.(map[string]any); ok {
		if c, ok := m["qrcodeConnection"].(string); ok {
			rs[0].Refs = map[string]model.Key{"loginConfig.defaultLoginMethod.qrcodeConnection": {Kind: model.Connection, Name: c}}
		}
	}
	return rs
}

func typed(rs []*model.Resource, appType string) []*model.Resource {
	rs[0].Attributes["appType"] = appType
	return rs
}

func pool(parts ...any) *model.State {
	s := model.NewState()
	for _, p := range parts {
		switch p := p.(type) {
		case *model.Resource:
			s.Put(p)
		case []*model.Resource:
			for _, r := range p {
				s.Put(r)
			}
		}
	}
	return s
}

var none = []any{}

func TestGuards(t *testing.T) {
	email := []any{"EMAIL_CODE"}
	for _, c := range []struct {
		name            string
		desired, actual *model.State
		danger          rules.Danger
		want            string // guard key, one a line
	}{
		{name: "an application keeps a way", desired: pool(app("a", none, "c")), actual: pool(provider("p", nil), conn("c", "p", nil), app("a", email))},
		{name: "the last basic method goes", desired: pool(app("a", none)), actual: pool(app("a", email)), want: "lockout application/a"},
		{name: "the last button goes", desired: pool(app("a", none)), actual: pool(provider("p", nil), conn("c", "p", nil), app("a", none, "c")), want: "lockout application/a"},
		{
			name:    "the last connection of an undeclared application goes",
			desired: pool(provider("p", nil), absent(conn("c", "p", nil))),
			actual:  pool(provider("p", nil), conn("c", "p", nil), app("undeclared", none, "c")), want: "lockout application/undeclared",
		},
		{name: "an API needs no login", desired: pool(typed(app("a", none), "api")), actual: pool(typed(app("a", email), "api"))},
		{name: "created without a way", desired: pool(app("a", none)), actual: pool(), want: "lockout application/a"},
		{name: "created with the server's methods", desired: pool(app("a", nil)), actual: pool()},
		{name: "broken before, and not touched", desired: pool(app("b", email)), actual: pool(app("a", none))},
		{name: "broken before, and touched", desired: pool(with(app("a", none), "x", "1")), actual: pool(app("a", none)), want: "lockout application/a"},
		{
			name:    "default login method without its basic method",
			desired: pool(app("a", []any{"PHONE_CODE"})),
			actual:  pool(with(app("a", []any{"EMAIL_PASSWORD"}), "defaultLoginMethod", map[string]any{"connectionType": "PASSWORD"})), want: "lockout application/a",
		},
		{
			name:    "default login method through a connection that is switched off",
			desired: pool(app("a", email)),
			actual: pool(provider("p", nil), conn("c", "p", nil),
				with(app("a", email, "c"), "defaultLoginMethod", map[string]any{"connectionType": "QRCODE", "qrcodeConnection": "c"})), want: "lockout application/a",
		},
		{
			name:    "LDAP by default, and no connection named",
			desired: pool(with(app("a", email), "defaultLoginMethod", map[string]any{"connectionType": "LDAP", "qrcodeType": "SELF_BUILT_APP"})),
			actual:  pool(app("a", email)), want: "lockout application/a",
		},
		{
			name:    "a default login method that was off before, on an application that is edited",
			desired: pool(with(app("a", email), "x", "1")),
			actual:  pool(with(app("a", email), "defaultLoginMethod", map[string]any{"connectionType": "PASSWORD"})),
		},
		{
			name:    "a default login method that was off before, and another that is off after",
			desired: pool(with(app("a", email), "defaultLoginMethod", map[string]any{"connectionType": "LDAP"})),
			actual:  pool(with(app("a", email), "defaultLoginMethod", map[string]any{"connectionType": "PASSWORD"})), want: "lockout application/a",
		},
		{
			name:    "replace needs a flag",
			desired: pool(provider("p", nil), conn("c", "p", obj{"type": "saml"})), actual: pool(provider("p", nil), conn("c", "p", nil)), want: "replace connection/c",
		},
		{
			name: "replace with its flag", danger: rules.Danger{AllowReplace: true},
			desired: pool(provider("p", nil), conn("c", "p", obj{"type": "saml"})), actual: pool(provider("p", nil), conn("c", "p", nil)),
		},
		{
			name:    "a provider goes with a connection nobody declared",
			desired: pool(absent(provider("p", nil))), actual: pool(provider("p", nil), conn("c", "p", nil)), want: "foreign-connections identityprovider/p",
		},
		{
			name:    "a provider goes with its connection",
			desired: pool(absent(provider("p", nil)), absent(conn("c", "p", nil))), actual: pool(provider("p", nil), conn("c", "p", nil)),
		},
		{
			name: "more deletes than allowed", danger: rules.Danger{MaxDeletes: 1},
			desired: pool(absent(provider("p", nil)), absent(conn("c", "p", nil))), actual: pool(provider("p", nil), conn("c", "p", nil)), want: "prune-limit",
		},
		{
			name: "replaces and enablement deletes count", danger: rules.Danger{MaxDeletes: 1, AllowReplace: true},
			desired: pool(provider("p", nil), conn("c", "p", obj{"type": "saml"}), conn("d", "p", nil), app("a", email)),
			actual:  pool(provider("p", nil), conn("c", "p", nil), conn("d", "p", nil), app("a", email, "d")), want: "prune-limit",
		},
		{name: "a fifth of the kind goes", danger: rules.Danger{MaxDeletePercent: 20}, desired: many(10, 2), actual: many(10, 0)},
		{name: "more than a fifth of the kind goes", danger: rules.Danger{MaxDeletePercent: 20}, desired: many(10, 3), actual: many(10, 0), want: "prune-share"},
		{name: "few objects have no share", danger: rules.Danger{MaxDeletePercent: 20}, desired: many(9, 3), actual: many(9, 0)},
		{
			name: "protected", danger: rules.Danger{Protected: func(k model.Key) bool { return k.Name == "b" }},
			desired: pool(absent(app("a", email)[0]), absent(app("b", email)[0])), actual: pool(app("a", email), app("b", email)), want: "protected application/b",
		},
		{name: "prune with an empty project", danger: rules.Danger{Prune: plan.PruneAll}, desired: pool(), actual: pool(app("a", email)), want: "empty-project"},
		{name: "nothing declared and nothing pruned", desired: pool(), actual: pool(app("a", email))},
		{name: "overridden", danger: rules.Danger{Overridden: map[string]bool{"lockout": true}}, desired: pool(app("a", none)), actual: pool(app("a", email))},
		{
			name: "create from a list with a gap", desired: pool(app("a", email)),
			actual: gap(pool(), model.Gap{Kind: model.Application, Reason: "3 of 5"}), want: "incomplete-read application/a",
		},
		{
			name: "update despite a gap", desired: pool(with(app("a", email), "x", "1")),
			actual: gap(pool(app("a", email)), model.Gap{Kind: model.Application, Reason: "3 of 5"}),
		},
		{
			name: "delete of a connection that unseen applications may use", desired: pool(provider("p", nil), absent(conn("c", "p", nil))),
			actual: gap(pool(provider("p", nil), conn("c", "p", nil)), model.Gap{Kind: model.Application, Reason: "3 of 5"}), want: "incomplete-read connection/c",
		},
		{
			name: "a gap cannot be overridden", danger: rules.Danger{Overridden: map[string]bool{"incomplete-read": true}}, desired: pool(provider("q", nil)),
			actual: gap(pool(), model.Gap{Kind: model.IdentityProvider, Reason: "1 of 2"}), want: "incomplete-read identityprovider/q",
		},
		{
			name: "a provider whose list of connections is doubtful", desired: pool(absent(provider("p", nil))),
			actual: gap(pool(provider("p", nil)), model.Gap{Kind: model.Connection, Parent: model.Key{Kind: model.IdentityProvider, Name: "p"}, Reason: "0 of 1"}),
			want:   "incomplete-read identityprovider/p",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.danger.MaxDeletes == 0 {
				c.danger.MaxDeletes = 5
			}
			if c.danger.MaxDeletePercent == 0 {
				c.danger.MaxDeletePercent = 100
			}
			p, err := plan.New(c.desired, c.actual, plan.Options{Semantics: blind{}, Prune: c.danger.Prune})
			if err != nil {
				t.Fatal(err)
			}
			c.danger.Plan = p
			var got []string
			for _, r := range rules.Guard(c.danger) {
				name := r.Name
				if r.Key != (model.Key{}) {
					name += " " + r.Key.String()
				}
				if !strings.HasPrefix(r.Code, "IDP03") || r.Message == "" || (r.Override == "") != rules.Final(r.Name) {
					t.Errorf("incomplete refusal %+v", r)
				}
				got = append(got, name)
			}
			if s := strings.Join(got, "\n"); s != c.want {
				t.Errorf("got %q, want %q", s, c.want)
			}
		})
	}
}

// many makes n providers of which the first few are declared absent.
func many(n, gone int) *model.State {
	s := model.NewState()
	for i := range n {
		r := provider(fmt.Sprintf("p%02d", i), nil)
		if i < gone {
			absent(r)
		}
		s.Put(r)
	}
	return s
}

func gap(s *model.State, g model.Gap) *model.State {
	s.Gaps = append(s.Gaps, g)
	return s
}

func TestCheck(t *testing.T) {
	desired := pool(
		provider("p", nil), provider("p-again", obj{"name": "p"}),
		conn("c", "p", nil), conn("d", "p", obj{"identifier": "c"}),
		with(app("a", []any{"PHONE_CODE"}), "defaultLoginMethod", map[string]any{"connectionType": "PASSWORD"}),
		with(app("b", []any{"PHONE_CODE"}, "d"), "defaultLoginMethod", map[string]any{"connectionType": "QRCODE", "qrcodeConnection": "c"}),
		with(app("fine", nil, "c"), "defaultLoginMethod", map[string]any{"connectionType": "QRCODE", "qrcodeConnection": "c"}),
	)
	var got []string
	for _, f := range rules.Check(desired, rules.Setting{}) {
		got = append(got, fmt.Sprintf("%s %s %s", f.Code, f.Key, f.Path))
		if text := f.Message.In("en"); text == "" || strings.HasPrefix(text, f.Message.ID) {
			t.Errorf("%s has no sentence: %q", f.Message.ID, text)
		}
	}
	want := []string{
		"IDP0203 identityprovider/p-again name",
		"IDP0206 connection/d identifier",
		"IDP0205 application/a loginConfig.defaultLoginMethod.connectionType",
		"IDP0205 application/b loginConfig.defaultLoginMethod.qrcodeConnection",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
