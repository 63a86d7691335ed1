package schema

import (
	"maps"
	"slices"
)

// editable makes of a schema what an editor should use: a string that holds a
// variable passes in the place of any other scalar. With open, keys that the
// schema does not know pass too, and choices are offered but not enforced.
func editable(schema object, open bool) object {
	out := maps.Clone(schema)
	if open && out["additionalProperties"] == false {
		delete(out, "additionalProperties")
	}
	for _, key := range []string{"properties", "patternProperties", "$defs"} {
		if children, ok := out[key].(object); ok {
			out[key] = editableAll(children, open)
		}
	}
	for _, key := range []string{"items", "additionalProperties", "then", "else"} {
		if child, ok := out[key].(object); ok {
			out[key] = editable(child, open)
		}
	}
	if open && offer(out) {
		return out
	}
	return allowVariable(out)
}

func editableAll(schemas object, open bool) object {
	out := make(object, len(schemas))
	for key, s := range schemas {
		out[key] = s
		if child, ok := s.(object); ok && !ofReferences(key) {
			out[key] = editable(child, open)
		}
	}
	return out
}

// ofReferences names the definitions in which no variable is of use: there
// strings name places.
func ofReferences(name string) bool {
	return name == "reference" || name == "secretReference" || name == "secretSource"
}

// offer turns an enumeration of texts into choices beside any other text.
func offer(schema object) bool {
	enum, ok := schema["enum"]
	if !ok {
		return false
	}
	delete(schema, "enum")
	schema["anyOf"] = []any{object{"enum": enum}, object{"type": "string"}}
	return true
}

// allowVariable lets a string with a variable pass where the schema asks for
// another scalar or for one of some strings. Editors complete what stands in
// anyOf, but not what stands behind if.
func allowVariable(schema object) object {
	if !refusesVariable(schema) {
		return schema
	}
	rest := maps.Clone(schema)
	out := object{"anyOf": []any{rest, object{"type": "string", "pattern": variable}}}
	for _, key := range []string{"title", "description", "default", "readOnly", "writeOnly", "$comment"} {
		if v, ok := rest[key]; ok {
			out[key] = v
			delete(rest, key)
		}
	}
	return out
}

func refusesVariable(schema object) bool {
	for _, key := range []string{"enum", "pattern", "maxLength"} {
		if _, ok := schema[key]; ok {
			return true
		}
	}
	types := texts(asList(schema["type"]))
	return !slices.Contains(types, "string") && slices.ContainsFunc(types, isScalar)
}

func isScalar(typ string) bool { return typ == "boolean" || typ == "number" || typ == "integer" }

func asList(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}
