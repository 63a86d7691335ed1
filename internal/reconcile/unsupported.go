package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// speechless is what the files declare and the remote has no word for: it is
// neither compared nor sent (spec 2, Two generations of the API).
type speechless struct {
	remote Remote
	scope  plan.Scope
	found  []plan.At
	// fixed are attributes of objects that are there, and differ for good.
	fixed []plan.At
}

// all lists what was left out, by key and path.
func (s *speechless) all() []plan.At {
	all := slices.DeleteFunc(slices.Concat(s.found, s.fixed), func(at plan.At) bool { return !s.scope.Has(at.Key) })
	sort.Slice(all, func(i, j int) bool {
		a, b := all[i], all[j]
		return cmp.Or(a.Key.Compare(b.Key), strings.Compare(a.Path, b.Path)) < 0
	})
	return all
}

// lasting is the desired state less what an object was made with, where that is
// something else and never causes a replace.
func (s *speechless) lasting(desired, actual *model.State) *model.State {
	s.fixed = nil
	out := desired
	if !s.everLasts() {
		return out
	}
	for got := range actual.All() {
		want := desired.Get(got.Key)
		if want == nil || want.Lifecycle == model.Absent || want.Lifecycle == model.External {
			continue
		}
		for _, a := range got.Key.Kind.Trait().Fixed {
			if want.Attributes[a] == nil || want.Attributes[a] == got.Attributes[a] || !s.remote.Lasting(got.Key.Kind, a) {
				continue
			}
			if out == desired {
				out = model.NewState(slices.Collect(desired.All())...)
			}
			less := *want
			less.Attributes = maps.Clone(want.Attributes)
			delete(less.Attributes, a)
			want = &less
			out.Put(want)
			s.fixed = append(s.fixed, plan.At{Key: got.Key, Path: a})
		}
	}
	return out
}

// everLasts tells that the remote has an attribute that never causes a replace,
// though an update cannot change it.
func (s *speechless) everLasts() bool {
	return slices.ContainsFunc(model.Kinds, func(t model.Trait) bool {
		return slices.ContainsFunc(t.Fixed, func(a string) bool { return s.remote.Lasting(t.Kind, a) })
	})
}

// without is the desired state less what the remote has no word for.
func (s *speechless) without(desired *model.State) *model.State {
	out := desired
	for r := range desired.All() {
		less := s.resource(r)
		if less == r {
			continue
		}
		if out == desired {
			out = model.NewState(slices.Collect(desired.All())...)
		}
		out.Put(less)
	}
	return out
}

func (s *speechless) resource(r *model.Resource) *model.Resource {
	if r.Lifecycle == model.Absent || r.Lifecycle == model.External || !s.remote.Unsupported(r.Key.Kind, nil) || s.speaks(r.Key.Kind, make(model.Path, 0, 8), r.Attributes) {
		return r
	}
	before := len(s.found)
	kept := s.tree(r.Key, nil, r.Attributes)
	lost := s.found[before:]
	if len(lost) == 0 {
		return r
	}
	sort.Slice(lost, func(i, j int) bool { return lost[i].Path < lost[j].Path })
	less := *r
	less.Attributes, less.Refs = kept, maps.Clone(r.Refs)
	maps.DeleteFunc(less.Refs, func(path string, _ model.Key) bool {
		return slices.Contains(lost, plan.At{Key: r.Key, Path: path})
	})
	return &less
}

// speaks tells that the remote has a word for all of a tree, as it nearly always
// has.
func (s *speechless) speaks(k model.Kind, path model.Path, t map[string]any) bool {
	depth := len(path)
	for name, v := range t {
		path = append(path[:depth], name)
		if s.remote.Unsupported(k, path) {
			return false
		}
		if inner, ok := v.(map[string]any); ok && !s.speaks(k, path, inner) {
			return false
		}
	}
	return true
}

// tree copies a tree less what has no word. An object that this empties goes too.
func (s *speechless) tree(k model.Key, path model.Path, t map[string]any) map[string]any {
	out := make(map[string]any, len(t))
	for name, v := range t {
		p := path.Child(name)
		if s.remote.Unsupported(k.Kind, p) {
			s.leaves(k, p, v)
			continue
		}
		if inner, ok := v.(map[string]any); ok && len(inner) > 0 {
			kept := s.tree(k, p, inner)
			if len(kept) == 0 {
				continue
			}
			v = kept
		}
		out[name] = v
	}
	return out
}

// leaves notes every declared path at or below v.
func (s *speechless) leaves(k model.Key, path model.Path, v any) {
	inner, ok := v.(map[string]any)
	if !ok || len(inner) == 0 {
		s.found = append(s.found, plan.At{Key: k, Path: path.String()})
		return
	}
	for name, e := range inner {
		s.leaves(k, path.Child(name), e)
	}
}

// unsupported tells of each such path where it stands. On a create it is an
// error, since nobody would do what the file says; not so where the file says
// what an object is born with.
func (p *Pass) unsupported(made *plan.Plan, mute *speechless) []diagnostic.Diagnostic {
	if len(made.Unsupported) == 0 {
		return nil
	}
	born := map[model.Key]bool{}
	for _, c := range made.Changes {
		born[c.Key] = c.Action == plan.Create || c.Action == plan.Replace
	}
	ds := make([]diagnostic.Diagnostic, 0, len(made.Unsupported))
	for _, at := range made.Unsupported {
		d := place(p.Desired, "IDP0506", at.Key, at.Path, diagnostic.T("remote.unsupported", at.Path), diagnostic.T("remote.unsupported.hint"))
		d.Severity = diagnostic.Warning
		switch {
		case slices.Contains(mute.fixed, at):
			d.Message = diagnostic.T("remote.lasting", at.Path)
		case born[at.Key] && !p.native(at):
			d.Severity, d.Message = diagnostic.Error, diagnostic.T("remote.unsupportedCreate", at.Path)
		}
		ds = append(ds, d)
	}
	return ds
}

// native tells whether the declared value is the documented default, or nothing
// where none is documented.
func (p *Pass) native(at plan.At) bool {
	path := model.Path(strings.Split(at.Path, "."))
	v, _ := p.Desired.State.Get(at.Key).At(path...)
	if def, ok := p.semantics.Default(at.Key.Kind, path); ok && def != nil {
		return fmt.Sprint(v) == fmt.Sprint(def)
	}
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
