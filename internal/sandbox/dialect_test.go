package sandbox_test

import (
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

func TestDialectIsChecked(t *testing.T) {
	for name, c := range map[string]struct {
		set  map[string]string
		want []string
	}{
		"unknown switch":  {map[string]string{"secret": "clear"}, []string{`"secret"`, "secrets", "token-ttl"}},
		"unknown value":   {map[string]string{"secrets": "hidden"}, []string{`"hidden"`, "clear, masked, absent"}},
		"ttl too long":    {map[string]string{"token-ttl": "3h"}, []string{"1s to 2h"}},
		"ttl too short":   {map[string]string{"token-ttl": "10ms"}, []string{"1s to 2h"}},
		"stale too long":  {map[string]string{"stale-reads": "3s"}, []string{"0ms to 2s"}},
		"stale negative":  {map[string]string{"stale-reads": "-1ms"}, []string{"0ms to 2s"}},
		"one of two good": {map[string]string{"v2": "off", "v3": "no"}, []string{"on, off"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sandbox.New(sandbox.Options{Dialect: c.set})
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v; want it to say %q", err, want)
				}
			}
		})
	}
}

func TestDialectChangesWholeOrNotAtAll(t *testing.T) {
	p := in(t, sandbox.Options{})
	if r := p.post("/_sandbox/dialect", tree{"http-status": "mirror", "secrets": "hidden"}); r.http != 400 {
		t.Errorf("http %d, %s; want 400", r.http, r.raw)
	}
	p.get("get-application").want("http-status as before", 400)
}

func TestDialectSecrets(t *testing.T) {
	p := in(t, sandbox.Options{})
	idp := p.provider("oidc", "Corp")
	fields := tree{"clientSecret": "s", "samlSpKey": "k", "issuerUrl": "https://i", "bindPassword": ""}
	p.connection(idp, "oidc", "corp", fields)
	app := p.application("portal", tree{"samlConfig": tree{"samlResponseSigningKey": "k"}, "oidcConfig": tree{"jwks": tree{"keys": []any{}}, "client_secret": "c"}})
	read := func() []any {
		a := p.app(app)
		return []any{
			dig(p.conns(idp)[0], "fields"), dig(p.get("get-ext-idp?id=" + idp).object("get")["connections"].([]any)[0], "fields"),
			dig(a, "samlConfig", "samlResponseSigningKey"), dig(a, "oidcConfig", "jwks"), dig(a, "oidcConfig", "client_secret"),
		}
	}
	same(t, "clear", read(), []any{fields, fields, "k", tree{"keys": []any{}}, "c"})
	p.dialect("secrets=masked")
	hidden := tree{"clientSecret": "********", "samlSpKey": "********", "issuerUrl": "https://i", "bindPassword": ""}
	same(t, "masked", read(), []any{hidden, hidden, "********", "********", "********"})
	p.dialect("secrets=absent")
	without := tree{"issuerUrl": "https://i", "bindPassword": ""}
	same(t, "absent", read(), []any{without, without, nil, nil, nil})
	same(t, "the state stays clear", dig(p.state()["identityProviders"].([]any)[0].(tree)["connections"].([]any)[0], "fields"), fields)
	if secret := p.get("get-application-secret?appId=" + app).object("secret")["secret"].(string); len(secret) != 32 {
		t.Errorf("get-application-secret answers %d characters; want the secret itself", len(secret))
	}
}

func TestDialectConnectionsInReads(t *testing.T) {
	p := in(t, sandbox.Options{})
	idp := p.provider("oidc", "Corp")
	detail := func() any { return p.get("get-ext-idp?id=" + idp).object("get")["connections"] }
	p.dialect("connections=object")
	same(t, "empty", detail(), []any{})
	id := p.connection(idp, "oidc", "corp", tree{"a": "b"})
	list := p.conns(idp)
	same(t, "object", detail(), tree{id: list[0]})
	p.dialect("connections=string")
	same(t, "string", detail(), text(list))
	p.dialect("connections=array", "conn-fields=off")
	delete(list[0].(tree), "fields")
	same(t, "no fields in get-ext-idp", detail(), list)
	same(t, "no fields in the list", p.conns(idp), list)
	p.dialect("conn-list=off")
	if r := p.get("list-ext-idp-conns?id=" + idp); r.http != 404 || r.body["requestId"] != nil {
		t.Errorf("conn-list=off: http %d, %s; want a route that is not there", r.http, r.raw)
	}
}

func TestDialectArrays(t *testing.T) {
	p := in(t, sandbox.Options{Dialect: map[string]string{"arrays": "string"}})
	idp := p.provider("oidc", "Corp")
	made := p.post("create-ext-idp-conn", tree{"extIdpId": idp, "type": "oidc", "identifier": "corp", "displayName": "x", "fields": tree{"scopes": []any{"a"}}}).object("create")
	app := p.app(p.application("portal", tree{"redirectUris": []any{"https://a"}}))
	same(t, "JSON text", []any{
		made["challengeBindingMethods"], dig(p.conns(idp)[0], "fields", "scopes"), app["redirectUris"], app["logoutRedirectUris"], dig(app, "oidcConfig", "response_types"),
	}, []any{"[]", `["a"]`, `["https://a"]`, "[]", `["code"]`})
	same(t, "lists stay lists", []any{len(p.get("list-applications").object("l")["list"].([]any)), len(p.get("get-ext-idp?id=" + idp).object("g")["connections"].([]any))}, []any{1, 1})
	same(t, "so does the state", dig(p.state()["applications"].([]any)[0], "redirectUris"), []any{"https://a"})
}

func TestDialectStatuses(t *testing.T) {
	p := in(t, sandbox.Options{})
	for _, c := range []struct {
		set             []string
		absent, bad     int // HTTP
		status, apiCode int // of the absent one
	}{
		{[]string{"http-status=ok", "absent=body404"}, 200, 200, 404, 2011},
		{[]string{"http-status=mirror"}, 200, 400, 404, 2011}, // absent outranks http-status
		{[]string{"absent=http404"}, 404, 400, 404, 2011},
		{[]string{"absent=http422"}, 422, 400, 422, 4004},
		{[]string{"http-status=ok"}, 422, 200, 422, 4004},
	} {
		p.dialect(c.set...)
		absent, bad := p.get("get-application?appId="+nowhere), p.get("get-application")
		same(t, strings.Join(c.set, ","), []int{absent.http, absent.status(), absent.apiCode(), bad.http, bad.status()},
			[]int{c.absent, c.status, c.apiCode, c.bad, 400})
		if other := p.get("get-ext-idp?id=" + nowhere); other.http != c.absent || other.status() != c.status {
			t.Errorf("%v: absent provider: http %d, %s", c.set, other.http, other.raw)
		}
	}
}

func TestDialectGenerations(t *testing.T) {
	p := in(t, sandbox.Options{Templates: limited, Dialect: map[string]string{"v2": "off"}})
	if r := p.send("GET", "/api/v2/extIdpTmpl/github", "", nil); r.http != 404 || r.body["error"] == nil {
		t.Errorf("v2=off: http %d, %s", r.http, r.raw)
	}
	p.dialect("v3=off", "v2=on")
	if r := p.post("get-management-token", tree{}); r.http != 404 || r.body["error"] == nil {
		t.Errorf("v3=off: http %d, %s", r.http, r.raw)
	}
	same(t, "v2=on", p.send("GET", "/api/v2/extIdpTmpl/github", "", nil).body["code"], 200)
}

func TestDialectUpdates(t *testing.T) {
	p := in(t, sandbox.Options{Dialect: map[string]string{"fields-update": "replace", "config-update": "replace"}})
	idp := p.provider("oidc", "Corp")
	conn := p.connection(idp, "oidc", "corp", tree{"a": 1, "b": 2})
	app := p.application("portal", tree{"oidcConfig": tree{"x": 1, "y": 2}, "appDescription": "d"})
	fields := func(set tree) any {
		p.post("update-ext-idp-conn", tree{"id": conn, "displayName": "x", "fields": set}).ok("update")
		return dig(p.conns(idp)[0], "fields")
	}
	config := func(set tree) []any {
		p.post("update-application", tree{"appId": app, "oidcConfig": set}).ok("update")
		oidc := dig(p.app(app), "oidcConfig").(tree)
		return []any{oidc["x"], oidc["y"], oidc["access_token_expire"]}
	}
	same(t, "fields replaced", fields(tree{"c": 3}), tree{"c": 3})
	same(t, "config replaced", config(tree{"y": 5}), []any{nil, 5, 1209600})

	p.dialect("fields-update=merge", "config-update=merge", "null-unsets=off")
	same(t, "null ignored in fields", fields(tree{"c": nil, "d": 4}), tree{"c": 3, "d": 4})
	same(t, "null ignored in config", config(tree{"y": nil, "x": 7}), []any{7, 5, 1209600})
	p.post("update-application", tree{"appId": app, "appDescription": nil}).ok("update")
	same(t, "null ignored at the top", p.app(app)["appDescription"], "d")

	p.dialect("app-update=full")
	p.post("update-application", tree{"appId": app, "redirectUris": []any{"https://a"}}).ok("update")
	after := p.app(app)
	same(t, "full update", []any{after["appName"], after["appIdentifier"], after["appDescription"], dig(after, "oidcConfig", "x"), after["redirectUris"]},
		[]any{"portal", "portal", nil, nil, []any{"https://a"}})
}

func TestDialectKeepName(t *testing.T) {
	p := in(t, sandbox.Options{Dialect: map[string]string{"update-app": "keep-name"}})
	app := p.application("portal", nil)
	same(t, "a new name", p.post("update-application", tree{"appId": app, "appName": "New", "appDescription": "d"}).ok("update"), tree{"success": false})
	same(t, "after", []any{p.app(app)["appName"], p.app(app)["appDescription"]}, []any{"portal", "d"})
	same(t, "the same name", p.post("update-application", tree{"appId": app, "appName": "portal"}).ok("update"), tree{"success": true})
}

func TestDialectDeletes(t *testing.T) {
	p := in(t, sandbox.Options{Dialect: map[string]string{"delete-idp": "refuse", "delete-conn": "refuse"}})
	idp := p.provider("oidc", "Corp")
	conn, app := p.connection(idp, "oidc", "corp", tree{}), p.application("portal", nil)
	p.enable(conn, app, true)
	p.post("delete-ext-idp", tree{"id": idp}).want("provider with connections", 422)
	p.post("delete-ext-idp-conn", tree{"id": conn}).want("connection in use", 422)
	same(t, "still there", p.buttons(app), []any{conn})

	p.dialect("delete-conn=dangling")
	p.post("delete-ext-idp-conn", tree{"id": conn}).ok("delete")
	same(t, "left behind", p.buttons(app), []any{conn})
	same(t, "gone all the same", p.conns(idp), []any{})
	p.post("delete-ext-idp", tree{"id": idp}).ok("an empty provider may go")
}

func TestDialectApplications(t *testing.T) {
	p := in(t, sandbox.Options{Dialect: map[string]string{"defaults": "bare", "new-conn": "enabled", "enabled-list": "flagged"}})
	app := p.application("portal", tree{"oidcConfig": tree{"grant_types": []any{"x"}}})
	a := p.app(app)
	_, saml := a["samlConfig"]
	same(t, "bare", []any{a["oidcConfig"], a["registerConfig"], saml, a["appLogo"], a["redirectUris"]}, []any{tree{"grant_types": []any{"x"}}, tree{}, false, "", []any{}})

	idp := p.provider("oidc", "Corp")
	one := p.connection(idp, "oidc", "one", tree{})
	p.dialect("new-conn=disabled")
	two := p.connection(idp, "oidc", "two", tree{})
	flags := tree{}
	for _, item := range dig(p.app(app), "loginConfig", "enabledExtIdpConns").([]any) {
		flags[item.(tree)["extIdpConnId"].(string)] = item.(tree)["enabled"]
	}
	same(t, "flagged", flags, tree{one: true, two: false})
	p.dialect("enabled-list=only")
	same(t, "only", p.buttons(app), []any{one})
}

func TestDialectIntegrated(t *testing.T) {
	p := in(t, sandbox.Options{Dialect: map[string]string{"template-data": "object", "integrated-id": "kept", "app-list": "needs-all"}})
	body := tree{"appName": "Board", "template": "grafana", "appIdentifier": "mine", "templateData": "{}"}
	p.post("create-application", body).want("a string", 400)
	body["templateData"] = tree{"a": "b"}
	same(t, "identifier kept", p.post("create-application", body).object("create")["appIdentifier"], "mine")
	p.application("portal", nil)
	same(t, "not all", p.get("list-applications").object("list")["totalCount"], 1)
	same(t, "all", p.get("list-applications?all=true").object("list")["totalCount"], 2)
}

func TestDialectFirstTen(t *testing.T) {
	p := in(t, sandbox.Options{Dialect: map[string]string{"idp-list": "first10"}})
	for range 11 {
		p.provider("oidc", "Corp")
	}
	list := p.get("list-ext-idp").object("list")
	same(t, "count and elements", []any{list["totalCount"], len(list["list"].([]any))}, []any{11, 10})
}
