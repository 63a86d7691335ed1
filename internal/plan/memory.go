package plan

import (
	"maps"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// Memory is what earlier runs know of one resource. It stands in for what the
// server does not show, and decides nothing else (spec 6).
type Memory struct {
	// Applied is the tree of attributes as it was last applied. A Mark stands in
	// it for what is not remembered itself.
	Applied any
	// AfterNull holds, by dotted path, what was read after the last null write.
	AfterNull map[string]any
	// NotKept holds, by dotted path, what the server accepted and did not store.
	NotKept map[string]Lapse
}

// Lapse is a value that a server did not keep at a run.
type Lapse struct {
	Run              string
	Declared, Server any
}

// Mark stands in a remembered tree for a value that is not remembered itself: a
// secret, or one of which an interrupted run leaves in doubt what it became.
type Mark interface {
	// Fits tells whether a declared value is the remembered one; known is false
	// when nobody can say.
	Fits(declared any) (same, known bool)
}

// NotKept is a difference that the server did not keep at an earlier run, and
// that has not changed on either side since.
type NotKept struct {
	At
	Run string
}

// at looks a path up in a remembered tree; a mark stands for all below it.
func (m *Memory) at(path model.Path) (any, bool) {
	if m == nil {
		return nil, false
	}
	v := m.Applied
	for _, e := range path {
		if _, marked := v.(Mark); marked {
			return v, true
		}
		t, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = t[e]; !ok {
			return nil, false
		}
	}
	return v, v != nil || len(path) > 0
}

// agrees compares a declared value with a remembered one.
func (a *aligner) agrees(path model.Path, want, have any) (same, known bool) {
	if m, marked := have.(Mark); marked {
		return m.Fits(want)
	}
	if _, secret := want.(model.Secret); secret {
		return false, false
	}
	if !holdsSecret(want) {
		return a.same(path, want, have), true
	}
	switch want := want.(type) {
	case []any:
		have, ok := have.([]any)
		if !ok || len(have) != len(want) {
			return false, true
		}
		for i, w := range want {
			if same, known := a.agrees(path, w, have[i]); !same || !known {
				return same, known
			}
		}
		return true, true
	case map[string]any:
		have, ok := have.(map[string]any)
		if !ok || len(have) != len(want) {
			return false, true
		}
		for _, k := range slices.Sorted(maps.Keys(want)) {
			if same, known := a.agrees(path.Child(k), want[k], have[k]); !same || !known {
				return same, known
			}
		}
		return true, true
	}
	return false, false
}

// unseen settles a declared value that the server does not show by what was
// last applied, and leaves it open where nothing is remembered.
func (a *aligner) unseen(path model.Path, want any) {
	have, there := a.recalled().at(path)
	same, known := false, false
	if there {
		same, known = a.agrees(path, want, have)
	}
	switch {
	case !known:
		a.uncompared = append(a.uncompared, path.String())
	case same:
		a.carried = append(a.carried, path.String())
	default:
		a.against = append(a.against, a.lastApplied(path, want, have))
	}
}

// recalled is the memory of the resource, asked for when it is needed: of most
// resources the server shows everything.
func (a *aligner) recalled() *Memory {
	if a.recall != nil {
		a.memory, a.recall = a.recall(), nil
	}
	return a.memory
}

// lastApplied is the difference from what was last applied.
func (a *aligner) lastApplied(path model.Path, want, have any) FieldDiff {
	f := FieldDiff{Path: path.String(), Before: have, After: want, Note: NoteLastApplied}
	marked := holdsMark(have)
	if marked {
		f.Before = nil
	}
	if holdsSecret(want) || a.sem.Secret(a.kind, a.typ, path) {
		f.Sensitive = true
		f.Before, f.After = shown(f.Before), shown(f.After)
		if marked {
			f.Before = shown(true)
		}
	}
	return f
}

func holdsMark(v any) bool {
	switch v := v.(type) {
	case Mark:
		return true
	case []any:
		return slices.ContainsFunc(v, holdsMark)
	case map[string]any:
		for _, e := range v {
			if holdsMark(e) {
				return true
			}
		}
	}
	return false
}

// lapsed takes out of the differences what the server did not keep at an
// earlier run and what has not changed on either side since; asked for again
// with --push it stays (spec 7).
func (b *builder) lapsed(want, got *model.Resource, d differences) (*model.Resource, differences) {
	if len(d.fields) == 0 || b.o.Push == PushNotKept || b.o.Push == PushAll || b.o.Recall == nil {
		return want, d
	}
	m := b.o.Recall(got)
	if m == nil || len(m.NotKept) == 0 {
		return want, d
	}
	a := newAligner(b.o.Semantics, want, got, true)
	d.fields = slices.DeleteFunc(d.fields, func(f FieldDiff) bool {
		lapse, has := m.NotKept[f.Path]
		path := model.SplitPath(f.Path)
		if !has || !a.stands(path, lapse, want, got) {
			return false
		}
		b.out.NotKept = append(b.out.NotKept, NotKept{At{want.Key, f.Path}, lapse.Run})
		copied := *want
		copied.Attributes = less(want.Attributes, path)
		want = &copied
		return true
	})
	return want, d
}

// stands tells whether neither side has changed since the lapse.
func (a *aligner) stands(path model.Path, l Lapse, want, got *model.Resource) bool {
	w, _ := want.At(path...)
	g, _ := got.At(path...)
	asked, known := a.agrees(path, w, l.Declared)
	if !asked || !known {
		return false
	}
	if empty(g) && empty(l.Server) {
		return true
	}
	stayed, known := a.agrees(path, g, l.Server)
	return stayed && known
}
