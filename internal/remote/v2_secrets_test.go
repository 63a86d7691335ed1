package remote

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
)

// canary stands wherever V2 is known to answer with a secret (contract 6.2, 6.3).
const canary = "canary-7f3a"

const v2App = `{"id":"a1","userPoolId":"p","name":"Portal","identifier":"portal","secret":"canary-7f3a","protocol":"oidc",
 "jwks":{"keys":[{"kty":"RSA","d":"canary-7f3a","p":"canary-7f3a","qi":"canary-7f3a"}]},"logo":"default-app-logo.png","description":null,
 "redirectUris":["https://portal.example.com/cb"],"logoutRedirectUris":null,"initLoginUrl":null,"css":"body{}","ssoEnabled":true,"appType":"INDIVIDUAL",
 "oidcConfig":{"client_id":"a1","client_secret":"canary-7f3a","jwks":{"keys":[{"d":"canary-7f3a"}]},"grant_types":["authorization_code"],"redirect_uris":["x"]},
 "oauthConfig":{"client_secret":"canary-7f3a","grants":[]},"samlConfig":{"samlResponseSigningKey":"canary-7f3a"},
 "permissionStrategy":{"enabled":false,"defaultStrategy":"DENY_ALL","allowPolicyId":null,"denyPolicyId":null},"templateCode":"gitlab"}`

const v2Provider = `{"id":"p1","name":"Corp","type":"oidc","connections":[{"id":"c1","type":"oidc","identifier":"corp","displayName":"Corp",
 "fields":{"issuerUrl":"https://idp.example.com","clientSecret":"canary-7f3a","deep":{"password":"canary-7f3a"}},"logo":"","userMatchFields":null}]}`

func v2Pool(t *testing.T) *fake {
	return core2(newFake(t), poolSecret, isOwn).
		on("GET /api/v2/extIdp", good2(`[`+v2Provider+`]`)).
		on("GET /api/v2/extIdp/p1", good2(v2Provider)).
		on("GET /api/v2/extIdp/p1/connState", good2(`[{"connId":"c1","connName":"Corp","state":[{"appId":"a1","appName":"Portal","enabled":true},{"appId":"a2","enabled":false}]}]`)).
		on("GET /api/v2/applications", good2(`{"totalCount":1,"list":[`+v2App+`]}`)).
		on("GET /api/v2/applications/a1", good2(v2App))
}

func readV2(t *testing.T, c *Client) *model.State {
	t.Helper()
	ctx := t.Context()
	if err := c.Open(ctx); err != nil {
		t.Fatal(err)
	}
	for _, read := range []func() error{
		func() error { _, err := c.Providers(ctx); return err },
		func() error { _, err := c.Applications(ctx, true); return err },
		func() error { _, err := c.Connections(ctx, []string{"p1"}); return err },
		func() error { return c.PermissionStrategies(ctx, []string{"a1"}) },
	} {
		if err := read(); err != nil {
			t.Fatal(err)
		}
	}
	return c.State(nil)
}

// Nothing secret of a V2 answer is kept but as model.Secret, nor logged, nor told.
func TestV2KeepsNoSecret(t *testing.T) {
	f := v2Pool(t)
	c, log := f.client(speaking(OnlyV2, poolSecret))
	s := readV2(t, c)
	shown := dump(s)
	held, _ := json.Marshal(c.cache.apps.byID)
	for name, text := range map[string]string{"state": shown, "cache": string(held), "log": log.String()} {
		if strings.Contains(text, canary) {
			t.Errorf("the %s holds a secret: %s", name, text)
		}
	}
	if app := c.cache.apps.byID["a1"]; app["secret"] != nil || app["jwks"] != nil || app["samlConfig"] != nil {
		t.Errorf("the application keeps %v", app)
	}
	f.on("POST /api/v2/applications/a1", raw{status: 200, body: `{"code":500,"message":"cannot store canary-7f3a"}`})
	to := &model.Resource{Key: model.Key{Kind: model.Application, Name: "portal"}, Attributes: tree{
		"appName":    "New",
		"oidcConfig": tree{"jwks": model.SecretValue("env:J", canary)},
	}}
	if err := c.Update(t.Context(), s.Get(to.Key), to); err == nil || strings.Contains(err.Error(), canary) {
		t.Errorf("the error is %v", err)
	}
}

func dump(s *model.State) string {
	var b strings.Builder
	for r := range s.All() {
		body, _ := json.Marshal(r.Attributes)
		fmt.Fprintf(&b, "%s %s %s\n", r.Key, r.ID, body)
	}
	return b.String()
}

// A whole pool costs 1 + ceil(A/50) + 2P requests, permission strategies included.
func TestV2Reads(t *testing.T) {
	f := v2Pool(t)
	c, _ := f.client(speaking(OnlyV2, poolSecret))
	s := readV2(t, c)
	want := `identityprovider/p1 p1 {"name":"Corp","type":"oidc"}
connection/corp c1 {"displayName":"Corp","fields":{"clientSecret":"(secret)","deep":{"password":"(secret)"},"issuerUrl":"https://idp.example.com"},"identifier":"corp","logo":"","provider":"p1","type":"oidc"}
application/portal a1 {"appDescription":null,"appIdentifier":"portal","appLogo":"default-app-logo.png","appName":"Portal","brandingConfig":{"customCSS":"body{}"},"defaultProtocol":"oidc","initLoginUri":null,"logoutRedirectUris":[],"oauthConfig":{"grants":[]},"oidcConfig":{"grant_types":["authorization_code"],"jwks":"(secret)"},"permissionStrategy":"DENY_ALL","redirectUris":["https://portal.example.com/cb"],"ssoEnabled":true,"template":"gitlab"}
enablement/portal/corp a1/c1 {}
`
	if got := dump(s); got != want {
		t.Errorf("the state is\n%s", got)
	}
	app := s.Get(model.Key{Kind: model.Application, Name: "portal"})
	if app.Text("permissionStrategy") != "DENY_ALL" || app.Text("brandingConfig", "customCSS") != "body{}" {
		t.Errorf("the application is %v", app.Attributes)
	}
	if n := len(f.seen); n != 5 {
		t.Errorf("%d requests, want 5 with the token", n)
	}
	if s.Gaps != nil {
		t.Errorf("gaps: %v", s.Gaps)
	}
}

// V2 says in its own way that an application is not there.
func TestV2Absent(t *testing.T) {
	for _, body := range []string{`{"code":2011,"message":"?","data":null}`, `{"uniqueId":"u","statusCode":499,"message":"?","apiCode":"2011","data":null}`} {
		f := v2Pool(t)
		c, _ := f.client(speaking(OnlyV2, poolSecret))
		s := readV2(t, c)
		f.on("DELETE /api/v2/applications/a1", raw{status: 200, body: body})
		if err := c.Delete(t.Context(), s.Get(model.Key{Kind: model.Application, Name: "portal"})); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// The update of a strategy carries what else its object shows.
func TestV2Strategy(t *testing.T) {
	f := v2Pool(t).on("POST /api/v2/applications/a1", good2(v2App))
	c, _ := f.client(speaking(OnlyV2, poolSecret))
	s := readV2(t, c)
	key := model.Key{Kind: model.Application, Name: "portal"}
	if err := c.Update(t.Context(), s.Get(key), &model.Resource{Key: key, Attributes: tree{"permissionStrategy": "ALLOW_ALL"}}); err != nil {
		t.Fatal(err)
	}
	sent, _ := json.Marshal(f.to("/api/v2/applications/a1"))
	if string(sent) != `[{"permissionStrategy":{"defaultStrategy":"ALLOW_ALL","enabled":false}}]` {
		t.Errorf("sent %s", sent)
	}
}
