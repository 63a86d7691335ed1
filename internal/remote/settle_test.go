package remote

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/model"
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
