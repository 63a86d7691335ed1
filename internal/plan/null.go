package plan

import (
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// onlyOpenNulls leaves out of what an update wants the nulls that the server
// agrees with already: an update need not say them, and whoever carries it out
// could not tell a default from a value that stayed.
func onlyOpenNulls(to *model.Resource, fields []FieldDiff) *model.Resource {
	open := func(path model.Path) bool {
		p := path.String()
		return slices.ContainsFunc(fields, func(f FieldDiff) bool { return f.Path == p })
	}
	kept := lessNulls(nil, to.Attributes, open)
	c := *to
	c.Attributes = kept
	return &c
}

// lessNulls copies a tree without the nulls that are not open, and without the
// objects that held nothing else.
func lessNulls(path model.Path, t map[string]any, open func(model.Path) bool) map[string]any {
	out := make(map[string]any, len(t))
	for k, v := range t {
		p := path.Child(k)
		switch v := v.(type) {
		case nil:
			if open(p) {
				out[k] = nil
			}
		case map[string]any:
			if kept := lessNulls(p, v, open); len(kept) > 0 || len(v) == 0 {
				out[k] = kept
			}
		default:
			out[k] = v
		}
	}
	return out
}
