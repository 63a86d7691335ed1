package remote

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/model"
)

// settled handles of the pool that onePool serves.
var poolHandles = map[model.Key]string{
	{Kind: model.IdentityProvider, Name: "corp"}: "p1",
	{Kind: model.Connection, Name: "corp-oidc"}:  "c1",
	{Kind: model.Application, Name: "portal"}:    "a1",
}

func desired(k model.Key, attrs tree) *model.Resource {
	return &model.Resource{Key: k, Attributes: attrs}
}

// What is sent when a connection is created: declared keys, secrets in clear,
// nothing that is null or that the server holds.
func TestCreateConnectionBody(t *testing.T) {
	f := onePool(t).on("POST create-ext-idp-conn", conn("c7", "new"))
	c := loaded(t, f)
	c.State(handles(poolHandles))
	id, err := c.Create(t.Context(), desired(key(model.Connection, "new"), tree{
		"provider": "corp", "identifier": "new", "type": "oidc", "displayName": "N", "logo": nil, "loginOnly": false,
		"fields": tree{"clientID": "i", "clientSecret": model.SecretValue("env:A", "plain"), "otherSecret": model.ServerSecret(), "x": nil, "empty": tree{}},
	}))
	if err != nil || id != "c7" {
		t.Fatal(id, err)
	}
	want := tree{
		"extIdpId": "p1", "identifier": "new", "type": "oidc", "displayName": "N", "loginOnly": false,
		"fields": tree{"clientID": "i", "clientSecret": "plain", "empty": tree{}},
	}
	if d := cmp.Diff(want, f.to("create-ext-idp-conn")[0]); d != "" {
		t.Error(d)
	}
	if r := c.State(c.handles()).Get(key(model.Connection, "new")); r == nil || r.ID != "c7" {
		t.Error("the created connection is not in the state under its handle")
	}
}

// An update carries what is declared over what the server shows in clear; a
// secret that is not declared stays at home.
func TestUpdateConnectionBody(t *testing.T) {
	f := onePool(t).on("POST update-ext-idp-conn", tree{"id": "c1"})
	c := loaded(t, f)
	from := c.State(handles(poolHandles)).Get(key(model.Connection, "corp-oidc"))
	steps := []struct {
		declared, want tree
	}{
		{
			tree{"fields": tree{"clientID": "j"}},
			tree{
				"id": "c1", "displayName": "D", "loginOnly": false,
				"fields": tree{"clientID": "j", "otherSecret": "", "scopes": []any{"a", "b"}, "n": number1},
			},
		},
		// the second update of a run starts from what the first one sent
		{
			tree{"displayName": "E", "logo": nil, "fields": tree{"clientSecret": model.SecretValue("env:A", "plain"), "scopes": []any{}, "gone": nil}},
			tree{
				"id": "c1", "displayName": "E", "loginOnly": false, "logo": nil,
				"fields": tree{"clientID": "j", "clientSecret": "plain", "otherSecret": "", "scopes": []any{}, "n": number1, "gone": nil},
			},
		},
		{
			tree{"fields": tree{"clientSecret": model.ServerSecret()}},
			tree{
				"id": "c1", "displayName": "E", "loginOnly": false,
				"fields": tree{"clientID": "j", "otherSecret": "", "scopes": []any{}, "n": number1, "gone": nil},
			},
		},
	}
	for i, s := range steps {
		if err := c.Update(t.Context(), from, desired(from.Key, s.declared)); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(s.want, f.to("update-ext-idp-conn")[i]); d != "" {
			t.Errorf("step %d:\n%s", i, d)
		}
	}
}

// Without any read of fields, only what is declared is sent.
func TestUpdateConnectionWithoutFields(t *testing.T) {
	bare := conn("c1", "corp-oidc")
	delete(bare, "fields")
	f := onePool(t).on("GET list-ext-idp-conns", []any{bare}).on("POST update-ext-idp-conn", tree{"id": "c1"})
	c := loaded(t, f)
	from := c.State(handles(poolHandles)).Get(key(model.Connection, "corp-oidc"))
	if err := c.Update(t.Context(), from, desired(from.Key, tree{"displayName": "E"})); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(tree{"id": "c1", "displayName": "E", "fields": tree{}}, f.to("update-ext-idp-conn")[0]); d != "" {
		t.Error(d)
	}
}

func TestCreateApplicationParts(t *testing.T) {
	f := onePool(t).
		on("POST create-application", tree{"appId": "a7", "appName": "N", "appIdentifier": "n", "ssoEnabled": true}).
		on("POST update-application", done()).on("POST update-application-permission-strategy", done()).
		on("POST update-application-mfa-settings", tree{"enabledFactors": []any{"OTP"}})
	c := loaded(t, f)
	c.State(handles(poolHandles))
	id, err := c.Create(t.Context(), desired(key(model.Application, "n"), tree{
		"appName": "N", "appIdentifier": "n", "appDescription": nil, "ssoEnabled": true, "ssoShowLaunchpad": true,
		"loginConfig":        tree{"defaultLoginMethod": tree{"connectionType": "LDAP", "ldapConnection": "corp-oidc"}},
		"oidcConfig":         tree{"jwks": model.SecretValue("env:K", `{"keys":[]}`)},
		"permissionStrategy": "DENY_ALL", "mfa": tree{"enabledFactors": []any{"OTP"}},
	}))
	if err != nil || id != "a7" {
		t.Fatal(id, err)
	}
	want := tree{
		"appName": "N", "appIdentifier": "n", "ssoEnabled": true,
		"loginConfig": tree{"showAuthorizationPage": false, "defaultLoginMethod": tree{"connectionType": "LDAP", "ldapExtIdpConnId": "c1"}},
		"oidcConfig":  tree{"jwks": tree{"keys": []any{}}},
	}
	if d := cmp.Diff(want, f.to("create-application")[0]); d != "" {
		t.Errorf("create:\n%s", d)
	}
	settings := f.to("update-application")[0]
	if settings["ssoShowLaunchpad"] != true || settings["appId"] != "a7" || settings["template"] != nil {
		t.Errorf("settings: %v", settings)
	}
	if d := cmp.Diff([]tree{{"appId": "a7", "permissionStrategy": "DENY_ALL"}}, f.to("update-application-permission-strategy")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]tree{{"appId": "a7", "enabledFactors": []any{"OTP"}, "disabledFactors": []any{}}}, f.to("update-application-mfa-settings")); d != "" {
		t.Error(d)
	}
}

// A plain create is one request.
func TestCreateApplicationAlone(t *testing.T) {
	f := onePool(t).on("POST create-application", tree{"appId": "a7", "appIdentifier": "n"})
	c := loaded(t, f)
	before := len(f.seen)
	if _, err := c.Create(t.Context(), desired(key(model.Application, "n"), tree{"appName": "N", "appIdentifier": "n"})); err != nil {
		t.Fatal(err)
	}
	if len(f.seen)-before != 1 {
		t.Errorf("%d requests", len(f.seen)-before)
	}
}

func TestIntegratedApplication(t *testing.T) {
	f := onePool(t).
		on("POST create-application", raw{200, `{"statusCode":400,"message":"templateData must be an object"}`, nil},
			tree{"appId": "a7", "appName": "N", "appIdentifier": "server-made", "template": "jira"}).
		on("POST update-application", done())
	c := loaded(t, f)
	_, err := c.Create(t.Context(), desired(key(model.Application, "n"), tree{
		"appName": "N", "appIdentifier": "n", "template": "jira", "appLogo": "L",
		"templateData": tree{"url": "u", "token": model.SecretValue("env:T", "tok")},
	}))
	if err != nil {
		t.Fatal(err)
	}
	creates := f.to("create-application")
	if creates[0]["templateData"] != `{"token":"tok","url":"u"}` {
		t.Errorf("first form: %v", creates[0]["templateData"])
	}
	want := tree{"appName": "N", "appIdentifier": "n", "template": "jira", "templateData": tree{"url": "u", "token": "tok"}}
	if d := cmp.Diff(want, creates[1]); d != "" {
		t.Errorf("second form:\n%s", d)
	}
	want = tree{"appId": "a7", "appName": "N", "appIdentifier": "n", "appLogo": "L"}
	if d := cmp.Diff([]tree{want}, f.to("update-application")); d != "" {
		t.Errorf("settings:\n%s", d)
	}
}

// The body of update-application is whole: the server's own values where
// nothing is declared, but none that it would refuse or that is not ours to send.
func TestUpdateApplicationBody(t *testing.T) {
	f := onePool(t).on("POST update-application", done())
	c := loaded(t, f)
	from := c.State(handles(poolHandles)).Get(key(model.Application, "portal"))
	if err := c.Update(t.Context(), from, desired(from.Key, tree{"appName": "New", "oidcConfig": tree{"skip_consent": false}})); err != nil {
		t.Fatal(err)
	}
	want := tree{
		"appId": "a1", "appName": "New", "appIdentifier": "portal-id",
		"redirectUris": []any{"https://a.example.com/cb"}, "logoutRedirectUris": []any{}, "initLoginUri": "https://a.example.com/in", "ssoEnabled": false,
		// no jwks: a secret nobody declared; no client_id: the server's own
		"oidcConfig": tree{"grant_types": []any{"authorization_code"}, "id_token_expire": number600, "jwks_uri": nil, "skip_consent": false},
		// no samlConfig: it cannot be given back whole
		"loginConfig": tree{
			"showAuthorizationPage": true, "enabledBasicLoginMethods": []any{"PHONE_CODE"},
			"defaultLoginMethod": tree{"connectionType": "QRCODE", "qrcodeExtIdpConnId": "c1"},
		},
	}
	if d := cmp.Diff(want, f.to("update-application")[0]); d != "" {
		t.Error(d)
	}
}

func TestUpdateApplicationTouchesOnlyWhatDiffers(t *testing.T) {
	login := tree{"defaultLoginMethod": tree{"connectionType": "QRCODE", "qrcodeConnection": "corp-oidc"}}
	tests := []struct {
		name     string
		declared tree
		paths    []string
	}{
		{"nothing", tree{"appName": "Portal", "loginConfig": login, "appDescription": nil}, nil},
		{"strategy alone", tree{"appName": "Portal", "permissionStrategy": "DENY_ALL"}, []string{"update-application-permission-strategy"}},
		{"strategy as it is", tree{"permissionStrategy": "ALLOW_ALL", "appName": "X"}, []string{"update-application"}},
		{"mfa", tree{"mfa": tree{"disabledFactors": []any{"SMS"}}}, []string{"update-application-mfa-settings"}},
		{"sets in another order", tree{"redirectUris": []any{"https://a.example.com/cb"}}, nil},
		{"a hidden path", tree{"ssoShowLaunchpad": true}, []string{"update-application"}},
		{"a secret", tree{"samlConfig": tree{"samlResponseSigningKey": model.SecretValue("env:K", "other")}}, []string{"update-application"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := onePool(t).on("GET get-application-permission-strategy", tree{"permissionStrategy": "ALLOW_ALL"}).
				on("POST update-application", done()).on("POST update-application-permission-strategy", done()).
				on("POST update-application-mfa-settings", tree{"enabledFactors": []any{}})
			c := loaded(t, f, knowing("app-update=partial", "config-update=merge"))
			if err := c.PermissionStrategies(t.Context(), []string{"a1"}); err != nil {
				t.Fatal(err)
			}
			from := c.State(handles(poolHandles)).Get(key(model.Application, "portal"))
			before := len(f.seen)
			if err := c.Update(t.Context(), from, desired(from.Key, tt.declared)); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range f.seen[before:] {
				got = append(got, r.path)
			}
			if d := cmp.Diff(tt.paths, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// Another way of login leaves nothing of the old one behind, and a connection
// deleted in this run is not referred to again.
func TestDefaultLoginMethodIsNotCarried(t *testing.T) {
	f := onePool(t).on("POST update-application", done()).on("POST delete-ext-idp-conn", done())
	c := loaded(t, f)
	s := c.State(handles(poolHandles))
	app, gone := s.Get(key(model.Application, "portal")), s.Get(key(model.Connection, "corp-oidc"))
	method := tree{"connectionType": "PASSWORD"}
	if err := c.Update(t.Context(), app, desired(app.Key, tree{"loginConfig": tree{"defaultLoginMethod": method}})); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(method, f.to("update-application")[0]["loginConfig"].(tree)["defaultLoginMethod"]); d != "" {
		t.Error(d)
	}

	f = onePool(t).on("POST update-application", done()).on("POST delete-ext-idp-conn", done())
	c = loaded(t, f)
	c.State(handles(poolHandles))
	if err := c.Delete(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	if err := c.Update(t.Context(), app, desired(app.Key, tree{"appName": "X"})); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(tree{"connectionType": "QRCODE"}, f.to("update-application")[0]["loginConfig"].(tree)["defaultLoginMethod"]); d != "" {
		t.Error(d)
	}
}

func TestEnablementBodies(t *testing.T) {
	f := onePool(t).on("POST change-ext-idp-conn-state", done())
	c := loaded(t, f)
	s := c.State(handles(poolHandles))
	k := model.EnablementKey("portal", "corp-oidc")
	if id, err := c.Create(t.Context(), desired(k, tree{})); err != nil || id != "a1/c1" {
		t.Fatal(id, err)
	}
	if err := c.Delete(t.Context(), s.Get(k)); err != nil {
		t.Fatal(err)
	}
	want := []tree{{"id": "c1", "appId": "a1", "enabled": true}, {"id": "c1", "appId": "a1", "enabled": false}}
	if d := cmp.Diff(want, f.to("change-ext-idp-conn-state")); d != "" {
		t.Error(d)
	}
	if _, err := c.Create(t.Context(), desired(model.EnablementKey("portal", "nobody"), tree{})); err == nil {
		t.Error("an unknown connection was switched on")
	}
}
