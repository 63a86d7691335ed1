package sandbox_test

import (
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/sandbox"
)

var hex24 = regexp.MustCompile(`^[0-9a-f]{24}$`)

func TestProviderLife(t *testing.T) {
	p := in(t, sandbox.Options{})
	made := p.post("create-ext-idp", tree{"name": "Corp", "type": "oidc"}).object("create")
	id := made["id"].(string)
	if !hex24.MatchString(id) || made["logo"] == "" {
		t.Errorf("created provider: %v; want an id of 24 hex digits and a logo from the server", made)
	}
	same(t, "list", p.get("list-ext-idp").ok("list"), tree{"totalCount": 1, "list": []any{made}})

	second := p.provider("oidc", "Corp") // names are not unique, and no template limits oidc
	if second == id {
		t.Fatal("two providers share an id")
	}
	renamed := p.post("update-ext-idp", tree{"id": id, "name": "Corp SSO"}).object("update")
	same(t, "name after update", renamed["name"], "Corp SSO")

	detail := p.get("get-ext-idp?id=" + id).object("get")
	same(t, "detail", detail, tree{"id": id, "name": "Corp SSO", "type": "oidc", "tenantId": "", "logo": made["logo"], "autoJoin": false, "connections": []any{}})

	same(t, "delete", p.post("delete-ext-idp", tree{"id": id}).ok("delete"), tree{"success": true})
	p.get("get-ext-idp?id="+id).want("read after delete", 404)
	p.post("delete-ext-idp", tree{"id": id}).want("second delete", 404)
	same(t, "total after delete", p.get("list-ext-idp").object("list")["totalCount"], 1)
}

func TestConnectionLife(t *testing.T) {
	p := in(t, sandbox.Options{})
	idp := p.provider("oidc", "Corp")
	made := p.post("create-ext-idp-conn", tree{
		"extIdpId": idp, "type": "oidc", "identifier": "corp-oidc", "displayName": "Corp", "loginOnly": true,
		"fields": tree{"issuerUrl": "https://idp.example.com", "clientSecret": "s1", "nested": tree{"a": 1}, "unset": nil},
	}).object("create")
	same(t, "a null is not stored", p.conns(idp)[0].(tree)["fields"], tree{"issuerUrl": "https://idp.example.com", "clientSecret": "s1", "nested": tree{"a": 1}})
	id := made["id"].(string)
	same(t, "created", made, tree{
		"id": id, "extIdpId": idp, "type": "oidc", "identifier": "corp-oidc", "displayName": "Corp", "loginOnly": true,
		"logo": made["logo"], "associationMode": "none", "challengeBindingMethods": []any{},
	})
	if !hex24.MatchString(id) || made["logo"] == "" {
		t.Errorf("created connection: %v; want an id and a logo from the server", made)
	}

	updated := p.post("update-ext-idp-conn", tree{
		"id": id, "displayName": "Corp 2", "fields": tree{"clientSecret": "s2", "scopes": []any{"openid"}, "nested": tree{"b": 2}, "issuerUrl": nil},
	}).object("update")
	same(t, "display name", updated["displayName"], "Corp 2")
	want := tree{
		"id": id, "extIdpId": idp, "type": "oidc", "identifier": "corp-oidc", "displayName": "Corp 2", "loginOnly": true, "logo": made["logo"],
		"fields": tree{"clientSecret": "s2", "scopes": []any{"openid"}, "nested": tree{"b": 2}}, // merged by key, null unset one
	}
	same(t, "list-ext-idp-conns is a bare array", p.conns(idp), []any{want})
	same(t, "get-ext-idp", p.get("get-ext-idp?id=" + idp).object("get")["connections"], []any{want})

	same(t, "delete", p.post("delete-ext-idp-conn", tree{"id": id}).ok("delete"), tree{"success": true})
	same(t, "after delete", p.conns(idp), []any{})
	p.post("update-ext-idp-conn", tree{"id": id, "displayName": "x", "fields": tree{}}).want("update after delete", 404)
	p.connection(idp, "oidc", "corp-oidc", tree{}) // the identifier is free again
}

func TestConnectionLogoAndLoginOnly(t *testing.T) {
	p := in(t, sandbox.Options{})
	idp := p.provider("oidc", "Corp")
	id := p.connection(idp, "oidc", "corp", tree{})
	server := dig(p.conns(idp)[0], "logo")
	update := func(more tree) []any {
		body := tree{"id": id, "displayName": "x", "fields": tree{}}
		maps.Copy(body, more)
		made := p.post("update-ext-idp-conn", body).object("update")
		return []any{made["logo"], made["loginOnly"]}
	}
	same(t, "set", update(tree{"logo": "https://l", "loginOnly": true}), []any{"https://l", true})
	same(t, "left out", update(nil), []any{"https://l", true})
	same(t, "null", update(tree{"logo": nil, "loginOnly": nil}), []any{server, false})
	p.dialect("null-unsets=off")
	update(tree{"logo": "https://l", "loginOnly": true})
	same(t, "null ignored", update(tree{"logo": nil, "loginOnly": nil}), []any{"https://l", true})
}

func TestApplicationIdentifierMoves(t *testing.T) {
	p := in(t, sandbox.Options{})
	a, b := p.application("a", nil), p.application("b", nil)
	p.post("update-application", tree{"appId": a, "appIdentifier": "b"}).want("of another", 409)
	p.post("update-application", tree{"appId": a, "appIdentifier": "a", "appName": nil}).ok("its own")
	p.post("update-application", tree{"appId": a, "appIdentifier": "c"}).ok("a free one")
	p.post("update-application", tree{"appId": b, "appIdentifier": "a"}).ok("the one that became free")
	same(t, "identifiers and names", []any{p.app(a)["appIdentifier"], p.app(b)["appIdentifier"], p.app(a)["appName"]}, []any{"c", "a", "a"})
}

func TestDeletingAProviderTakesItsConnections(t *testing.T) {
	p := in(t, sandbox.Options{})
	idp := p.provider("oidc", "Corp")
	one, two := p.connection(idp, "oidc", "one", tree{}), p.connection(idp, "oidc", "two", tree{})
	other := p.connection(p.provider("saml", "S"), "saml", "three", tree{})
	app := p.application("portal", nil)
	for _, id := range []string{one, two, other} {
		p.enable(id, app, true)
	}
	p.post("delete-ext-idp", tree{"id": idp}).ok("delete")
	same(t, "buttons", p.buttons(app), []any{other})
	p.post("delete-ext-idp-conn", tree{"id": one}).want("connection of a deleted provider", 404)
}

func TestEnablement(t *testing.T) {
	p := in(t, sandbox.Options{})
	idp := p.provider("github", "GH")
	conn := p.connection(idp, "github", "gh", tree{})
	a, b, c := p.application("a", nil), p.application("b", nil), p.application("c", nil)
	same(t, "a new connection is off", p.buttons(a), []any{})

	p.post("change-ext-idp-conn-state", tree{"id": conn, "appId": a, "appIds": []any{a, b}, "enabled": true}).ok("enable")
	p.enable(conn, a, true) // once more changes nothing
	same(t, "buttons", []any{p.buttons(a), p.buttons(b), p.buttons(c)}, []any{[]any{conn}, []any{conn}, []any{}})
	same(t, "a button has every documented key", dig(p.app(a), "loginConfig", "enabledExtIdpConns"), []any{tree{
		"isSocial": true, "extIdpId": idp, "extIdpType": "github", "extIdpConnId": conn, "extIdpConnType": "github", "extIdpConnIdentifier": "gh",
		"extIdpConnDisplayName": "gh", "extIdpConnLogo": dig(p.conns(idp)[0], "logo"), "enabled": true,
	}})
	p.enable(conn, a, false)
	same(t, "after disabling", dig(p.app(a), "loginConfig", "enabledExtIdpConns"), []any{})

	p.post("change-ext-idp-conn-state", tree{"id": conn, "appId": c, "appIds": []any{"62eaa95fe0a1b29a5295bf7c"}, "enabled": true}).want("one unknown application", 404)
	same(t, "all or none", p.buttons(c), []any{})

	p.post("delete-ext-idp-conn", tree{"id": conn}).ok("delete")
	same(t, "a deleted connection goes out of the applications", p.buttons(b), []any{})
}

func TestButtonsAtCreate(t *testing.T) {
	p := in(t, sandbox.Options{})
	idp := p.provider("oidc", "Corp")
	one, two := p.connection(idp, "oidc", "one", tree{}), p.connection(idp, "oidc", "two", tree{})
	some := p.application("some", tree{"loginConfig": tree{"showAuthorizationPage": true, "enabledExtIdpConnIds": []any{tree{"extIdpConnId": two}}}})
	all := p.application("all", tree{"loginConfig": tree{"showAuthorizationPage": true, "enabledAllExtIdpConns": true}})
	same(t, "some", p.buttons(some), []any{two})
	same(t, "all", p.buttons(all), []any{one, two})
	three := p.connection(idp, "oidc", "three", tree{})
	same(t, "a later one: some", p.buttons(some), []any{two})
	same(t, "a later one: all", p.buttons(all), []any{one, two, three})
	login := dig(p.app(all), "loginConfig").(tree)
	for _, key := range []string{"enabledExtIdpConnIds", "enabledAllExtIdpConns"} {
		if _, has := login[key]; has {
			t.Errorf("loginConfig has %s in a read: %v", key, login)
		}
	}
}

func TestApplicationLife(t *testing.T) {
	c := newClock()
	p := in(t, sandbox.Options{Now: c.Now})
	made := p.post("create-application", tree{
		"appName": "Portal", "appIdentifier": "portal", "redirectUris": []any{"https://a.example.com/cb"},
		"oidcConfig": tree{"grant_types": []any{"authorization_code"}, "custom": 1},
	}).object("create")
	id := made["appId"].(string)
	if _, has := made["secret"]; has || !hex24.MatchString(id) {
		t.Errorf("created: %v; want an id and no secret", made)
	}
	same(t, "read back", p.app(id), made)
	oidc := made["oidcConfig"].(tree)
	same(t, "given oidc keys", []any{oidc["grant_types"], oidc["custom"]}, []any{[]any{"authorization_code"}, 1})
	same(t, "injected oidc keys", []any{oidc["id_token_signed_response_alg"], oidc["access_token_expire"], len(oidc)}, []any{"HS256", 1209600, 23})
	same(t, "server's own", []any{made["appType"], made["isIntegrateApp"], made["userPoolId"], made["defaultProtocol"], made["logoutRedirectUris"]},
		[]any{"web", false, p.keys.UserPoolID, "oidc", []any{}})

	same(t, "update answers success only", p.post("update-application", tree{
		"appId": id, "appDescription": "d", "ssoEnabled": true, "ssoShowLaunchpad": true, "enablePermissionApply": true,
		"oidcConfig": tree{"id_token_signed_response_alg": "RS256"}, "brandingConfig": tree{"customCSSEnabled": true},
	}).ok("update"), tree{"success": true})
	after := p.app(id)
	same(t, "kept and changed", []any{after["appName"], after["redirectUris"], after["appDescription"], after["ssoEnabledAt"]},
		[]any{"Portal", []any{"https://a.example.com/cb"}, "d", "2026-01-02T03:04:05.000Z"})
	same(t, "oidcConfig merged", []any{dig(after, "oidcConfig", "id_token_signed_response_alg"), dig(after, "oidcConfig", "custom")}, []any{"RS256", 1})
	for _, key := range []string{"ssoShowLaunchpad", "enablePermissionApply", "templateData", "secret"} {
		if _, has := after[key]; has {
			t.Errorf("a read shows %s", key)
		}
	}

	c.now = c.now.Add(time.Hour)
	p.post("update-application", tree{"appId": id, "ssoEnabled": true}).ok("update")
	same(t, "switched on once", p.app(id)["ssoEnabledAt"], "2026-01-02T03:04:05.000Z")
	p.post("update-application", tree{"appId": id, "appDescription": nil, "redirectUris": nil, "oidcConfig": tree{"grant_types": nil}, "ssoEnabled": false}).ok("unset")
	bare := p.app(id)
	_, has := bare["appDescription"]
	same(t, "null is the server's default", []any{has, bare["redirectUris"], dig(bare, "oidcConfig", "grant_types"), bare["ssoEnabledAt"]},
		[]any{false, []any{}, []any{"authorization_code", "password", "refresh_token"}, nil})

	same(t, "simple info", p.get("get-application-simple-info?appId="+id).ok("simple"), tree{
		"appId": id, "appIdentifier": "portal", "appName": "Portal", "appLogo": made["appLogo"], "appType": "web", "isIntegrateApp": false,
	})
	p.post("delete-application", tree{"appId": id}).ok("delete")
	if r := p.get("get-application?appId="+id).want("read after delete", 404); r.apiCode() != 2011 {
		t.Errorf("apiCode %d; want 2011", r.apiCode())
	}
	p.application("portal", nil) // the identifier is free again
}

func TestApplicationSecret(t *testing.T) {
	p := in(t, sandbox.Options{})
	id := p.application("portal", nil)
	first := p.get("get-application-secret?appId=" + id).object("secret")["secret"]
	second := p.post("refresh-application-secret", tree{"appId": id}).object("refresh")["secret"]
	if first == second || first == "" {
		t.Errorf("secret before and after a refresh: %q, %q", first, second)
	}
	same(t, "the new one stays", p.get("get-application-secret?appId=" + id).object("secret")["secret"], second)
}

func TestPermissionStrategyAndMFA(t *testing.T) {
	p := in(t, sandbox.Options{})
	id := p.application("portal", nil)
	read := func() any {
		return p.get("get-application-permission-strategy?appId=" + id).object("strategy")["permissionStrategy"]
	}
	same(t, "at first", read(), "ALLOW_ALL")
	p.post("update-application-permission-strategy", tree{"appId": id, "permissionStrategy": "DENY_ALL"}).ok("update")
	same(t, "after", read(), "DENY_ALL")

	mfa := func(body tree) any {
		body["appId"] = id
		return p.post("update-application-mfa-settings", body).object("mfa")["enabledFactors"]
	}
	same(t, "on", mfa(tree{"enabledFactors": []any{"SMS", "OTP"}}), []any{"OTP", "SMS"})
	same(t, "off", mfa(tree{"disabledFactors": []any{"SMS"}}), []any{"OTP"})
	same(t, "neither", mfa(tree{}), []any{"OTP"})
}

func TestIntegratedApplication(t *testing.T) {
	p := in(t, sandbox.Options{})
	made := p.post("create-application", tree{
		"appName": "Board", "template": "grafana", "templateData": "{}", "appIdentifier": "mine", "appDescription": "ignored",
	}).object("create")
	same(t, "template", []any{made["template"], made["isIntegrateApp"], made["appName"], made["appDescription"]}, []any{"grafana", true, "Board", nil})
	if made["appIdentifier"] == "mine" || made["appIdentifier"] == "" {
		t.Errorf("identifier %q; want one of the server's", made["appIdentifier"])
	}
	p.post("update-application", tree{"appId": made["appId"], "appIdentifier": "mine"}).ok("update")
	same(t, "identifier set by an update", p.app(made["appId"].(string))["appIdentifier"], "mine")
}

func TestListApplications(t *testing.T) {
	p := in(t, sandbox.Options{})
	var ids []any
	for _, name := range []string{"alpha", "beta", "gamma"} {
		ids = append(ids, p.application(name, tree{"ssoEnabled": name == "beta"}))
	}
	p.post("create-application", tree{"appName": "Board", "template": "grafana"}).ok("integrated")
	names := func(query string) []any {
		out := []any{}
		for _, item := range p.get("list-applications?" + query).object("list")["list"].([]any) {
			out = append(out, item.(tree)["appName"])
		}
		return out
	}
	same(t, "first page", names("page=1&limit=3"), []any{"alpha", "beta", "gamma"})
	same(t, "second page", names("page=2&limit=3"), []any{"Board"})
	same(t, "beyond", names("page=9"), []any{})
	same(t, "keywords", names("keywords=ALPH"), []any{"alpha"})
	same(t, "integrated", names("isIntegrateApp=true"), []any{"Board"})
	same(t, "self-built", names("isSelfBuiltApp=true"), []any{"alpha", "beta", "gamma"})
	same(t, "sso", names("ssoEnabled=true"), []any{"beta"})
	same(t, "NODE4 sends false for all three", names("isIntegrateApp=false&isSelfBuiltApp=false&ssoEnabled=false"), []any{"alpha", "beta", "gamma", "Board"})
	same(t, "total of a page", p.get("list-applications?limit=1").object("list")["totalCount"], 4)
	full := p.get("list-applications?limit=50").object("list")["list"].([]any)
	same(t, "the list has the full object", full[0], p.app(ids[0].(string)))
	simple := p.get("list-application-simple-info").object("simple")["list"].([]any)
	if i := slices.IndexFunc(simple, func(v any) bool { return v.(tree)["loginConfig"] != nil }); len(simple) != 4 || i >= 0 {
		t.Errorf("simple info: %v", simple)
	}
}
