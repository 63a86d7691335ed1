package schema_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/idpsync/idpsync/internal/schema"
	"github.com/idpsync/idpsync/schemas"
)

func TestCatalogTypes(t *testing.T) {
	c := schema.Bundled()
	if got := len(c.ConnectionTypes()); got != 73 {
		t.Errorf("%d connection types, contract 4.3 has 73", got)
	}
	if got := len(c.ProviderTypes()); got != 41 {
		t.Errorf("%d provider types, contract 4.1 has 41", got)
	}
	for _, typ := range c.ConnectionTypes() {
		provider, ok := c.ProviderTypeOf(typ)
		if ok == (typ == "ad-kerberos") || ok && !slices.Contains(c.ProviderTypes(), provider) {
			t.Errorf("%s belongs to %q, %v", typ, provider, ok)
		}
	}
	if p, _ := c.ProviderTypeOf("oauth"); p != "oauth2" {
		t.Errorf("oauth belongs to %q", p)
	}
	if _, ok := c.ProviderTypeOf("nothing"); ok {
		t.Error("a type nobody knows belongs to a provider type")
	}
}

func TestCatalogType(t *testing.T) {
	no := false
	github, ok := schema.Bundled().Type("github")
	github.Source = ""
	want := schema.TypeInfo{Type: "github", ProviderType: "github", Provenance: schema.Verbatim, Fields: 4, AllowMultiple: &no, AllowMultipleConn: &no}
	if !ok || !reflect.DeepEqual(github, want) {
		t.Errorf("github: %+v", github)
	}
	google, _ := schema.Bundled().Type("google")
	if google.Provenance != schema.Inferred || google.Source == "" || google.AllowMultiple != nil {
		t.Errorf("google: %+v", google)
	}
	if mobile, _ := schema.Bundled().Type("github:mobile"); mobile.Provenance == schema.Verbatim {
		t.Errorf("github:mobile: %+v stands in the file of github, but was not published with it", mobile)
	}
	if !slices.IsSortedFunc(schema.Bundled().Types(), func(a, b schema.TypeInfo) int { return strings.Compare(a.Type, b.Type) }) {
		t.Error("types are not sorted")
	}
}

func TestOneProviderOneConnection(t *testing.T) {
	files := fstest.MapFS{
		"schemas/templates/acme.json": {Data: []byte(`{"type": "acme", "allowMultiple": false, "allowMultipleConn": true, "connectionTmpls": [{"type": "acme:web"}, {"type": "acme:mobile"}]}`)},
		"schemas/templates/free.json": {Data: []byte(`{"type": "free", "allowMultiple": true, "allowMultipleConn": false, "connectionTmpls": [{"type": "free"}]}`)},
	}
	c, err := schema.Bundled().WithTemplates(files)
	if err != nil {
		t.Fatal(err)
	}
	type answer struct{ one, certain bool }
	for typ, want := range map[string]answer{"acme": {true, true}, "free": {}, "github": {true, false}, "google": {}, "nothing": {}} {
		if one, certain := c.OneProvider(typ); (answer{one, certain}) != want {
			t.Errorf("provider %s: %v %v", typ, one, certain)
		}
	}
	for typ, want := range map[string]answer{"acme:web": {}, "free": {true, true}, "github": {true, false}, "google": {}, "nothing": {}} {
		if one, certain := c.OneConnection(typ); (answer{one, certain}) != want {
			t.Errorf("connection %s: %v %v", typ, one, certain)
		}
	}
}

// What the server itself says of a provider type counts, whatever a bundled
// template of another of its connection types says.
func TestOneProviderPrefersTheServer(t *testing.T) {
	files := fstest.MapFS{
		"schemas/templates/new.json": {Data: []byte(`{"type": "github", "allowMultiple": true, "connectionTmpls": [{"type": "github:new"}]}`)},
	}
	c, err := schema.Bundled().WithTemplates(files)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 { // the types have no order
		if one, certain := c.OneProvider("github"); one || certain {
			t.Fatalf("%v %v", one, certain)
		}
	}
}

func TestWithTemplates(t *testing.T) {
	files := fstest.MapFS{}
	for _, f := range parse(t, "testdata/check/connection.pulled.txtar").Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	c, err := schema.Bundled().WithTemplates(files)
	if err != nil {
		t.Fatal(err)
	}
	for typ, want := range map[string]string{"github": schema.Pulled, "acme:web": schema.Local, "oidc": schema.Inferred} {
		if info, _ := c.Type(typ); info.Provenance != want {
			t.Errorf("%s: %+v", typ, info)
		}
	}
	if p, ok := c.ProviderTypeOf("acme:web"); !ok || p != "acme" {
		t.Errorf("acme:web belongs to %q", p)
	}
	if info, _ := schema.Bundled().Type("github"); info.Provenance != schema.Verbatim {
		t.Error("the bundled catalogue changed")
	}
}

func TestWithTemplatesFails(t *testing.T) {
	_, err := schema.Bundled().WithTemplates(fstest.MapFS{"schemas/templates/x.json": {Data: []byte("{}")}})
	if err == nil || !strings.Contains(err.Error(), "schemas/templates/x.json") {
		t.Errorf("%v", err)
	}
	if _, err := schema.Bundled().WithTemplates(unreadable{}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v", err)
	}
	if _, err := schema.Bundled().WithTemplates(fstest.MapFS{}); err != nil {
		t.Errorf("no folder: %v", err)
	}
}

type unreadable struct{}

func (unreadable) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}

// TestSchemasCompile proves that every file of ours is a schema by itself, made
// of keywords that a validator in strict mode knows.
func TestSchemasCompile(t *testing.T) {
	all := os.DirFS(schemasDir) // those that are not embedded, too
	err := fs.WalkDir(all, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".schema.json") {
			return err
		}
		data, err := fs.ReadFile(all, path)
		if err != nil {
			return err
		}
		if _, err := jsonschema.CompileString("https://idpsync.dev/schemas/"+path, string(data)); err != nil {
			t.Error(err)
		}
		for _, no := range []string{`"enum": []`, `"x-`, `"$dynamicRef"`, `"oneOf"`, `"unevaluated`} {
			if strings.Contains(string(data), no) {
				t.Errorf("%s has %s", path, no)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSharedDefinitions proves that the copies of definitions agree.
func TestSharedDefinitions(t *testing.T) {
	first := make(map[string]any)
	for _, path := range []string{"reference", "application", "connection", "identity-provider", "project", "patch"} {
		data, err := schemas.FS.ReadFile(path + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		for name, def := range decode(t, data)["$defs"].(map[string]any) {
			if there, ok := first[name]; ok && !reflect.DeepEqual(there, def) {
				t.Errorf("%s: another %s", path, name)
			}
			first[name] = def
		}
	}
	if len(first) < 10 {
		t.Errorf("only %d definitions", len(first))
	}
}

// TestConnectionTypesComplete proves that the rows and the enumeration name the
// same types, but for the two that no enumeration of the API has.
func TestConnectionTypesComplete(t *testing.T) {
	data, err := schemas.FS.ReadFile("connection-types.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Types []struct{ Type, Provider string }
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	enum := schema.Bundled().ConnectionTypes()
	for _, row := range file.Types {
		outside := row.Type == "twitter:mobile" || row.Type == "wechatwork:addressbook"
		if slices.Contains(enum, row.Type) == outside {
			t.Errorf("%s: in the enumeration %v", row.Type, !outside)
		}
	}
	if len(file.Types) != len(enum)+2 {
		t.Errorf("%d rows, %d types", len(file.Types), len(enum))
	}
}

// TestNoNetwork proves that nothing here can load a schema from elsewhere.
func TestNoNetwork(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, dep := range strings.Fields(string(out)) {
		if dep == "net/http" || strings.HasSuffix(dep, "/httploader") {
			t.Errorf("depends on %s", dep)
		}
	}
}
