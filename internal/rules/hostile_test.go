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

// hidden makes an application whose login configuration no read shows.
func hidden(rs []*model.Resource, paths ...string) []*model.Resource {
	rs[0].Hidden = paths
	return rs
}

// fields makes a connection with the secret-bearing part of its configuration.
func fields(r *model.Resource, f obj) *model.Resource {
	r.Attributes["fields"] = map[string]any(f)
	return r
}

// nulled makes an application go back to the server's default logins.
func nulled(rs []*model.Resource) []*model.Resource {
	rs[0].Attributes["loginConfig"] = nil
	return rs
}

func protectedNames(names ...string) func(model.Key) bool {
	return func(k model.Key) bool { return slices.Contains(names, k.String()) }
}

// TestHostileGuards: plans that somebody could hope to get past a guard.
func TestHostileGuards(t *testing.T) {
	email, p := []any{"EMAIL_CODE"}, func() *model.Resource { return provider("p", nil) }
	qr := func(rs []*model.Resource, conn, typ string) []*model.Resource {
		return with(rs, "defaultLoginMethod", map[string]any{"connectionType": "QRCODE", "qrcodeConnection": conn, "qrcodeType": typ})
	}
	hush := model.SecretValue("env:HUSH", "hush")
	all := func(names ...string) map[string]bool {
		m := map[string]bool{}
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	for _, c := range []struct {
		name            string
		desired, actual *model.State
		danger          rules.Danger
		mute            string // the application whose declared basic methods have no name
		want            string
	}{
		{
			name:    "the only button falls with a provider whose foreign connections were answered for",
			danger:  rules.Danger{Overridden: all("foreign-connections")},
			desired: pool(absent(p())), actual: pool(p(), conn("c", "p", nil), app("a", none, "c")), want: "lockout application/a",
		},
		{
			name:    "a null brings the server's methods only where it is honoured",
			desired: pool(nulled(app("a", none))), actual: pool(p(), conn("c", "p", nil), with(app("a", none, "c"), "showAuthorizationPage", true)), want: "lockout application/a",
		},
		{
			name:    "null over a list that is not empty leaves a way either way",
			desired: pool(with(app("a", none), "enabledBasicLoginMethods", nil)), actual: pool(p(), conn("c", "p", nil), app("a", email, "c")),
		},
		{
			name:    "a file that calls an application an API while the server says nothing",
			desired: pool(typed(app("a", none), "api")), actual: pool(app("a", email)), want: "lockout application/a",
		},
		{
			name:    "no read shows the basic methods, and the last button of an undeclared application goes",
			desired: pool(absent(conn("c", "p", nil))), actual: pool(p(), conn("c", "p", nil), hidden(app("a", nil, "c"), "loginConfig")), want: "lockout application/a",
		},
		{
			name: "the API has no name for the basic methods that the document declares", mute: "application/a",
			desired: pool(app("a", nil)), actual: pool(p(), conn("c", "p", nil), app("a", nil, "c")), want: "lockout application/a",
		},
		{
			name:    "no read shows the basic methods, and the document leaves them to the server",
			desired: pool(app("a", nil)), actual: pool(p(), conn("c", "p", nil), app("a", nil, "c")),
		},
		{
			name: "the API has no name for the basic methods, and a button stays", mute: "application/a",
			desired: pool(p(), conn("d", "p", nil), app("a", nil, "d")), actual: pool(p(), conn("c", "p", nil), conn("d", "p", nil), app("a", nil, "c", "d")),
		},
		{
			name:    "a button that dangles is no way: its connection is about to be made",
			desired: pool(p(), conn("c", "p", nil), app("a", none, "c")), actual: pool(p(), app("a", email, "c")), want: "lockout application/a",
		},
		{
			name:    "a QR type that is off behind a connection that is on",
			desired: pool(with(app("a", email, "c"), "x", "1")), actual: pool(p(), conn("c", "p", nil), qr(app("a", email, "c"), "c", "SELF_BUILT_APP")),
		},
		{
			name:    "a QR type that is off and a connection that is not enabled",
			desired: pool(app("a", email)), actual: pool(p(), conn("c", "p", nil), qr(app("a", email, "c"), "c", "SELF_BUILT_APP")), want: "lockout application/a",
		},
		{
			name: "a replaced application is judged by its own document alone", danger: rules.Danger{AllowReplace: true},
			desired: pool(typed(app("a", none), "spa")), actual: pool(typed(app("a", email), "web")), want: "lockout application/a",
		},
		{
			name: "an undeclared provider is protected by its name", danger: rules.Danger{Prune: plan.PruneAll, Protected: protectedNames("identityprovider/Corp SSO")},
			desired: pool(p()), actual: pool(p(), provider("id:7", obj{"name": "Corp SSO"})), want: "protected identityprovider/id:7",
		},
		{
			name: "a protected connection falls with its provider", danger: rules.Danger{Overridden: all("foreign-connections"), Protected: protectedNames("connection/c")},
			desired: pool(absent(p())), actual: pool(p(), conn("c", "p", nil)), want: "protected connection/c",
		},
		{
			name: "a replaced provider takes a protected connection along", danger: rules.Danger{AllowReplace: true, Protected: protectedNames("connection/c")},
			desired: pool(provider("p", obj{"type": "saml"}), conn("c", "p", nil)), actual: pool(p(), conn("c", "p", nil)), want: "protected connection/c",
		},
		{
			name: "a connection that may lie under the provider with the doubtful list", desired: pool(p(), conn("c", "p", nil)),
			actual: gap(pool(p()), model.Gap{Kind: model.Connection, Parent: model.Key{Kind: model.IdentityProvider, Name: "q"}, Reason: "0 of 1"}), want: "incomplete-read connection/c",
		},
		{
			name: "a connection that leaves the provider with the doubtful list", danger: rules.Danger{AllowReplace: true},
			desired: pool(p(), provider("q", nil), conn("c", "q", nil)),
			actual:  gap(pool(p(), provider("q", nil), conn("c", "p", nil)), model.Gap{Kind: model.Connection, Parent: p().Key, Reason: "0 of 1"}), want: "incomplete-read connection/c",
		},
		{
			name:    "an address inside a new object",
			desired: pool(p(), fields(conn("c", "p", nil), obj{"clientSecret": hush, "sso": map[string]any{"tokenUrl": "https://evil"}})),
			actual:  pool(p(), fields(conn("c", "p", nil), obj{"clientSecret": hush})), want: "secret-endpoint connection/c",
		},
		{
			name:    "an address in a list of objects",
			desired: pool(p(), fields(conn("c", "p", nil), obj{"clientSecret": hush, "nodes": []any{map[string]any{"host": "evil"}}})),
			actual:  pool(p(), fields(conn("c", "p", nil), obj{"clientSecret": hush, "nodes": []any{map[string]any{"host": "good"}}})), want: "secret-endpoint connection/c",
		},
		{
			name:    "an address written as a secret",
			desired: pool(p(), fields(conn("c", "p", nil), obj{"clientSecret": hush, "issuerUrl": model.SecretValue("env:URL", "https://evil")})),
			actual:  pool(p(), fields(conn("c", "p", nil), obj{"clientSecret": hush, "issuerUrl": "https://good"})), want: "secret-endpoint connection/c",
		},
		{
			name: "an address that changes in a replace", danger: rules.Danger{AllowReplace: true},
			desired: pool(p(), fields(conn("c", "p", obj{"type": "cas"}), obj{"clientSecret": hush, "issuerUrl": "https://evil"})),
			actual:  pool(p(), fields(conn("c", "p", nil), obj{"clientSecret": hush, "issuerUrl": "https://good"})), want: "secret-endpoint connection/c",
		},
		{
			name:    "an address beside a secret that nobody declares and no read shows",
			danger:  rules.Danger{SecretFields: func(string) []string { return []string{"fields.clientSecret"} }},
			desired: pool(p(), fields(conn("c", "p", nil), obj{"issuerUrl": "https://evil"})),
			actual:  pool(p(), fields(conn("c", "p", nil), obj{"issuerUrl": "https://good"})), want: "secret-endpoint connection/c",
		},
		{
			name:    "an address beside a private key that stays where it is",
			danger:  rules.Danger{SecretFields: func(string) []string { return []string{"fields.samlSpKey"} }},
			desired: pool(p(), fields(conn("c", "p", nil), obj{"signInEndPoint": "https://other"})),
			actual:  pool(p(), fields(conn("c", "p", nil), obj{"signInEndPoint": "https://one"})),
		},
		{
			name:    "an owner written in one word",
			desired: pool(p(), fields(conn("c", "p", nil), obj{"appSecret": hush, "wx_appid": "2"})),
			actual:  pool(p(), fields(conn("c", "p", nil), obj{"appSecret": hush, "wx_appid": "1"})), want: "secret-endpoint connection/c",
		},
		{
			name:    "a label changes beside a secret",
			desired: pool(p(), fields(conn("c", "p", nil), obj{"clientSecret": hush, "urlLabel": "b", "agentId": "2"})),
			actual:  pool(p(), fields(conn("c", "p", nil), obj{"clientSecret": hush, "urlLabel": "a", "agentId": "1"})),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.danger.MaxDeletes, c.danger.MaxDeletePercent = 5, 100
			made, err := plan.New(c.desired, c.actual, plan.Options{Semantics: blind{}, Prune: c.danger.Prune})
			if err != nil {
				t.Fatal(err)
			}
			if k, err := model.ParseKey(c.mute); err == nil {
				made.Unsupported = []plan.At{{Key: k, Path: "loginConfig.enabledBasicLoginMethods"}}
			}
			c.danger.Plan = made
			var got []string
			for _, r := range rules.Guard(c.danger) {
				got = append(got, fmt.Sprint(r.Name, " ", r.Key))
				if strings.Contains(r.Message, "hush") {
					t.Errorf("a secret in %q", r.Message)
				}
			}
			if s := strings.Join(got, "\n"); s != c.want {
				t.Errorf("got %q, want %q", s, c.want)
			}
		})
	}
}
