package schema

import (
	"fmt"
	"slices"
	"strings"
)

// Difference is one thing that another template says of a provider type, of one
// of its connection types or of a field.
type Difference struct {
	ProviderType string
	// Type is the connection type; "" when the difference is about all of them.
	Type string
	// Path is a dotted path, such as "fields.clientID", or "allowMultiple"; ""
	// when it is the connection type itself that is new or has vanished.
	Path string
	// Change is "new", "vanished" or "changed".
	Change string
	// Before and After say in a few words what the one in use and the other say;
	// "" where there is nothing.
	Before, After string
}

// Changes of a Difference.
const (
	New      = "new"
	Vanished = "vanished"
	Changed  = "changed"
)

// Compare tells how a template that a server sent, bare or inside a whole V2
// answer, differs from what the catalogue holds of its provider type: in what it
// takes, not in its labels. The order is fixed. No differences mean that every
// document is judged alike by both, but for the strictness of a pulled one.
//
// The error tells why the answer is no template of the provider type.
func (c *Catalog) Compare(answer []byte, providerType string) ([]Difference, error) {
	t, err := readTemplateOf(answer, providerType)
	if err != nil {
		return nil, err
	}
	d := &differences{provider: t.provider}
	d.flag("allowMultiple", c.flags(t.provider).AllowMultiple, t.allowMultiple)
	d.flag("allowMultipleConn", c.flags(t.provider).AllowMultipleConn, t.allowMultipleConn)
	for i := range t.connections {
		d.typ = t.connections[i].typ
		if known := c.types[d.typ]; known == nil || known.info.ProviderType != t.provider {
			d.add("", New, "", count(t.connections[i].fields))
		} else {
			d.fields("fields", known.fields, t.connections[i].fields)
		}
	}
	for _, info := range c.Types() {
		there := func(row connectionTemplate) bool { return row.typ == info.Type }
		if info.ProviderType == t.provider && !slices.ContainsFunc(t.connections, there) {
			d.typ = info.Type
			d.add("", Vanished, count(c.types[info.Type].fields), "")
		}
	}
	return d.found, nil
}

// Without tells what a server without any template of a provider type takes away:
// what it gave before. That it never had what is bundled is no difference.
func (c *Catalog) Without(providerType string) []Difference {
	d := &differences{provider: providerType}
	for _, info := range c.Types() {
		if info.ProviderType == providerType && info.Provenance == Pulled {
			d.typ = info.Type
			d.add("", Vanished, count(c.types[info.Type].fields), "")
		}
	}
	return d.found
}

// flags are what the catalogue's templates say of a whole provider type.
func (c *Catalog) flags(provider string) TypeInfo {
	for _, info := range c.Types() {
		if info.ProviderType == provider {
			return info
		}
	}
	return TypeInfo{}
}

// differences collects them for one connection type after the other.
type differences struct {
	provider, typ string
	found         []Difference
}

func (d *differences) add(path, change, before, after string) {
	d.found = append(d.found, Difference{d.provider, d.typ, path, change, before, after})
}

func (d *differences) flag(name string, before, after *bool) {
	if word(before) != word(after) {
		d.add(name, Changed, word(before), word(after))
	}
}

func word(flag *bool) string {
	if flag == nil {
		return "not known"
	}
	return fmt.Sprint(*flag)
}

// fields compares the rows of a form; changed and new ones come in the order of
// the other template, then those that vanished.
func (d *differences) fields(under string, before, after []field) {
	for i := range after {
		f := &after[i]
		path := under + "." + f.key
		old := named(before, f.key)
		switch {
		case old == nil:
			d.add(path, New, "", f.says())
		case old.says() != f.says():
			d.changed(path, old, f)
		case f.widget == widgetObject:
			d.fields(path, old.children, f.children)
		}
	}
	for i := range before {
		if named(after, before[i].key) == nil {
			d.add(under+"."+before[i].key, Vanished, before[i].says(), "")
		}
	}
}

// changed says what the two take; of two lists of choices, which ones the other
// does not have.
func (d *differences) changed(path string, old, f *field) {
	if old.widget != f.widget || old.required != f.required || len(old.choices) == 0 || len(f.choices) == 0 {
		d.add(path, Changed, old.says(), f.says())
		return
	}
	d.add(path, Changed, old.choicesBeyond(f), f.choicesBeyond(old))
}

func (f *field) choicesBeyond(other *field) string {
	mine := *f
	mine.choices = slices.DeleteFunc(slices.Clone(f.choices), func(c any) bool { return slices.Contains(other.choices, c) })
	return mine.choiceWords("choices: ", "")
}

func named(fields []field, key string) *field {
	i := slices.IndexFunc(fields, func(f field) bool { return f.key == key })
	if i < 0 {
		return nil
	}
	return &fields[i]
}

// says is what a field takes, in a few words. Two fields that say the same take
// the same.
func (f *field) says() string {
	if f.displayOnly() {
		return "shown only"
	}
	kind := "any value"
	switch f.widget {
	case widgetInput, widgetTextarea, widgetPassword:
		kind = "text"
	case widgetNumber:
		kind = "number"
	case widgetSwitch:
		kind = "true or false"
	case widgetSelect:
		kind = f.choiceWords("one of ", "text")
	case widgetCheckbox:
		kind = f.choiceWords("some of ", "list")
	case widgetObject:
		kind = "mapping"
	}
	if f.required && !f.open() {
		kind += ", required"
	}
	return kind
}

// choiceWords lists the choices in an order of their own: theirs says nothing.
func (f *field) choiceWords(before, without string) string {
	if len(f.choices) == 0 {
		return without
	}
	all := make([]string, len(f.choices))
	for i, c := range f.choices {
		all[i] = show(c)
	}
	slices.Sort(all)
	return before + strings.Join(all, ", ")
}

func count(fields []field) string {
	if n := countSettings(fields); n != 1 {
		return fmt.Sprintf("%d fields", n)
	}
	return "1 field"
}
