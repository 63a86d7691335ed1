package schema

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// silent are the keywords that say nothing about whether a value is valid.
var silent = map[string]bool{
	"title": true, "description": true, "default": true, "examples": true, "deprecated": true, "readOnly": true,
	"writeOnly": true, "$comment": true, "$schema": true, "$id": true, "$defs": true,
}

// swiftMaker turns a schema into a swift one.
type swiftMaker struct {
	root object
	made map[string]*swift // by $ref, which may lead to itself
}

func newSwift(root object) *swift {
	if root == nil {
		return &swift{doubt: true}
	}
	return (&swiftMaker{root: root, made: map[string]*swift{}}).schema(root)
}

func (m *swiftMaker) schema(v any) *swift {
	s := &swift{maxLength: -1, mostMembers: -1, mostElements: -1}
	switch v := v.(type) {
	case bool:
		s.never = !v
	case object:
		for keyword, argument := range v {
			if !silent[keyword] && !m.keyword(s, keyword, argument) {
				s.doubt = true
			}
		}
		if _, conditional := v["if"]; !conditional {
			s.then, s.els = nil, nil
		}
	default:
		s.doubt = true
	}
	return s
}

// keyword takes in one keyword; false when it is not understood.
func (m *swiftMaker) keyword(s *swift, keyword string, argument any) bool {
	var ok bool
	switch keyword {
	case "type":
		s.types, ok = oneOrMore(argument)
	case "enum":
		s.enum, ok = argument.([]any)
		ok = ok && plainValues(s.enum...)
	case "const":
		s.constant, ok = &argument, plainValues(argument)
	case "minLength":
		s.minLength, ok = whole(argument)
	case "maxLength":
		s.maxLength, ok = whole(argument)
	case "minimum":
		s.fromZero = argument == json.Number("0")
		ok = s.fromZero
	case "minProperties":
		s.leastMembers, ok = whole(argument)
	case "maxProperties":
		s.mostMembers, ok = whole(argument)
	case "minItems":
		s.leastElements, ok = whole(argument)
	case "maxItems":
		s.mostElements, ok = whole(argument)
	case "pattern":
		text, _ := argument.(string)
		var err error
		s.pattern, err = regexp.Compile(text)
		ok = err == nil && text != ""
	case "required":
		s.required, ok = oneOrMore(argument)
	case "uniqueItems":
		s.unique, ok = argument.(bool)
	default:
		return m.applicator(s, keyword, argument)
	}
	return ok
}

// applicator takes in a keyword that holds schemas.
func (m *swiftMaker) applicator(s *swift, keyword string, argument any) bool {
	switch keyword {
	case "properties":
		members, ok := argument.(object)
		s.properties = make(map[string]*swift, len(members))
		for name, p := range members {
			s.properties[name] = m.schema(p)
		}
		return ok
	case "additionalProperties":
		s.rest = m.schema(argument)
	case "items":
		s.items = m.schema(argument)
	case "anyOf":
		s.anyOf = m.schemas(argument)
		return len(s.anyOf) > 0
	case "allOf":
		s.allOf = append(s.allOf, m.schemas(argument)...)
	case "$ref":
		ref, _ := argument.(string)
		s.allOf = append(s.allOf, m.ref(ref))
	case "not":
		s.not = m.schema(argument)
	case "if":
		s.condition = m.schema(argument)
	case "then":
		s.then = m.schema(argument)
	case "else":
		s.els = m.schema(argument)
	default:
		return false
	}
	return true
}

func (m *swiftMaker) schemas(v any) []*swift {
	list, _ := v.([]any)
	all := make([]*swift, len(list))
	for i, e := range list {
		all[i] = m.schema(e)
	}
	return all
}

// ref finds what a reference within the document leads to.
func (m *swiftMaker) ref(ref string) *swift {
	if s, known := m.made[ref]; known {
		return s
	}
	target := walk(m.root, splitPointer(strings.TrimPrefix(ref, "#")))
	if !strings.HasPrefix(ref, "#/") || target == nil {
		return &swift{doubt: true}
	}
	s := &swift{}
	m.made[ref] = s
	*s = *m.schema(target)
	return s
}

func oneOrMore(v any) ([]string, bool) {
	if s, ok := v.(string); ok {
		return []string{s}, true
	}
	list, ok := v.([]any)
	all := texts(list)
	return all, ok && len(all) == len(list)
}

// plainValues tells that == compares the values as JSON Schema would.
func plainValues(values ...any) bool {
	for _, v := range values {
		switch v.(type) {
		case string, bool, nil:
		default:
			return false
		}
	}
	return true
}

func whole(v any) (int, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(string(n))
	return i, err == nil && i >= 0
}
