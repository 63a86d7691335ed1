package config_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/secret"
)

func TestLocate(t *testing.T) {
	d := desired(t, "spec.yaml", "prod")
	tests := []struct{ key, path, want string }{
		{"connection/corp-oidc", "fields.clientID", "spec.yaml:17:15-21 /spec/fields/clientID"},
		{"connection/corp-oidc", "fields.clientSecret", "spec.yaml:18:19-56 /spec/fields/clientSecret"},
		{"connection/corp-oidc", "fields.nothing.below", "spec.yaml:16:5-14 /spec/fields"},
		{"connection/corp-oidc", "displayName", "spec.yaml:13:16-26 /spec/displayName"},
		{"connection/corp-oidc", "logo", "spec.yaml:8:18-27 /metadata/name"},
		{"connection/corp-oidc", "", "spec.yaml:8:18-27 /metadata/name"},
		{"application/portal", "appIdentifier", "spec.yaml:22:18-24 /metadata/name"},
		{"application/portal", "redirectUris[0]", "spec.yaml:25:18-55 /spec/redirectUris/0"},
		{"application/portal", "redirectUris.0", "spec.yaml:25:18-55 /spec/redirectUris/0"},
		{"application/portal", "ssoEnabled", "spec.yaml:33:69-73 /spec/merge/ssoEnabled"},
		{"enablement/portal/corp-oidc", "", "spec.yaml:26:17-26 /spec/connections/0"},
		{"enablement/portal/other", "", "spec.yaml:26:16-27 /spec/connections"},
		{"application/nobody", "appName", ":0:0-0 "},
	}
	for _, tt := range tests {
		t.Run(tt.key+" "+tt.path, func(t *testing.T) {
			file, r, pointer := d.Locate(key(t, tt.key), tt.path)
			got := fmt.Sprintf("%s:%d:%d-%d %s", file, r.Start.Line, r.Start.Column, r.End.Column, pointer)
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestLocateQuotedKey(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, config.ProjectFile), standardProject)
	writeFile(t, filepath.Join(dir, "a.yaml"), `apiVersion: idpsync/v1
kind: Application
metadata: {name: a}
spec:
  appName: A
  casConfig:
    customAttributes:
      门户.x: "it's \"ok\""
      'a"b': 1
`)
	p, _, err := config.Load(dir, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, _ := p.Desired("local")
	for path, want := range map[string]diagnostic.Range{
		`casConfig.customAttributes."门户.x"`: {Start: diagnostic.Position{Line: 8, Column: 13}, End: diagnostic.Position{Line: 8, Column: 26}},
		`casConfig.customAttributes."a\"b"`: {Start: diagnostic.Position{Line: 9, Column: 14}, End: diagnostic.Position{Line: 9, Column: 15}},
	} {
		if _, r, _ := d.Locate(key(t, "application/a"), path); r != want {
			t.Errorf("%s: %v, want %v", path, r, want)
		}
	}
}

func TestLocateTarget(t *testing.T) {
	p, _, err := config.Load(project(t, config.ProjectFile, everything, "config/mentioned.yaml", mentioned), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ target, path, want string }{
		{"prod", "credentials.accessKeySecret", "12:65-79 /targets/prod/credentials/accessKeySecret"},
		{"prod", "credentials.accessKeySecret.env", "12:71-78 /targets/prod/credentials/accessKeySecret/env"},
		{"plain", "credentials.accessKeySecret", "24:102-121 /targets/plain/credentials"},
		{"prod", `pin."identityprovider/corp"`, "14:34-58 /targets/prod/pin/identityprovider~1corp"},
		{"local", "credentials.accessKeySecret", "23:3-8 /targets/local"},
		{"local", "", "23:3-8 /targets/local"},
		{"nobody", "host", "0:0-0 "},
	} {
		file, r, pointer := p.LocateTarget(tt.target, tt.path)
		got := fmt.Sprintf("%d:%d-%d %s", r.Start.Line, r.Start.Column, r.End.Column, pointer)
		if got != tt.want || file != config.ProjectFile {
			t.Errorf("%s of %s: %s %s, want %s", tt.path, tt.target, file, got, tt.want)
		}
	}
}

func TestMissingSecretsHaveTheirPlace(t *testing.T) {
	d := desired(t, "secrets.txtar", "local")
	_, missing := secret.Resolve(context.Background(), d.State, secret.Options{Dir: t.TempDir()})
	got := render(d.MissingSecrets(missing), diagnostic.English)
	want := `app.yaml:7:67: error[IDP0116]: oidcConfig.jwks: the file of file:keys/jwks.json does not exist
  hint: put the file there; --no-secrets plans without any secret
app.yaml:8:94: error[IDP0116]: samlConfig.samlResponseSigningKey: the environment variable KEY is not set
  hint: set it where plan and apply run; --no-secrets plans without any secret
app.yaml:16:54: error[IDP0116]: templateData.password: the environment variable LOCAL_PW is not set
  hint: set it where plan and apply run; --no-secrets plans without any secret
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryMissingReasonHasWords(t *testing.T) {
	d := desired(t, "spec.yaml", "local")
	reasons := []secret.Why{
		secret.Unset, secret.Empty, secret.Example, secret.Absent, secret.Denied,
		secret.TooLarge, secret.Binary, secret.Failed, secret.Unsupported,
	}
	for _, why := range reasons {
		m := secret.Missing{Key: key(t, "connection/corp-oidc"), Path: "fields.clientSecret", Ref: "env:X", Why: why, Detail: "d"}
		for _, c := range d.MissingSecrets([]secret.Missing{m}) {
			checkChinese(t, []diagnostic.Diagnostic{c})
			if c.Range.Start.Line != 18 {
				t.Errorf("%s is placed at line %d", why, c.Range.Start.Line)
			}
		}
	}
}
