package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/schema"
	"github.com/idpsync/idpsync/schemas"
)

// connectionType is a connection type with the row of its template.
type connectionType struct {
	info   schema.TypeInfo
	row    row
	fields []field // of the template's own keys, displayName left out
}

// row is what a template says of a connection type, as far as people read it.
type row struct {
	Type, Name, Description string
	NameEN                  string `json:"name_en"`
	DescriptionEN           string `json:"description_en"`
	Fields                  []formRow
	Mark                    mark `json:"x-idpsync"`
}

// formRow is a field of a console form.
type formRow struct {
	Key, Label       string
	LabelEN          string `json:"label_en"`
	Placeholder      string
	PlaceholderEN    string `json:"placeholder_en"`
	Extra            string
	ExtraEN          string `json:"extra_en"`
	Mark             mark   `json:"x-idpsync"`
	Required, Secret bool
}

// mark is our own note in a template.
type mark struct {
	Provenance, Source string
	Unpublished        []formRow
}

// connectionTypes reads every type of the bundled templates, sorted by type.
func connectionTypes() ([]connectionType, error) {
	rows, err := templateRows()
	if err != nil {
		return nil, err
	}
	catalog := schema.Bundled()
	var all []connectionType
	for _, info := range catalog.Types() {
		data, _ := catalog.Schema(info.Type)
		r := &reader{}
		if err := json.Unmarshal(data, &r.root); err != nil {
			return nil, fmt.Errorf("schema of %s: %w", info.Type, err)
		}
		c := connectionType{info: info, row: rows[info.Type]}
		c.read(r, catalog)
		all = append(all, c)
	}
	return all, nil
}

// templateRows gives the rows of all templates by connection type.
func templateRows() (map[string]row, error) {
	entries, err := schemas.FS.ReadDir("templates")
	if err != nil {
		return nil, err
	}
	rows := make(map[string]row)
	for _, e := range entries {
		data, err := schemas.FS.ReadFile(path.Join("templates", e.Name()))
		if err != nil {
			return nil, err
		}
		var t struct{ ConnectionTmpls []row }
		if err := json.Unmarshal(data, &t); err != nil {
			return nil, fmt.Errorf("templates/%s: %w", e.Name(), err)
		}
		for _, r := range t.ConnectionTmpls {
			rows[r.Type] = r
		}
	}
	return rows, nil
}

// read takes types and choices from the derived schema, and order, labels and
// sources from the template.
func (c *connectionType) read(r *reader, catalog *schema.Catalog) {
	form := member(member(r.root, "properties"), "fields")
	properties := member(form, "properties")
	required := texts(form["required"])
	seen := map[string]bool{}
	for i := range c.row.Fields {
		in := &c.row.Fields[i]
		own, ok := properties[in.Key].(object)
		if !ok || seen[in.Key] { // displayName, or a key that stood there before
			continue
		}
		seen[in.Key] = true
		f := r.field(own, in.Key, slices.Contains(required, in.Key))
		// Nobody knows whether a server shows what the template calls a secret.
		f.label, f.about, f.enforced, f.hidden = in.label(), in.about(), false, false
		f.secret = catalog.Secret(model.Connection, c.info.Type, model.Path{"fields", in.Key})
		f.origin, f.source = or(in.Mark.Provenance, c.info.Provenance), or(in.Mark.Source, c.info.Source)
		c.fields = append(c.fields, f)
	}
}

func (f *formRow) label() string { return both(f.LabelEN, f.Label, " / ") }

func (f *formRow) about() string {
	return both(both(f.PlaceholderEN, f.ExtraEN, ". "), both(f.Placeholder, f.Extra, "。"), "\n")
}

// both joins two texts of which either may be missing or a repetition.
func both(a, b, between string) string {
	switch {
	case a == "" || a == b:
		return b
	case b == "":
		return a
	}
	return a + between + b
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (c *connectionType) file() string {
	return "connection/" + schema.FileName(c.info.Type) + ".md"
}

func (c *connectionType) name() string {
	return or(both(c.row.NameEN, c.row.Name, " / "), c.info.Type)
}

func (c *connectionType) page() *page {
	p := &page{
		title: "Connection type " + code(c.info.Type),
		about: []string{"**" + prose(c.name()) + "**"},
		facts: [][2]string{
			{"Provider type", code(c.info.ProviderType)},
			{"Known by", c.info.Provenance + ": " + prose(c.info.Source)},
			{"Several providers of the type in a pool", several(c.info.AllowMultiple)},
			{"Several connections in a provider", several(c.info.AllowMultipleConn)},
		},
		example: c.example(),
		notes: []string{"The template that comes with idpsync may be older than your server: what it does not list is passed on with a warning, and choices are not enforced. " +
			"`idpsync schema pull` fetches the server's own, which is enforced. [The other keys of a Connection](../connection.md). [What \"known by\" says](../README.md#how-things-are-known)."},
	}
	if d := both(c.row.DescriptionEN, c.row.Description, "<br>\n"); d != "" {
		p.about = append(p.about, d)
	}
	s := section{title: "`spec.fields`", fields: c.fields}
	if len(c.fields) == 0 {
		s.about = "No key of this type is published, so any key with any value is passed on as it is."
	}
	p.sections = append(p.sections, s)
	if len(c.row.Mark.Unpublished) > 0 {
		p.sections = append(p.sections, section{title: "Settings without a published key", about: c.unpublished()})
	}
	return p
}

// unpublished lists what the console asks for and nobody knows the key of.
func (c *connectionType) unpublished() string {
	var b strings.Builder
	b.WriteString("The console shows these too. Set them there, or export a connection made by hand to learn the keys.\n")
	for i := range c.row.Mark.Unpublished {
		f := &c.row.Mark.Unpublished[i]
		fmt.Fprintf(&b, "\n- %s%s%s", prose(f.label()), suffix(f.Required, ", required"), suffix(f.Secret, ", a secret"))
	}
	return b.String()
}

func suffix(yes bool, s string) string {
	if yes {
		return s
	}
	return ""
}

func several(allowed *bool) string {
	switch {
	case allowed == nil:
		return "not known"
	case *allowed:
		return "yes"
	}
	return "no"
}

// index is the first page.
func index(types []connectionType) string {
	var b strings.Builder
	b.WriteString(notice + `# Reference

What may stand in the files of a project, kind by kind and connection type by connection type. The same is known to editors through
` + "`schemas/idpsync.schema.json`" + ` and to ` + "`idpsync validate`" + `, which checks it.

## Kinds

| Page | What it is about |
|---|---|
`)
	for i := range kinds {
		fmt.Fprintf(&b, "| [%s](%s) | %s |\n", kinds[i].title, kinds[i].file(), firstSentence(kinds[i].about[0]))
	}
	b.WriteString(`
## How things are known

| Word | Meaning |
|---|---|
| verbatim | the vendor published this very template |
| documented | the vendor's documents or clients name the key |
| inferred | deduced, for example from a sibling type; the source says from what |
| idpsync | a key of idpsync's own |

Templates that you pull from your own server take the place of all of them.

`)
	fmt.Fprintf(&b, "## Connection types\n\nThere are %d.\n\n| Type | Name | Provider type | Fields | Known by |\n|---|---|---|---|---|\n", len(types))
	for i := range types {
		t := &types[i]
		fmt.Fprintf(&b, "| [`%s`](%s) | %s | `%s` | %d | %s |\n", t.info.Type, t.file(), cell(prose(t.name())), t.info.ProviderType, t.info.Fields, t.info.Provenance)
	}
	fmt.Fprintf(&b, "\nBy where they come from: %s.\n", tally(types))
	return b.String()
}

func firstSentence(s string) string {
	first, _, _ := strings.Cut(s, ". ")
	return strings.TrimSuffix(first, ".")
}

func tally(types []connectionType) string {
	n := map[string]int{}
	for i := range types {
		n[types[i].info.Provenance]++
	}
	var all []string
	for _, p := range slices.Sorted(maps.Keys(n)) {
		all = append(all, fmt.Sprintf("%d %s", n[p], p))
	}
	return strings.Join(all, ", ")
}
