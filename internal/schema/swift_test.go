package schema

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// guesser makes values that a schema may or may not like.
type guesser struct {
	*rand.Rand
	doc *document
	// noise is one in how many values is anything at all.
	noise int
}

// odds are values of every kind, at the edges of what schemas ask for.
var odds = []any{
	nil, true, false, "", "x", "abc-def", "ABC", "a b", "键值", Placeholder, "https://example.com/callback", "oidc", "web",
	"a-name-that-is-longer-than-thirty-two-characters",
	json.Number("0"), json.Number("1"), json.Number("-1"), json.Number("1.0"), json.Number("1.5"), json.Number("1e2"), json.Number("99999999999"),
	[]any{},
	[]any{"a", "b"},
	[]any{"a", "a"},
	[]any{json.Number("1"), json.Number("1.0")},
	[]any{nil},
	[]any{object{}},
	object{},
	object{"a": "b"},
	object{"secretFrom": object{"env": "X"}},
	object{"fileFrom": "x.txt"},
}

// value follows the schema most of the time.
func (g guesser) value(schema any, depth int) any {
	s, _ := schema.(object)
	if ref, ok := s["$ref"].(string); ok {
		s, _ = walk(g.doc.tree(), splitPointer(ref[1:])).(object)
	}
	if depth > 5 || g.IntN(g.noise) == 0 {
		return odds[g.IntN(len(odds))]
	}
	if c, ok := s["const"]; ok {
		return c
	}
	if e, ok := s["enum"].([]any); ok {
		return e[g.IntN(len(e))]
	}
	for _, k := range []string{"else", "then"} {
		if b, ok := s[k]; ok && g.IntN(g.noise) > 0 {
			return g.value(b, depth+1)
		}
	}
	if any, ok := s["anyOf"].([]any); ok {
		return g.value(any[g.IntN(len(any))], depth+1)
	}
	if p, ok := s["properties"].(object); ok {
		return g.object(s, p, depth)
	}
	if items, ok := s["items"]; ok {
		list := make([]any, g.IntN(4))
		for i := range list {
			list[i] = g.value(items, depth+1)
		}
		return list
	}
	switch s["type"] {
	case "string":
		return []any{"x", "abc-def", "https://example.com", "RS256"}[g.IntN(4)]
	case "boolean":
		return g.IntN(2) == 0
	case "integer", "number":
		return json.Number([]string{"1", "3600", "0"}[g.IntN(3)])
	}
	return odds[g.IntN(len(odds))]
}

func (g guesser) object(s, properties object, depth int) object {
	o := object{}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if p, _ := properties[name].(object); p["not"] != nil && g.IntN(g.noise) > 0 {
			continue
		}
		required, _ := s["required"].([]any)
		if slices.Contains(required, any(name)) && g.IntN(g.noise) > 0 || g.IntN(3) == 0 {
			o[name] = g.value(properties[name], depth+1)
		}
	}
	if g.IntN(g.noise) == 0 {
		o["unheard-of"] = odds[g.IntN(len(odds))]
	}
	return o
}

// TestSwiftIsNeverWrong holds what swift is sure of against jsonschema/v5, with
// every schema there is.
func TestSwiftIsNeverWrong(t *testing.T) {
	c := Bundled()
	docs := slices.Collect(maps.Values(c.kinds))
	for _, typ := range slices.Sorted(maps.Keys(c.types)) {
		docs = append(docs, c.types[typ].schema)
	}
	counts := map[verdict]int{}
	all, good := 0, 0
	for i, d := range docs {
		g := guesser{rand.New(rand.NewPCG(uint64(i), 1)), d, 1}
		library, err := d.compile()
		if err != nil {
			t.Fatal(err)
		}
		for n := range 300 {
			g.noise = []int{8, 40, 1000}[n%3]
			v := g.value(d.tree(), 0)
			got, right := d.swift().check(v), library.Validate(v) == nil
			counts[got]++
			all++
			if right {
				good++
			}
			if got == valid && !right || got == invalid && right {
				text, _ := json.Marshal(v)
				t.Errorf("%s: swift says %v, jsonschema/v5 valid=%t of %s", d.url, got, right, text)
			}
		}
	}
	t.Logf("%d values, %d of them valid: swift says valid of %d, invalid of %d", all, good, counts[valid], counts[invalid])
	if good < all/20 || counts[valid] < good*9/10 {
		t.Errorf("%d of %d values are valid and swift sees %d: then it spares nothing", good, all, counts[valid])
	}
}

// TestSwiftDoubtsWhatItDoesNotKnow: a keyword it cannot judge is never a yes.
func TestSwiftDoubtsWhatItDoesNotKnow(t *testing.T) {
	for _, schema := range []string{
		`{"minimum": 3}`, `{"oneOf": [true]}`, `{"patternProperties": {"x": true}}`, `{"$ref": "https://example.com/x"}`,
		`{"$ref": "#/$defs/none"}`, `{"pattern": "("}`, `{"enum": [1]}`, `{"properties": {"a": {"unheard": 1}}}`, `{"type": 3}`,
	} {
		tree, err := decodeObject([]byte(schema))
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []any{object{"a": "x"}, "x"} {
			got := newSwift(tree).check(v)
			if _, isObject := v.(object); got == valid && (isObject || schema[2:6] != "prop") {
				t.Errorf("%s: sure that %v is valid", schema, v)
			}
		}
	}
}
