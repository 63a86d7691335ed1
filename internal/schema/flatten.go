package schema

import (
	"encoding/json"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/idpsync/idpsync/internal/model"
)

// flatten makes violations of the leaves of an error tree. Every inner node
// only says that something below it failed.
func (k *checker) flatten(ve *jsonschema.ValidationError, all []Violation) []Violation {
	if len(ve.Causes) > 0 {
		if k.takesReference(ve) {
			return append(all, k.violation(splitPointer(ve.InstanceLocation), "type", "string"))
		}
		for _, cause := range ve.Causes {
			all = k.flatten(cause, all)
		}
		return all
	}
	at := splitPointer(ve.InstanceLocation)
	keyword := path.Base(ve.KeywordLocation)
	switch keyword {
	case "required":
		return k.missing(at, k.doc.at(ve.AbsoluteKeywordLocation), all)
	case "additionalProperties":
		owner, _ := strings.CutSuffix(ve.AbsoluteKeywordLocation, "/additionalProperties")
		return k.unknowns(at, k.doc.at(owner), all)
	case "uniqueItems":
		return k.duplicates(at, all)
	case "not":
		return append(all, k.violation(at, displayOnly, nil))
	}
	if walk(k.root, at) == Placeholder && keyword != "type" {
		return all
	}
	return append(all, k.violation(at, keyword, k.doc.at(ve.AbsoluteKeywordLocation)))
}

// takesReference tells that the failed schema is the one of references beside a
// text. The references themselves are replaced before a check, so that an
// object there is just no text.
func (k *checker) takesReference(ve *jsonschema.ValidationError) bool {
	if path.Base(ve.KeywordLocation) != "then" {
		return false
	}
	then, _ := k.doc.at(ve.AbsoluteKeywordLocation).(object)
	return then["$ref"] == "#/$defs/reference" || then["$ref"] == "#/$defs/secretReference"
}

// violation describes a value that breaks a keyword with the given argument.
func (k *checker) violation(at []string, keyword string, argument any) Violation {
	value := walk(k.root, at)
	v := Violation{Pointer: joinPointer(at), Keyword: keyword, Want: want(argument), Type: k.complainer()}
	switch keyword {
	case "type":
		v.Got = typeOf(value)
	case displayOnly:
		v.Name = strings.Join(at[max(len(at)-1, 0):], "")
	case "enum":
		v.Warning = k.lenient()
		if k.showable(at) {
			s, _ := value.(string)
			choices, _ := argument.([]any)
			v.Got, v.Suggest = show(value), model.Nearest(s, texts(choices))
		}
	case "const", "pattern":
		if k.showable(at) {
			v.Got = show(value)
		}
	}
	return v
}

// missing lists the properties of required that the object at the place lacks.
func (k *checker) missing(at []string, required any, all []Violation) []Violation {
	have, _ := walk(k.root, at).(object)
	names, _ := required.([]any)
	for _, name := range texts(names) {
		if _, ok := have[name]; !ok {
			all = append(all, Violation{Pointer: joinPointer(at), Keyword: "required", Name: name, Type: k.complainer()})
		}
	}
	return all
}

// unknowns lists the keys that the closed object schema does not name.
func (k *checker) unknowns(at []string, schema any, all []Violation) []Violation {
	s, _ := schema.(object)
	known, _ := s["properties"].(object)
	patterns, _ := s["patternProperties"].(object)
	have, _ := walk(k.root, at).(object)
	for key := range have {
		if _, ok := known[key]; !ok && !matchesAny(key, patterns) {
			all = append(all, k.unknown(at, key, keysOf(known), k.lenient()))
		}
	}
	return all
}

// unknown describes one key that is not among the known ones.
func (k *checker) unknown(at []string, key string, known []string, warning bool) Violation {
	v := Violation{
		Pointer: joinPointer(append(slices.Clone(at), key)), Key: true,
		Keyword: unknownKey, Name: key, Warning: warning, Type: k.complainer(),
	}
	i := slices.IndexFunc(known, func(name string) bool { return strings.EqualFold(name, key) })
	switch {
	case i >= 0:
		v.Suggest = known[i]
		if k.template != nil {
			v.Keyword = caseOfKey
		}
	case renamed[key] != "":
		v.Suggest = renamed[key]
	default:
		v.Suggest = model.Nearest(key, known)
	}
	return v
}

// duplicates lists the elements of an array that repeat an earlier one.
// Placeholders stand for values that may differ.
func (k *checker) duplicates(at []string, all []Violation) []Violation {
	items, _ := walk(k.root, at).([]any)
	seen := make(map[string]bool, len(items))
	for i, item := range items {
		key := canonical(item)
		if seen[key] && key != canonical(Placeholder) {
			place := append(slices.Clone(at), strconv.Itoa(i))
			v := Violation{Pointer: joinPointer(place), Keyword: "uniqueItems", Type: k.complainer()}
			if k.showable(at) {
				v.Got = show(item)
			}
			all = append(all, v)
		}
		seen[key] = true
	}
	return all
}

// complainer is the connection type whose template is asked, if one is.
func (k *checker) complainer() string {
	if k.template == nil {
		return ""
	}
	return k.typ
}

// lenient tells that the schema may know less than the server.
func (k *checker) lenient() bool { return k.template != nil && !k.template.strict() }

// showable tells that the value at the place may be repeated in a complaint.
// In a document that is no resource a ledger's address may hold a password.
func (k *checker) showable(at []string) bool {
	if k.kind == "" {
		return !slices.Contains(at, "ledger")
	}
	return !k.catalog.Secret(k.kind, k.typ, attributePath(k.root, at))
}

// attributePath leaves out the positions in arrays.
func attributePath(v any, at []string) model.Path {
	var p model.Path
	for _, t := range at {
		if _, ok := v.(object); ok {
			p = append(p, t)
		}
		v = walk(v, []string{t})
	}
	return p
}

// want writes the argument of a keyword: types, values or a limit. null is left
// out unless it is all there is; everyone may write it where it is allowed.
func want(argument any) string {
	values, ok := argument.([]any)
	if !ok {
		if argument == nil {
			return ""
		}
		return show(argument)
	}
	all := make([]string, 0, len(values))
	for _, v := range values {
		if v != nil && v != "null" || len(values) == 1 {
			all = append(all, show(v))
		}
	}
	return strings.Join(all, ", ")
}

// show writes a value in a complaint.
func show(v any) string {
	s, ok := v.(string)
	if !ok {
		return canonical(v)
	}
	if s == Placeholder {
		return ""
	}
	return clip(s)
}

// canonical is the same text for the same value.
func canonical(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(data)
}

// clip cuts a text to what fits in a complaint.
func clip(s string) string {
	const most = 80
	if rs := []rune(s); len(rs) > most {
		return string(rs[:most]) + "..."
	}
	return s
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case object:
		return "object"
	case []any:
		return "array"
	}
	return "number"
}

func keysOf(m object) []string { return slices.Sorted(maps.Keys(m)) }

func matchesAny(key string, patterns object) bool {
	for p := range patterns {
		if ok, err := regexp.MatchString(p, key); ok && err == nil {
			return true
		}
	}
	return false
}
