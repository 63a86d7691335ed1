package sandbox_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/idpsync/idpsync/internal/sandbox"
)

const nowhere = "62eaa95fe0a1b29a5295bf7c" // an id of nothing

func TestBodiesThatAreRefused(t *testing.T) {
	p := in(t, sandbox.Options{})
	path := v3("create-ext-idp")
	for name, c := range map[string]struct {
		kind, body string
		want       int
	}{
		"no content type":    {"", `{"name":"a","type":"oidc"}`, 400},
		"other content type": {"application/x-www-form-urlencoded", `name=a`, 400},
		"malformed":          {"application/json", `{"name":`, 400},
		"two values":         {"application/json", `{"name":"a","type":"oidc"} {}`, 400},
		"an array":           {"application/json", `[]`, 400},
		"null":               {"application/json", `null`, 400},
		"empty":              {"application/json", ``, 400},
		"too large":          {"application/json", `{"name":"` + strings.Repeat("a", 1<<20) + `","type":"oidc"}`, 413},
	} {
		t.Run(name, func(t *testing.T) {
			p.send("POST", path, c.kind, []byte(c.body)).want(name, c.want)
		})
	}
	p.send("POST", path, "application/json;charset=UTF-8", []byte(`{"name":"a","type":"oidc"}`)).ok("with a charset")
	same(t, "only that one was made", p.get("list-ext-idp").object("list")["totalCount"], 1)
}

// Who mistypes a parameter is told which there are.
func TestAnUnknownParameterIsToldTheKnownOnes(t *testing.T) {
	p := in(t, sandbox.Options{})
	r := p.post("delete-ext-idp", tree{"appId": nowhere}).want("delete-ext-idp", 400)
	same(t, "message", r.body["message"], "appId: not a parameter of this call, which takes id, tenantId")
}

// badParameter is one parameter of a good request, spoilt.
type badParameter struct {
	op   string
	good tree
	bad  tree // put over good; a nil value takes the key away
	want int
}

// refuseEach sends them; none may leave a trace.
func (p *pool) refuseEach(cases []badParameter) {
	p.t.Helper()
	for _, c := range cases {
		body := maps.Clone(c.good)
		for key, value := range c.bad {
			body[key] = value
			if value == nil {
				delete(body, key)
			}
		}
		before := p.state()
		p.post(c.op, body).want(c.op+" "+text(c.bad), c.want)
		same(p.t, c.op+" leaves no trace", p.state(), before)
	}
}

func TestIdentityProviderParametersThatAreRefused(t *testing.T) {
	p := in(t, sandbox.Options{})
	idp := p.provider("oidc", "Corp")
	conn, app := p.connection(idp, "oidc", "corp", tree{}), p.application("portal", nil)
	newConn := tree{"extIdpId": idp, "type": "oidc", "identifier": "next", "displayName": "x", "fields": tree{}}
	p.refuseEach([]badParameter{
		{"create-ext-idp", tree{"name": "a", "type": "oidc"}, tree{"name": nil}, 400},
		{"create-ext-idp", tree{"name": "a", "type": "oidc"}, tree{"name": ""}, 400},
		{"create-ext-idp", tree{"name": "a", "type": "oidc"}, tree{"name": 1}, 400},
		{"create-ext-idp", tree{"name": "a", "type": "oidc"}, tree{"type": "oauth"}, 400},
		{"create-ext-idp", tree{"name": "a", "type": "oidc"}, tree{"logo": "x"}, 400},
		{"update-ext-idp", tree{"id": idp, "name": "a"}, tree{"id": nowhere}, 404},
		{"update-ext-idp", tree{"id": idp, "name": "a"}, tree{"type": "saml"}, 400},
		{"delete-ext-idp", tree{"id": idp}, tree{"id": nowhere}, 404},
		{"create-ext-idp-conn", newConn, tree{"extIdpId": nowhere}, 404},
		{"create-ext-idp-conn", newConn, tree{"type": "no-such-type"}, 400},
		{"create-ext-idp-conn", newConn, tree{"type": "saml"}, 422},
		{"create-ext-idp-conn", newConn, tree{"identifier": "Corp"}, 400},
		{"create-ext-idp-conn", newConn, tree{"identifier": "a_b"}, 400},
		{"create-ext-idp-conn", newConn, tree{"identifier": strings.Repeat("a", 32)}, 400},
		{"create-ext-idp-conn", newConn, tree{"identifier": "corp"}, 409},
		{"create-ext-idp-conn", newConn, tree{"displayName": nil}, 400},
		{"create-ext-idp-conn", newConn, tree{"fields": nil}, 400},
		{"create-ext-idp-conn", newConn, tree{"fields": []any{}}, 400},
		{"create-ext-idp-conn", newConn, tree{"loginOnly": "true"}, 400},
		{"update-ext-idp-conn", tree{"id": conn, "displayName": "x", "fields": tree{}}, tree{"fields": nil}, 400},
		{"update-ext-idp-conn", tree{"id": conn, "displayName": "x", "fields": tree{}}, tree{"displayName": nil}, 400},
		{"update-ext-idp-conn", tree{"id": conn, "displayName": "x", "fields": tree{}}, tree{"identifier": "corp"}, 400},
		{"delete-ext-idp-conn", tree{"id": conn}, tree{"id": nowhere}, 404},
		{"change-ext-idp-conn-state", tree{"id": conn, "appId": app, "enabled": true}, tree{"id": nowhere}, 404},
		{"change-ext-idp-conn-state", tree{"id": conn, "appId": app, "enabled": true}, tree{"appId": nowhere}, 404},
		{"change-ext-idp-conn-state", tree{"id": conn, "appId": app, "enabled": true}, tree{"appId": nil}, 400},
		{"change-ext-idp-conn-state", tree{"id": conn, "appId": app, "enabled": true}, tree{"enabled": nil}, 400},
		{"change-ext-idp-conn-state", tree{"id": conn, "appId": app, "enabled": true}, tree{"appIds": []any{1}}, 400},
		{"get-management-token", tree{"accessKeyId": "a", "accessKeySecret": "b"}, tree{}, 401},
	})
}

func TestApplicationParametersThatAreRefused(t *testing.T) {
	p := in(t, sandbox.Options{})
	conn := p.connection(p.provider("oidc", "Corp"), "oidc", "corp", tree{})
	app := p.application("portal", nil)
	newApp := tree{"appName": "n", "appIdentifier": "n"}
	login := func(more tree) tree {
		config := tree{"showAuthorizationPage": true}
		maps.Copy(config, more)
		return tree{"loginConfig": config}
	}
	p.refuseEach([]badParameter{
		{"create-application", newApp, tree{"appName": nil}, 400},
		{"create-application", newApp, tree{"appIdentifier": nil}, 400},
		{"create-application", newApp, tree{"appIdentifier": "a.b"}, 400},
		{"create-application", newApp, tree{"appIdentifier": "portal"}, 409},
		{"create-application", newApp, tree{"appType": "desktop"}, 400},
		{"create-application", newApp, tree{"redirectUris": "https://a"}, 400},
		{"create-application", newApp, tree{"oidcConfig": "x"}, 400},
		{"create-application", newApp, tree{"permissionStrategy": "DENY_ALL"}, 400},
		{"create-application", newApp, tree{"templateData": tree{}}, 400},
		{"create-application", newApp, tree{"loginConfig": tree{}}, 400},
		{"create-application", newApp, login(tree{"enabledBasicLoginMethods": []any{"FAX"}}), 400},
		{"create-application", newApp, login(tree{"defaultLoginMethod": tree{"connectionType": "X"}}), 400},
		{"create-application", newApp, login(tree{"enabledExtIdpConnIds": []any{conn}}), 400},
		{"create-application", newApp, login(tree{"enabledExtIdpConnIds": []any{tree{"extIdpConnId": nowhere}}}), 404},
		{"create-application", newApp, tree{"registerConfig": tree{"enabledBasicRegisterMethods": []any{}}}, 400},
		{"create-application", newApp, tree{"brandingConfig": tree{"showAgreement": true}}, 400},
		{"update-application", tree{"appId": app}, tree{"appId": nowhere}, 404},
		{"update-application", tree{"appId": app}, tree{"appType": "web"}, 400},
		{"update-application", tree{"appId": app}, login(tree{"enabledAllExtIdpConns": true}), 400},
		{"update-application", tree{"appId": app}, tree{"appIdentifier": "a b"}, 400},
		{"delete-application", tree{"appId": app}, tree{"appId": nowhere}, 404},
		{"refresh-application-secret", tree{"appId": app}, tree{"appId": nowhere}, 404},
		{"update-application-permission-strategy", tree{"appId": app, "permissionStrategy": "DENY_ALL"}, tree{"permissionStrategy": "NONE"}, 400},
		{"update-application-mfa-settings", tree{"appId": app}, tree{"enabledFactors": []any{"RETINA"}}, 400},
	})
}

func TestQueriesThatAreRefused(t *testing.T) {
	p := in(t, sandbox.Options{PageMax: 20})
	idp := p.provider("oidc", "Corp")
	for op, want := range map[string]int{
		"get-ext-idp":                                          400,
		"get-ext-idp?id=":                                      400,
		"get-ext-idp?id=" + nowhere:                            404,
		"get-ext-idp?id=" + idp + "&type=oidc":                 400,
		"list-ext-idp-conns":                                   400,
		"list-ext-idp-conns?id=" + nowhere:                     404,
		"list-applications?limit=21":                           400,
		"list-applications?limit=0":                            400,
		"list-applications?page=0":                             400,
		"list-applications?page=one":                           400,
		"list-applications?page=99999999999999999":             400,
		"list-applications?ssoEnabled=yes":                     400,
		"get-application":                                      400,
		"get-application?appId=" + nowhere:                     404,
		"get-application-simple-info?appId=" + nowhere:         404,
		"get-application-secret?appId=" + nowhere:              404,
		"get-application-permission-strategy?appId=" + nowhere: 404,
	} {
		p.get(op).want(op, want)
	}
	p.get("get-ext-idp?id=" + idp + "&type=enterprise").ok("a category")
	p.get("list-applications?limit=20").ok("the largest limit")
	p.get("list-ext-idp?unheardOf=1").ok("an undocumented query parameter")
}

func TestUnknownRoutes(t *testing.T) {
	p := in(t, sandbox.Options{})
	for _, c := range [][2]string{
		{"GET", "/api/v3/no-such-call"},
		{"GET", "/api/v3/create-ext-idp"},
		{"POST", "/api/v3/list-ext-idp"},
		{"GET", "/"},
		{"GET", "/api/v2/extIdpTmpl/"},
		{"GET", "/api/v2/extIdpTmpl/a/b"},
		{"GET", "/api/v3/list-ext-idp/"},
	} {
		if r := p.send(c[0], c[1], "", nil); r.http != 404 || r.status() != 404 || r.body["requestId"] != nil {
			t.Errorf("%s %s: http %d, %s; want the framework's 404", c[0], c[1], r.http, r.raw)
		}
	}
}

// limited has a type with both limits and one with none.
var limited = fstest.MapFS{
	"templates/github.json": {Data: []byte(`{"x-note":1,"type":"github","logo":"https://l/p.png","allowMultiple":false,"allowMultipleConn":false,
		"connectionTmpls":[{"type":"github","logo":"https://l/c.png","fields":[{"key":"clientID","x-kind":"id"}]}]}`)},
	"templates/oidc.json": {Data: []byte(`{"type":"oidc","logo":"","connectionTmpls":[]}`)},
}

func TestMultiplicityOfTemplates(t *testing.T) {
	p := in(t, sandbox.Options{Templates: limited})
	idp := p.provider("github", "one")
	p.post("create-ext-idp", tree{"name": "two", "type": "github"}).want("second provider", 422)
	p.connection(idp, "github", "gh", tree{})
	p.connection(idp, "github:mobile", "gh-mobile", tree{}) // the limit is by connection type
	p.post("create-ext-idp-conn", tree{"extIdpId": idp, "type": "github", "identifier": "gh2", "displayName": "x", "fields": tree{}}).want("second connection", 422)
	p.provider("oidc", "a")
	p.provider("oidc", "b") // no limit stated
	same(t, "logos", []any{dig(p.get("get-ext-idp?id="+idp).object("get"), "logo"), dig(p.conns(idp)[0], "logo"), dig(p.conns(idp)[1], "logo")},
		[]any{"https://l/p.png", "https://l/c.png", "https://l/p.png"})

	p.dialect("allow-multiple=ignore")
	p.provider("github", "two")
	p.connection(idp, "github", "gh2", tree{})
	p.post("delete-ext-idp", tree{"id": idp}).ok("delete")
}

func TestTemplateIsAnsweredWithoutOurKeys(t *testing.T) {
	p := in(t, sandbox.Options{Templates: limited})
	r := p.send("GET", "/api/v2/extIdpTmpl/github", "", nil)
	same(t, "code", r.body["code"], 200)
	same(t, "field", dig(r.body["data"].(tree)["connectionTmpls"].([]any)[0], "fields"), []any{tree{"key": "clientID"}})
	if bytes.Contains(r.raw, []byte("x-")) {
		t.Errorf("the answer has our own keys: %s", r.raw)
	}
	for _, kind := range []string{"saml", "nonsense"} {
		r := p.send("GET", "/api/v2/extIdpTmpl/"+kind, "", nil)
		if data, has := r.body["data"]; r.body["code"] != 404.0 || data != nil || !has {
			t.Errorf("type %s: %s; want the V2 envelope of a failure", kind, r.raw)
		}
	}
}

// TestBundledTemplatesAreServed reads the published sample through the server.
func TestBundledTemplatesAreServed(t *testing.T) {
	server, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := serve(t, server)
	r := p.send("GET", "/api/v2/extIdpTmpl/github", "", nil)
	var got struct {
		Code int
		Data struct {
			AllowMultiple   *bool
			ConnectionTmpls []struct{ Fields []struct{ Key string } }
		}
	}
	if err := json.Unmarshal(r.raw, &got); err != nil {
		t.Fatal(err)
	}
	if got.Code != 200 || got.Data.AllowMultiple == nil || len(got.Data.ConnectionTmpls) == 0 || got.Data.ConnectionTmpls[0].Fields[1].Key != "clientID" {
		t.Errorf("template github: %s", r.raw)
	}
}
