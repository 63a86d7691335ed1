package config

import (
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/schema"
)

// hint says what next.
func (c *checker) hint(v schema.Violation) diagnostic.Text {
	hint := c.remedy(v)
	if !v.Warning || v.Type == "" {
		return hint
	}
	if hint.ID == "" {
		return diagnostic.T("hint.bundled")
	}
	return diagnostic.T("hint.either", hint, diagnostic.T("hint.bundled"))
}

// remedy is what would mend the mistake itself.
func (c *checker) remedy(v schema.Violation) diagnostic.Text {
	switch {
	case v.Keyword == "displayOnly":
		return diagnostic.T("key.displayOnly.hint")
	case v.Keyword == "case" && v.Warning:
		return diagnostic.Text{} // the message names the right one
	case v.Suggest != "":
		return diagnostic.T("hint.suggest", v.Suggest)
	case c.wantsSecret(v):
		return diagnostic.T("hint.secret")
	case v.Keyword == "type":
		return c.convert(v)
	case v.Warning && v.Keyword == "enum" && v.Type == "":
		return diagnostic.T("hint.passedOn")
	case v.Type != "" && !v.Warning && v.Keyword == "unknown":
		return diagnostic.T("hint.unknownPulled")
	case v.Type != "" && !v.Warning && slices.Contains([]string{"required", "minLength", "minItems", "enum"}, v.Keyword):
		return diagnostic.T("hint.show", v.Type)
	}
	return diagnostic.Text{}
}

// wantsSecret tells that the value that is missing or wrong is a secret one.
func (c *checker) wantsSecret(v schema.Violation) bool {
	switch {
	case c.secret == nil:
		return false
	case v.Keyword == "required":
		return c.secret(joinPointer(v.Pointer, v.Name))
	}
	ofText := v.Keyword == "minLength" || v.Keyword == "type" && slices.Contains(strings.Split(v.Want, ", "), "string")
	return ofText && c.secret(v.Pointer)
}

// convert says how a value of another type is written.
func (c *checker) convert(v schema.Violation) diagnostic.Text {
	for _, want := range strings.Split(v.Want, ", ") {
		if id := conversions[[2]string{want, v.Got}]; id != "" {
			return diagnostic.T(id)
		}
	}
	return diagnostic.Text{}
}

// conversions are the sentences about a type wanted and one found.
var conversions = map[[2]string]string{
	{"string", "number"}:  "hint.quote",
	{"string", "boolean"}: "hint.quote",
	{"string", "array"}:   "hint.oneText",
	{"string", "object"}:  "hint.oneText",
	{"number", "string"}:  "hint.unquote",
	{"integer", "string"}: "hint.unquote",
	{"boolean", "string"}: "value.yes.hint",
	{"boolean", "number"}: "value.yes.hint",
	{"array", "string"}:   "hint.list",
	{"array", "number"}:   "hint.list",
	{"array", "boolean"}:  "hint.list",
	{"array", "object"}:   "hint.list",
	{"object", "string"}:  "hint.mapping",
	{"object", "number"}:  "hint.mapping",
	{"object", "boolean"}: "hint.mapping",
	{"object", "array"}:   "hint.mapping",
}
