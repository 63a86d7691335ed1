package remote_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/remote"
)

// speak makes a client of one generation, with its token.
func (p *pool) speak(api string) *remote.Client {
	p.t.Helper()
	c, err := remote.New(remote.Config{
		Host: p.web.URL, UserPoolID: p.keys.UserPoolID, API: api, SecretPath: secretPath,
		AccessKeyID: p.keys.AccessKeyID, AccessKeySecret: model.SecretValue("", p.keys.AccessKeySecret),
	})
	if err == nil {
		err = c.Open(p.t.Context())
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// wantedByV2 is a small pool in the words that V2 has.
func wantedByV2() []*model.Resource {
	return []*model.Resource{
		{Key: corp, Attributes: tree{"name": "Corp", "type": "oidc"}},
		{Key: button, Attributes: tree{
			"provider": "corp", "identifier": "corp-conn", "type": "oidc", "displayName": "Corp login",
			"fields": tree{
				"issuerUrl": "https://idp.example.com", "clientID": "portal", "scopes": []any{"openid", "email"},
				"clientSecret": model.SecretValue("env:S", "hush-hush"),
			},
		}},
		{Key: portal, Attributes: tree{
			"appName": "Portal", "appIdentifier": "portal-app", "appDescription": "The portal",
			"defaultProtocol": "oidc", "redirectUris": []any{"https://a.example.com/cb", "https://b.example.com/cb"},
			"logoutRedirectUris": []any{"https://a.example.com/out"}, "initLoginUri": "https://a.example.com/login", "ssoEnabled": true,
			"samlProviderEnabled": true, "oauthProviderEnabled": true, "casProviderEnabled": true,
			"oidcConfig":         tree{"grant_types": []any{"authorization_code"}, "access_token_expire": json.Number("3600")},
			"oauthConfig":        tree{"access_token_lifetime": json.Number("600")},
			"brandingConfig":     tree{"customCSS": "body{color:red}"},
			"permissionStrategy": "DENY_ALL",
		}},
		{Key: pressed, Attributes: tree{}},
	}
}

// The life of a pool by V2 calls alone; what was done reads back by V3 as well,
// and the other way round.
func TestV2Life(t *testing.T) {
	for _, dialect := range []map[string]string{
		{"v3": "off"},
		{"v3": "off", "v2-token": "own"},
		nil,
		{"connections": "object"},
		{"connections": "string", "arrays": "string"},
		{"http-status": "mirror"},
		{"fields-update": "replace"},
		{"absent": "http404"},
		{"absent": "http422"},
		{"app-update": "full"},
		{"config-update": "replace"},
		{"defaults": "bare"},
		{"secrets": "masked"},
		{"secrets": "absent"},
		{"conn-list": "off"},
		{"conn-fields": "off"},
		{"null-unsets": "off"},
		{"app-list": "needs-all"},
		{"idp-list": "first10"},
		{"update-app": "keep-name"},
		{"delete-idp": "refuse"},
		{"delete-conn": "refuse"},
		{"delete-conn": "dangling"},
		{"allow-multiple": "ignore"},
		{"enabled-list": "flagged"},
		{"new-conn": "enabled"},
		{"token-ttl": "1s"},
	} {
		p := serve(t, dialect)
		api := remote.OnlyV2
		if dialect["v2-token"] == "own" {
			api = remote.Auto
		}
		c := p.speak(api)
		if !c.SpeaksV2() {
			t.Fatalf("%v: speaks V3", dialect)
		}
		p.readAll(c)
		want := wantedByV2()
		create(t, c, want)
		check := func(what string) *model.State {
			t.Helper()
			s, err := c.Reread(t.Context(), want)
			if err != nil {
				t.Fatalf("%v: %s: %v", dialect, what, err)
			}
			if m := missing(want, s); len(m) > 0 {
				t.Errorf("%v: %s: %v", dialect, what, m)
			}
			return s
		}
		s := check("created")
		edit(want)
		for _, w := range want[:3] {
			if err := c.Update(t.Context(), s.Get(w.Key), w); err != nil {
				t.Fatalf("%v: update %s: %v", dialect, w.Key, err)
			}
		}
		s = check("updated")
		if dialect["v3"] != "off" {
			third := p.read(nil)
			byV3(t, dialect, third, want)
		}
		for _, k := range []model.Key{pressed, portal, button, corp} {
			if err := c.Delete(t.Context(), s.Get(k)); err != nil {
				t.Fatalf("%v: delete %s: %v", dialect, k, err)
			}
		}
		again := p.speak(api)
		p.readAll(again)
		if n := again.State(nil).Len(); n != 0 {
			t.Errorf("%v: %d objects are left", dialect, n)
		}
	}
}

// edit changes every value that can change.
func edit(want []*model.Resource) {
	want[0].Attributes["name"] = "Corporation"
	want[1].Attributes["displayName"] = "Corporate login"
	fields := want[1].Attributes["fields"].(tree)
	fields["issuerUrl"], fields["scopes"] = "https://login.example.com", []any{"openid"}
	app := want[2].Attributes
	for _, k := range []string{"appName", "appDescription", "initLoginUri"} {
		app[k] = app[k].(string) + "2"
	}
	for _, k := range []string{"ssoEnabled", "samlProviderEnabled", "oauthProviderEnabled", "casProviderEnabled"} {
		app[k] = false
	}
	app["redirectUris"], app["logoutRedirectUris"] = []any{"https://c.example.com/cb"}, []any{}
	app["oidcConfig"] = tree{"grant_types": []any{"authorization_code", "refresh_token"}, "access_token_expire": json.Number("1800")}
	app["oauthConfig"] = tree{"access_token_lifetime": json.Number("900")}
	app["brandingConfig"] = tree{"customCSS": "body{}"}
	app["permissionStrategy"] = "ALLOW_ALL"
}

// byV3 compares a pool read by V3 with what V2 was told.
func byV3(t *testing.T, dialect map[string]string, s *model.State, want []*model.Resource) {
	t.Helper()
	var named []*model.Resource
	for _, w := range want[1:3] {
		k := w.Key
		k.Name = w.Text("identifier") + w.Text("appIdentifier")
		named = append(named, &model.Resource{Key: k, Attributes: less(w.Attributes, "provider")})
	}
	if m := missing(named, s); len(m) > 0 {
		t.Errorf("%v: by V3: %v", dialect, m)
	}
	if s.Get(model.EnablementKey("portal-app", "corp-conn")) == nil {
		t.Errorf("%v: by V3 the button is off", dialect)
	}
}

func less(t tree, key string) tree {
	out := tree{}
	for k, v := range t {
		if k != key {
			out[k] = v
		}
	}
	return out
}

// What V3 made reads back by V2, as far as V2 has names for it.
func TestV2ReadsWhatV3Made(t *testing.T) {
	p := serve(t, nil)
	third := p.speak(remote.OnlyV3)
	want := wantedByV2()
	h := create(t, third, want)
	second := p.speak(remote.OnlyV2)
	p.readAll(second)
	s := second.State(h)
	if m := missing(want, s); len(m) > 0 {
		t.Errorf("by V2: %v", m)
	}
	var hidden []string
	for _, w := range wanted() {
		for k := range w.Attributes {
			if second.Unsupported(w.Key.Kind, model.Path{k}) {
				hidden = append(hidden, k)
			}
			if third.Unsupported(w.Key.Kind, model.Path{k}) {
				t.Errorf("V3 has no %s", k)
			}
		}
	}
	slices.Sort(hidden)
	if !slices.Equal(hidden, []string{"appType", "loginConfig", "loginOnly", "mfa"}) {
		t.Errorf("V2 has no %v", hidden)
	}
}

// An integrated application is made by templateCode and templateData, and gets
// the rest by an update.
func TestV2Integrated(t *testing.T) {
	for _, dialect := range []map[string]string{{"v3": "off"}, {"integrated-id": "kept"}, {"template-data": "object"}, {"template-data": "object", "v3": "off"}} {
		p := serve(t, dialect)
		c := p.speak(remote.OnlyV2)
		p.readAll(c)
		key := model.Key{Kind: model.Application, Name: "wiki"}
		want := []*model.Resource{{Key: key, Attributes: tree{
			"appName": "Wiki", "appIdentifier": "wiki-app", "template": "confluence",
			"appDescription": "Our wiki", "templateData": tree{"site": model.SecretValue("env:W", "wiki-secret")},
		}}}
		create(t, c, want)
		s, err := c.Reread(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		got := s.Get(key)
		if m := missing([]*model.Resource{{Key: key, Attributes: less(want[0].Attributes, "templateData")}}, s); len(m) > 0 {
			t.Errorf("%v: %v", dialect, m)
		}
		if !c.Lasting(model.Application, "template") || c.Lasting(model.Connection, "type") {
			t.Errorf("%v: what never causes a replace is the template alone", dialect)
		}
		apps, err := p.speak(remote.OnlyV2).Applications(t.Context(), true)
		if err != nil || len(apps) != 1 || apps[0].Template != "confluence" {
			t.Errorf("%v: %v %v", dialect, apps, err)
		}
		want[0].Attributes["templateData"] = tree{"site": model.SecretValue("env:W", "another")}
		if err := c.Update(t.Context(), got, want[0]); err != nil {
			t.Errorf("%v: %v", dialect, err)
		}
	}
}
