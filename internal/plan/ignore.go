package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// ignore takes out of an existing resource's differences what a rule hides, and
// out of what is wanted the values at those paths, so that an update for another
// reason leaves the server's own there.
func (b *builder) ignore(want *model.Resource, d differences) (*model.Resource, differences) {
	for _, rule := range b.o.Ignore {
		if !MatchAny(rule.Match, want.Key) {
			continue
		}
		for _, path := range rule.Paths {
			below := func(p string) bool { return p == path || strings.HasPrefix(p, path+".") }
			d.fields = slices.DeleteFunc(d.fields, func(f FieldDiff) bool {
				if below(f.Path) {
					b.out.Ignored = append(b.out.Ignored, Ignored{At{want.Key, f.Path}, rule.Reason, rule.Until})
				}
				return below(f.Path)
			})
			d.uncompared = slices.DeleteFunc(d.uncompared, below)
			d.notEvaluated = slices.DeleteFunc(d.notEvaluated, below)
			d.carried = slices.DeleteFunc(d.carried, below)
			copied := *want
			copied.Attributes = less(want.Attributes, strings.Split(path, "."))
			want = &copied
		}
	}
	return want, d
}

// less copies the maps along the path and leaves its end out.
func less(m map[string]any, path []string) map[string]any {
	v, ok := m[path[0]]
	if !ok {
		return m
	}
	m = maps.Clone(m)
	if len(path) == 1 {
		delete(m, path[0])
	} else if inner, ok := v.(map[string]any); ok {
		m[path[0]] = less(inner, path[1:])
	}
	return m
}
