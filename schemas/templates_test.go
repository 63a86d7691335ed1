package schemas_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/idpsync/idpsync/schemas"
)

// template is a bundled connection template, as far as the tests look at it.
type template struct {
	Mark              mark `json:"x-idpsync"`
	Type, Name, Logo  string
	NameEn            string `json:"name_en"`
	Desc              string
	DescEn            string `json:"desc_en"`
	AllowMultiple     *bool
	AllowMultipleConn *bool
	ConnectionTmpls   []connection
}

type connection struct {
	Mark                     mark `json:"x-idpsync"`
	Type, Name, Logo         string
	NameEn                   string `json:"name_en"`
	Description              string
	DescriptionEn            string `json:"description_en"`
	Hidden                   *bool
	Tooltip                  map[string]string
	Fields                   []field
	AvailableUserMatchFields []choice
}

type field struct {
	Mark          *mark `json:"x-idpsync"`
	Key, Type     string
	Label         string
	LabelEn       string `json:"label_en"`
	Placeholder   string
	PlaceholderEn string `json:"placeholder_en"`
	Extra         string
	ExtraEn       string `json:"extra_en"`
	ValueType     string
	Required      *bool
	Children      []choice
}

type choice struct{ Label, Name, Key string }

// mark is our own remark on where something comes from. Unpublished are the
// settings that a console form shows but whose wire key nobody has published.
type mark struct {
	Provenance, Source string
	Unpublished        []struct {
		Label            string
		LabelEn          string `json:"label_en"`
		Required, Secret bool
		Shown            bool
	}
}

// bundled reads templates/*.json strictly: a key that the format does not have
// is a mistake.
func bundled(t *testing.T) map[string]*template {
	t.Helper()
	names, err := fs.Glob(schemas.FS, "templates/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("no templates (%v)", err)
	}
	all := make(map[string]*template, len(names))
	for _, name := range names {
		f, err := schemas.FS.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(f)
		d.DisallowUnknownFields()
		tmpl := new(template)
		if err := d.Decode(tmpl); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if want := strings.TrimSuffix(path.Base(name), ".json"); tmpl.Type != want {
			t.Errorf("%s is of provider type %q", name, tmpl.Type)
		}
		all[tmpl.Type] = tmpl
	}
	return all
}

// byType gives the rows of all templates by connection type.
func byType(t *testing.T) map[string]row {
	t.Helper()
	all := make(map[string]row)
	for _, tmpl := range bundled(t) {
		for _, c := range tmpl.ConnectionTmpls {
			if _, twice := all[c.Type]; twice {
				t.Errorf("%s has two templates", c.Type)
			}
			all[c.Type] = row{tmpl, c}
		}
	}
	return all
}

type row struct {
	*template
	connection
}

// TestEveryTypeHasATemplate proves that there is a template for each type the
// documents know, below its provider type, and for no other.
func TestEveryTypeHasATemplate(t *testing.T) {
	rows := byType(t)
	for _, fact := range facts(t) {
		r, ok := rows[fact.typ]
		if !ok || r.template.Type != fact.provider {
			t.Errorf("%s has no template of provider type %s", fact.typ, fact.provider)
		}
		delete(rows, fact.typ)
	}
	for typ := range rows {
		t.Errorf("nobody has published a connection type %s", typ)
	}
}

// TestNoKeyIsInvented proves that templates have the keys and choices of the
// documents and no other, and claim no better source than there is.
func TestNoKeyIsInvented(t *testing.T) {
	rows := byType(t)
	for _, fact := range facts(t) {
		var want, got []string
		for _, k := range fact.keys {
			want = append(want, fmt.Sprint(k.key, " ", k.provenance, " ", k.choices))
		}
		r := rows[fact.typ]
		for _, f := range r.Fields {
			var choices []string
			for _, c := range f.Children {
				choices = append(choices, c.Key)
			}
			got = append(got, fmt.Sprint(f.Key, " ", provenance(r.connection, f), " ", choices))
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: keys %q, documents have %q", fact.typ, got, want)
		}
	}
}

func provenance(c connection, f field) string {
	if f.Mark != nil {
		return f.Mark.Provenance
	}
	return c.Mark.Provenance
}

// TestEverythingIsExplained proves that each template, row and field has a
// provenance and a source, names in both languages, and sentences in both or
// neither.
func TestEverythingIsExplained(t *testing.T) {
	for _, r := range byType(t) {
		marked(t, r.template.Type, r.template.Mark)
		marked(t, r.connection.Type, r.connection.Mark)
		named(t, r.connection.Type, r.connection.Name, r.connection.NameEn)
		named(t, r.connection.Type, r.Description, r.DescriptionEn)
		named(t, r.template.Type, r.template.Name, r.template.NameEn)
		named(t, r.template.Type, r.Desc, r.DescEn)
		for _, f := range r.Fields {
			at := r.connection.Type + " " + f.Key
			if f.Mark != nil {
				marked(t, at, *f.Mark)
			}
			translated(t, at, f.Label, f.LabelEn)
			translated(t, at, f.Placeholder, f.PlaceholderEn)
			translated(t, at, f.Extra, f.ExtraEn)
			if f.Label == "" || f.Type == "" {
				t.Errorf("%s: no label or no widget", at)
			}
		}
		for _, u := range r.connection.Mark.Unpublished {
			translated(t, r.connection.Type, u.Label, u.LabelEn)
		}
	}
}

func marked(t *testing.T, at string, m mark) {
	t.Helper()
	if !slices.Contains([]string{"verbatim", "documented", "inferred"}, m.Provenance) || m.Source == "" {
		t.Errorf("%s: provenance %q, source %q", at, m.Provenance, m.Source)
	}
	if m.Provenance == "verbatim" && !strings.HasPrefix(at, "github") {
		t.Errorf("%s: only the template of github was ever published", at)
	}
}

func named(t *testing.T, at, zh, en string) {
	t.Helper()
	if zh == "" || en == "" || chinese(en) {
		t.Errorf("%s: %q in English %q", at, zh, en)
	}
}

// translated takes a text without any Chinese for both languages.
func translated(t *testing.T, at, zh, en string) {
	t.Helper()
	if chinese(en) || chinese(zh) != (en != "") && zh != en {
		t.Errorf("%s: %q in English %q", at, zh, en)
	}
}

func chinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// TestGithubIsVerbatim holds the one published template to the answer it came
// from: flags, keys, widgets and choices, in their order.
func TestGithubIsVerbatim(t *testing.T) {
	tmpl := bundled(t)["github"]
	var got []string
	say := func(format string, args ...any) { got = append(got, fmt.Sprintf(format, args...)) }
	say("type %q", tmpl.Type)
	say("name %q", tmpl.Name)
	say("name_en %q", tmpl.NameEn)
	say("allowMultiple %s", optional(tmpl.AllowMultiple))
	say("allowMultipleConn %s", optional(tmpl.AllowMultipleConn))
	c := tmpl.ConnectionTmpls[0]
	say("connection %s hidden %s", c.Type, optional(c.Hidden))
	for _, f := range c.Fields {
		valueType := "-"
		if f.ValueType != "" {
			valueType = f.ValueType
		}
		say("field %s %s %s %s", f.Key, f.Type, optional(f.Required), valueType)
		for _, ch := range f.Children {
			say("choice %s %s", ch.Key, ch.Label)
		}
	}
	for _, m := range c.AvailableUserMatchFields {
		say("match %s %s", m.Key, m.Name)
	}
	if want := lines(t, "testdata/github-template.txt"); !slices.Equal(got, want) {
		t.Errorf("github:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func optional(b *bool) string {
	if b == nil {
		return "-"
	}
	return fmt.Sprint(*b)
}

// TestRowsSayWhatTheDocumentsSay holds connection-types.json to the documents:
// provider type, category, and whether a key is a secret.
func TestRowsSayWhatTheDocumentsSay(t *testing.T) {
	var file struct {
		Types []struct {
			Type, Provider, Category string
			ProviderGuessed          bool
			Keys                     map[string]bool
		}
	}
	data, err := schemas.FS.ReadFile("connection-types.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	all := facts(t)
	if len(file.Types) != len(all) {
		t.Fatalf("%d rows, %d types", len(file.Types), len(all))
	}
	for i, fact := range all {
		r := file.Types[i]
		if r.Type != fact.typ || r.Provider != fact.provider || r.Category != fact.category || r.ProviderGuessed != fact.providerGuessed {
			t.Errorf("row %+v, documents %+v", r, *fact)
		}
		want := make(map[string]bool)
		for _, k := range fact.keys {
			for _, name := range append([]string{k.key}, k.aliases...) {
				want[name] = k.secret
			}
		}
		if !maps.Equal(r.Keys, want) {
			t.Errorf("%s: secrets %v, documents %v", r.Type, r.Keys, want)
		}
	}
}
