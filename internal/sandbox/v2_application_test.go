package sandbox_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// mapped are the pairs of contract 6.3, with a value that is no default.
var mapped = map[string]struct {
	v3    string
	value any
}{
	"name": {"appName", "Portal"}, "identifier": {"appIdentifier", "portal"}, "logo": {"appLogo", "https://l/a.png"},
	"description": {"appDescription", "about"}, "protocol": {"defaultProtocol", "saml"}, "initLoginUrl": {"initLoginUri", "https://a/login"},
	"redirectUris": {"redirectUris", []any{"https://a/cb"}}, "logoutRedirectUris": {"logoutRedirectUris", []any{"https://a/out"}},
	"ssoEnabled": {"ssoEnabled", true}, "samlProviderEnabled": {"samlProviderEnabled", true},
	"oauthProviderEnabled": {"oauthProviderEnabled", true}, "casProviderEnabled": {"casProviderEnabled", true},
	"casConfig": {"casConfig", tree{"stLifetime": 60.0}},
}

func TestV2NamesBothWays(t *testing.T) {
	p := in(t, sandbox.Options{})
	v2, v3 := tree{}, tree{}
	for name, m := range mapped {
		v2[name], v3[m.v3] = m.value, m.value
	}
	byV2 := p.v2("POST", "applications", v2).good("create by V2").(tree)["id"].(string)
	read := p.app(byV2)
	for _, m := range mapped {
		same(t, "V3 reads "+m.v3, read[m.v3], m.value)
	}
	p.v2("DELETE", "applications/"+byV2, nil).good("delete")
	p.get("get-application?appId="+byV2).want("gone", 404)

	byV3 := p.post("create-application", v3).object("create by V3")["appId"].(string)
	full := p.v2("GET", "applications/"+byV3, nil).good("get").(tree)
	for name, m := range mapped {
		same(t, "V2 reads "+name, full[name], m.value)
	}
	same(t, "and the list has it whole", p.v2("GET", "applications?page=1&limit=10", nil).good("list").(tree), tree{"totalCount": 1, "list": []any{full}})

	p.v2("POST", "applications/"+byV3, tree{"css": "a{}", "permissionStrategy": tree{"defaultStrategy": "DENY_ALL"}}).good("update")
	same(t, "css", dig(p.app(byV3), "brandingConfig", "customCSS"), "a{}")
	same(t, "strategy", p.get("get-application-permission-strategy?appId=" + byV3).object("strategy")["permissionStrategy"], "DENY_ALL")
	p.post("update-application", tree{"appId": byV3, "brandingConfig": tree{"customCSS": "b{}"}}).ok("update by V3")
	same(t, "css", p.v2("GET", "applications/"+byV3, nil).good("get").(tree)["css"], "b{}")
}

// TestV2UpdatesArePartial: what V3's switches do to updates they do not do here.
func TestV2UpdatesArePartial(t *testing.T) {
	p := in(t, sandbox.Options{Dialect: map[string]string{"update-app": "keep-name", "app-update": "full"}})
	app := p.application("portal", tree{"redirectUris": []any{"https://a"}, "appDescription": "about", "brandingConfig": tree{"defaultLanguage": "ja-JP"}})
	got := p.v2("POST", "applications/"+app, tree{"name": "New", "css": "x", "loginTabs": []any{"password"}}).good("update").(tree)
	same(t, "answer", []any{got["name"], got["loginTabs"], got["redirectUris"]}, []any{"New", []any{"password"}, []any{"https://a"}})
	same(t, "V3", []any{p.app(app)["appName"], p.app(app)["appDescription"], dig(p.app(app), "brandingConfig", "defaultLanguage")}, []any{"New", "about", "ja-JP"})
	got = p.v2("POST", "applications/"+app, tree{"description": nil, "loginTabs": nil, "css": nil}).good("nulls").(tree)
	same(t, "unset", []any{got["description"], got["css"], len(got["loginTabs"].([]any))}, []any{nil, "", 2})
	p.v2("POST", "applications/"+app, got).good("sent back as it was read")
	same(t, "nothing of the server's is taken", p.v2("GET", "applications/"+app, nil).good("get").(tree)["id"], app)
	p.v2("POST", "applications/"+app, tree{"nmae": "typo"}).bad("unknown key", 400)
}

func TestV2ConfigsFollowTheDialect(t *testing.T) {
	for rule, want := range map[string]any{"merge": 60.0, "replace": 1209600.0} {
		p := in(t, sandbox.Options{Dialect: map[string]string{"config-update": rule}})
		app := p.v2("POST", "applications", tree{"name": "a", "identifier": "a", "oidcConfig": `{"id_token_expire":60}`}).good("as text").(tree)["id"].(string)
		p.v2("POST", "applications/"+app, tree{"oidcConfig": tree{"skip_consent": false}}).good("update")
		same(t, rule, dig(p.app(app), "oidcConfig", "id_token_expire"), want)
		same(t, rule, dig(p.app(app), "oidcConfig", "skip_consent"), false)
	}
}

func TestV2ApplicationsShowWhatTheServerFills(t *testing.T) {
	c := newClock()
	p := in(t, sandbox.Options{Now: c.Now})
	app := p.v2("POST", "applications", tree{"name": "a", "identifier": "a"}).good("create").(tree)
	id, secret := app["id"].(string), app["secret"].(string)
	same(t, "placeholder", app["redirectUris"], []any{"{{CONSOLE_DOMAIN}}/console/get-started/" + id})
	same(t, "oidc", []any{dig(app, "oidcConfig", "client_id"), dig(app, "oidcConfig", "client_secret"), dig(app, "oidcConfig", "redirect_uris")}, []any{id, secret, app["redirectUris"]})
	same(t, "oauth is filled though off", []any{app["oauthProviderEnabled"], dig(app, "oauthConfig", "id"), dig(app, "oauthConfig", "client_secret")}, []any{false, id, secret})
	same(t, "V3 has no such keys", dig(p.app(id), "oidcConfig", "client_secret"), nil)
	same(t, "times", []any{app["createdAt"], app["updatedAt"]}, []any{"2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.000Z"})
	for _, part := range []string{"n", "d", "p", "q", "dp", "dq", "qi"} {
		text, _ := dig(app, "jwks").(tree)["keys"].([]any)[0].(tree)[part].(string)
		if raw, err := base64.RawURLEncoding.DecodeString(text); err != nil || len(raw) < 128 {
			t.Errorf("jwks %s: %d bytes, %v", part, len(raw), err)
		}
	}
	next := p.v2("PATCH", "application/"+id+"/refresh-secret", nil).good("refresh").(tree)["secret"]
	if next == secret {
		t.Error("the secret is the old one")
	}
	same(t, "V3 has it", p.get("get-application-secret?appId=" + id).object("secret")["secret"], next)
}

func TestV2Integrated(t *testing.T) {
	for rule, want := range map[string]bool{"kept": true, "ignored": false} {
		p := in(t, sandbox.Options{Dialect: map[string]string{"integrated-id": rule}})
		app := p.v2("POST", "applications", tree{"name": "Board", "identifier": "board", "templateCode": "grafana", "templateData": `{"k":"v"}`, "redirectUris": []any{"https://a"}}).good("create").(tree)
		same(t, rule, app["identifier"] == "board", want)
		same(t, "template", []any{app["template"], app["isIntegrate"], len(app["redirectUris"].([]any))}, []any{"grafana", true, 0})
		same(t, "V3", []any{p.app(app["id"].(string))["template"], p.app(app["id"].(string))["isIntegrateApp"]}, []any{"grafana", true})
	}
}

func TestV2ApplicationsThatAreRefused(t *testing.T) {
	p := in(t, sandbox.Options{})
	p.application("portal", nil)
	taken := p.v2("POST", "applications", tree{"name": "a", "identifier": "portal"})
	same(t, "taken", []any{taken.body["statusCode"], taken.body["apiCode"], taken.body["data"]}, []any{499, "2039", nil})
	p.v2("POST", "applications", tree{"name": "a"}).bad("no identifier", 400)
	p.v2("POST", "applications", tree{"identifier": "a"}).bad("no name", 400)
	p.v2("POST", "applications", tree{"name": "a", "identifier": "a b"}).bad("a blank", 400)
	p.v2("POST", "applications", tree{"name": "a", "identifier": "a", "oidcConfig": "x"}).bad("no object", 400)
	p.v2("POST", "applications", tree{"name": "a", "identifier": "a", "redirectUris": "x"}).bad("no array", 400)
	p.v2("POST", "applications", tree{"name": "a", "identifier": "a", "permissionStrategy": tree{"defaultStrategy": "SOME"}}).bad("strategy", 400)
	for _, c := range [][2]string{{"GET", "applications/"}, {"POST", "applications/"}, {"DELETE", "applications/"}} {
		body := any(nil)
		if c[0] == "POST" {
			body = tree{"name": "a"}
		}
		same(t, strings.Join(c[:], " "), p.v2(c[0], c[1]+nowhere, body).body["apiCode"], "2011")
	}
}

func TestV2Agreements(t *testing.T) {
	p := in(t, sandbox.Options{})
	app := p.application("portal", nil)
	at := "applications/" + app + "/agreements"
	first := p.v2("POST", at, tree{"title": "Terms", "lang": "en-US"}).good("create").(tree)
	same(t, "detail", first, tree{"id": 1, "appId": app, "userPoolId": p.keys.UserPoolID, "order": 0, "title": "Terms", "required": true, "lang": "en-US"})
	p.v2("POST", at, tree{"title": "Privacy", "required": false}).good("another")
	p.v2("POST", at+"/sort", tree{"ids": []any{2, 1}}).good("sort")
	p.v2("PUT", at+"/1", tree{"title": "Terms of use"}).good("change")
	list := p.v2("GET", at, nil).good("list").(tree)
	same(t, "list", []any{list["totalCount"], dig(list["list"].([]any)[0], "title"), dig(list["list"].([]any)[1], "title")}, []any{2, "Privacy", "Terms of use"})
	same(t, "V3", dig(p.app(app), "brandingConfig", "agreements"), []any{
		tree{"displayAt": []any{"LoginPage", "RegisterPage"}, "isRequired": false, "lang": "zh-CN", "content": "Privacy"},
		tree{"displayAt": []any{"LoginPage", "RegisterPage"}, "isRequired": true, "lang": "en-US", "content": "Terms of use"},
	})
	p.v2("POST", "applications/"+app, tree{"agreementEnabled": true}).good("show")
	same(t, "shown", dig(p.app(app), "brandingConfig", "showAgreement"), true)
	for _, ids := range []any{nil, []any{1}, []any{1, 1}, []any{1, 3}, "1,2", []any{"1", "2"}} {
		p.v2("POST", at+"/sort", tree{"ids": ids}).bad("sort "+text(ids), 400)
	}
	p.v2("DELETE", at+"/2", nil).good("delete")
	p.v2("DELETE", at+"/2", nil).bad("again", 404)
	same(t, "ids are not used twice", p.v2("POST", at, tree{"title": "x"}).good("third").(tree)["id"], 3)
}
