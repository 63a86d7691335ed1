package remote

import (
	"slices"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
)

// What a name that the server never keeps means for the rest of a step.
func TestPartsAfterOneThatFellShort(t *testing.T) {
	refused := raw{200, `{"statusCode":403,"message":"no"}`, nil}
	strategy := tree{"appName": "New", "permissionStrategy": "DENY_ALL"}
	tests := []struct {
		name     string
		declared tree
		strategy any
		notKept  string
		parts    string
		says     string
	}{
		{"settings alone", tree{"appName": "New"}, nil, "appName", "", "did not keep appName"},
		{"the strategy is set", strategy, done(), "appName", "permissionStrategy", "did not keep appName"},
		{"the strategy is refused", strategy, refused, "", "", "before that: the server answered success=false; the server did not keep appName"},
		{"neither is kept", strategy, noLuck, "appName permissionStrategy", "", "did not keep appName; the server answered success=false; the server did not keep permissionStrategy"},
		{"two not kept, one done", tree{"appName": "New", "permissionStrategy": "DENY_ALL", "mfa": tree{}}, noLuck, "appName permissionStrategy", "mfa", "did not keep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := onePool(t).on("POST update-application", noLuck).on("GET get-application", portal()).
				on("POST update-application-permission-strategy", tt.strategy).on("GET get-application-permission-strategy", tree{"permissionStrategy": "ALLOW_ALL"}).
				on("POST update-application-mfa-settings", tree{"enabledFactors": []any{}})
			c := loaded(t, f)
			from := c.State(handles(poolHandles)).Get(key(model.Application, "portal"))
			e := mustError(t, c.Update(t.Context(), from, desired(from.Key, tt.declared)))
			if got := strings.Join(e.NotKept(), " "); got != tt.notKept || strings.Join(e.PartsDone(), " ") != tt.parts {
				t.Errorf("not kept %q, parts %v", got, e.PartsDone())
			}
			if e.Unknown() || e.Unavailable() || !strings.Contains(e.Message, tt.says) {
				t.Errorf("%v; %s", e, flags(e))
			}
		})
	}
}

// An update whose answer was lost in an outage, and which the server did in
// part, is done but for the rest; one that it did not do is a failure that
// stops the step.
func TestPartsAfterAnOutage(t *testing.T) {
	half := portal()
	half["ssoEnabled"] = true
	for _, tt := range []struct {
		name    string
		shown   tree
		notKept []string
		sent    int
	}{{"half done", half, []string{"appName"}, 1}, {"not done", portal(), nil, 0}} {
		f := onePool(t).on("POST update-application", raw{502, "", nil}).on("GET get-application", tt.shown).
			on("POST update-application-permission-strategy", done())
		c := loaded(t, f)
		from := c.State(handles(poolHandles)).Get(key(model.Application, "portal"))
		e := mustError(t, c.Update(t.Context(), from, desired(from.Key, tree{"appName": "New", "ssoEnabled": true, "permissionStrategy": "DENY_ALL"})))
		if !slices.Equal(e.NotKept(), tt.notKept) || e.Unknown() || e.Unavailable() == (tt.notKept != nil) || f.count("update-application-permission-strategy") != tt.sent {
			t.Errorf("%s: %v; not kept %v, %s, %d strategies", tt.name, e, e.NotKept(), flags(e), f.count("update-application-permission-strategy"))
		}
	}
}

// A created application exists: what its settings do not keep is no failure.
func TestCreateThatFellShort(t *testing.T) {
	made := tree{"appId": "a7", "appName": "N", "appIdentifier": "server-made", "template": "jira"}
	f := onePool(t).on("POST create-application", made).on("POST update-application", noLuck).on("GET get-application", made).
		on("POST update-application-permission-strategy", done())
	c := loaded(t, f)
	id, err := c.Create(t.Context(), desired(key(model.Application, "n"), tree{"appName": "N", "appIdentifier": "n", "template": "jira", "permissionStrategy": "DENY_ALL"}))
	e := mustError(t, err)
	if id != "a7" || !slices.Equal(e.NotKept(), []string{"appIdentifier"}) || !slices.Equal(e.PartsDone(), []string{"create", "permissionStrategy"}) {
		t.Errorf("%q, not kept %v, parts %v", id, e.NotKept(), e.PartsDone())
	}
}

// After an update that was kept in part, the next one starts from what the
// server really holds.
func TestNextUpdateStartsFromTheTruth(t *testing.T) {
	half := portal()
	half["ssoEnabled"] = true
	f := onePool(t).on("POST update-application", noLuck, done()).on("GET get-application", half)
	c := loaded(t, f)
	from := c.State(handles(poolHandles)).Get(key(model.Application, "portal"))
	want := desired(from.Key, tree{"appName": "New", "ssoEnabled": true})
	mustError(t, c.Update(t.Context(), from, want))
	if err := c.Update(t.Context(), from, desired(from.Key, tree{"appDescription": "d"})); err != nil {
		t.Fatal(err)
	}
	if got := f.to("update-application")[1]; got["appName"] != "Portal" || got["ssoEnabled"] != true {
		t.Errorf("sent %v, %v", got["appName"], got["ssoEnabled"])
	}
}

// Keys that the server owns are never sent, and are no reason to send anything.
func TestServerOwnedKeysAreNotSent(t *testing.T) {
	owned := tree{
		"oidcConfig":  tree{"client_id": "x", "client_secret": model.SecretValue("env:S", "s"), "redirect_uris": []any{"u"}, "post_logout_redirect_uris": []any{"u"}},
		"oauthConfig": tree{"id": "x", "client_secret": model.SecretValue("env:S", "s"), "redirect_uris": []any{"u"}},
	}
	f := onePool(t).on("POST update-application", done()).on("POST create-application", tree{"appId": "a7", "appIdentifier": "n"})
	c := loaded(t, f)
	from := c.State(handles(poolHandles)).Get(key(model.Application, "portal"))
	if err := c.Update(t.Context(), from, desired(from.Key, owned)); err != nil || f.count("update-application") != 0 {
		t.Errorf("%d updates for server-owned keys alone, %v", f.count("update-application"), err)
	}
	owned["oidcConfig"].(tree)["skip_consent"] = false
	owned["appName"] = "New"
	if err := c.Update(t.Context(), from, desired(from.Key, owned)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), desired(key(model.Application, "n"), owned)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"update-application", "create-application"} {
		body := f.to(path)[0]
		if _, has := body["oauthConfig"]; has || body["oidcConfig"].(tree)["skip_consent"] != false {
			t.Errorf("%s: %v", path, body)
		}
		for _, k := range serverOwned {
			if _, has := body["oidcConfig"].(tree)[k]; has {
				t.Errorf("%s sends oidcConfig.%s", path, k)
			}
		}
	}
}
