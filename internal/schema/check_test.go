package schema_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/schema"
)

// TestCheck runs testdata/check/<kind>*.txtar: each <case>.json must give
// exactly the violations of <case>.want. Files below schemas/ are the project's
// own templates. @ stands for schema.Placeholder.
func TestCheck(t *testing.T) {
	for _, path := range glob(t, "testdata/check/*.txtar") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			archive := parse(t, path)
			checkArchive(t, archive, strings.SplitN(filepath.Base(path), ".", 2)[0])
			if *update && !t.Failed() {
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func checkArchive(t *testing.T, archive *txtar.Archive, kind string) {
	c := catalogOf(t, archive)
	for i, f := range archive.Files {
		name, ok := strings.CutSuffix(f.Name, ".json")
		if !ok || strings.HasPrefix(name, "schemas/") {
			continue
		}
		got := violations(check(c, kind, decode(t, f.Data)))
		if *update {
			archive.Files[i+1].Data = []byte(got)
		}
		if want := string(archive.Files[i+1].Data); got != want || archive.Files[i+1].Name != name+".want" {
			t.Errorf("%s:\n%swant:\n%s", name, got, want)
		}
	}
}

func check(c *schema.Catalog, kind string, value map[string]any) []schema.Violation {
	switch kind {
	case "project":
		return c.CheckProject(value)
	case "patch":
		return c.CheckPatch(value)
	case "application":
		return c.Check(model.Application, value)
	case "provider":
		return c.Check(model.IdentityProvider, value)
	}
	return c.Check(model.Connection, value)
}

func catalogOf(t *testing.T, archive *txtar.Archive) *schema.Catalog {
	t.Helper()
	files := fstest.MapFS{}
	for _, f := range archive.Files {
		if strings.HasPrefix(f.Name, "schemas/") {
			files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	c, err := schema.Bundled().WithTemplates(files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func violations(all []schema.Violation) string {
	var b strings.Builder
	for _, v := range all {
		level := "error"
		if v.Warning {
			level = "warning"
		}
		fmt.Fprintf(&b, "%s %s %s", level, v.Keyword, v.Pointer)
		if v.Key {
			b.WriteString(" (key)")
		}
		for _, part := range [][2]string{{"name", v.Name}, {"want", v.Want}, {"got", v.Got}, {"suggest", v.Suggest}, {"type", v.Type}} {
			if part[1] != "" {
				fmt.Fprintf(&b, " %s=%q", part[0], part[1])
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func decode(t testing.TB, data []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(strings.ReplaceAll(string(data), "@", schema.Placeholder)))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return m
}

// TestCheckOddValues proves that values no JSON has, and numbers that cannot be
// calculated with, are complaints and not crashes.
func TestCheckOddValues(t *testing.T) {
	for name, odd := range map[string]any{
		"NaN":         json.Number("NaN"),
		"huge":        json.Number("1e999999999"),
		"tiny":        json.Number("1e-999999999"),
		"other map":   map[any]any{"a": 1},
		"other slice": []string{"a"},
	} {
		spec := map[string]any{"appName": "a", "oidcConfig": map[string]any{"id_token_expire": odd}}
		got := schema.Bundled().Check(model.Application, spec)
		if len(got) != 1 || got[0].Pointer != "/oidcConfig/id_token_expire" || got[0].Keyword != "type" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestCheckHidesSecrets proves that no value at a secret path is repeated.
func TestCheckHidesSecrets(t *testing.T) {
	const secret = "hunter2"
	c := catalogOf(t, parse(t, "testdata/attribute.txtar"))
	specs := map[model.Kind][]map[string]any{
		model.Connection: {
			{"provider": "a", "type": "github", "fields": map[string]any{"clientSecret": []any{secret}, "clientId": secret, "redirectUrl": secret, "scopes": secret}},
			{"provider": "a", "type": "github", "fields": map[string]any{"clientSecret": map[string]any{"secretForm": secret}, "apiToken": secret}},
			{"provider": "a", "type": "ldap", "fields": secret},
			{"provider": "a", "type": "acme", "fields": map[string]any{"appKey": secret}},
		},
		model.Application: {
			{"appName": "a", "oidcConfig": map[string]any{"client_secret": map[string]any{"x": secret}, "jwks": []any{secret}}, "secret": secret},
			{"appName": map[string]any{"value": secret}, "templateData": []any{secret, secret}},
		},
	}
	for kind, all := range specs {
		for _, spec := range all {
			if got := violations(c.Check(kind, spec)); got == "" || strings.Contains(got, secret) {
				t.Errorf("%v: %q", kind, got)
			}
		}
	}
	project := map[string]any{
		"apiVersion": "idpsync/v1", "kind": "Project", "ledger": "postgras://u:" + secret + "@h",
		"targets": map[string]any{"a": map[string]any{"sandbox": map[string]any{}, "credentials": map[string]any{"accessKeySecret": secret}}},
	}
	if got := violations(c.CheckProject(project)); strings.Count(got, "\n") != 2 || strings.Contains(got, secret) {
		t.Errorf("project: %q", got)
	}
}

// TestCheckTogether lets many goroutines share a new catalogue.
func TestCheckTogether(t *testing.T) {
	c := catalogOf(t, &txtar.Archive{})
	spec := map[string]any{"provider": "a", "type": "github", "fields": map[string]any{"clientID": "x"}}
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if got := c.Check(model.Connection, spec); len(got) != 1 || got[0].Name != "clientSecret" {
				t.Errorf("%+v", got)
			}
		})
	}
	all.Wait()
}

func BenchmarkCheck(b *testing.B) {
	c := schema.Bundled()
	spec := map[string]any{"provider": "a", "type": "github", "displayName": "d", "fields": map[string]any{"clientID": "x", "clientSecret": schema.Placeholder, "scopes": []any{"repo", "user"}}}
	for b.Loop() {
		if got := c.Check(model.Connection, spec); len(got) != 0 {
			b.Fatalf("%+v", got)
		}
	}
}
