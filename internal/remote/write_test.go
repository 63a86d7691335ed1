package remote

import (
	"encoding/json"
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
		{"all but the name kept", noLuck, tree{"appName": "New", "ssoEnabled": false}, []any{shown("Portal")}, false, false, "appName"},
		{"nothing kept", noLuck, tree{"appName": "New", "ssoEnabled": true}, []any{shown("Portal")}, false, false, ""},
		{"one of two kept", noLuck, tree{"appName": "New", "ssoEnabled": true}, []any{func() tree { p := shown("Portal"); p["ssoEnabled"] = true; return p }()}, false, false, "appName"},
		{"kept, seen late", noLuck, tree{"appName": "New"}, []any{shown("Portal"), shown("Portal"), shown("New")}, true, false, ""},
		{"cut line, done", errReset, tree{"appName": "New"}, []any{shown("New")}, true, false, ""},
		{"cut line, not done", errReset, tree{"appName": "New"}, []any{shown("Portal")}, false, false, ""},
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
	id, err := c.Create(t.Context(), desired(key(model.Application, "n"), tree{
		"appName": "N", "appIdentifier": "n",
		"permissionStrategy": "DENY_ALL", "mfa": tree{},
	}))
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
		{"no success", noLuck, "", false},
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
