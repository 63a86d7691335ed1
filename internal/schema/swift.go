package schema

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/idpsync/idpsync/internal/model"
)

// swift is a schema in a form that answers one question cheaply: is the value
// valid beyond doubt? Nearly every document is, and jsonschema/v5 takes most of
// its time and memory for telling precisely what is wrong where nothing is. Any
// other answer leads to jsonschema/v5, which alone finds violations; a keyword
// that is not known here is a doubt. A test holds the two against each other.
type swift struct {
	doubt      bool // something here is not understood
	never      bool // the schema false
	types      []string
	enum       []any
	constant   *any
	fromZero   bool // the minimum is 0
	minLength  int
	maxLength  int // -1: none
	pattern    *regexp.Regexp
	properties map[string]*swift
	required   []string
	rest       *swift // additionalProperties; nil allows anything
	items      *swift
	unique     bool
	// The bounds of how many members or elements there are; -1: none.
	leastMembers, mostMembers, leastElements, mostElements int

	anyOf     []*swift
	allOf     []*swift // and what $ref leads to
	not       *swift
	condition *swift
	then, els *swift
}

// verdict is how sure one can be.
type verdict int8

const (
	unsure verdict = iota
	valid
	invalid
)

// check judges a value.
func (s *swift) check(v any) verdict {
	switch {
	case s == nil:
		return valid
	case s.doubt:
		return unsure
	case s.never:
		return invalid
	}
	if _, elsewhere := v.(model.Secret); elsewhere {
		v = Placeholder
	}
	sum := s.typed(v)
	if sum == valid {
		sum = s.content(v)
	}
	if sum == valid && (s.enum != nil || s.constant != nil) {
		sum = s.chosen(v)
	}
	if sum == valid {
		sum = s.combined(v)
	}
	return sum
}

func (s *swift) typed(v any) verdict {
	if len(s.types) == 0 && s.fromZero {
		return unsure
	}
	if len(s.types) == 0 {
		return valid
	}
	var name string
	switch n := v.(type) {
	case nil:
		name = "null"
	case string:
		name = "string"
	case bool:
		name = "boolean"
	case []any:
		name = "array"
	case object:
		name = "object"
	case json.Number:
		if s.fromZero && strings.HasPrefix(string(n), "-") {
			return unsure // -0 is 0
		}
		if slices.Contains(s.types, "number") || slices.Contains(s.types, "integer") && digits(string(n)) {
			return valid
		}
		if slices.Contains(s.types, "integer") {
			return unsure // 1.0 is an integer
		}
		return invalid
	default:
		return unsure
	}
	if slices.Contains(s.types, name) {
		return valid
	}
	return invalid
}

// digits tells that a number is written as an integer.
func digits(s string) bool {
	s = strings.TrimPrefix(s, "-")
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// content judges what a value consists of.
func (s *swift) content(v any) verdict {
	switch v := v.(type) {
	case string:
		return s.text(v)
	case object:
		return s.members(v)
	case []any:
		return s.elements(v)
	}
	return valid
}

func (s *swift) text(v string) verdict {
	if s.minLength > 0 || s.maxLength >= 0 {
		n := utf8.RuneCountInString(v)
		if n < s.minLength || s.maxLength >= 0 && n > s.maxLength {
			return invalid
		}
	}
	if s.pattern != nil && !s.pattern.MatchString(v) {
		return invalid
	}
	return valid
}

func (s *swift) members(v object) verdict {
	if len(v) < s.leastMembers || s.mostMembers >= 0 && len(v) > s.mostMembers {
		return invalid
	}
	for _, name := range s.required {
		if _, there := v[name]; !there {
			return invalid
		}
	}
	sum := valid
	for name, e := range v {
		p, known := s.properties[name]
		if !known {
			p = s.rest
		}
		if sum = worse(sum, p.check(e)); sum == invalid {
			return sum
		}
	}
	return sum
}

func (s *swift) elements(v []any) verdict {
	if len(v) < s.leastElements || s.mostElements >= 0 && len(v) > s.mostElements {
		return invalid
	}
	sum := valid
	for i, e := range v {
		if sum = worse(sum, s.items.check(e)); sum == invalid {
			return sum
		}
		if s.unique {
			if _, text := e.(string); !text {
				return unsure
			}
			if slices.Contains(v[:i], e) {
				return invalid
			}
		}
	}
	return sum
}

// chosen judges by enum and const, of which only texts, truths and null are
// compared here.
func (s *swift) chosen(v any) verdict {
	switch v.(type) {
	case string, bool, nil:
	default:
		return unsure
	}
	if s.constant != nil && *s.constant != v || s.enum != nil && !slices.Contains(s.enum, v) {
		return invalid
	}
	return valid
}

// combined judges by the schemas within that are about the same value.
func (s *swift) combined(v any) verdict {
	sum := valid
	for _, p := range s.allOf {
		sum = worse(sum, p.check(v))
	}
	if len(s.anyOf) > 0 {
		best := invalid
		for _, p := range s.anyOf {
			if best = better(best, p.check(v)); best == valid {
				break
			}
		}
		sum = worse(sum, best)
	}
	if s.not != nil {
		sum = worse(sum, map[verdict]verdict{valid: invalid, invalid: valid, unsure: unsure}[s.not.check(v)])
	}
	if s.condition != nil {
		switch s.condition.check(v) {
		case valid:
			sum = worse(sum, s.then.check(v))
		case invalid:
			sum = worse(sum, s.els.check(v))
		default:
			sum = worse(sum, unsure)
		}
	}
	return sum
}

func worse(a, b verdict) verdict {
	switch {
	case a == invalid || b == invalid:
		return invalid
	case a == unsure || b == unsure:
		return unsure
	}
	return valid
}

func better(a, b verdict) verdict {
	switch {
	case a == valid || b == valid:
		return valid
	case a == unsure || b == unsure:
		return unsure
	}
	return invalid
}
