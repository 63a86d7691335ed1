package main

import "strings"

// kept are definitions that say what a value is, not what an object holds: a
// value that may be kept elsewhere, and where that is. A page of its own tells
// about them.
var kept = map[string]string{
	"text":            "text",
	"filledText":      "text, not empty",
	"secretText":      "text",
	"reference":       "`secretFrom` or `fileFrom`",
	"secretReference": "`secretFrom`",
	"secretSource":    "a source of a secret",
	"duration":        "a duration: `500ms`, `10s`, `5m`",
	"names":           "text, or a list of texts",
	"globs":           "list of texts",
	"behaviour":       "mapping",
	"ledger":          "text",
}

// typeWord says what kind of value a schema wants.
func (r *reader) typeWord(schema object) string {
	target, _, name := r.at(schema, "")
	if w, ok := kept[name]; ok {
		return w
	}
	if _, ok := target["const"]; ok {
		return code(plain(target["const"]))
	}
	if then, ok := target["then"].(object); ok {
		return r.eitherWord(then, member(target, "else"))
	}
	switch names := typesOf(target); {
	case target["enum"] != nil:
		return "one of the choices"
	case len(names) == 1 && names[0] == "array":
		return r.listWord(target)
	case len(names) == 0 && target["properties"] != nil:
		return "mapping"
	case len(names) == 0:
		return "any value"
	default:
		return typeNames(names, target)
	}
}

// eitherWord is about a plain value that may stand elsewhere instead.
func (r *reader) eitherWord(then, otherwise object) string {
	_, _, name := r.at(then, "")
	w := r.typeWord(otherwise)
	if otherwise["minLength"] != nil {
		w += ", not empty"
	}
	if name == "secretSource" {
		return w + ", or a source of a secret"
	}
	return w
}

func (r *reader) listWord(schema object) string {
	items, ok := schema["items"].(object)
	if !ok {
		return "list"
	}
	target, _, _ := r.at(items, "")
	switch {
	case target["enum"] != nil || target["anyOf"] != nil:
		return "list of the choices"
	case target["properties"] != nil:
		return "list of mappings"
	}
	return "list of texts"
}

// typesOf lists the types that a schema names, less null, which may stand
// everywhere for the server's default.
func typesOf(schema object) []string {
	if s := text(schema, "type"); s != "" {
		return []string{s}
	}
	var all []string
	for _, s := range texts(schema["type"]) {
		if s != "null" {
			all = append(all, s)
		}
	}
	return all
}

func typeNames(names []string, schema object) string {
	words := map[string]string{"string": "text", "boolean": "true or false", "number": "number", "integer": "whole number", "object": "mapping", "array": "list"}
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = words[n]
	}
	w := strings.Join(all, " or ")
	if len(names) == 1 && names[0] == "string" && schema["anyOf"] != nil {
		return "text, best one of the choices"
	}
	return w
}
