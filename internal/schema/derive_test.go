package schema_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/idpsync/idpsync/internal/schema"
)

// TestDeriveGolden compares what is derived from testdata/derive/*.txtar with
// the file next to it. Definitions that all schemas carry are left out.
func TestDeriveGolden(t *testing.T) {
	for _, path := range glob(t, "testdata/derive/*.txtar") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			archive := parse(t, path)
			got := deriveText(t, archive.Files[0].Data)
			golden := strings.TrimSuffix(path, ".txtar") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || string(want) != got {
				t.Errorf("derived from %s, not as in %s (%v):\n%s", path, golden, err, got)
			}
		})
	}
}

func deriveText(t *testing.T, template []byte) string {
	t.Helper()
	derived, err := schema.Derive(template)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, d := range derived {
		compiles(t, d)
		text := string(d.Schema)
		from, to := strings.Index(text, "  \"$defs\": {"), strings.Index(text, "  \"$id\":")
		if from < 0 || to < from {
			t.Fatalf("%s carries no definitions", d.Type)
		}
		fmt.Fprintf(&b, "-- %s of %s, %s --\n%s%s", d.Type, d.ProviderType, d.Provenance, text[:from], text[to:])
	}
	return b.String()
}

func TestDeriveRefuses(t *testing.T) {
	for name, template := range map[string]string{
		"no JSON":                   `{`,
		"no object":                 `[]`,
		"null":                      `null`,
		"a refusal":                 `{"code": 404, "message": "no", "data": null}`,
		"no connection types":       `{"type": "acme"}`,
		"no provider type":          `{"connectionTmpls": []}`,
		"a type out of its folder":  `{"type": "acme", "connectionTmpls": [{"type": "../../etc/passwd"}]}`,
		"a provider out of it":      `{"type": "a/b", "connectionTmpls": []}`,
		"a type twice":              `{"type": "acme", "connectionTmpls": [{"type": "a"}, {"type": "a"}]}`,
		"a connection type unnamed": `{"type": "acme", "connectionTmpls": [{"fields": []}]}`,
	} {
		if d, err := schema.Derive([]byte(template)); err == nil {
			t.Errorf("%s: derived %d schemas", name, len(d))
		}
	}
}

// TestDeriveBundled proves that each bundled template says what is published:
// the wire keys that are known, and none that is not.
func TestDeriveBundled(t *testing.T) {
	want := map[string]string{
		"azure-ad":      "callbackUrl! clientID* clientSecret* emailVerifiedDefault microsoftAzureAdDomain syncUserProfileOnLogin",
		"cas":           "casConnectionLoginUrl*",
		"dingtalk":      "callbackURL clientID* clientSecret* scopes",
		"github":        "callbackURL clientID* clientSecret* redirectUrl! scopes",
		"gitlab":        "baseURL clientID* clientSecret*",
		"google":        "callbackURL clientID* clientSecret* scopes",
		"lark-internal": "clientID* clientSecret*",
		"ldap":          "",
		"oidc":          "authorizationEdpoint clientID* clientSecret issuerUrl* mode redirectUri! responseType scopes",
		"saml":          "digestAlgorithm protocolBinding samlIdpCert* samlSpCert samlSpKey signInEndPoint* signOutEndPoint signSamlRequest signatureAlgorithm",
		"wechat:pc":     "callbackURL clientID* clientSecret* scopes",
	}
	c := schema.Bundled()
	for _, info := range c.Types() {
		data, _ := c.Schema(info.Type)
		if got := keys(t, data); got != want[info.Type] {
			t.Errorf("%s: keys %q, want %q", info.Type, got, want[info.Type])
		}
		delete(want, info.Type)
	}
	if len(want) > 0 {
		t.Errorf("no template for %v", want)
	}
}

// FuzzDerive feeds random templates: what is derived is the same twice and
// compiles, and nothing panics.
func FuzzDerive(f *testing.F) {
	for _, path := range glob(f, "testdata/derive/*.txtar") {
		f.Add(parse(f, path).Files[0].Data)
	}
	for _, path := range glob(f, filepath.Join(schemasDir, "templates", "*.json")) {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, template []byte) {
		first, err := schema.Derive(template)
		if err != nil {
			return
		}
		second, _ := schema.Derive(template)
		for i, d := range first {
			if string(second[i].Schema) != string(d.Schema) {
				t.Fatalf("%s differs the second time", d.Type)
			}
			compiles(t, d)
		}
	})
}

func compiles(t *testing.T, d schema.Derived) {
	t.Helper()
	s, err := jsonschema.CompileString("https://idpsync.dev/test.json", string(d.Schema))
	if err != nil {
		t.Fatalf("schema of %s: %v\n%s", d.Type, err, d.Schema)
	}
	if err := s.Validate(map[string]any{"type": "?"}); err == nil {
		t.Fatalf("schema of %s takes another type", d.Type)
	}
}

func glob(t testing.TB, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no %s (%v)", pattern, err)
	}
	return paths
}

func parse(t testing.TB, path string) *txtar.Archive {
	t.Helper()
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
