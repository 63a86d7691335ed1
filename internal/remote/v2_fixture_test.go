package remote

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// answered serves a recorded shape of testdata/api and returns its id.
func answered(t *testing.T, f *fake, name string) (id string) {
	t.Helper()
	var fixture struct {
		Call   string
		Answer json.RawMessage
	}
	text, err := os.ReadFile("../../testdata/api/" + name)
	if err == nil {
		err = json.Unmarshal(text, &fixture)
	}
	if err != nil {
		t.Fatal(err)
	}
	f.on(fixture.Call, raw{status: 200, body: string(fixture.Answer)})
	return fixture.Call[strings.LastIndex(fixture.Call, "/")+1:]
}

// The documented shape of an application is read in V3's words, and nothing
// else of it is kept.
func TestV2ApplicationShape(t *testing.T) {
	f := core2(newFake(t), poolSecret, isOwn)
	id := answered(t, f, "v2-get-application.json")
	c, _ := f.client(speaking(OnlyV2, poolSecret))
	got, err := c.api.application(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	oidc, _ := got["oidcConfig"].(tree)
	if len(oidc) == 0 || oidc["client_secret"] != nil || oidc["redirect_uris"] != nil {
		t.Errorf("oidcConfig is %v", oidc)
	}
	for _, k := range []string{"oidcConfig", "oauthConfig"} {
		delete(got, k)
	}
	want := tree{
		"appId": id, "userPoolId": "62eaa95fe0a1b29a5295bf70", "appName": "Shop", "appIdentifier": "shop", "appDescription": nil,
		"appLogo": "https://files.example.com/app.png", "defaultProtocol": "oidc", "initLoginUri": nil, "ssoEnabled": got["ssoEnabled"],
		"redirectUris": []any{"https://shop.example.com/cb"}, "logoutRedirectUris": []any{},
		"samlProviderEnabled": false, "oauthProviderEnabled": false, "casProviderEnabled": false,
		"brandingConfig": tree{"customCSS": ""}, "loginConfig": tree{"enabledExtIdpConns": []any{}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// So is a provider with its connections; what is secret in fields is sealed.
func TestV2ProviderShape(t *testing.T) {
	f := core2(newFake(t), poolSecret, isOwn)
	id := answered(t, f, "v2-get-ext-idp.json")
	c, _ := f.client(speaking(OnlyV2, poolSecret))
	list, err := c.api.connections(t.Context(), id)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	shown, _ := json.Marshal(list[0]["fields"])
	if string(shown) != `{"clientID":"portal","clientSecret":"(secret)"}` || list[0]["extIdpId"] != id || list[0]["identifier"] != "partner" {
		t.Errorf("fields are %s of %v", shown, list[0])
	}
}
