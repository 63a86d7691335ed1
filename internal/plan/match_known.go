package plan

import (
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// byHand claims what a pin or the memory of an earlier run settles.
func (m *matcher) byHand(kind model.Kind) {
	if len(m.o.Pin) > 0 {
		for r := range m.of(kind) {
			m.pinned(r)
		}
	}
	if kind == model.Connection {
		return // known by their identifiers alone, see sameSort
	}
	for r := range m.of(kind) {
		id, known := m.o.Known[r.Key]
		ob := m.byID[kind][id]
		if known && ob != nil && !ob.claimed && ob.Foreign == "" && sameSort(r.Resource, ob.Observed) {
			m.claim(r, ob)
		}
	}
}

func (m *matcher) pinned(r *document) {
	id, pinned := m.o.Pin[r.Key]
	if !pinned {
		return
	}
	if ob := m.byID[r.Key.Kind][id]; ob != nil && !ob.claimed {
		m.claim(r, ob)
		return
	}
	m.problem(Problem{Name: PinMissing, Key: r.Key, Detail: id})
	r.id = id // no further guess
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
	if !slices.ContainsFunc(m.all, func(ob candidate) bool { return !ob.claimed }) {
		return
	}
	var unnamed []model.Key
	for k, id := range m.o.Known {
		if ob := m.byID[k.Kind][id]; ob != nil && !ob.claimed && m.desired.Get(k) == nil {
			unnamed = append(unnamed, k)
		}
	}
	slices.SortFunc(unnamed, model.Key.Compare)
	for _, k := range unnamed {
		if ob := m.byID[k.Kind][m.o.Known[k]]; !ob.claimed { // two keys may have had it
			ob.claimed = true
			m.out.Handles[model.ObjectID{Kind: k.Kind, ID: ob.ID}] = k
		}
	}
}
