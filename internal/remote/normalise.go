package remote

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// listOf reads what the contract calls a list in every shape it has been seen
// in: an array, one object, an object of objects, a page, JSON text of any of
// these, null (contract 3.7, 4.1). ok is false for anything else.
func listOf(v any) (list []any, ok bool) {
	switch v := v.(type) {
	case nil:
		return []any{}, true
	case []any:
		return v, true
	case tree:
		return listOfObject(v)
	case string:
		if strings.TrimSpace(v) == "" {
			return []any{}, true
		}
		var inner any
		if decodeJSON([]byte(v), &inner) != nil {
			return nil, false
		}
		if _, again := inner.(string); again {
			return nil, false
		}
		return listOf(inner)
	}
	return nil, false
}

func listOfObject(v tree) ([]any, bool) {
	if len(v) == 0 {
		return []any{}, true
	}
	if inner, has := v["list"]; has {
		if page, ok := inner.(tree); ok && page["list"] != nil {
			return nil, false
		}
		return listOf(inner)
	}
	if text(v["id"]) != "" {
		return []any{v}, true
	}
	out := make([]any, 0, len(v))
	for _, k := range slices.Sorted(maps.Keys(v)) {
		if _, object := v[k].(tree); !object {
			return nil, false
		}
		out = append(out, v[k])
	}
	return out, true
}

// objectsOf is listOf for a list whose elements must be objects.
func objectsOf(v any) ([]tree, bool) {
	list, ok := listOf(v)
	if !ok {
		return nil, false
	}
	out := make([]tree, len(list))
	for i, e := range list {
		if out[i], ok = objectOf(e); !ok {
			return nil, false
		}
	}
	return out, true
}

// objectOf reads an object, or the JSON text of one.
func objectOf(v any) (tree, bool) {
	switch v := v.(type) {
	case tree:
		return v, true
	case string:
		var inner tree
		if decodeJSON([]byte(v), &inner) == nil && inner != nil {
			return inner, true
		}
	}
	return nil, false
}

// fixArray puts an array at obj[key] when the key is there and holds a list in
// another shape; what is no list stays.
func fixArray(obj tree, key string) {
	v, has := obj[key]
	if !has {
		return
	}
	if _, object := v.(tree); object && len(v.(tree)) > 0 {
		obj[key] = []any{v} // one element, as the documentation prints it
		return
	}
	if _, is := v.([]any); is {
		return
	}
	if list, ok := listOf(v); ok {
		obj[key] = list
	}
}

// fixObject puts an object at obj[key] when its JSON text stands there, and
// returns it; nil when there is none.
func fixObject(obj tree, key string) tree {
	if t, is := obj[key].(tree); is { // see connectionList
		return t
	}
	t, ok := objectOf(obj[key])
	if !ok {
		return nil
	}
	obj[key] = t
	return t
}

// fixText puts a string at obj[key] when an array of at most one stands there,
// be it as JSON text.
func fixText(obj tree, key string) {
	list, ok := obj[key].([]any)
	if s, isText := obj[key].(string); isText {
		list, ok = stringsIn(s)
	}
	if !ok || len(list) > 1 {
		return
	}
	one := ""
	if len(list) == 1 {
		if one, ok = list[0].(string); !ok {
			return
		}
	}
	if _, nested := stringsIn(one); !nested {
		obj[key] = one
	}
}

// stringsIn reads the JSON text of an array of strings, none of which is one
// again.
func stringsIn(s string) ([]any, bool) {
	list, ok := arrayIn(s)
	if !ok {
		return nil, false
	}
	for _, e := range list {
		t, ok := e.(string)
		if !ok {
			return nil, false
		}
		if _, nested := stringsIn(t); nested {
			return nil, false
		}
	}
	return list, true
}

// plainNumber writes 600.0 and 6e2 as 600.
func plainNumber(n json.Number) json.Number {
	if !strings.ContainsAny(n.String(), ".eE") {
		return n
	}
	f, err := n.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return n
	}
	return json.Number(strconv.FormatInt(int64(f), 10))
}
