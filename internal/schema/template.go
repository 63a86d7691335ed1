package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// template is a connection template of the API. It is read leniently: only one
// template was ever published, so what is missing or has an odd type is taken
// as absent.
type template struct {
	provider                         string
	origin                           origin
	allowMultiple, allowMultipleConn *bool
	connections                      []connectionTemplate
}

// connectionTemplate describes one connection type of a provider type.
type connectionTemplate struct {
	typ                string
	title, description string
	// origin is the row's own, else the template's.
	origin      origin
	displayName *field
	// fields come in the order of the template, without displayName, which is
	// a property of the connection and not of its fields.
	fields []field
	// unpublished names settings that the console shows and whose keys nobody
	// has published; only our own templates say so.
	unpublished []string
}

// field is one row of a console form.
type field struct {
	key, title, description string
	widget, valueType       string // widget is "" for one that is not known
	required                bool
	choices                 []any
	children                []field
	// form tells that the children are rows with widgets of their own, not
	// choices.
	form bool
	// repeated tells that the template has the key again further down.
	repeated bool
}

// object is a JSON object as encoding/json decodes it.
type object = map[string]any

// typeName is what may become part of a file name.
var typeName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:_.-]*$`) })

// readTemplate reads a bare template or a whole V2 answer that holds one.
func readTemplate(data []byte) (*template, error) {
	m, err := decodeObject(data)
	if err != nil {
		return nil, fmt.Errorf("connection template: %w", err)
	}
	at := ""
	if inner, ok := m["data"].(object); ok && m["connectionTmpls"] == nil {
		m, at = inner, "data."
	}
	rows, err := connectionRows(m)
	if err != nil {
		return nil, fmt.Errorf("connection template: %s%w", at, err)
	}
	t := &template{
		provider:          text(m, "type"),
		origin:            readOrigin(m),
		allowMultiple:     flag(m, "allowMultiple"),
		allowMultipleConn: flag(m, "allowMultipleConn"),
	}
	if !typeName().MatchString(t.provider) {
		return nil, fmt.Errorf("connection template: %stype: %w", at, badName(m["type"], "provider"))
	}
	if err := t.readConnections(rows); err != nil {
		return nil, fmt.Errorf("connection template of %s: %s%w", t.provider, at, err)
	}
	return t, nil
}

// connectionRows finds the connection types of a template.
func connectionRows(m object) ([]any, error) {
	value, there := m["connectionTmpls"]
	rows, isList := value.([]any)
	switch {
	case !there && m["code"] != nil:
		return nil, fmt.Errorf("connectionTmpls: missing; this is an answer of the API without a template (code %s)", canonical(m["code"]))
	case !there:
		return nil, errors.New("connectionTmpls: missing, so this is no connection template")
	case !isList:
		return nil, fmt.Errorf("connectionTmpls: want a list of connection types, got %s", jsonWord(value))
	case len(rows) == 0:
		return nil, errors.New("connectionTmpls: the list is empty, so there is no connection type")
	}
	return rows, nil
}

func (t *template) readConnections(rows []any) error {
	for i, row := range rows {
		at := fmt.Sprintf("connectionTmpls[%d]", i)
		m, ok := row.(object)
		if !ok {
			return fmt.Errorf("%s: want an object, got %s", at, jsonWord(row))
		}
		typ := text(m, "type")
		if !typeName().MatchString(typ) {
			return fmt.Errorf("%s.type: %w", at, badName(m["type"], "connection"))
		}
		if slices.ContainsFunc(t.connections, func(o connectionTemplate) bool { return o.typ == typ }) {
			return fmt.Errorf("%s.type: connection type %q is there twice", at, typ)
		}
		if err := usable(m["fields"]); err != nil {
			return fmt.Errorf("%s.fields%w", at, err)
		}
		c := readConnection(m)
		c.origin = t.origin.narrowed(readOrigin(m))
		t.connections = append(t.connections, c)
	}
	return nil
}

// usable tells what makes the rows of a form worthless. No rows at all are no
// fault: then nothing is known of the type, and everything is taken.
func usable(fields any) error {
	if fields == nil {
		return nil
	}
	rows, ok := fields.([]any)
	if !ok {
		return fmt.Errorf(": want a list, got %s", jsonWord(fields))
	}
	if n := formRows(rows); n > maxRows {
		return fmt.Errorf(": a form of %d rows is no console's; at most %d are read", n, maxRows)
	}
	for i, row := range rows {
		m, ok := row.(object)
		if !ok {
			return fmt.Errorf("[%d]: want an object, got %s", i, jsonWord(row))
		}
		key, there := m["key"]
		s, isText := key.(string)
		switch {
		case !there:
			return fmt.Errorf("[%d].key: missing, so nobody knows what the field sets", i)
		case !isText:
			return fmt.Errorf("[%d].key: want text, got %s", i, jsonWord(key))
		case strings.TrimSpace(s) == "":
			return fmt.Errorf("[%d].key: must not be empty", i)
		}
	}
	return nil
}

// badName tells why a value cannot be the name of a type.
func badName(v any, of string) error {
	s, isText := v.(string)
	switch {
	case v == nil:
		return fmt.Errorf("missing, want the %s type", of)
	case !isText:
		return fmt.Errorf("want the %s type, got %s", of, jsonWord(v))
	}
	return fmt.Errorf("%q is no %s type", clip(s), of)
}

func readConnection(m object) connectionTemplate {
	c := connectionTemplate{
		typ:         text(m, "type"),
		title:       both(text(m, "name_en"), text(m, "name"), " / "),
		description: both(about(m, "description_en", "en-US"), about(m, "description", "zh-CN"), "\n"),
		fields:      readFields(list(m, "fields")),
	}
	mark, _ := m[markKey].(object)
	for _, row := range list(mark, "unpublished") {
		if label := both(text(row, "label_en"), text(row, "label"), " / "); label != "" {
			c.unpublished = append(c.unpublished, label)
		}
	}
	if i := slices.IndexFunc(c.fields, func(f field) bool { return f.key == "displayName" }); i >= 0 {
		f := c.fields[i]
		c.displayName = &f
		c.fields = slices.Delete(c.fields, i, i+1)
	}
	return c
}

// about is the description of a type in one language, with the tooltip that the
// console shows beside it where that says more.
func about(m object, key, locale string) string {
	description := text(m, key)
	tooltips, _ := m["tooltip"].(object)
	tip := text(tooltips, locale)
	if tip == text(m, "name") || tip == text(m, "name_en") {
		tip = "" // the published template repeats the name there
	}
	return both(description, tip, " ")
}

// readFields reads rows of a form. Below a field, a row without a key sets
// nothing and is left out; of several rows with one key the first counts, because
// a form may show the same setting in several of its states.
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
	_, marked := m["x-idpsync"].(object)
	return field{
		key:   key,
		title: both(text(m, "label_en"), text(m, "label"), " / "),
		description: both(
			both(text(m, "placeholder_en"), text(m, "extra_en"), ". "),
			both(text(m, "placeholder"), text(m, "extra"), "。"), "\n"),
		widget:    known(text(m, "type"), marked),
		valueType: text(m, "valueType"),
		required:  m["required"] == true,
		choices:   readChoices(children, nil),
		children:  readFields(children),
		form:      slices.ContainsFunc(children, func(c object) bool { return text(c, "type") != "" }),
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
