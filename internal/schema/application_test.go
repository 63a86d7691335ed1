package schema_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/schema"
	"github.com/idpsync/idpsync/schemas"
)

// documented is a row of testdata/application-dto.txt.
type documented struct {
	path         string // here
	typ, preset  string
	values       []string
	inRead, sent bool
}

func documentedFields(t *testing.T) []documented {
	t.Helper()
	text, err := os.ReadFile("testdata/application-dto.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []documented
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			t.Fatalf("%d cells in %q", len(cells), line)
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		path := cells[0]
		if _, here, renamed := strings.Cut(path, " -> "); renamed {
			path = here
		}
		all = append(all, documented{path, cells[1], cells[2], strings.Fields(cells[3]), strings.Contains(cells[4], "r"), strings.ContainsAny(cells[4], "cu")})
	}
	if len(all) < 100 {
		t.Fatalf("only %d fields", len(all))
	}
	return all
}

// TestApplicationSaysWhatIsDocumented holds the schema of applications against
// the documents: type, default, choices, and whether a field can be set and read.
func TestApplicationSaysWhatIsDocumented(t *testing.T) {
	tree := applicationTree(t)
	seen := map[string]bool{}
	for _, d := range documentedFields(t) {
		for parent := range parents(d.path) {
			seen[parent] = true
		}
		s := at(tree, d.path)
		if s == nil {
			t.Errorf("%s: not in the schema", d.path)
			continue
		}
		d.check(t, s)
		if d.sent && !d.inRead && !hidden(tree, d.path) {
			t.Errorf("%s: no read shows it, and the schema does not say so", d.path)
		}
	}
	for _, path := range paths(tree, "") {
		if !seen[path] {
			t.Errorf("%s: in no document", path)
		}
	}
}

func (d documented) check(t *testing.T, s map[string]any) {
	t.Helper()
	if text, _ := s["description"].(string); text == "" {
		t.Errorf("%s: no description", d.path)
	}
	if _, refused := s["not"]; refused == d.sent {
		t.Errorf("%s: can be set: %v, documented: %v", d.path, !refused, d.sent)
	}
	if !d.sent {
		return
	}
	if got := kindOf(s); got != d.typ {
		t.Errorf("%s: %s, documented %s", d.path, got, d.typ)
	}
	if got := enumOf(s); !slices.Equal(got, d.values) {
		t.Errorf("%s: values %v, documented %v", d.path, got, d.values)
	}
	preset, there := schema.Bundled().Default(model.Application, strings.Split(d.path, "."))
	if there != (d.preset != "") || there && show(preset) != d.preset {
		t.Errorf("%s: default %v, documented %s", d.path, preset, d.preset)
	}
}

// hidden tells that a schema, or one above it, says that no read shows the value.
func hidden(tree map[string]any, path string) bool {
	for parent := range parents(path) {
		if at(tree, parent)["writeOnly"] == true {
			return true
		}
	}
	return false
}

func applicationTree(t *testing.T) map[string]any {
	t.Helper()
	data, err := schemas.FS.ReadFile("application.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, data)
}

func parents(path string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for i, r := range path + "." {
			if r == '.' && !yield(path[:i]) {
				return
			}
		}
	}
}

func at(tree map[string]any, path string) map[string]any {
	for _, key := range strings.Split(path, ".") {
		properties, _ := tree["properties"].(map[string]any)
		tree, _ = properties[key].(map[string]any)
	}
	return tree
}

// paths lists every property of a schema and of what lies below it.
func paths(tree map[string]any, under string) []string {
	var all []string
	properties, _ := tree["properties"].(map[string]any)
	for key, s := range properties {
		all = append(all, under+key)
		all = append(all, paths(s.(map[string]any), under+key+".")...)
	}
	return all
}

// kindOf is the type of a schema without null; a text is one by reference, or
// because its choices are texts.
func kindOf(s map[string]any) string {
	if ref, _ := s["$ref"].(string); strings.HasSuffix(strings.ToLower(ref), "text") {
		return "string"
	}
	if then, ok := s["else"].(map[string]any); ok { // jwks: a secret that may be written as an object too
		return kindOf(then)
	}
	types, isList := s["type"].([]any)
	switch {
	case isList:
		return types[0].(string)
	case s["type"] != nil:
		return s["type"].(string)
	case s["enum"] != nil:
		return "string"
	}
	return "?"
}

// enumOf lists the texts a value, or each element of a list, must be one of.
func enumOf(s map[string]any) []string {
	if items, ok := s["items"].(map[string]any); ok {
		s = items
	}
	values := []string{}
	enum, _ := s["enum"].([]any)
	for _, v := range enum {
		if text, ok := v.(string); ok {
			values = append(values, text)
		}
	}
	return values
}

// TestApplicationRefusesWhatItCannotSet gives every field that only the server
// or the console sets.
func TestApplicationRefusesWhatItCannotSet(t *testing.T) {
	refused := 0
	for _, d := range documentedFields(t) {
		if d.sent {
			continue
		}
		refused++
		found := schema.Bundled().Check(model.Application, nested(d.path, "x"))
		if len(found) != 1 || found[0].Keyword != "displayOnly" || found[0].Warning || found[0].Pointer != "/"+strings.ReplaceAll(d.path, ".", "/") {
			t.Errorf("%s: %+v", d.path, found)
		}
	}
	if refused < 12 {
		t.Errorf("only %d fields", refused)
	}
}

// nested is an application's spec with a value at a dotted path.
func nested(path string, value any) map[string]any {
	spec := map[string]any{"appName": "A"}
	m := spec
	keys := strings.Split(path, ".")
	for _, key := range keys[:len(keys)-1] {
		below := map[string]any{}
		m[key], m = below, below
	}
	m[keys[len(keys)-1]] = value
	return spec
}

// TestDescriptionsInBothLanguages reads every hand-written schema: a line in
// English, then one in Chinese.
func TestDescriptionsInBothLanguages(t *testing.T) {
	lines := 0
	for _, name := range []string{"application", "connection", "identity-provider", "metadata", "patch", "project", "reference"} {
		data, err := schemas.FS.ReadFile(name + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range descriptions(decode(t, data), nil) {
			lines++
			english, chinese, both := strings.Cut(text, "\n")
			if !both || hasHan(english) || !hasHan(chinese) {
				t.Errorf("%s: %q: want a line in English and one in Chinese", name, text)
			}
		}
	}
	if lines < 150 {
		t.Errorf("only %d descriptions", lines)
	}
}

func descriptions(v any, all []string) []string {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			all = descriptions(e, all)
		}
	case map[string]any:
		for key, e := range v {
			if text, ok := e.(string); ok && key == "description" {
				all = append(all, text)
			}
			all = descriptions(e, all)
		}
	}
	return all
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}
