package remote

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/model"
)

// A total that lies ends in a gap, not in an endless read.
func TestLyingTotal(t *testing.T) {
	same := func(_ int, d tree) { d["list"] = []any{tree{"appId": "a0", "appIdentifier": "app-0"}} }
	lie := func(d tree) { d["totalCount"] = 1_000_000_000 }
	tests := []struct {
		name   string
		n      int
		bend   func(int, tree)
		most   int
		reason string
	}{
		{"pages run empty", 60, func(_ int, d tree) { lie(d) }, 9, "list-applications: 60 read, totalCount 1000000000"},
		{"every page is the same", 60, func(p int, d tree) { same(p, d); lie(d) }, 9, "list-applications: 1 read, totalCount 1000000000"},
		{"many pages, then empty", 1000, func(_ int, d tree) { lie(d) }, 40, "list-applications: 1000 read, totalCount 1000000000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t).pagedApps(tt.n, 50, tt.bend)
			c, _ := f.client()
			if _, err := c.Applications(t.Context(), true); err != nil {
				t.Fatal(err)
			}
			if n := f.count("list-applications"); n > tt.most {
				t.Errorf("%d pages were read", n)
			}
			gaps := c.State(nil).Gaps
			if len(gaps) != 1 || gaps[0].Reason != tt.reason {
				t.Errorf("gaps %v", gaps)
			}
			if _, err := c.listAll(t.Context()); err == nil || !strings.Contains(err.Error(), tt.reason) {
				t.Errorf("a list that is not whole proved something: %v", err)
			}
		})
	}
}

// Ten thousand applications cost as many requests as they have pages.
func TestEveryPageOnce(t *testing.T) {
	f := newFake(t).pagedApps(10_000, 50, nil)
	c, _ := f.client()
	all, err := c.Applications(t.Context(), true)
	if err != nil || len(all) != 10_000 || f.count("list-applications") != 200 || len(c.State(nil).Gaps) != 0 {
		t.Errorf("%d applications by %d requests, %v", len(all), f.count("list-applications"), err)
	}
}

// A read that meets a failing server may fare better later; 501 never does.
func TestFailingReads(t *testing.T) {
	for body, want := range map[string]string{
		`{"statusCode":500,"message":"oops"}`: "unavailable", `{"statusCode":503}`: "unavailable", `{"statusCode":599}`: "unavailable",
		`{"statusCode":501}`: "", `{"statusCode":601}`: "", `{"statusCode":499}`: "",
	} {
		for _, status := range []int{200, 500} {
			synctest.Test(t, func(t *testing.T) {
				c, _ := newFake(t).on("GET list-ext-idp", raw{status, body, nil}).client()
				_, err := c.Providers(t.Context())
				if got := flags(mustError(t, err)); status == 200 && got != want {
					t.Errorf("%s: %q, want %q", body, got, want)
				}
			})
		}
	}
	for _, page := range []string{"", "<html>internal error</html>", "oops"} {
		c, _ := newFake(t).on("GET list-ext-idp", raw{500, page, nil}).client()
		_, err := c.Providers(t.Context())
		if e := mustError(t, err); flags(e) != "unavailable" || e.Hint() != "" {
			t.Errorf("%q: %s, hint %q", page, flags(e), e.Hint())
		}
	}
}

// A token endpoint that fails says nothing about the keys.
func TestFailingTokenEndpoint(t *testing.T) {
	for _, answer := range []raw{{500, `{"statusCode":500}`, nil}, {200, `{"statusCode":500}`, nil}, {500, "<html>", nil}, {503, "", nil}, {200, `{"statusCode":501}`, nil}, {200, `{"statusCode":601}`, nil}} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFake(t).on("POST get-management-token", answer).client()
			e := mustError(t, c.Open(t.Context()))
			if strings.Contains(e.Hint(), "accessKey") || e.Unavailable() != (e.status() == 500 || e.status() == 503) {
				t.Errorf("%v: hint %q, %s", e, e.Hint(), flags(e))
			}
		})
	}
}

// A null in an array is data; one that is a member of an object says that the
// server's default is wanted, which a create leaves out.
func TestNullsInArrays(t *testing.T) {
	mixed := []any{number1, "a", nil, tree{"x": nil, "y": []any{nil}}}
	fields := tree{"mixed": mixed, "x": nil, "deep": tree{"x": nil, "list": []any{nil}}, "held": []any{tree{"aSecret": model.ServerSecret(), "z": nil}}}
	f := onePool(t).on("POST create-ext-idp-conn", conn("c7", "new"))
	c := loaded(t, f)
	c.State(handles(poolHandles))
	r := newConnection()
	r.Attributes["fields"] = fields
	if _, err := c.Create(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	want := tree{"mixed": mixed, "deep": tree{"list": []any{nil}}, "held": []any{tree{"z": nil}}}
	if d := cmp.Diff(want, f.to("create-ext-idp-conn")[0]["fields"]); d != "" {
		t.Error(d)
	}
	if v := judged(nil, r, desired(r.Key, tree{
		"provider": "corp", "identifier": "new", "type": "oidc", "displayName": "N",
		"fields": tree{"mixed": []any{number1, "a", tree{}}},
	})); !strings.Contains(strings.Join(v.differ, " "), "fields.mixed") {
		t.Errorf("a lost null is no difference: %v", v)
	}
}

// How a text in fields that looks like an array is read depends on how the
// server writes arrays elsewhere.
func TestTextOrArray(t *testing.T) {
	app := func(uris any) tree {
		return tree{"appId": "a1", "appIdentifier": "p", "redirectUris": uris, "casConfig": tree{"x": "[1]"}}
	}
	list := []any{number1}
	tests := []struct {
		name   string
		apps   []any
		fields tree
		want   any // of fields.x, which the server shows as "[1]"
		cas    any
	}{
		{"nothing shows it", nil, tree{}, list, nil},
		{"applications have arrays", []any{app([]any{"u"})}, tree{}, "[1]", "[1]"},
		{"applications have empty arrays", []any{app([]any{})}, tree{}, "[1]", "[1]"},
		{"applications have texts", []any{app(`["u"]`)}, tree{}, list, list},
		{"one of them has", []any{app([]any{"u"}), app(`[]`)}, tree{}, list, "[1]"},
		{"null shows nothing", []any{app(nil)}, tree{}, list, list},
		{"other fields have arrays", nil, tree{"deep": tree{"y": []any{}}}, "[1]", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.fields["x"] = "[1]"
			shown := conn("c1", "c")
			shown["fields"] = tt.fields
			f := newFake(t).on("GET list-applications", tree{"totalCount": len(tt.apps), "list": tt.apps}).on("GET list-ext-idp-conns", []any{shown})
			c, _ := f.client()
			if _, err := c.Applications(t.Context(), true); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Connections(t.Context(), []string{"p1"}); err != nil {
				t.Fatal(err)
			}
			s := c.State(nil)
			got, _ := s.Get(key(model.Connection, "c")).At("fields", "x")
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("fields:\n%s", d)
			}
			if len(tt.apps) == 1 {
				got, _ := s.Get(key(model.Application, "p")).At("casConfig", "x")
				if d := cmp.Diff(tt.cas, got); d != "" {
					t.Errorf("casConfig:\n%s", d)
				}
			}
		})
	}
}

// Secrets inside arrays are secrets, be the array written as text or not, and
// their path has no index.
func TestSecretsInArrays(t *testing.T) {
	rows := []any{tree{"password": "p1", "user": "u", "more": []any{tree{"password": "p2"}}}}
	text, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	want := tree{"list": []any{tree{"password": model.SecretValue("", "p1"), "user": "u", "more": []any{tree{"password": model.SecretValue("", "p2")}}}}}
	for _, shown := range []any{rows, string(text)} {
		asked := map[string]bool{}
		c1 := conn("c1", "c")
		c1["fields"] = tree{"list": shown}
		c, _ := newFake(t).on("GET list-ext-idp-conns", []any{c1}).client(func(cfg *Config) {
			cfg.SecretPath = func(_ model.Kind, _ string, p model.Path) bool {
				asked[p.String()] = true
				return p[len(p)-1] == "password"
			}
		})
		if _, err := c.Connections(t.Context(), []string{"p1"}); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, c.State(nil).Get(key(model.Connection, "c")).Attributes["fields"]); d != "" {
			t.Error(d)
		}
		if !asked["fields.list.password"] || !asked["fields.list.more.password"] {
			t.Errorf("asked for %v", asked)
		}
	}
}

// What the contract calls an array is one, however deep it stands.
func TestArraysOfTheContract(t *testing.T) {
	p := tree{
		"appId": "a", "brandingConfig": `{"agreements":"[{\"displayAt\":\"[\\\"LoginPage\\\"]\"}]"}`,
		"oidcConfig": tree{"jwks": tree{"keys": `["k"]`}, "grant_types": `["code"]`},
	}
	got := newV3(nil, testSecrets).applicationTree(p)
	want := tree{
		"appId": "a", "brandingConfig": tree{"agreements": []any{tree{"displayAt": []any{"LoginPage"}}}},
		"oidcConfig": tree{"jwks": model.SecretValue("", `{"keys":["k"]}`), "grant_types": []any{"code"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// providerOfQuery is the id a list of connections was asked for.
func providerOfQuery(r sentRequest) string {
	q, _ := url.ParseQuery(r.query)
	return q.Get("id")
}
