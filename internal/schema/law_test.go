package schema_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/schema"
)

var corpus = flag.String("corpus", "", "a folder in which TestRandomTemplates leaves every schema it derives, for other judges")

// TestRandomTemplates holds derivation to its laws on templates that no server
// would send.
func TestRandomTemplates(t *testing.T) {
	derived := 0
	for seed := range uint64(150) {
		for _, d := range lawful(t, randomTemplate(seed)) {
			derived++
			if *corpus != "" {
				keep(t, d)
			}
		}
	}
	if derived < 250 {
		t.Errorf("only %d schemas: the templates are not what they should be", derived)
	}
}

// TestRandomBundle proves that whatever templates a project has, their bundle
// is a schema.
func TestRandomBundle(t *testing.T) {
	var templates [][]byte
	for seed := range uint64(100) {
		templates = append(templates, randomTemplate(seed))
	}
	c, err := schema.Bundled().WithPulled(templates...)
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := c.Bundle()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jsonschema.CompileString("https://idpsync.dev/random.json", string(bundle)); err != nil {
		t.Error(err)
	}
	if *corpus != "" {
		keep(t, schema.Derived{Type: "bundle", Schema: bundle})
	}
}

// FuzzRandomTemplates goes on where TestRandomTemplates ends.
func FuzzRandomTemplates(f *testing.F) {
	f.Add(uint64(150))
	f.Fuzz(func(t *testing.T, seed uint64) { lawful(t, randomTemplate(seed)) })
}

func keep(t *testing.T, d schema.Derived) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(*corpus, schema.FileName(d.Type)+".schema.json"), d.Schema, 0o644); err != nil {
		t.Fatal(err)
	}
}

// lawful derives twice and checks what holds for every template.
func lawful(t *testing.T, template []byte) []schema.Derived {
	t.Helper()
	first, err := schema.Derive(template)
	if err != nil {
		t.Fatalf("%v\n%s", err, template)
	}
	second, _ := schema.Derive(template)
	c, err := schema.Bundled().WithPulled(template)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range first {
		if !bytes.Equal(second[i].Schema, d.Schema) {
			t.Fatalf("%s differs the second time", d.Type)
		}
		compiles(t, d)
		tree := decode(t, d.Schema)
		forbidden(t, d.Type, tree)
		takesItsOwn(t, c, d.Type, tree)
	}
	return first
}

// forbidden finds what some validators misread: an empty enumeration, oneOf, a
// dynamic reference, and keys of our own.
func forbidden(t *testing.T, typ string, v any) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			forbidden(t, typ, e)
		}
	case map[string]any:
		enum, isEnum := v["enum"].([]any)
		if isEnum && len(enum) == 0 {
			t.Fatalf("%s: an empty enumeration", typ)
		}
		for key, e := range v {
			if properties, ok := e.(map[string]any); ok && key == "properties" {
				for _, p := range properties {
					forbidden(t, typ, p)
				}
				continue
			}
			if key == "oneOf" || key == "$dynamicRef" || strings.HasPrefix(key, "x-") {
				t.Fatalf("%s: %s", typ, key)
			}
			forbidden(t, typ, e)
		}
	}
}

// takesItsOwn proves that a document with everything a schema asks for, and
// everything it offers, is accepted; and that one key more is not.
func takesItsOwn(t *testing.T, c *schema.Catalog, typ string, tree map[string]any) {
	t.Helper()
	fields := tree["properties"].(map[string]any)["fields"].(map[string]any)
	for _, all := range []bool{false, true} {
		spec := map[string]any{"provider": "p", "type": typ, "fields": sample(fields, all)}
		if found := c.Check(model.Connection, spec); len(found) > 0 {
			t.Fatalf("%s: %v\nrefuses %v\n%v", typ, found, spec, tree)
		}
	}
	if _, closed := fields["additionalProperties"]; !closed {
		return
	}
	strange := map[string]any{"provider": "p", "type": typ, "fields": map[string]any{"no such key": "x"}}
	if !slices.ContainsFunc(c.Check(model.Connection, strange), func(v schema.Violation) bool { return v.Keyword == "unknown" && !v.Warning }) {
		t.Fatalf("%s takes a strange key", typ)
	}
}

// sample makes a value that a derived schema takes, of its required members or
// of all that can be set.
func sample(s map[string]any, all bool) any {
	properties, isObject := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	switch {
	case isObject:
		m := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(properties)) {
			p := properties[key].(map[string]any)
			if p["not"] == nil && (all || slices.Contains(required, any(key))) {
				m[key] = sample(p, all)
			}
		}
		return m
	case s["if"] != nil:
		return schema.Placeholder
	case s["enum"] != nil:
		return s["enum"].([]any)[0]
	case s["items"] != nil:
		return []any{sample(s["items"].(map[string]any), all)}
	case strings.Contains(show(s["type"]), "number"):
		return json.Number("1")
	case strings.Contains(show(s["type"]), "boolean"):
		return true
	case strings.Contains(show(s["type"]), "object"):
		return map[string]any{}
	}
	return "x"
}

func show(v any) string {
	data, _ := json.Marshal(v)
	return string(data)
}
