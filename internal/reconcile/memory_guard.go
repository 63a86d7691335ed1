package reconcile

import (
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// gaps lists the kinds of which the server shows nothing although the ledger
// knows some: such a list proves nothing (spec 6, IDP0304).
func (m *memory) gaps(read map[model.Kind]int) []model.Gap {
	count := map[model.Kind]int{}
	for k, o := range m.objects {
		if o.ID != "" {
			count[k.Kind]++
		}
	}
	var out []model.Gap
	for _, t := range model.Kinds {
		if n, was := read[t.Kind]; was && n == 0 && count[t.Kind] > 0 {
			out = append(out, model.Gap{Kind: t.Kind, Reason: emptyList(t.Noun, count[t.Kind])})
		}
	}
	return out
}

// applied gives what was last applied at a path of an actual resource.
func (m *memory) applied(got *model.Resource, path model.Path) (any, bool) {
	o, known := m.of(got)
	if !known {
		return nil, false
	}
	return o.Applied.At(path...)
}

// references lists the paths of a declared resource whose secret came from
// somewhere else when it was last applied.
func (m *memory) references(want, got *model.Resource) []string {
	o, known := m.of(got)
	if !known {
		return nil
	}
	var changed []string
	for path, ref := range references(want) {
		if before, had := o.Refs[path]; had && before != ref {
			changed = append(changed, path)
		}
	}
	slices.Sort(changed)
	return changed
}

// references maps the dotted path of each secret of a resource to the place it
// comes from.
func references(r *model.Resource) map[string]string {
	var out map[string]string
	var walk func(path model.Path, v any)
	walk = func(path model.Path, v any) {
		switch v := v.(type) {
		case model.Secret:
			if v.Ref() != "" {
				if out == nil {
					out = map[string]string{}
				}
				out[path.String()] = v.Ref()
			}
		case map[string]any:
			for k, e := range v {
				walk(path.Child(k), e)
			}
		case []any:
			for _, e := range v {
				walk(path, e)
			}
		}
	}
	walk(nil, r.Attributes)
	return out
}
