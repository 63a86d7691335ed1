package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// template is a connection template of the API. It is read leniently: only one
// template was ever published, so what is missing or has an odd type is taken
// as absent.
type template struct {
	provider                         string
	provenance, source               string
	allowMultiple, allowMultipleConn *bool
	connections                      []connectionTemplate
}

// connectionTemplate describes one connection type of a provider type.
type connectionTemplate struct {
	typ                string
	title, description string
	displayName        *field
	// fields come in the order of the template, without displayName, which is
	// a property of the connection and not of its fields.
	fields []field
}

// field is one row of a console form.
type field struct {
	key, title, description string
	widget, valueType       string
	required                bool
	choices                 []any
	children                []field
	// repeated tells that the template has the key again further down.
	repeated bool
}

// object is a JSON object as encoding/json decodes it.
type object = map[string]any

// typeName is what may become part of a file name.
var typeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:_.-]*$`)

// readTemplate reads a bare template or a whole V2 answer that holds one.
func readTemplate(data []byte) (*template, error) {
	m, err := decodeObject(data)
	if err != nil {
		return nil, err
	}
	if inner, ok := m["data"].(object); ok && m["connectionTmpls"] == nil {
		m = inner
	}
	if _, ok := m["connectionTmpls"]; !ok {
		return nil, fmt.Errorf("no connection template: it has no connectionTmpls (code %v)", number(m["code"]))
	}
	origin, _ := m["x-idpsync"].(object)
	t := &template{
		provider:          text(m, "type"),
		provenance:        text(origin, "provenance"),
		source:            text(origin, "source"),
		allowMultiple:     flag(m, "allowMultiple"),
		allowMultipleConn: flag(m, "allowMultipleConn"),
	}
	if !typeName.MatchString(t.provider) {
		return nil, fmt.Errorf("connection template: %q is no provider type", t.provider)
	}
	return t, t.readConnections(list(m, "connectionTmpls"))
}

func (t *template) readConnections(all []object) error {
	for _, m := range all {
		c := readConnection(m)
		if !typeName.MatchString(c.typ) {
			return fmt.Errorf("connection template of %s: %q is no connection type", t.provider, c.typ)
		}
		if slices.ContainsFunc(t.connections, func(o connectionTemplate) bool { return o.typ == c.typ }) {
			return fmt.Errorf("connection template of %s: connection type %q is there twice", t.provider, c.typ)
		}
		t.connections = append(t.connections, c)
	}
	return nil
}

func readConnection(m object) connectionTemplate {
	c := connectionTemplate{
		typ:         text(m, "type"),
		title:       both(text(m, "name_en"), text(m, "name"), " / "),
		description: both(text(m, "description_en"), text(m, "description"), "\n"),
		fields:      readFields(list(m, "fields")),
	}
	if i := slices.IndexFunc(c.fields, func(f field) bool { return f.key == "displayName" }); i >= 0 {
		f := c.fields[i]
		c.displayName = &f
		c.fields = slices.Delete(c.fields, i, i+1)
	}
	return c
}

// readFields reads rows of a form. A row without a key sets nothing and is left
// out; of several rows with one key the first counts, because a form may show
// the same setting in several of its states.
func readFields(rows []object) []field {
	fields := make([]field, 0, len(rows))
	seen := make(map[string]int, len(rows))
	for _, m := range rows {
		f := readField(m)
		if i, twice := seen[f.key]; twice {
			fields[i].repeated = true
			continue
		}
		if f.key == "" {
			continue
		}
		seen[f.key] = len(fields)
		fields = append(fields, f)
	}
	return fields
}

func readField(m object) field {
	children := list(m, "children")
	key, _ := m["key"].(string)
	return field{
		key:   key,
		title: both(text(m, "label_en"), text(m, "label"), " / "),
		description: both(
			both(text(m, "placeholder_en"), text(m, "extra_en"), ". "),
			both(text(m, "placeholder"), text(m, "extra"), "。"), "\n"),
		widget:    text(m, "type"),
		valueType: text(m, "valueType"),
		required:  m["required"] == true,
		choices:   readChoices(children, nil),
		children:  readFields(children),
	}
}

// readChoices collects the keys of choices and of choices grouped below them,
// each once, in the order of the template.
func readChoices(rows []object, into []any) []any {
	for _, m := range rows {
		if key := m["key"]; isChoice(key) && !slices.Contains(into, key) {
			into = append(into, key)
		}
		into = readChoices(list(m, "children"), into)
	}
	return into
}

func isChoice(key any) bool {
	switch key := key.(type) {
	case string:
		return utf8.ValidString(key)
	case json.Number:
		return saneNumber(string(key))
	case bool:
		return true
	}
	return false
}

func decodeObject(data []byte) (object, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var m object
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("connection template: %w", err)
	}
	return m, nil
}

func text(m object, key string) string {
	s, _ := m[key].(string)
	return strings.ToValidUTF8(strings.TrimSpace(s), "")
}

func flag(m object, key string) *bool {
	if b, ok := m[key].(bool); ok {
		return &b
	}
	return nil
}

func number(v any) json.Number {
	n, _ := v.(json.Number)
	return n
}

// list returns the objects of the array at the key.
func list(m object, key string) []object {
	items, _ := m[key].([]any)
	objects := make([]object, 0, len(items))
	for _, item := range items {
		if o, ok := item.(object); ok {
			objects = append(objects, o)
		}
	}
	return objects
}

// both joins two texts of which either may be missing or a repetition.
func both(a, b, between string) string {
	if a == "" || a == b {
		return b
	}
	if b == "" {
		return a
	}
	return a + between + b
}
