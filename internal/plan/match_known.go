package plan

import (
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// byHand claims what a pin or the memory of an earlier run settles.
func (m *matcher) byHand(kind model.Kind) {
	for r := range m.desired.Of(kind) {
		id, pinned := m.o.Pin[r.Key]
		if !pinned {
			continue
		}
		if ob := m.byID[model.ObjectID{Kind: kind, ID: id}]; ob != nil && !m.claimed(ob) {
			m.claim(r.Key, ob)
		} else {
			m.problem(Problem{Name: PinMissing, Key: r.Key, Detail: id})
			m.ids[r.Key] = id // no further guess
		}
	}
	for r := range m.desired.Of(kind) {
		id, known := m.o.Known[r.Key]
		ob := m.byID[model.ObjectID{Kind: kind, ID: id}]
		if !known || ob == nil || m.ids[r.Key] != "" || m.claimed(ob) || ob.Foreign != "" || !sameSort(r, ob) {
			continue
		}
		m.claim(r.Key, ob)
	}
}

// sameSort tells whether a remembered id may settle what a document means: for
// a provider of the same type, and for an integrated application of the same
// template. All others are known by their identifiers.
func sameSort(r *model.Resource, ob *model.Observed) bool {
	switch ob.Kind {
	case model.IdentityProvider:
		return ob.Type == r.Text("type")
	case model.Application:
		return r.Text("template") != "" && ob.Template == r.Text("template")
	}
	return false
}

// former gives back their handles to objects that no document names any more.
func (m *matcher) former() {
	var unnamed []model.Key
	for k := range m.o.Known {
		if m.desired.Get(k) == nil {
			unnamed = append(unnamed, k)
		}
	}
	slices.SortFunc(unnamed, model.Key.Compare)
	for _, k := range unnamed {
		id := m.o.Known[k]
		ob := m.byID[model.ObjectID{Kind: k.Kind, ID: id}]
		if ob != nil && !m.claimed(ob) {
			m.out.Handles[model.ObjectID{Kind: k.Kind, ID: id}] = k
		}
	}
}
