package schema_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// TestBundle checks whole documents as an editor does: testdata/bundle/*.txtar
// holds one document a file. One named "ok ..." passes; one named "err PLACE
// ..." fails at that place and nowhere else, ~ standing for / in it.
func TestBundle(t *testing.T) {
	for _, path := range glob(t, "testdata/bundle/*.txtar") {
		archive := parse(t, path)
		s := compileBundle(t, archive)
		for _, f := range archive.Files {
			verdict, rest, _ := strings.Cut(strings.TrimSuffix(f.Name, ".json"), " ")
			if strings.HasPrefix(f.Name, "schemas/") {
				continue
			}
			places := slices.Compact(failures(s.Validate(decode(t, f.Data))))
			want := ""
			if verdict == "err" {
				place, _, _ := strings.Cut(rest, " ")
				want = strings.ReplaceAll(place, "~", "/")
			}
			if got := strings.Join(places, " "); got != want {
				t.Errorf("%s: %s: fails at %q, want %q", path, f.Name, got, want)
			}
		}
	}
}

func compileBundle(t *testing.T, archive *txtar.Archive) *jsonschema.Schema {
	t.Helper()
	data, err := catalogOf(t, archive).Bundle()
	if err != nil {
		t.Fatal(err)
	}
	s, err := jsonschema.CompileString("https://idpsync.dev/schemas/idpsync.schema.json", string(data))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// failures lists the places of the leaves of an error.
func failures(err error) []string {
	ve, ok := err.(*jsonschema.ValidationError)
	if !ok {
		return nil
	}
	if len(ve.Causes) == 0 {
		return []string{ve.InstanceLocation}
	}
	var all []string
	for _, c := range ve.Causes {
		all = append(all, failures(c)...)
	}
	return all
}

// TestBundleOfProject proves that a project's own template takes the place of
// the bundled one in the bundle too.
func TestBundleOfProject(t *testing.T) {
	archive := parse(t, "testdata/check/connection.pulled.txtar")
	s := compileBundle(t, archive)
	document := func(key string) map[string]any {
		return map[string]any{
			"apiVersion": "idpsync/v1", "kind": "Connection", "metadata": map[string]any{"name": "a"},
			"spec": map[string]any{"provider": "p", "type": "acme:web", "fields": map[string]any{key: "x"}},
		}
	}
	if err := s.Validate(document("token")); err != nil {
		t.Error(err)
	}
	if err := s.Validate(document("tokn")); err == nil {
		t.Error("the bundle takes a key that the pulled template does not have")
	}
}
