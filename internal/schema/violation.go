package schema

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Violation is one mistake in a value.
type Violation struct {
	// Pointer is the JSON pointer of the place within the value given. A missing
	// property has the place of the object it is missing from.
	Pointer string
	// Key tells that the complaint is about the key at Pointer, not its value.
	Key bool
	// Keyword is the kind of mistake: a keyword of JSON Schema (type, enum,
	// const, pattern, required, minLength, maxLength, minimum, maximum, minItems,
	// minProperties, maxProperties, uniqueItems), or
	//   unknown      no such key
	//   case         no such key, but one that differs in capitals only
	//   displayOnly  the server computes the value; it cannot be set
	Keyword string
	// Name is the missing or unknown property.
	Name string
	// Want is the types, the allowed values (comma separated) or the limit.
	Want string
	// Got is the type or the value found. It is empty at a secret path.
	Got string
	// Suggest is what may have been meant.
	Suggest string
	// Warning tells that the server may well accept it: what is known of it here
	// may be old or incomplete.
	Warning bool
	// Type is the connection type whose template complains.
	Type string
}

// Keywords of our own.
const (
	unknownKey  = "unknown"
	caseOfKey   = "case"
	displayOnly = "displayOnly"
)

// settle leaves one violation a mistake and puts them in order.
func settle(all []Violation) []Violation {
	if len(all) == 0 {
		return nil
	}
	byPlace := make(map[string][]Violation, len(all))
	for _, v := range all {
		byPlace[v.Pointer] = append(byPlace[v.Pointer], v)
	}
	var kept []Violation
	seen := make(map[complaint]bool, len(all))
	for _, v := range all {
		c := complaint{v.Pointer, v.Keyword, v.Name}
		if !seen[c] && !overruled(byPlace[v.Pointer], v) && !misspelt(all, v) {
			kept = append(kept, v)
		}
		seen[c] = true
	}
	sort.SliceStable(kept, func(i, j int) bool { return compareViolations(kept[i], kept[j]) < 0 })
	return kept
}

// complaint is what two schemas may both say.
type complaint struct{ pointer, keyword, name string }

// overruled tells that another complaint about the same value makes this one
// pointless: of a value of the wrong type nothing else is expected, and an
// empty text has no form.
func overruled(place []Violation, v Violation) bool {
	if v.Key || v.Name != "" {
		return false
	}
	return slices.ContainsFunc(place, func(o Violation) bool {
		return !o.Key && o.Name == "" && weight(o.Keyword) > weight(v.Keyword)
	})
}

func weight(keyword string) int {
	switch keyword {
	case displayOnly:
		return 4
	case "type":
		return 3
	case "minLength":
		return 2
	case "enum", "const":
		return 1
	}
	return 0
}

// misspelt tells that the missing property is there under a wrong name, which
// is reported already. A misspelt key that is only warned about does not excuse
// the missing one, unless nothing but capitals differs: there the server may
// well read it (contract 8 Q8).
func misspelt(all []Violation, v Violation) bool {
	if v.Keyword != "required" {
		return false
	}
	return slices.ContainsFunc(all, func(o Violation) bool {
		return o.Key && o.Suggest == v.Name && parent(o.Pointer) == v.Pointer && (o.Keyword == caseOfKey || !o.Warning)
	})
}

func parent(pointer string) string {
	return pointer[:max(strings.LastIndexByte(pointer, '/'), 0)]
}

func compareViolations(a, b Violation) int {
	return cmp.Or(
		comparePointers(a.Pointer, b.Pointer),
		strings.Compare(a.Keyword, b.Keyword),
		strings.Compare(a.Name, b.Name))
}

// comparePointers orders the elements of arrays by number.
func comparePointers(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "/"), strings.Split(b, "/"), func(x, y string) int {
		i, errX := strconv.Atoi(x)
		j, errY := strconv.Atoi(y)
		if errX == nil && errY == nil && i != j {
			return cmp.Compare(i, j)
		}
		return strings.Compare(x, y)
	})
}
