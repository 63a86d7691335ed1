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
	const one = `{"type": "acme", "connectionTmpls": [{"type": "a", "fields": [{"key": "ok"}]}, {"type": "b", "fields": `
	for template, want := range map[string]string{
		"":                                    "empty: want a JSON object",
		" \n":                                 "empty: want a JSON object",
		"{\"a\": [":                           "not valid JSON: the text ends in the middle of a value",
		"{\n  \"a\": tru }":                   "not valid JSON, line 2, column 11",
		"[]":                                  "want a JSON object, got a list",
		"null":                                "want a JSON object, got null",
		`{"type": "a"} {}`:                    "more text after the end of the JSON object, line 1, column 14",
		`{"code": 404, "data": null}`:         "connectionTmpls: missing; this is an answer of the API without a template (code 404)",
		`{"type": "acme"}`:                    "connectionTmpls: missing, so this is no connection template",
		`{"data": {"type": "acme"}}`:          "data.connectionTmpls: missing, so this is no connection template",
		`{"connectionTmpls": []}`:             "connectionTmpls: the list is empty, so there is no connection type",
		`{"connectionTmpls": {}}`:             "connectionTmpls: want a list of connection types, got an object",
		`{"connectionTmpls": null}`:           "connectionTmpls: want a list of connection types, got null",
		`{"connectionTmpls": [1]}`:            "type: missing, want the provider type",
		`{"type": 5, "connectionTmpls": [1]}`: "type: want the provider type, got a number",
		`{"type": "a/b", "connectionTmpls": [1]}`:                                     `type: "a/b" is no provider type`,
		`{"type": "acme", "connectionTmpls": ["a"]}`:                                  "connectionTmpls[0]: want an object, got text",
		`{"type": "acme", "connectionTmpls": [{"type": "../../etc/passwd"}]}`:         `connectionTmpls[0].type: "../../etc/passwd" is no connection type`,
		`{"type": "acme", "connectionTmpls": [{"fields": []}]}`:                       "connectionTmpls[0].type: missing, want the connection type",
		`{"type": "acme", "connectionTmpls": [{"type": "a"}, {"type": "a"}]}`:         `connectionTmpls[1].type: connection type "a" is there twice`,
		`{"data": {"type": "acme", "connectionTmpls": [{"type": "a", "fields": 7}]}}`: "data.connectionTmpls[0].fields: want a list, got a number",
		one + `{}}]}`:                  "connectionTmpls[1].fields: want a list, got an object",
		one + `[{"key": "x"}, "y"]}]}`: "connectionTmpls[1].fields[1]: want an object, got text",
		one + `[{"type": "input"}]}]}`: "connectionTmpls[1].fields[0].key: missing, so nobody knows what the field sets",
		one + `[{"key": ["k"]}]}]}`:    "connectionTmpls[1].fields[0].key: want text, got a list",
		one + `[{"key": " "}]}]}`:      "connectionTmpls[1].fields[0].key: must not be empty",
	} {
		d, err := schema.Derive([]byte(template))
		if err == nil || !strings.HasPrefix(err.Error(), "connection template") || !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%s: derived %d schemas, %v\nwant %s", template, len(d), err, want)
		}
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
