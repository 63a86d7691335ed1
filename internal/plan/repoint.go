package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// repoint plans an update of every resource that refers to a thing that gets a
// new id, though its own declaration has not changed.
func (b *builder) repoint() {
	for got := range b.actual.All() {
		if got.Key.Kind == model.Enablement || len(got.Refs) == 0 {
			continue
		}
		for path, k := range got.Refs {
			c := b.changes[k]
			if c == nil || c.Action != Replace || b.rewritten(got, path) {
				continue
			}
			b.repointOne(got, path, k)
		}
	}
}

// rewritten tells whether a change of the resource sets the reference anyway.
func (b *builder) rewritten(got *model.Resource, path string) bool {
	c := b.changes[got.Key]
	if c == nil {
		return false
	}
	if c.Action != Update {
		return true
	}
	return slices.ContainsFunc(c.Found, func(f FieldDiff) bool { return f.Path == path })
}

func (b *builder) repointOne(got *model.Resource, path string, k model.Key) {
	f := FieldDiff{Path: path, Before: k.Name, After: k.Name, Note: NoteKnownAfterApply}
	if c := b.changes[got.Key]; c != nil {
		c.Found = append(c.Found, f)
		c.To = withReference(c.To, got, path, k)
		sortFields(c.Found)
		return
	}
	to := b.desired.Get(got.Key)
	if to == nil || !b.compared(to) {
		to = &model.Resource{Key: got.Key, Attributes: map[string]any{}}
	} else {
		b.unchanged--
	}
	b.put(&Change{
		Key: got.Key, Action: Update, From: got, To: withReference(to, got, path, k),
		Found: []FieldDiff{f}, Restores: true, Reason: k.String() + " is replaced and gets a new id",
	})
}

// withReference copies the resource with the handle written at the path, below
// what the actual resource holds there, so that an update sends it again.
func withReference(to, got *model.Resource, path string, k model.Key) *model.Resource {
	c := *to
	elements := strings.Split(path, ".")
	c.Attributes = put(to.Attributes, got.Attributes, elements, k.Name)
	c.Refs = maps.Clone(to.Refs)
	if c.Refs == nil {
		c.Refs = map[string]model.Key{}
	}
	c.Refs[path] = k
	if !slices.Contains(c.DependsOn, k) {
		c.DependsOn = append(slices.Clone(c.DependsOn), k)
	}
	return &c
}

// put copies the maps along the path and sets the last element. The siblings of
// that element come from the actual side where nothing is declared, because the
// object that holds a reference is only whole with them.
func put(want, got map[string]any, path []string, v any) map[string]any {
	out := maps.Clone(want)
	if out == nil {
		out = map[string]any{}
	}
	if len(path) == 1 {
		for k, e := range got {
			if _, declared := out[k]; !declared {
				out[k] = e
			}
		}
		out[path[0]] = v
		return out
	}
	w, _ := out[path[0]].(map[string]any)
	g, _ := got[path[0]].(map[string]any)
	out[path[0]] = put(w, g, path[1:], v)
	return out
}
