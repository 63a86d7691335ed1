package remote

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
)

// pagedApps serves n applications, size a page; bend may change a page.
func (f *fake) pagedApps(n, size int, bend func(page int, data tree)) *fake {
	f.routes["GET list-applications"] = func(r sentRequest) (*http.Response, error) {
		q, _ := url.ParseQuery(r.query)
		page, _ := strconv.Atoi(q.Get("page"))
		list := []any{}
		for i := (page - 1) * size; i < min(page*size, n); i++ {
			list = append(list, tree{"appId": fmt.Sprint("a", i), "appIdentifier": fmt.Sprint("app-", i), "appName": "A"})
		}
		data := tree{"totalCount": n, "list": list}
		if bend != nil {
			bend(page, data)
		}
		return good(data), nil
	}
	return f
}

func TestApplicationsReadOnlyMissingPages(t *testing.T) {
	f := newFake(t).pagedApps(120, 50, nil)
	c, _ := f.client()
	first, err := c.Applications(t.Context(), false)
	if err != nil || len(first) != 50 || f.count("list-applications") != 1 {
		t.Fatalf("%d applications by %d requests, %v", len(first), f.count("list-applications"), err)
	}
	if gaps := c.State(nil).Gaps; len(gaps) != 1 || gaps[0].Reason != "list-applications: 50 read, totalCount 120" {
		t.Errorf("gaps of one page: %v", gaps)
	}
	all, err := c.Applications(t.Context(), true)
	if err != nil || len(all) != 120 || f.count("list-applications") != 3 {
		t.Fatalf("%d applications by %d requests, %v", len(all), f.count("list-applications"), err)
	}
	if all[0].Identifier != "app-0" || all[119].Identifier != "app-119" {
		t.Errorf("order: %s ... %s", all[0].Identifier, all[119].Identifier)
	}
	if s := c.State(nil); len(s.Gaps) != 0 || s.Len() != 120 {
		t.Errorf("%d resources, gaps %v", s.Len(), s.Gaps)
	}
	if f.seen[1].query != "all=true&limit=50&page=1" {
		t.Errorf("query %s", f.seen[1].query)
	}
}

func TestListsThatAreNotWhole(t *testing.T) {
	tests := []struct {
		name string
		size int
		bend func(int, tree)
		gap  string
	}{
		{"a smaller page than asked for is taken as it is", 10, nil, ""},
		{"the total changes", 50, func(p int, d tree) { d["totalCount"] = 119 + p }, "totalCount is 120 on one page and 121 on another"},
		{"a page repeats another", 50, func(p int, d tree) {
			if p == 2 {
				d["list"].([]any)[0].(tree)["appId"] = "a0"
			}
		}, "119 read, totalCount 120"},
		{"no total", 50, func(_ int, d tree) { delete(d, "totalCount") }, "no totalCount"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := newFake(t).pagedApps(120, tt.size, tt.bend).client()
			if _, err := c.Applications(t.Context(), true); err != nil {
				t.Fatal(err)
			}
			gaps := c.State(nil).Gaps
			if (len(gaps) == 0) != (tt.gap == "") || len(gaps) > 0 && !strings.Contains(gaps[0].Reason, tt.gap) {
				t.Errorf("gaps %v, want %q", gaps, tt.gap)
			}
		})
	}
	f := newFake(t).on("GET list-ext-idp", tree{"totalCount": 12, "list": []any{tree{"id": "p1", "name": "P", "type": "oidc"}}})
	c, _ := f.client()
	if _, err := c.Providers(t.Context()); err != nil {
		t.Fatal(err)
	}
	if g := c.State(nil).Gaps; len(g) != 1 || g[0].Kind != model.IdentityProvider || g[0].Reason != "list-ext-idp: 1 read, totalCount 12" {
		t.Errorf("gaps %v", g)
	}
}

func conn(id, identifier string) tree {
	return tree{"id": id, "identifier": identifier, "type": "oidc", "displayName": "D", "fields": tree{"issuerUrl": "u"}}
}

// With list-ext-idp-conns absent, get-ext-idp takes its place; that is found
// out once, and an absent provider is not taken for an absent endpoint.
func TestConnectionsWithoutTheListEndpoint(t *testing.T) {
	f := newFake(t)
	f.routes["GET get-ext-idp"] = func(r sentRequest) (*http.Response, error) {
		id := strings.TrimPrefix(r.query, "id=")
		if id == "gone" {
			return respond(200, `{"statusCode":404,"message":"gone"}`), nil
		}
		return good(tree{"id": id, "connections": []any{conn("c-"+id, "conn-"+id)}}), nil
	}
	c, _ := f.client(func(c *Config) { c.Parallelism = 1 })
	if _, err := c.Connections(t.Context(), []string{"gone"}); !isAbsent(err) {
		t.Errorf("an absent provider: %v", err)
	}
	got, err := c.Connections(t.Context(), []string{"p1", "p2", "p1"})
	if err != nil || len(got) != 2 || got[0].Parent != "p1" {
		t.Fatalf("%v, %v", got, err)
	}
	if n := f.count("list-ext-idp-conns"); n != 2 {
		t.Errorf("list-ext-idp-conns was tried %d times, want once for the absent provider and once more", n)
	}
	if err := c.ProveConnections(t.Context(), []string{"p1", "p2"}); err != nil || f.count("get-ext-idp") != 3 {
		t.Errorf("proving what get-ext-idp said cost %d requests, %v", f.count("get-ext-idp")-3, err)
	}
}

func TestConnectionsCostOneRequestEach(t *testing.T) {
	f := newFake(t)
	f.routes["GET list-ext-idp-conns"] = func(r sentRequest) (*http.Response, error) {
		id := strings.TrimPrefix(r.query, "id=")
		return good([]any{conn("c-"+id, "conn-"+id)}), nil
	}
	c, _ := f.client()
	if _, err := c.Connections(t.Context(), []string{"p1", "p2"}); err != nil {
		t.Fatal(err)
	}
	all, err := c.Connections(t.Context(), []string{"p2", "p3"})
	if err != nil || len(all) != 3 || f.count("list-ext-idp-conns") != 3 {
		t.Errorf("%d connections by %d requests, %v", len(all), f.count("list-ext-idp-conns"), err)
	}
}

// A list endpoint that answers with an empty object says nothing: the detail
// is asked, and the endpoint stays in use.
func TestHollowConnectionList(t *testing.T) {
	f := newFake(t).on("GET list-ext-idp-conns", tree{}, []any{}).
		on("GET get-ext-idp", tree{"id": "p1", "connections": tree{}})
	c, _ := f.client(func(c *Config) { c.Parallelism = 1 })
	if _, err := c.Connections(t.Context(), []string{"p1", "p2"}); err != nil {
		t.Fatal(err)
	}
	if f.count("list-ext-idp-conns") != 2 || f.count("get-ext-idp") != 1 || len(c.State(nil).Gaps) != 0 {
		t.Errorf("%d lists, %d details, gaps %v", f.count("list-ext-idp-conns"), f.count("get-ext-idp"), c.State(nil).Gaps)
	}
}

func TestProveConnections(t *testing.T) {
	tests := []struct {
		name   string
		detail any // connections of get-ext-idp
		gap    string
	}{
		{"the same", []any{conn("c1", "a"), conn("c2", "b")}, ""},
		{"as JSON text", `[{"id":"c1"},{"id":"c2"}]`, ""},
		{"as an object of objects", tree{"x": conn("c1", "a"), "y": conn("c2", "b")}, ""},
		{"one more", []any{conn("c1", "a"), conn("c2", "b"), conn("c3", "c")}, "2 read, get-ext-idp shows 3, 2 of them the same"},
		{"another", []any{conn("c1", "a"), conn("c9", "b")}, "2 read, get-ext-idp shows 2, 1 of them the same"},
		{"none", nil, "2 read, get-ext-idp shows 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t).on("GET list-ext-idp-conns", []any{conn("c1", "a"), conn("c2", "b")}).
				on("GET get-ext-idp", tree{"id": "p1", "connections": tt.detail})
			c, _ := f.client()
			if err := c.ProveConnections(t.Context(), []string{"p1"}); err != nil {
				t.Fatal(err)
			}
			gaps := c.State(model.Handles{{Kind: model.IdentityProvider, ID: "p1"}: {Kind: model.IdentityProvider, Name: "corp"}}).Gaps
			if (len(gaps) == 0) != (tt.gap == "") {
				t.Fatalf("gaps %v, want %q", gaps, tt.gap)
			}
			if tt.gap != "" && (!strings.Contains(gaps[0].Reason, tt.gap) || gaps[0].Parent.Name != "corp" || gaps[0].Kind != model.Connection) {
				t.Errorf("gap %v", gaps[0])
			}
		})
	}
}

// What no list shows may still stand in the detail.
func TestFieldsFromTheDetail(t *testing.T) {
	bare := conn("c1", "a")
	delete(bare, "fields")
	f := newFake(t).on("GET list-ext-idp-conns", []any{bare}).on("GET get-ext-idp", tree{"id": "p1", "connections": []any{conn("c1", "a")}})
	c, _ := f.client()
	key := model.Key{Kind: model.Connection, Name: "a"}
	if _, err := c.Connections(t.Context(), []string{"p1"}); err != nil {
		t.Fatal(err)
	}
	if r := c.State(nil).Get(key); len(r.Hidden) != 1 || r.Hidden[0] != "fields" {
		t.Errorf("hidden: %v", r.Hidden)
	}
	if err := c.ProveConnections(t.Context(), []string{"p1"}); err != nil {
		t.Fatal(err)
	}
	if r := c.State(nil).Get(key); r.Text("fields", "issuerUrl") != "u" || len(r.Hidden) != 0 {
		t.Errorf("after the detail: %v, hidden %v", r.Attributes, r.Hidden)
	}
}

func TestPermissionStrategiesAreReadOnce(t *testing.T) {
	f := newFake(t).pagedApps(3, 50, nil).on("GET get-application-permission-strategy", tree{"permissionStrategy": "DENY_ALL"})
	c, _ := f.client()
	if _, err := c.Applications(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.PermissionStrategies(t.Context(), []string{"a0", "a1", "a0"}); err != nil {
			t.Fatal(err)
		}
	}
	s := c.State(nil)
	read, unread := s.Get(model.Key{Kind: model.Application, Name: "app-0"}), s.Get(model.Key{Kind: model.Application, Name: "app-2"})
	if f.count("get-application-permission-strategy") != 2 || read.Text("permissionStrategy") != "DENY_ALL" {
		t.Errorf("%d requests, %q", f.count("get-application-permission-strategy"), read.Text("permissionStrategy"))
	}
	if !covered("permissionStrategy", unread.Hidden) || covered("permissionStrategy", read.Hidden) {
		t.Error("only a strategy that was not read is hidden")
	}
}
