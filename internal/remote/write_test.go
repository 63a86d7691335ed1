package remote

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

const (
	number1   = json.Number("1")
	number600 = json.Number("600")
)

var (
	errReset = errors.New("read: connection reset by peer")
	noLuck   = raw{200, `{"statusCode":200,"data":{"success":false}}`, nil}
)

func newConnection() *model.Resource {
	return desired(key(model.Connection, "new"), tree{"provider": "corp", "identifier": "new", "type": "oidc", "displayName": "N", "fields": tree{}})
}

// A create whose fate is not known is settled by reading.
func TestUnknownCreateOfConnection(t *testing.T) {
	none, there := []any{}, []any{conn("c7", "new")}
	tests := []struct {
		name    string
		settle  time.Duration
		creates []any
		lists   []any
		id      string
		sent    int
		unknown bool
	}{
		{"it was made", 0, []any{errReset}, []any{there}, "c7", 1, false},
		{"it was made, the answer was garbage", 0, []any{raw{200, "%%", nil}}, []any{there}, "c7", 1, false},
		{"it was made, the answer named no id", 0, []any{tree{}}, []any{there}, "c7", 1, false},
		{"it was made, seen late", 10 * time.Second, []any{errReset}, []any{none, none, none, there}, "c7", 1, false},
		{"it was not made: sent once more", 0, []any{errReset, conn("c8", "new")}, []any{none}, "c8", 2, false},
		{"it was not made, twice", 0, []any{errReset, errReset}, []any{none}, "", 2, false},
		{"made by the second, which is cut too", 0, []any{errReset, errReset}, []any{none, there}, "c7", 2, false},
		{"it appears while sent again", 0, []any{errReset, raw{200, `{"statusCode":409,"message":"taken"}`, nil}}, []any{none, there}, "c7", 2, false},
		{"refused the second time", 0, []any{errReset, raw{200, `{"statusCode":400,"message":"bad"}`, nil}}, []any{none}, "", 2, false},
		{"the reads fail too", 0, []any{errReset}, []any{raw{500, `{"statusCode":500}`, nil}}, "", 1, true},
		{"success=false and not there", 0, []any{noLuck}, []any{none}, "", 1, false},
		{"success=false and there", 0, []any{noLuck}, []any{there}, "c7", 1, false},
		{"refused", 0, []any{raw{200, `{"statusCode":409,"message":"taken"}`, nil}}, []any{there}, "", 1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := onePool(t)
				c := loaded(t, f, settling(tt.settle))
				c.State(handles(poolHandles))
				f.on("GET list-ext-idp-conns", tt.lists...).on("POST create-ext-idp-conn", tt.creates...)
				id, err := c.Create(t.Context(), newConnection())
				if id != tt.id || f.count("create-ext-idp-conn") != tt.sent || (err == nil) != (tt.id != "") {
					t.Fatalf("id %q by %d creates, %v; want %q by %d", id, f.count("create-ext-idp-conn"), err, tt.id, tt.sent)
				}
				if err != nil && mustError(t, err).Unknown() != tt.unknown {
					t.Errorf("unknown = %v: %v", !tt.unknown, err)
				}
			})
		})
	}
}

// Absent counts only when reads over the whole settling time agree.
func TestSettleTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := onePool(t)
		c := loaded(t, f, settling(10*time.Second))
		c.State(handles(poolHandles))
		f.on("GET list-ext-idp-conns", []any{}).on("POST create-ext-idp-conn", errReset, conn("c8", "new"))
		start, reads := time.Now(), f.count("list-ext-idp-conns")
		if _, err := c.Create(t.Context(), newConnection()); err != nil {
			t.Fatal(err)
		}
		reads = f.count("list-ext-idp-conns") - reads
		if d := time.Since(start); d != 10*time.Second || reads < 5 || reads > 12 {
			t.Errorf("settled after %s and %d reads", d, reads)
		}
	})
}

// A connection that this run deleted may still be shown by an old read: it is
// not the one that the create made.
func TestSettleIgnoresTheDeleted(t *testing.T) {
	f := onePool(t).on("POST delete-ext-idp-conn", done())
	c := loaded(t, f)
	old := c.State(handles(poolHandles)).Get(key(model.Connection, "corp-oidc"))
	if err := c.Delete(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	f.on("POST create-ext-idp-conn", errReset, conn("c8", "corp-oidc"))
	id, err := c.Create(t.Context(), desired(old.Key, old.Attributes))
	if err != nil || id != "c8" {
		t.Errorf("%q, %v", id, err)
	}
}

func provs(total int, ids ...string) any {
	list := []any{}
	for _, id := range ids {
		list = append(list, tree{"id": id, "name": "Corp", "type": "oidc"})
	}
	return tree{"totalCount": total, "list": list}
}

// Providers of one type and name may be many: only one that was not in the
// list read before can be the new one.
func TestUnknownCreateOfProvider(t *testing.T) {
	tests := []struct {
		name          string
		before, after any
		id            string
		unknown       bool
	}{
		{"made", provs(1, "p1"), provs(2, "p1", "p7"), "p7", false},
		{"not made", provs(1, "p1"), provs(1, "p1"), "p8", false},
		{"two new ones", provs(1, "p1"), provs(3, "p1", "p7", "p9"), "", true},
		{"a list that is not whole", provs(1, "p1"), provs(11, "p1"), "", true},
		{"a list that was not whole", provs(11, "p1"), provs(2, "p1", "p7"), "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t).on("GET list-ext-idp", tt.before, tt.after).
				on("POST create-ext-idp", errReset, tree{"id": "p8", "name": "Corp", "type": "oidc"})
			c, _ := f.client()
			id, err := c.Create(t.Context(), desired(key(model.IdentityProvider, "corp"), tree{"name": "Corp", "type": "oidc"}))
			if id != tt.id || (err == nil) != (tt.id != "") || err != nil && mustError(t, err).Unknown() != tt.unknown {
				t.Errorf("%q, %v", id, err)
			}
		})
	}
}

func TestUnknownCreateOfApplication(t *testing.T) {
	app := func(id, ident, template string) tree {
		return tree{"appId": id, "appIdentifier": ident, "appName": "N", "template": template}
	}
	list := func(apps ...any) any { return tree{"totalCount": len(apps), "list": apps} }
	old := app("a1", "old", "jira")
	tests := []struct {
		name       string
		integrated bool
		after      any
		id         string
	}{
		{"by identifier", false, list(old, app("a7", "n", "")), "a7"},
		{"not made", false, list(old), "a8"},
		{"integrated, under another identifier", true, list(old, app("a7", "made-up", "jira")), "a7"},
		{"integrated, not made", true, list(old), "a8"},
		{"integrated, two new ones", true, list(old, app("a7", "x", "jira"), app("a9", "y", "jira")), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t).on("GET list-applications", list(old), tt.after).
				on("POST create-application", errReset, app("a8", "n", "")).on("POST update-application", done())
			c, _ := f.client()
			if _, err := c.Applications(t.Context(), true); err != nil {
				t.Fatal(err)
			}
			attrs := tree{"appName": "N", "appIdentifier": "n"}
			if tt.integrated {
				attrs["template"] = "jira"
			}
			id, err := c.Create(t.Context(), desired(key(model.Application, "n"), attrs))
			if id != tt.id || (err == nil) != (tt.id != "") {
				t.Errorf("%q, %v", id, err)
			}
		})
	}
}

// success=false on an update is judged by what the server shows then.
func TestUpdateInDoubt(t *testing.T) {
	shown := func(name string) tree { p := portal(); p["appName"] = name; return p }
	tests := []struct {
		name     string
		answer   any
		declared tree
		reads    []any
		ok       bool
		unknown  bool
		notKept  string
	}{
		{"kept all the same", noLuck, tree{"appName": "New"}, []any{shown("New")}, true, false, ""},
		{"not kept", noLuck, tree{"appName": "New", "ssoEnabled": false}, []any{shown("Portal")}, false, false, "appName"},
		{"kept, seen late", noLuck, tree{"appName": "New"}, []any{shown("Portal"), shown("Portal"), shown("New")}, true, false, ""},
		{"cut line, done", errReset, tree{"appName": "New"}, []any{shown("New")}, true, false, ""},
		{"cut line, not done", errReset, tree{"appName": "New"}, []any{shown("Portal")}, false, false, "appName"},
		{"cut line, a secret nobody can see", errReset, tree{"samlConfig": tree{"samlResponseSigningKey": model.SecretValue("env:K", "other")}}, []any{shown("Portal")}, false, true, ""},
		{"cut line, a secret shown in clear", errReset, tree{"oidcConfig": tree{"jwks": model.SecretValue("env:K", `{"keys":["z"]}`)}}, []any{func() tree {
			p := portal()
			p["oidcConfig"].(tree)["jwks"] = tree{"keys": []any{"z"}}
			return p
		}()}, true, false, ""},
		{"the read fails", noLuck, tree{"appName": "New"}, []any{raw{500, `{"statusCode":500}`, nil}}, false, true, ""},
		{"refused", raw{200, `{"statusCode":400,"message":"bad"}`, nil}, tree{"appName": "New"}, []any{shown("New")}, false, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := onePool(t).on("POST update-application", tt.answer).on("GET get-application", tt.reads...)
				c := loaded(t, f, settling(5*time.Second))
				from := c.State(handles(poolHandles)).Get(key(model.Application, "portal"))
				err := c.Update(t.Context(), from, desired(from.Key, tt.declared))
				if (err == nil) != tt.ok || f.count("update-application") != 1 {
					t.Fatalf("err %v, %d updates", err, f.count("update-application"))
				}
				if err == nil {
					return
				}
				e := mustError(t, err)
				if e.Unknown() != tt.unknown || strings.Join(e.NotKept(), " ") != tt.notKept || !strings.Contains(e.Error(), tt.notKept) {
					t.Errorf("%v; unknown %v, not kept %v", e, e.Unknown(), e.NotKept())
				}
			})
		})
	}
}

func TestPartsDone(t *testing.T) {
	refused := raw{200, `{"statusCode":403,"message":"no"}`, nil}
	f := onePool(t).on("POST create-application", tree{"appId": "a7", "appIdentifier": "n"}).
		on("POST update-application-permission-strategy", done()).on("POST update-application-mfa-settings", refused)
	c := loaded(t, f)
	id, err := c.Create(t.Context(), desired(key(model.Application, "n"), tree{"appName": "N", "appIdentifier": "n",
		"permissionStrategy": "DENY_ALL", "mfa": tree{}}))
	if e := mustError(t, err); id != "a7" || !slices.Equal(e.PartsDone(), []string{"create", "permissionStrategy"}) {
		t.Errorf("id %q, parts %v", id, e.PartsDone())
	}
	// the next parts refer to the created application
	if got, err := c.resolve(key(model.Application, "n")); err != nil || got != "a7" {
		t.Errorf("the handle means %q, %v", got, err)
	}
}

func TestMFAIsJudgedByItsAnswer(t *testing.T) {
	tests := []struct {
		name    string
		answer  any
		notKept string
		ok      bool
	}{
		{"kept", tree{"enabledFactors": `["OTP"]`}, "", true},
		{"another", tree{"enabledFactors": []any{"SMS"}}, "mfa.enabledFactors", false},
		{"success", done(), "", true},
		{"no success", noLuck, "mfa", false},
		{"nothing", tree{}, "", false},
	}
	for _, tt := range tests {
		f := onePool(t).on("POST update-application-mfa-settings", tt.answer)
		c := loaded(t, f)
		from := c.State(handles(poolHandles)).Get(key(model.Application, "portal"))
		err := c.Update(t.Context(), from, desired(from.Key, tree{"mfa": tree{"enabledFactors": []any{"OTP"}}}))
		if (err == nil) != tt.ok || err != nil && strings.Join(mustError(t, err).NotKept(), "") != tt.notKept {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestDeletes(t *testing.T) {
	gone, there := raw{200, `{"statusCode":404,"message":"gone"}`, nil}, tree{"id": "p1", "connections": []any{}}
	tests := []struct {
		name    string
		answer  any
		read    any
		ok      bool
		unknown bool
	}{
		{"done", done(), there, true, false},
		{"absent already", gone, there, true, false},
		{"absent already, by 422", raw{422, `{"statusCode":422,"apiCode":"4004"}`, nil}, there, true, false},
		{"wrong route is no absence", raw{404, "<html>", nil}, gone, false, false},
		{"success=false, gone", noLuck, gone, true, false},
		{"success=false, still there", noLuck, there, false, false},
		{"cut line, gone", errReset, gone, true, false},
		{"cut line, still there", errReset, there, false, false},
		{"cut line, odd read", errReset, tree{}, false, true},
		{"refused", raw{200, `{"statusCode":422,"message":"has connections"}`, nil}, there, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := onePool(t).on("POST delete-ext-idp", tt.answer).on("GET get-ext-idp", tt.read)
				c := loaded(t, f)
				from := c.State(handles(poolHandles)).Get(key(model.IdentityProvider, "corp"))
				err := c.Delete(t.Context(), from)
				if (err == nil) != tt.ok || err != nil && mustError(t, err).Unknown() != tt.unknown || f.count("delete-ext-idp") != 1 {
					t.Errorf("%v, %d deletes", err, f.count("delete-ext-idp"))
				}
			})
		})
	}
}

// A key that was deleted and made again means the new object from then on.
func TestReplaceMovesTheHandle(t *testing.T) {
	f := onePool(t).on("POST delete-ext-idp-conn", done()).on("POST create-ext-idp-conn", conn("c8", "corp-oidc")).
		on("POST change-ext-idp-conn-state", done())
	c := loaded(t, f)
	s := c.State(handles(poolHandles))
	old := s.Get(key(model.Connection, "corp-oidc"))
	if err := c.Delete(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), desired(old.Key, old.Attributes)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), desired(model.EnablementKey("portal", "corp-oidc"), tree{})); err != nil {
		t.Fatal(err)
	}
	if got := f.to("change-ext-idp-conn-state")[0]["id"]; got != "c8" {
		t.Errorf("the button is for %v", got)
	}
}

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
		{"an enablement", []*model.Resource{desired(model.EnablementKey("app-60", "corp-oidc"), nil), desired(model.EnablementKey("app-119", "corp-oidc"), nil)},
			map[string]int{"list-applications": 2}},
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
