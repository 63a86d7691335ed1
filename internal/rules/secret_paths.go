package rules

import (
	"maps"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// secretsIn lists the paths of the secrets of a resource, sorted; nil has none.
func secretsIn(r *model.Resource) []string {
	if r == nil {
		return nil
	}
	var out []string
	eachSecret(r, func(path model.Path, _ model.Secret) { out = append(out, path.String()) })
	return out
}

func eachSecret(r *model.Resource, f func(model.Path, model.Secret)) {
	var walk func(model.Path, any)
	walk = func(at model.Path, v any) {
		switch v := v.(type) {
		case model.Secret:
			f(at, v)
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				walk(at.Child(k), v[k])
			}
		case []any: // its elements have no path of their own
			for _, e := range v {
				walk(at, e)
			}
		}
	}
	walk(nil, r.Attributes)
}

// field is the difference at a path, or nil.
func field(c *plan.Change, path string) *plan.FieldDiff {
	i := slices.IndexFunc(c.Found, func(f plan.FieldDiff) bool { return f.Path == path })
	if i < 0 {
		return nil
	}
	return &c.Found[i]
}

// known tells whether a difference is one that was seen, not one that may be.
func known(f *plan.FieldDiff) bool {
	return f != nil && f.Note != plan.NoteUncomparable && f.Note != plan.NoteWillBeSent && f.Note != plan.NoteNotEvaluated
}
