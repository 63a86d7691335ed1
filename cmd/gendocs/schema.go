package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/schemas"
)

// object is a JSON object.
type object = map[string]any

// readSchema reads a schema and remembers the order of its keys, which is the
// order in which a reader should meet them.
func readSchema(file string) (*reader, error) {
	data, err := schemas.FS.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := &reader{}
	if err := json.Unmarshal(data, &r.root); err != nil {
		return nil, fmt.Errorf("schemas/%s: %w", file, err)
	}
	r.order, err = keyOrder(data)
	return r, err
}

// reader knows one schema.
type reader struct {
	root  object
	order map[string][]string // the keys of each object, by its JSON pointer
	// expand names the path below which even a definition of kept is spelled out.
	expand string
}

// at follows a reference to another place of the schema, and tells its name.
func (r *reader) at(schema object, pointer string) (object, string, string) {
	ref, ok := schema["$ref"].(string)
	name, local := strings.CutPrefix(ref, "#/$defs/")
	if !ok || !local {
		return schema, pointer, ""
	}
	return member(member(r.root, "$defs"), name), "/$defs/" + name, name
}

// fields lists what an object may hold, depth first. The paths begin with
// prefix.
func (r *reader) fields(schema object, pointer, prefix string) []field {
	var all []field
	required := texts(schema["required"])
	properties := member(schema, "properties")
	for _, key := range r.order[pointer+"/properties"] {
		at := pointer + "/properties/" + escape(key)
		own := member(properties, key)
		f := r.field(own, prefix+key, slices.Contains(required, key))
		all = append(all, f)
		all = append(all, r.below(own, at, prefix+key)...)
	}
	return all
}

// below lists the members of an object or of the objects in a list.
func (r *reader) below(schema object, pointer, path string) []field {
	target, at, name := r.at(schema, pointer)
	if _, kept := kept[name]; kept && path != r.expand {
		return nil
	}
	if items, ok := target["items"].(object); ok {
		inner, there, _ := r.at(items, at+"/items")
		return r.fields(inner, there, path+"[].")
	}
	if each, ok := target["additionalProperties"].(object); ok {
		inner, there, _ := r.at(each, at+"/additionalProperties")
		return r.fields(inner, there, path+".NAME.")
	}
	return r.fields(target, at, path+".")
}

func (r *reader) field(schema object, path string, required bool) field {
	target, _, _ := r.at(schema, "")
	f := field{path: path, required: required, about: text(schema, "description")}
	if f.about == "" {
		f.about = text(target, "description")
	}
	f.typ = r.typeWord(schema)
	f.closed = schema["readOnly"] == true
	f.hidden = schema["writeOnly"] == true && !f.closed
	f.choices, f.enforced = r.choices(target)
	f.limits = limits(target)
	if v, ok := schema["default"]; ok {
		f.preset = jsonText(v)
	}
	return f
}

// choices are those of a value, or of what a list may hold.
func (r *reader) choices(schema object) (all []string, enforced bool) {
	if items, ok := schema["items"].(object); ok {
		schema, _, _ = r.at(items, "")
	}
	list, enforced := schema["enum"].([]any)
	if !enforced {
		if offers, ok := schema["anyOf"].([]any); ok && len(offers) > 0 {
			first, _ := offers[0].(object)
			list, _ = first["enum"].([]any)
		}
	}
	for _, v := range list {
		if v != nil {
			all = append(all, plain(v))
		}
	}
	return all, enforced
}

// limits says what else must hold of a value.
func limits(schema object) []string {
	var all []string
	if p := text(schema, "pattern"); p != "" {
		all = append(all, "Form: "+code(p))
	}
	for _, l := range []struct{ keyword, words string }{
		{"maxLength", "At most %s characters"}, {"minimum", "At least %s"}, {"maximum", "At most %s"}, {"minItems", "At least %s of them"},
	} {
		if v, ok := schema[l.keyword]; ok {
			all = append(all, fmt.Sprintf(l.words, jsonText(v)))
		}
	}
	if schema["uniqueItems"] == true {
		all = append(all, "Each at most once")
	}
	return all
}

func member(m object, key string) object {
	child, _ := m[key].(object)
	return child
}

func text(m object, key string) string {
	s, _ := m[key].(string)
	return s
}

func texts(v any) []string {
	list, _ := v.([]any)
	var all []string
	for _, e := range list {
		if s, ok := e.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// plain writes a choice as it would stand in a file.
func plain(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return jsonText(v)
}

func jsonText(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(data)
}

func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}
