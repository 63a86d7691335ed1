package remote

import (
	"testing"

	"github.com/idpsync/idpsync/internal/model"
)

func TestRereadReadsWhatWasTouched(t *testing.T) {
	f := onePool(t).pagedApps(120, 50, nil).on("GET get-application-permission-strategy", tree{"permissionStrategy": "DENY_ALL"}).
		on("POST create-application", tree{"appId": "new", "appIdentifier": "new"})
	c := loaded(t, f)
	if err := c.PermissionStrategies(t.Context(), []string{"a60", "a1"}); err != nil {
		t.Fatal(err)
	}
	s := c.State(handles(poolHandles))
	app := s.Get(key(model.Application, "app-60"))
	tests := []struct {
		name    string
		touched []*model.Resource
		want    map[string]int
	}{
		{"an application", []*model.Resource{app}, map[string]int{"list-applications": 1, "get-application-permission-strategy": 1}},
		{
			"an enablement",
			[]*model.Resource{desired(model.EnablementKey("app-60", "corp-oidc"), nil), desired(model.EnablementKey("app-119", "corp-oidc"), nil)},
			map[string]int{"list-applications": 2},
		},
		{"a connection", []*model.Resource{s.Get(key(model.Connection, "corp-oidc"))}, map[string]int{"list-ext-idp-conns": 1}},
		{"a provider", []*model.Resource{s.Get(key(model.IdentityProvider, "corp"))}, map[string]int{"list-ext-idp": 1, "list-ext-idp-conns": 1}},
		{"nothing", nil, map[string]int{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := len(f.seen)
			got, err := c.Reread(t.Context(), tt.touched)
			if err != nil {
				t.Fatal(err)
			}
			count := map[string]int{}
			for _, r := range f.seen[before:] {
				count[r.path]++
			}
			for p := range count {
				if count[p] != tt.want[p] {
					t.Errorf("%d x %s, want %d", count[p], p, tt.want[p])
				}
			}
			if got.Get(key(model.Connection, "corp-oidc")) == nil || got.Get(key(model.Application, "app-119")) == nil || len(got.Gaps) != 0 {
				t.Errorf("the state lost something; gaps %v", got.Gaps)
			}
		})
	}
	if _, err := c.Create(t.Context(), desired(key(model.Application, "new"), tree{"appName": "N", "appIdentifier": "new"})); err != nil {
		t.Fatal(err)
	}
	before := f.count("list-applications")
	if _, err := c.Reread(t.Context(), []*model.Resource{app}); err != nil {
		t.Fatal(err)
	}
	if n := f.count("list-applications") - before; n != 3 {
		t.Errorf("after a create %d pages were read, want all 3", n)
	}
}

// An application that moved to another page, or a total that changed, means
// that the pages read before cannot be trusted.
func TestRereadWhenPagesMove(t *testing.T) {
	f := onePool(t)
	moved := false
	f.pagedApps(120, 50, func(p int, d tree) {
		list := d["list"].([]any)
		if moved && p == 2 {
			list[10].(tree)["appId"] = "a7"
		}
		if moved && p == 1 {
			list[7].(tree)["appId"] = "a60"
		}
	})
	c := loaded(t, f)
	app := c.State(nil).Get(key(model.Application, "app-60"))
	moved = true
	before := f.count("list-applications")
	s, err := c.Reread(t.Context(), []*model.Resource{app})
	if err != nil || f.count("list-applications")-before != 4 || s.Get(app.Key) == nil {
		t.Errorf("%d pages, %v", f.count("list-applications")-before, err)
	}
}
