package remote

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// verdict is how a declared value stands to what the server shows.
type verdict struct {
	differ []string // dotted paths whose shown value is another one
	unseen []string // dotted paths that no read shows
	// kept: something that was to change now reads as declared.
	kept bool
}

// against compares what want declares with actual. Sets ignore order; null
// agrees with whatever is absent or empty.
func against(want, actual *model.Resource) verdict {
	var v verdict
	var have tree
	var hidden []string
	if actual != nil {
		have, hidden = actual.Attributes, actual.Hidden
	}
	v.walk(nil, want.Attributes, have, hidden)
	slices.Sort(v.differ)
	slices.Sort(v.unseen)
	return v
}

func (v *verdict) walk(path model.Path, want tree, have tree, hidden []string) {
	for k, w := range want {
		p := path.Child(k)
		h, has := have[k]
		switch {
		case !has && covered(p.String(), hidden):
			v.unseen = append(v.unseen, p.String())
		default:
			v.value(p, w, h, hidden)
		}
	}
}

func (v *verdict) value(p model.Path, want, have any, hidden []string) {
	switch w := want.(type) {
	case tree:
		if h, ok := have.(tree); ok && len(w) > 0 {
			v.walk(p, w, h, hidden)
			return
		}
		if have == nil && len(w) > 0 {
			v.walk(p, w, nil, hidden)
			return
		}
	case model.Secret:
		if h, ok := have.(model.Secret); w.Server() || ok && w.Equal(h) {
			return
		}
		v.unseen = append(v.unseen, p.String())
		return
	}
	if !same(want, have) {
		v.differ = append(v.differ, p.String())
	}
}

// covered tells whether a path lies at or below a hidden one.
func covered(path string, hidden []string) bool {
	return slices.ContainsFunc(hidden, func(h string) bool {
		return path == h || strings.HasPrefix(path, h+".")
	})
}

// same compares two values of JSON shape; arrays as sets with repetition.
func same(a, b any) bool {
	if empty(a) && empty(b) && (a == nil || b == nil) {
		return true
	}
	a, b = alike(a, b)
	switch a := a.(type) {
	case tree:
		b, ok := b.(tree)
		return ok && maps.EqualFunc(a, b, same)
	case []any:
		b, ok := b.([]any)
		return ok && sameSet(a, b)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && plainNumber(a) == plainNumber(b)
	case model.Secret:
		b, ok := b.(model.Secret)
		return ok && a.Equal(b)
	}
	switch b.(type) {
	case tree, []any, model.Secret:
		return false
	}
	return a == b
}

// alike reads the JSON text of an array as one where the other side is an
// array: which of the two a server shows says nothing (contract 3.7).
func alike(a, b any) (any, any) {
	if s, ok := a.(string); ok {
		if _, list := b.([]any); list {
			if l, ok := arrayIn(s); ok {
				return l, b
			}
		}
	} else if s, ok := b.(string); ok {
		if _, list := a.([]any); list {
			if l, ok := arrayIn(s); ok {
				return a, l
			}
		}
	}
	return a, b
}

func sameSet(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	rest := slices.Clone(b)
	for _, x := range a {
		i := slices.IndexFunc(rest, func(y any) bool { return same(x, y) })
		if i < 0 {
			return false
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return true
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case tree:
		return len(v) == 0
	}
	return false
}
