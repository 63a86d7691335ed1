package schema

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// Where a template comes from.
const (
	Verbatim   = "verbatim"   // keys, types and choices of a published API answer
	Documented = "documented" // keys named by published documents
	Inferred   = "inferred"   // keys deduced
	Pulled     = "pulled"     // the user's own server said so
	Local      = "local"      // the project's own, of unknown origin; taken like Pulled
)

const (
	draft = "https://json-schema.org/draft/2020-12/schema"
	// base names schemas. Nothing is ever fetched from there.
	base = "https://idpsync.dev/schemas/"
)

// Derived is the schema of one connection type.
type Derived struct {
	Type, ProviderType string
	// Provenance is Pulled where the template does not say.
	Provenance string
	// Schema is a draft 2020-12 schema of the spec of a Connection of this type:
	// of type, displayName and fields, and silent about everything else.
	Schema []byte
}

// Derive makes one schema for each connection type of a template in the API's
// own format, bare or inside the whole V2 answer {"code":200,"data":{...}}. The
// same bytes always give the same result.
//
// A template of which nothing can be made (no JSON, no connection types, a type
// that could not be a file name, one type twice, fields that are no list, a field
// without a key) is an error that names the place as a JSON path; everything else
// odd in it is read as leniently as possible.
func Derive(template []byte) ([]Derived, error) {
	t, err := readTemplate(template)
	if err != nil {
		return nil, err
	}
	derived := make([]Derived, 0, len(t.connections))
	for i := range t.connections {
		c := &t.connections[i]
		schema, err := marshal(deriveConnection(t, c))
		if err != nil {
			return nil, fmt.Errorf("derive the schema of connection type %q: %w", c.typ, err)
		}
		derived = append(derived, Derived{Type: c.typ, ProviderType: t.provider, Provenance: cmp.Or(c.origin.provenance, Pulled), Schema: schema})
	}
	return derived, nil
}

// FileName is a connection type as part of a file name: go:embed refuses colons.
func FileName(connType string) string { return strings.ReplaceAll(connType, ":", "_") }

func deriveConnection(t *template, c *connectionTemplate) object {
	fields := deriveFields(c.typ, c.fields)
	if len(c.unpublished) > 0 {
		names := strings.Join(c.unpublished, ", ")
		describe(fields, "", "The console also shows settings whose keys are not published: "+names+"\n控制台还有一些键名未公布的设置: "+names)
	}
	required := []string{"type"}
	if _, ok := fields["required"]; ok {
		required = append(required, "fields")
	}
	schema := object{
		"$schema":  draft,
		"$id":      base + "connection/" + FileName(c.typ) + ".schema.json",
		"$comment": fmt.Sprintf("Derived from templates/%s.json by idpsync. DO NOT EDIT.", FileName(t.provider)),
		"type":     "object",
		"properties": object{
			"type":        object{"const": c.typ},
			"displayName": deriveDisplayName(c.displayName),
			"fields":      fields,
		},
		"required": required,
		"$defs":    referenceDefs(),
	}
	describe(schema, c.title, c.description)
	return schema
}

// deriveDisplayName describes the field that was lifted out of fields. It is
// never required: a document without one has a default.
func deriveDisplayName(f *field) object {
	if f == nil {
		f = &field{}
	}
	text := field{widget: widgetInput, required: true}
	schema := text.textValue(false)
	describe(schema, f.title, f.description)
	return schema
}

// deriveFields describes an object with the given fields. Without any field
// nothing is known, and everything is taken.
func deriveFields(connType string, fields []field) object {
	schema := object{"type": "object"}
	if len(fields) == 0 {
		return schema
	}
	properties := make(object, len(fields))
	var required []string
	for i := range fields {
		f := &fields[i]
		properties[f.key] = deriveField(connType, f)
		if f.required && !f.displayOnly() && !f.open() {
			required = append(required, f.key)
		}
	}
	schema["properties"] = properties
	schema["additionalProperties"] = false
	if required != nil {
		schema["required"] = required
	}
	return schema
}

// referenceDefs gives the definitions that string fields refer to. Each call
// makes a tree of its own.
func referenceDefs() object {
	defs, _ := embedded("reference.schema.json")["$defs"].(object)
	return maps.Clone(defs)
}

func describe(schema object, title, description string) {
	if title != "" {
		schema["title"] = title
	}
	if description != "" {
		schema["description"] = description
	}
}

// marshal writes a tree with sorted keys, two spaces a level and a final newline.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
