package plan

import (
	"iter"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// MatchOptions tell what is known of identity besides the two states.
type MatchOptions struct {
	// Pin settles who is who by hand: key -> server id.
	Pin map[model.Key]string
	// Known is what an earlier run learnt: key -> server id. It settles who is
	// who where the server's own names do not (spec 6, rule 1), and gives objects
	// that no document names any more the handle they had.
	Known map[model.Key]string
	// ReadParents lists the ids of the providers whose connections were read.
	ReadParents map[string]bool
}

// Matching says who on the server bears which handle.
type Matching struct {
	Handles model.Handles
	// Parents lists the ids of the providers that documents claim, sorted: their
	// connections are needed.
	Parents []string
	// Widen tells that the answer may change once the connections of every
	// provider have been read.
	Widen    bool
	Problems []Problem
}

// Match settles, one to one, which observed object each document means
// (spec 6, Identity). It never guesses: several candidates are a problem.
func Match(desired *model.State, observed []model.Observed, o MatchOptions) *Matching {
	m := &matcher{
		o: o, desired: desired,
		out:  &Matching{Handles: make(model.Handles, len(observed))},
		all:  make([]candidate, 0, len(observed)),
		byID: map[model.Kind]map[string]*candidate{}, documents: map[model.Kind][]document{},
	}
	for i := range observed {
		ob := &observed[i]
		ids := m.byID[ob.Kind]
		if ids == nil {
			ids = map[string]*candidate{}
			m.byID[ob.Kind] = ids
		}
		if have := ids[ob.ID]; have != nil {
			have.Observed = ob
			continue
		}
		m.all = append(m.all, candidate{Observed: ob})
		ids[ob.ID] = &m.all[len(m.all)-1]
	}
	for _, kind := range model.Documented {
		for r := range desired.Of(kind) {
			m.documents[kind] = append(m.documents[kind], document{Resource: r})
		}
	}
	m.survey()
	m.providers()
	m.connections()
	m.applications()
	m.former()
	m.missing()
	slices.Sort(m.out.Parents)
	return m.out
}

// candidate is an observed object that a document may mean.
type candidate struct {
	*model.Observed
	claimed bool
}

// document is a desired resource with the id of what it means: "" while that is
// open, and another text when no further guess may be made.
type document struct {
	*model.Resource
	id string
}

type matcher struct {
	o         MatchOptions
	desired   *model.State
	out       *Matching
	all       []candidate // never moved: others point at its elements
	byID      map[model.Kind]map[string]*candidate
	documents map[model.Kind][]document
	// unread tells that some provider's connections were not read.
	unread bool
	// byType lists the providers of a type, wanted the identifiers the files put
	// under a handle.
	byType map[string][]*candidate
	wanted map[string][]string
	// holders lists the providers of a connection's identifier; made when first
	// asked for.
	holders map[string][]string
}

// survey builds the indexes that would otherwise be a loop inside a loop.
func (m *matcher) survey() {
	m.byType, m.wanted = map[string][]*candidate{}, map[string][]string{}
	for i := range m.all {
		if ob := &m.all[i]; ob.Kind == model.IdentityProvider {
			m.byType[ob.Type] = append(m.byType[ob.Type], ob)
			m.unread = m.unread || ob.Foreign == "" && !m.o.ReadParents[ob.ID]
		}
	}
	for _, c := range m.documents[model.Connection] {
		p := c.Text("provider")
		m.wanted[p] = append(m.wanted[p], c.Text("identifier"))
	}
}

// holding lists the ids of the providers that have a connection of the identifier.
func (m *matcher) holding(identifier string) []string {
	if m.holders == nil {
		m.holders = map[string][]string{}
		for i := range m.all {
			if ob := &m.all[i]; ob.Kind == model.Connection {
				m.holders[ob.Identifier] = append(m.holders[ob.Identifier], ob.Parent)
			}
		}
	}
	return m.holders[identifier]
}

func (m *matcher) claim(r *document, ob *candidate) {
	r.id, ob.claimed = ob.ID, true
	m.out.Handles[model.ObjectID{Kind: ob.Kind, ID: ob.ID}] = r.Key
	if ob.Foreign != "" {
		m.problem(Problem{Name: Foreign, Key: r.Key, Detail: ob.Foreign})
	}
	if ob.Kind == model.IdentityProvider {
		m.out.Parents = append(m.out.Parents, ob.ID)
	}
}

func (m *matcher) problem(p Problem) { m.out.Problems = append(m.out.Problems, p) }

// of gives the documents of a kind for which nothing is settled yet, in the order
// of keys.
func (m *matcher) of(kind model.Kind) iter.Seq[*document] {
	return func(yield func(*document) bool) {
		documents := m.documents[kind]
		for i := range documents {
			if documents[i].id == "" && !yield(&documents[i]) {
				return
			}
		}
	}
}

func (m *matcher) providers() {
	m.byHand(model.IdentityProvider)
	index := m.index(model.IdentityProvider, func(ob *candidate) string { return ob.Type + "\x00" + ob.Name })
	named := func(r *document, name string) []*candidate {
		return index.free(r.Text("type") + "\x00" + name)
	}
	m.providersByName(named)
	for _, holds := range []bool{true, false} { // what connections settle leaves fewer to guess among
		for r := range m.of(model.IdentityProvider) {
			if (len(m.wanted[r.Key.Name]) > 0) == holds {
				m.providerByConnections(r, named(r, r.Text("name")))
			}
		}
		m.providersByName(named)
	}
}

// providersByName claims those of which exactly one is left that has the type
// and the name.
func (m *matcher) providersByName(named func(r *document, name string) []*candidate) {
	for r := range m.of(model.IdentityProvider) {
		fit := named(r, r.Text("name"))
		if len(fit) == 0 && r.RenamedFrom != "" {
			fit = named(r, r.RenamedFrom)
		}
		if len(fit) == 1 {
			m.claim(r, fit[0])
		}
	}
}

// providerByConnections finds a provider that was renamed, or that shares its
// name with others, by the connections that the files put under it.
func (m *matcher) providerByConnections(r *document, named []*candidate) {
	candidates := named
	if len(candidates) == 0 {
		if r.Lifecycle == model.Absent || r.Lifecycle == model.External {
			return // found by name or not at all: another name is another provider
		}
		candidates = free(m.byType[r.Text("type")])
	}
	wanted := m.wanted[r.Key.Name]
	holds := map[string]bool{}
	for _, identifier := range wanted {
		for _, parent := range m.holding(identifier) {
			holds[parent] = true
		}
	}
	var fit []*candidate
	for _, ob := range candidates {
		if holds[ob.ID] {
			fit = append(fit, ob)
		}
		if len(wanted) > 0 && !m.o.ReadParents[ob.ID] {
			m.out.Widen = true
		}
	}
	switch {
	case len(fit) == 1:
		m.claim(r, fit[0])
	case len(fit) > 1:
		m.ambiguous(r, fit)
	case len(named) > 1:
		m.ambiguous(r, named)
	}
}

func (m *matcher) ambiguous(r *document, obs []*candidate) {
	p := Problem{Name: Ambiguous, Key: r.Key}
	for _, ob := range obs {
		p.IDs = append(p.IDs, ob.ID)
	}
	slices.Sort(p.IDs)
	m.problem(p)
	r.id = "?" // not missing, not settled
}

func (m *matcher) connections() {
	m.byHand(model.Connection)
	index := m.index(model.Connection, func(ob *candidate) string { return ob.Identifier })
	documents := m.documents[model.Connection]
	for i := range documents {
		r := &documents[i]
		if r.id == "" {
			fit := index.free(r.Text("identifier"))
			if len(fit) == 0 && r.Lifecycle != model.Absent && m.unread {
				m.out.Widen = true // before the plan may say create, it must not be anywhere else
			}
			m.only(r, fit)
		}
		m.underClaimed(r)
	}
}

// underClaimed refuses a declared connection under a provider that no document
// claims: moving it would be a replace that nobody asked for.
func (m *matcher) underClaimed(r *document) {
	ob := m.byID[model.Connection][r.id]
	if ob == nil || r.Lifecycle == model.External {
		return
	}
	parent := m.byID[model.IdentityProvider][ob.Parent]
	if parent != nil && parent.claimed {
		return
	}
	detail := ob.Parent
	if parent != nil {
		detail = parent.Type + " " + parent.Name + " (" + parent.ID + ")"
	}
	m.problem(Problem{Name: Unclaimed, Key: r.Key, IDs: []string{ob.Parent}, Detail: detail})
}

func (m *matcher) applications() {
	m.byHand(model.Application)
	byIdentifier := m.index(model.Application, func(ob *candidate) string { return ob.Identifier })
	for r := range m.of(model.Application) {
		m.only(r, byIdentifier.free(r.Text("appIdentifier")))
	}
	for r := range m.of(model.Application) {
		if r.RenamedFrom != "" {
			m.only(r, byIdentifier.free(r.RenamedFrom))
		}
	}
	byTemplate := m.index(model.Application, func(ob *candidate) string { return ob.Template + "\x00" + ob.Name })
	for r := range m.of(model.Application) {
		if t := r.Text("template"); t != "" {
			m.only(r, byTemplate.free(t+"\x00"+r.Text("appName")))
		}
	}
}

// only claims the one that fits.
func (m *matcher) only(r *document, fit []*candidate) {
	switch len(fit) {
	case 0:
	case 1:
		m.claim(r, fit[0])
	default:
		m.ambiguous(r, fit)
	}
}

// missing reports external objects that are not there, once nothing more can
// be read.
func (m *matcher) missing() {
	if m.out.Widen {
		return
	}
	for _, kind := range model.Documented {
		for r := range m.of(kind) {
			if r.Lifecycle == model.External {
				m.problem(Problem{Name: NotFound, Key: r.Key})
			}
		}
	}
}

// index finds candidates by a text. Most texts have one, so that one needs no
// list of its own: an entry leads to the next with its text.
type index map[string]*entry

type entry struct {
	*candidate
	next *entry
}

func (m *matcher) index(kind model.Kind, by func(*candidate) string) index {
	x := index{}
	entries := make([]entry, 0, len(m.byID[kind]))
	for i := range m.all {
		if ob := &m.all[i]; ob.Kind == kind {
			entries = append(entries, entry{candidate: ob})
		}
	}
	for i := len(entries) - 1; i >= 0; i-- { // the first comes first
		e := &entries[i]
		k := by(e.candidate)
		e.next, x[k] = x[k], e
	}
	return x
}

// free lists the candidates with a text, without those that are claimed already
// or that nobody may manage.
func (x index) free(text string) (all []*candidate) {
	for e := x[text]; e != nil; e = e.next {
		if e.Foreign == "" && !e.claimed {
			all = append(all, e.candidate)
		}
	}
	return all
}

// free leaves out what is claimed already and what nobody may manage.
func free(obs []*candidate) []*candidate {
	return slices.DeleteFunc(slices.Clone(obs), func(ob *candidate) bool { return ob.Foreign != "" || ob.claimed })
}
