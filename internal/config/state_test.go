package config_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// desired loads a fixture of testdata/validate/ok and makes a target's state.
func desired(t *testing.T, fixture, target string) *config.Desired {
	t.Helper()
	return desiredAt(t, unpack(t, filepath.Join(fixtures, "ok", fixture)), target)
}

func desiredAt(t *testing.T, dir, target string) *config.Desired {
	t.Helper()
	p, found, err := config.Load(dir, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, more := p.Desired(target)
	if found = append(found, more...); len(found) > 0 {
		t.Fatalf("not silent:\n%s", render(found, diagnostic.English))
	}
	return d
}

func key(t testing.TB, s string) model.Key {
	t.Helper()
	k, err := model.ParseKey(s)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestStateOfTheExample(t *testing.T) {
	corp, conn, portal := key(t, "identityprovider/corp"), key(t, "connection/corp-oidc"), key(t, "application/portal")
	want := []*model.Resource{
		{
			Key: corp, Lifecycle: model.Present, Source: model.Source{File: "spec.yaml", Line: 1},
			Attributes: map[string]any{"name": "Corp SSO", "type": "oidc"},
		},
		{
			Key: conn, Lifecycle: model.Present, Protect: true, Source: model.Source{File: "spec.yaml", Line: 6},
			DependsOn: []model.Key{corp},
			Attributes: map[string]any{
				"provider": "corp", "identifier": "corp-oidc", "type": "oidc", "displayName": "Corp login", "loginOnly": false,
				"fields": map[string]any{
					"issuerUrl": "https://idp.example.com", "clientID": "portal", "clientSecret": "env:CORP_OIDC_SECRET",
				},
			},
		},
		{
			Key: portal, Lifecycle: model.Present, Whole: true, Source: model.Source{File: "spec.yaml", Line: 20},
			Attributes: map[string]any{
				"appIdentifier": "portal", "appName": "Portal", "ssoEnabled": true, "permissionStrategy": "DENY_ALL",
				"redirectUris": []any{"https://portal.example.com/callback"},
				"oidcConfig": map[string]any{
					"grant_types": []any{"authorization_code", "refresh_token"}, "id_token_signed_response_alg": "RS256",
				},
			},
		},
		{
			Key: key(t, "enablement/portal/corp-oidc"), Lifecycle: model.Present, Attributes: map[string]any{},
			DependsOn: []model.Key{conn, portal}, Source: model.Source{File: "spec.yaml", Line: 26},
		},
	}
	var got []*model.Resource
	for r := range desired(t, "spec.yaml", "prod").State.All() {
		got = append(got, r)
	}
	// Secrets never compare equal unless resolved; their references do.
	references := cmp.Transformer("Ref", func(s model.Secret) string { return s.Ref() })
	asText := cmp.FilterValues(func(a, b any) bool { return isSecret(a) != isSecret(b) }, cmp.Comparer(func(a, b any) bool {
		return refOf(a) == refOf(b)
	}))
	if diff := cmp.Diff(want, got, references, asText); diff != "" {
		t.Error(diff)
	}
}

func isSecret(v any) bool { _, ok := v.(model.Secret); return ok }

func refOf(v any) any {
	if s, ok := v.(model.Secret); ok {
		return s.Ref()
	}
	return v
}

func TestPatchIsForItsTargetOnly(t *testing.T) {
	local := desired(t, "spec.yaml", "local").State.Get(key(t, "application/portal"))
	if _, declared := local.At("ssoEnabled"); declared {
		t.Error("ssoEnabled must be undeclared on local")
	}
}

func TestVariablesKeepTheirTypes(t *testing.T) {
	r := desired(t, "variables.yaml", "prod").State.Get(key(t, "application/vars"))
	want := map[string]any{
		"appIdentifier": "vars", "appName": "Again", "appDescription": "on example.com",
		"ssoEnabled": false, "samlProviderEnabled": false,
		"redirectUris": []any{"https://example.com/a", "https://example.com/b"},
	}
	if diff := cmp.Diff(want, r.Attributes); diff != "" {
		t.Error(diff)
	}
}

func TestVariablesInText(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, config.ProjectFile), standardProject)
	writeFile(t, filepath.Join(dir, "a.yaml"), `apiVersion: idpsync/v1
kind: Application
metadata: {name: a}
spec:
  appName: ${var.domain} has ${var.count} $${var.count} and $${HOME} and $$ and ${HOME}
  oidcConfig: {access_token_expire: ${var.count}}
`)
	r := desiredAt(t, dir, "local").State.Get(key(t, "application/a"))
	if got, want := r.Text("appName"), "example.test has 3 ${var.count} and ${HOME} and $$ and ${HOME}"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, _ := r.At("oidcConfig", "access_token_expire"); got != json.Number("3") {
		t.Errorf("%T %v", got, got)
	}
}

func TestYAMLForms(t *testing.T) {
	st := desired(t, "yaml.yaml", "local").State
	want := map[string]any{
		"appIdentifier": "forms", "appName": "A folded name", "appDescription": "2026-11-22", "initLoginUri": "",
		"redirectUris": []any{}, "logoutRedirectUris": nil, "casConfig": map[string]any{},
		"oidcConfig": map[string]any{
			"access_token_expire": json.Number("16"), "id_token_expire": json.Number("1500"),
			"refresh_token_expire": json.Number("600"), "grant_types": []any{"authorization_code"},
		},
	}
	if diff := cmp.Diff(want, st.Get(key(t, "application/forms")).Attributes); diff != "" {
		t.Error(diff)
	}
	merged := map[string]any{
		"appIdentifier": "merged", "appName": "Übersicht 门户", "casConfig": map[string]any{"casUserIdentifier": "${user.username}"},
		"oidcConfig": map[string]any{"access_token_expire": json.Number("1"), "id_token_expire": json.Number("4")},
	}
	if diff := cmp.Diff(merged, st.Get(key(t, "application/merged")).Attributes); diff != "" {
		t.Error(diff)
	}
}

func TestLifecycles(t *testing.T) {
	st := desired(t, "lifecycle.yaml", "prod").State
	shared, sharedConn, gone := key(t, "identityprovider/shared"), key(t, "connection/shared-oidc"), key(t, "identityprovider/gone")
	const ref = "loginConfig.defaultLoginMethod.qrcodeConnection"
	portal := st.Get(key(t, "application/portal"))
	if portal.RenamedFrom != "web" || portal.Refs[ref] != sharedConn || len(portal.DependsOn) != 1 {
		t.Errorf("portal: %q %v %v", portal.RenamedFrom, portal.Refs, portal.DependsOn)
	}
	if got := st.Get(shared); got.Lifecycle != model.External || got.Text("name") != "Shared login" {
		t.Errorf("shared: %s %v", got.Lifecycle, got.Attributes)
	}
	old := st.Get(key(t, "connection/old"))
	if diff := cmp.Diff([]model.Key{gone}, old.DependsOn); diff != "" {
		t.Error(diff)
	}
	wantOld := map[string]any{"provider": "gone", "identifier": "old", "type": "github"}
	if diff := cmp.Diff(wantOld, old.Attributes); diff != "" {
		t.Error(diff)
	}
	if st.Get(key(t, "enablement/portal/shared-oidc")) == nil || st.Get(key(t, "enablement/retired/old")) != nil {
		t.Error("a button of a present application on an external connection, and none of an absent one")
	}
}

func TestLimitedObjectsAreElsewhere(t *testing.T) {
	local := desired(t, "lifecycle.yaml", "local").State.Get(key(t, "application/portal"))
	if got := local.Text("appName"); got != "Portal in a sandbox" || local.RenamedFrom != "" || local.Whole {
		t.Errorf("%s %q %v", got, local.RenamedFrom, local.Whole)
	}
}

func TestSecretsAndFiles(t *testing.T) {
	st := desired(t, "secrets.txtar", "local").State
	portal := st.Get(key(t, "application/portal"))
	if got := portal.Text("brandingConfig", "customCSS"); got != "body { color: red }\n" {
		t.Errorf("customCSS %q", got)
	}
	for path, want := range map[[2]string]string{
		{"oidcConfig", "jwks"}:                   "file:keys/jwks.json",
		{"samlConfig", "samlResponseSigningKey"}: "env:KEY",
	} {
		if v, _ := portal.At(path[0], path[1]); refOf(v) != want {
			t.Errorf("%v is %v", path, refOf(v))
		}
	}
	if v, _ := portal.At("oidcConfig", "client_secret"); !v.(model.Secret).Server() {
		t.Error("client_secret must be held by the server")
	}
	if v, _ := st.Get(key(t, "application/integrated")).At("templateData", "password"); refOf(v) != "env:LOCAL_PW" {
		t.Errorf("password is %v", refOf(v))
	}
}

func TestDigest(t *testing.T) {
	a, again, other := desired(t, "spec.yaml", "prod"), desired(t, "spec.yaml", "prod"), desired(t, "spec.yaml", "local")
	if a.Digest() != again.Digest() || a.Digest() == other.Digest() || len(a.Digest()) != len("sha256:")+64 {
		t.Errorf("%s %s %s", a.Digest(), again.Digest(), other.Digest())
	}
}

// A literal at a secret path is an error that may be lowered; the value must
// not leak into the state or its digest even then.
func TestLiteralSecretIsASecret(t *testing.T) {
	state := func(literal string) *config.Desired {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, config.ProjectFile), standardProject+"lint: {IDP0601: off}\n")
		writeFile(t, filepath.Join(dir, "a.yaml"), `apiVersion: idpsync/v1
kind: Application
metadata: {name: a}
spec: {appName: A, oidcConfig: {client_secret: `+literal+`}}
`)
		return desiredAt(t, dir, "local")
	}
	d := state("hunter2")
	v, _ := d.State.Get(key(t, "application/a")).At("oidcConfig", "client_secret")
	if s, ok := v.(model.Secret); !ok || !s.Resolved() {
		t.Errorf("%T", v)
	}
	if d.Digest() != state("hunter3").Digest() {
		t.Error("the digest depends on a secret value")
	}
}

func TestPatchReplacesReferences(t *testing.T) {
	st := desired(t, "patched-secret.yaml", "prod").State
	tests := map[string][]string{
		"connection/corp-ldap":    {"fields", "bindPassword"},
		"application/from-values": {"templateData", "idp"},
	}
	want := map[string]string{"connection/corp-ldap": "file:keys/prod", "application/from-values": "env:PROD"}
	for name, path := range tests {
		if v, _ := st.Get(key(t, name)).At(path...); refOf(v) != want[name] {
			t.Errorf("%s: %v", name, refOf(v))
		}
	}
	v, _ := st.Get(key(t, "application/from-secret")).At("templateData", "idp")
	m, _ := v.(map[string]any)
	l, _ := m["list"].([]any)
	if len(m) != 1 || len(l) != 2 || l[0] != "plain" || refOf(l[1]) != "env:PROD" {
		t.Errorf("from-secret: %v", v)
	}
}
