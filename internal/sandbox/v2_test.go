package sandbox_test

import (
	"encoding/json"
	"testing"
	"testing/fstest"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// v2 sends a V2 request; body nil sends none.
func (p *pool) v2(method, path string, body any) *reply {
	p.t.Helper()
	if body == nil {
		return p.send(method, "/api/v2/"+path, "", nil)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.send(method, "/api/v2/"+path, "application/json", raw)
}

// good wants a V2 success and gives its data.
func (r *reply) good(what string) any {
	r.t.Helper()
	if r.http != 200 || r.body["code"] != 200.0 {
		r.t.Fatalf("%s: http %d, %s", what, r.http, r.raw)
	}
	return r.body["data"]
}

// bad wants a V2 failure of the older form.
func (r *reply) bad(what string, code int) {
	r.t.Helper()
	data, has := r.body["data"]
	if r.http != 200 || r.body["code"] != float64(code) || data != nil || !has || r.body["message"] == "" {
		r.t.Errorf("%s: http %d, %s; want code %d", what, r.http, r.raw, code)
	}
}

func TestV2ProviderLife(t *testing.T) {
	p := in(t, sandbox.Options{})
	same(t, "none", p.v2("GET", "extIdp", nil).good("list"), []any{})
	p.v2("POST", "check/extIdpConn/identifier", tree{"identifier": "corp"}).good("free")
	made := p.v2("POST", "extIdp", tree{"name": "Corp", "type": "oidc", "connections": []any{
		tree{"type": "oidc", "identifier": "corp", "displayName": "Corp", "fields": tree{"clientSecret": "canary", "scopes": "openid"}, "userMatchFields": []any{"email"}},
		tree{"type": "oidc", "identifier": "corp-2", "displayName": "Second", "fields": tree{}, "logo": "https://l/x.png"},
	}}).good("create").(tree)
	id := made["id"].(string)
	first, second := made["connections"].([]any)[0].(tree), made["connections"].([]any)[1].(tree)
	same(t, "detail", p.v2("GET", "extIdp/"+id, nil).good("get"), made)
	same(t, "secret in clear", dig(first, "fields", "clientSecret"), "canary")
	same(t, "match", []any{first["userMatchFields"], second["userMatchFields"]}, []any{[]any{"email"}, nil})
	same(t, "logo", second["logo"], "https://l/x.png")
	p.v2("POST", "check/extIdpConn/identifier", tree{"identifier": "corp"}).bad("taken", 409)

	same(t, "V3 reads it", dig(p.conns(id)[0], "fields"), tree{"clientSecret": "canary", "scopes": "openid"})
	same(t, "by field", dig(p.state()["identityProviders"].([]any)[0].(tree)["connections"].([]any)[0], "associationMode"), "field")

	p.v2("PUT", "extIdp/"+id, tree{"name": "Corp SSO"}).good("rename")
	same(t, "renamed", p.get("get-ext-idp?id=" + id).object("get")["name"], "Corp SSO")
	same(t, "update", p.v2("PUT", "extIdpConn/"+first["id"].(string), tree{"displayName": "New", "fields": tree{"scopes": nil}, "userMatchFields": nil}).good("update"), tree{
		"id": first["id"], "type": "oidc", "identifier": "corp", "displayName": "New", "fields": tree{"clientSecret": "canary"}, "logo": first["logo"], "userMatchFields": nil,
	})
	p.v2("DELETE", "extIdpConn/"+second["id"].(string), nil).good("delete connection")
	same(t, "one left", len(p.conns(id)), 1)
	p.v2("DELETE", "extIdp/"+id, nil).good("delete")
	p.v2("GET", "extIdp/"+id, nil).bad("gone", 404)
	p.get("get-ext-idp?id="+id).want("gone for V3", 404)
	p.v2("POST", "check/extIdpConn/identifier", tree{"identifier": "corp"}).good("free again")
}

func TestV2CreateIsAllOrNothing(t *testing.T) {
	p := in(t, sandbox.Options{})
	conn := func(identifier string) tree {
		return tree{"type": "oidc", "identifier": identifier, "displayName": "x", "fields": tree{}}
	}
	for name, c := range map[string]struct {
		second tree
		code   int
	}{
		"same identifier": {conn("a"), 409}, "capitals": {conn("B"), 400}, "40 characters": {conn("aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"), 400},
		"another type":  {tree{"type": "saml", "identifier": "b", "displayName": "x", "fields": tree{}}, 422},
		"unknown type":  {tree{"type": "pigeon", "identifier": "b", "displayName": "x", "fields": tree{}}, 400},
		"match by what": {tree{"type": "oidc", "identifier": "b", "displayName": "x", "fields": tree{}, "userMatchFields": 1}, 400},
	} {
		p.v2("POST", "extIdp", tree{"name": "Corp", "type": "oidc", "connections": []any{conn("a"), c.second}}).bad(name, c.code)
	}
	same(t, "nothing is there", p.state()["identityProviders"], []any{})
}

func TestV2Multiplicity(t *testing.T) {
	p := in(t, sandbox.Options{Templates: limited})
	conn := func(kind, identifier string) tree {
		return tree{"type": kind, "identifier": identifier, "displayName": "x", "fields": tree{}}
	}
	p.v2("POST", "extIdp", tree{"name": "G", "type": "github", "connections": []any{conn("github", "a"), conn("github", "b")}}).bad("two of one type in one call", 422)
	p.v2("POST", "extIdp", tree{"name": "G", "type": "github", "connections": []any{conn("github", "a"), conn("github:mobile", "b")}}).good("one each")
	p.v2("POST", "extIdp", tree{"name": "G", "type": "github"}).bad("second provider", 422)
}

func TestV2States(t *testing.T) {
	p := in(t, sandbox.Options{})
	idp := p.provider("oidc", "Corp")
	a, b := p.connection(idp, "oidc", "a", tree{}), p.connection(idp, "oidc", "b", tree{})
	portal, shop := p.application("portal", nil), p.application("shop", nil)
	p.v2("PUT", "extIdpConn/"+a+"/state", tree{"appId": portal, "enabled": true}).good("on")
	same(t, "V3 sees it", p.buttons(portal), []string{a})
	list := p.v2("GET", "extIdp", nil).good("list").([]any)[0].(tree)["connections"].([]any)
	same(t, "enabled somewhere", []any{dig(list[0], "enabled"), dig(list[1], "enabled"), dig(list[0], "fields")}, []any{true, false, nil})

	p.v2("PUT", "extIdp/"+idp+"/connState", tree{"appId": shop, "enabled": true}).good("all on")
	same(t, "both", p.buttons(shop), []string{a, b})
	state := p.v2("GET", "extIdp/"+idp+"/connState", nil).good("states").([]any)
	same(t, "of b", dig(state[1], "connId"), b)
	same(t, "in every application", dig(state[1], "state"), []any{
		tree{"appId": portal, "appName": "portal", "appLogo": p.app(portal)["appLogo"], "enabled": false},
		tree{"appId": shop, "appName": "shop", "appLogo": p.app(shop)["appLogo"], "enabled": true},
	})
	p.v2("PUT", "extIdp/"+idp+"/connState", tree{"appId": shop, "enabled": false}).good("all off")
	same(t, "none", p.buttons(shop), []string{})

	p.v2("PUT", "extIdpConn/"+a+"/state", tree{"enabled": true}).bad("for nobody", 400)
	p.v2("PUT", "extIdpConn/"+nowhere+"/state", tree{"appId": portal, "enabled": true}).bad("no connection", 404)
	r := p.v2("PUT", "extIdpConn/"+a+"/state", tree{"appId": nowhere, "enabled": true})
	same(t, "no application", []any{r.body["statusCode"], r.body["apiCode"]}, []any{499, "2011"})
	p.v2("PUT", "extIdpConn/"+a+"/state", tree{"tenantId": "t1", "enabled": true}).good("a tenant")
	same(t, "the tenant has it", p.get("list-tenant-ext-idp?tenantId=t1").object("list")["totalCount"], 1)
}

// TestV2NewConnectionsInApplications: a call that makes several changes each
// application once, with all of them.
func TestV2NewConnectionsInApplications(t *testing.T) {
	p := in(t, sandbox.Options{Dialect: map[string]string{"new-conn": "enabled"}})
	app := p.application("portal", nil)
	conn := func(identifier string) tree {
		return tree{"type": "oidc", "identifier": identifier, "displayName": "x", "fields": tree{}}
	}
	made := p.v2("POST", "extIdp", tree{"name": "Corp", "type": "oidc", "connections": []any{conn("a"), conn("b")}}).good("create").(tree)
	same(t, "both are on", p.buttons(app), []any{dig(made["connections"].([]any)[0], "id"), dig(made["connections"].([]any)[1], "id")})
}

func TestV2BadRequests(t *testing.T) {
	p := in(t, sandbox.Options{Templates: fstest.MapFS{}})
	p.v2("POST", "extIdp", tree{"name": "a", "type": "pigeon"}).bad("unknown type", 400)
	p.v2("POST", "extIdp", tree{"name": "a", "type": "oidc", "logo": "x"}).bad("unknown key", 400)
	p.v2("POST", "extIdpConn", tree{"extIdpId": nowhere, "type": "oidc", "identifier": "a", "displayName": "a", "fields": tree{}}).bad("no provider", 404)
	p.v2("PUT", "extIdp/"+nowhere, tree{"name": "a"}).bad("rename nothing", 404)
	p.v2("PUT", "extIdp/"+nowhere, tree{}).bad("no name", 400)
	p.v2("GET", "applications?limit=51", nil).bad("limit", 400)
	p.send("POST", "/api/v2/extIdp", "text/plain", []byte(`{}`)).bad("content type", 400)
	p.send("POST", "/api/v2/extIdp", "application/json", []byte(`{"name":`)).bad("malformed", 400)
	p.header.Del("Authorization")
	p.v2("GET", "extIdp", nil).bad("no token", 401)
}

func TestV2FacesOfAbsence(t *testing.T) {
	p := in(t, sandbox.Options{})
	for _, c := range []struct {
		absent  string
		http    int
		app     tree // of an application
		anyCode any  // of a provider: code, or statusCode of the newer form
	}{
		{"body404", 200, tree{"statusCode": 499, "apiCode": "2011"}, 404},
		{"http404", 404, tree{"statusCode": 404, "apiCode": "2011"}, 404},
		{"http422", 422, tree{"statusCode": 422, "apiCode": "4004"}, 422},
	} {
		p.dialect("absent=" + c.absent)
		app := p.v2("GET", "applications/"+nowhere, nil)
		same(t, c.absent, tree{"statusCode": app.body["statusCode"], "apiCode": app.body["apiCode"]}, c.app)
		if _, has := app.body["data"]; app.http != c.http || app.body["uniqueId"] == "" || !has {
			t.Errorf("%s: http %d, %s", c.absent, app.http, app.raw)
		}
		provider := p.v2("GET", "extIdp/"+nowhere, nil)
		code := provider.body["code"]
		if code == nil {
			code = provider.body["statusCode"]
		}
		same(t, c.absent+" provider", []any{provider.http, code}, []any{c.http, c.anyCode})
	}
}

// TestV2ReadsShowEverything: what the dialect hides in V3's reads is in V2's.
func TestV2ReadsShowEverything(t *testing.T) {
	p := in(t, sandbox.Options{Dialect: map[string]string{"secrets": "absent", "conn-fields": "off", "connections": "string", "conn-list": "off"}})
	idp := p.provider("oidc", "Corp")
	p.connection(idp, "oidc", "corp", tree{"clientSecret": "canary"})
	app := p.application("portal", tree{"oidcConfig": tree{"client_secret": "canary-2"}})
	detail := p.v2("GET", "extIdp/"+idp, nil).good("get").(tree)
	same(t, "fields", dig(detail["connections"].([]any)[0], "fields", "clientSecret"), "canary")
	same(t, "application", dig(p.v2("GET", "applications/"+app, nil).good("get"), "oidcConfig", "client_secret"), "canary-2")
}

func TestV2ArraysAsText(t *testing.T) {
	p := in(t, sandbox.Options{Templates: limited, Dialect: map[string]string{"arrays": "string"}})
	idp := p.provider("oidc", "Corp")
	p.connection(idp, "oidc", "corp", tree{"scopes": []any{"openid"}})
	app := p.application("portal", tree{"redirectUris": []any{"https://a"}})
	detail := p.v2("GET", "extIdp/"+idp, nil).good("get").(tree)
	same(t, "fields", dig(detail["connections"].([]any)[0], "fields", "scopes"), `["openid"]`)
	same(t, "application", dig(p.v2("GET", "applications/"+app, nil).good("get"), "redirectUris"), `["https://a"]`)
	same(t, "states stay lists", len(dig(p.v2("GET", "extIdp/"+idp+"/connState", nil).good("states").([]any)[0], "state").([]any)), 1)
	if _, ok := dig(p.v2("GET", "extIdpTmpl/github", nil).good("template"), "connectionTmpls").([]any); !ok {
		t.Error("a template was published with arrays")
	}
}
