package remote

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/model"
)

func key(kind model.Kind, name string) model.Key { return model.Key{Kind: kind, Name: name} }

func handles(m map[model.Key]string) model.Handles {
	h := model.Handles{}
	for k, id := range m {
		h[model.ObjectID{Kind: k.Kind, ID: id}] = k
	}
	return h
}

// portal is an application as a server may show it, quirks included.
func portal() tree {
	return tree{
		"appId": "a1", "userPoolId": poolID, "isIntegrateApp": false, "ssoEnabledAt": "2022-07-03T02:20:30.000Z",
		"appIdentifier": "portal-id", "appName": "Portal", "appType": "web", "secret": "app-secret",
		"redirectUris": `["https://a.example.com/cb"]`, "logoutRedirectUris": nil,
		"initLoginUri": []any{"https://a.example.com/in"}, "ssoEnabled": false,
		"oidcConfig": tree{
			"grant_types": `["authorization_code"]`, "id_token_expire": 600.0, "client_id": "a1",
			"client_secret": "hush", "jwks": tree{"keys": []any{"k"}}, "jwks_uri": nil,
		},
		"samlConfig": tree{"samlResponseSigningKey": "pem", "acs": "x"},
		"loginConfig": tree{
			"showAuthorizationPage": true, "enabledBasicLoginMethods": []any{"PHONE_CODE"},
			"defaultLoginMethod": tree{"connectionType": "QRCODE", "qrcodeExtIdpConnId": "c1", "adExtIdpConnId": "", "ldapExtIdpConnId": nil},
			"enabledExtIdpConns": []any{
				tree{"extIdpConnId": "c1", "extIdpConnIdentifier": "corp-oidc"},
				tree{"extIdpConnId": "c2", "extIdpConnIdentifier": "off", "enabled": false},
				tree{"extIdpConnId": "c9", "extIdpConnIdentifier": "unread", "enabled": true},
			},
		},
	}
}

func onePool(t *testing.T) *fake {
	return newFake(t).
		on("GET list-ext-idp", tree{"totalCount": 2, "list": []any{
			tree{"id": "p1", "name": "Corp", "type": "oidc", "logo": "l", "tenantId": ""},
			tree{"id": "p2", "name": "Theirs", "type": "oidc", "tenantId": "t7"},
		}}).
		on("GET list-ext-idp-conns", []any{tree{
			"id": "c1", "extIdpId": "p1", "identifier": "corp-oidc", "type": "oidc", "displayName": "D",
			"loginOnly": false, "logo": nil, "fields": tree{"clientSecret": "s", "otherSecret": "", "clientID": "i", "scopes": `["a","b"]`, "n": 1.0},
		}}).
		on("GET list-applications", tree{"totalCount": 1, "list": []any{portal()}})
}

// loaded reads a whole pool, its connections from provider p1 alone.
func loaded(t *testing.T, f *fake, edit ...func(*Config)) *Client {
	t.Helper()
	c, _ := f.client(edit...)
	_, err1 := c.Providers(t.Context())
	_, err2 := c.Connections(t.Context(), []string{"p1"})
	_, err3 := c.Applications(t.Context(), true)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestStateInWords(t *testing.T) {
	c := loaded(t, onePool(t))
	s := c.State(handles(map[model.Key]string{
		key(model.IdentityProvider, "corp"): "p1", key(model.Connection, "corp-conn"): "c1", key(model.Application, "portal"): "a1",
	}))
	if len(s.Gaps) != 0 {
		t.Errorf("gaps: %v", s.Gaps)
	}
	conn := s.Get(key(model.Connection, "corp-conn"))
	wantConn := tree{
		"provider": "corp", "identifier": "corp-oidc", "type": "oidc", "displayName": "D", "loginOnly": false, "logo": nil,
		"fields": tree{
			"clientSecret": model.SecretValue("", "s"), "otherSecret": "", "clientID": "i",
			"scopes": []any{"a", "b"}, "n": json.Number("1"),
		},
	}
	if d := cmp.Diff(wantConn, conn.Attributes); d != "" {
		t.Errorf("connection:\n%s", d)
	}
	app := s.Get(key(model.Application, "portal"))
	wantApp := tree{
		"appIdentifier": "portal-id", "appName": "Portal", "appType": "web",
		"redirectUris": []any{"https://a.example.com/cb"}, "logoutRedirectUris": []any{},
		"initLoginUri": "https://a.example.com/in", "ssoEnabled": false,
		"oidcConfig": tree{
			"grant_types": []any{"authorization_code"}, "id_token_expire": json.Number("600"),
			"jwks": model.SecretValue("", `{"keys":["k"]}`), "jwks_uri": nil,
		},
		"samlConfig": tree{"samlResponseSigningKey": model.SecretValue("", "pem"), "acs": "x"},
		"loginConfig": tree{
			"showAuthorizationPage": true, "enabledBasicLoginMethods": []any{"PHONE_CODE"},
			"defaultLoginMethod": tree{"connectionType": "QRCODE", "qrcodeConnection": "corp-conn"},
		},
	}
	if d := cmp.Diff(wantApp, app.Attributes); d != "" {
		t.Errorf("application:\n%s", d)
	}
	if app.Refs["loginConfig.defaultLoginMethod.qrcodeConnection"] != key(model.Connection, "corp-conn") {
		t.Errorf("refs: %v", app.Refs)
	}
	for _, p := range []string{"mfa", "templateData", "ssoShowLaunchpad", "enablePermissionApply", "permissionStrategy", "oidcConfig.client_secret"} {
		if !covered(p, app.Hidden) {
			t.Errorf("%s is not hidden", p)
		}
	}
	var buttons []string
	for e := range s.Of(model.Enablement) {
		buttons = append(buttons, e.Key.Name+"="+e.ID)
	}
	if d := cmp.Diff([]string{"portal/corp-conn=a1/c1", "portal/unread=a1/c9"}, buttons); d != "" {
		t.Errorf("enablements:\n%s", d)
	}
	if p := s.Get(key(model.IdentityProvider, "p2")); p == nil || p.Foreign != "belongs to tenant t7" {
		t.Errorf("the tenant's provider: %+v", p)
	}
}

// An object without a handle is named by what it is called on the server,
// unless a document took that name or it cannot be one.
func TestNamesOfUnclaimedObjects(t *testing.T) {
	f := onePool(t).on("GET list-ext-idp-conns", []any{conn("c1", "corp-oidc"), conn("c2", "a/b"), conn("c3", "free")})
	c := loaded(t, f)
	s := c.State(handles(map[model.Key]string{key(model.Connection, "corp-oidc"): "elsewhere", key(model.Application, "portal-id"): "a-none"}))
	for _, want := range []model.Key{
		key(model.Connection, "id:c1"), key(model.Connection, "id:c2"), key(model.Connection, "free"),
		key(model.Application, "id:a1"), key(model.IdentityProvider, "p1"), model.EnablementKey("id:a1", "id:c1"),
	} {
		if s.Get(want) == nil {
			t.Errorf("no %s", want)
		}
	}
}

// The same reads give the same state, and a later State with other handles
// does not remember the earlier ones.
func TestStateIsAFunctionOfItsHandles(t *testing.T) {
	c := loaded(t, onePool(t))
	h := handles(map[model.Key]string{key(model.Application, "portal"): "a1"})
	one := c.State(h)
	two := c.State(nil)
	three := c.State(h)
	if two.Get(key(model.Application, "portal")) != nil || two.Get(key(model.Application, "portal-id")) == nil {
		t.Error("an old handle stayed")
	}
	for r := range one.All() {
		if d := cmp.Diff(r, three.Get(r.Key)); d != "" {
			t.Errorf("%s:\n%s", r.Key, d)
		}
	}
}

func TestTenantOfProviderCoversItsConnections(t *testing.T) {
	f := onePool(t)
	c, _ := f.client()
	if _, err := c.Providers(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.on("GET list-ext-idp-conns", []any{conn("c5", "theirs")})
	got, err := c.Connections(t.Context(), []string{"p2"})
	if err != nil || got[0].Foreign == "" {
		t.Errorf("%v, %v", got, err)
	}
	if c.State(nil).Get(key(model.Connection, "theirs")).Foreign == "" {
		t.Error("the state shows it as ours")
	}
}
