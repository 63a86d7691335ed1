package plan

import (
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
		byID: make(map[model.ObjectID]*model.Observed, len(observed)),
		ids:  make(map[model.Key]string, len(observed)),
	}
	for i := range observed {
		ob := &observed[i]
		id := model.ObjectID{Kind: ob.Kind, ID: ob.ID}
		if m.byID[id] == nil {
			m.all = append(m.all, ob)
		}
		m.byID[id] = ob
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

type matcher struct {
	o       MatchOptions
	desired *model.State
	out     *Matching
	all     []*model.Observed
	byID    map[model.ObjectID]*model.Observed
	ids     map[model.Key]string
	// unread tells that some provider's connections were not read.
	unread bool
	// byType lists the providers of a type, holders the providers of a
	// connection's identifier, wanted the identifiers the files put under a handle.
	byType  map[string][]*model.Observed
	holders map[string][]string
	wanted  map[string][]string
}

// survey builds the indexes that would otherwise be a loop inside a loop.
func (m *matcher) survey() {
	m.byType, m.holders, m.wanted = map[string][]*model.Observed{}, map[string][]string{}, map[string][]string{}
	for _, ob := range m.all {
		switch ob.Kind {
		case model.IdentityProvider:
			m.byType[ob.Type] = append(m.byType[ob.Type], ob)
			m.unread = m.unread || ob.Foreign == "" && !m.o.ReadParents[ob.ID]
		case model.Connection:
			m.holders[ob.Identifier] = append(m.holders[ob.Identifier], ob.Parent)
		}
	}
	for c := range m.desired.Of(model.Connection) {
		p := c.Text("provider")
		m.wanted[p] = append(m.wanted[p], c.Text("identifier"))
	}
}

func (m *matcher) claim(k model.Key, ob *model.Observed) {
	m.ids[k] = ob.ID
	m.out.Handles[model.ObjectID{Kind: k.Kind, ID: ob.ID}] = k
	if ob.Foreign != "" {
		m.problem(Problem{Name: Foreign, Key: k, Detail: ob.Foreign})
	}
	if k.Kind == model.IdentityProvider {
		m.out.Parents = append(m.out.Parents, ob.ID)
	}
}

func (m *matcher) claimed(ob *model.Observed) bool {
	_, ok := m.out.Handles[model.ObjectID{Kind: ob.Kind, ID: ob.ID}]
	return ok
}

func (m *matcher) problem(p Problem) { m.out.Problems = append(m.out.Problems, p) }

func (m *matcher) providers() {
	m.byHand(model.IdentityProvider)
	index := m.index(model.IdentityProvider, func(ob *model.Observed) string { return ob.Type + "\x00" + ob.Name })
	named := func(r *model.Resource, name string) []*model.Observed {
		return m.free(index[r.Text("type")+"\x00"+name])
	}
	m.providersByName(named)
	for _, holds := range []bool{true, false} { // what connections settle leaves fewer to guess among
		for r := range m.desired.Of(model.IdentityProvider) {
			if m.ids[r.Key] == "" && (len(m.wanted[r.Key.Name]) > 0) == holds {
				m.providerByConnections(r, named(r, r.Text("name")))
			}
		}
		m.providersByName(named)
	}
}

// providersByName claims those of which exactly one is left that has the type
// and the name.
func (m *matcher) providersByName(named func(r *model.Resource, name string) []*model.Observed) {
	for r := range m.desired.Of(model.IdentityProvider) {
		if m.ids[r.Key] != "" {
			continue
		}
		fit := named(r, r.Text("name"))
		if len(fit) == 0 && r.RenamedFrom != "" {
			fit = named(r, r.RenamedFrom)
		}
		if len(fit) == 1 {
			m.claim(r.Key, fit[0])
		}
	}
}

// providerByConnections finds a provider that was renamed, or that shares its
// name with others, by the connections that the files put under it.
func (m *matcher) providerByConnections(r *model.Resource, named []*model.Observed) {
	candidates := named
	if len(candidates) == 0 {
		if r.Lifecycle == model.Absent || r.Lifecycle == model.External {
			return // found by name or not at all: another name is another provider
		}
		candidates = m.free(m.byType[r.Text("type")])
	}
	wanted := m.wanted[r.Key.Name]
	holds := map[string]bool{}
	for _, identifier := range wanted {
		for _, parent := range m.holders[identifier] {
			holds[parent] = true
		}
	}
	var fit []*model.Observed
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
		m.claim(r.Key, fit[0])
	case len(fit) > 1:
		m.ambiguous(r.Key, fit)
	case len(named) > 1:
		m.ambiguous(r.Key, named)
	}
}

func (m *matcher) ambiguous(k model.Key, obs []*model.Observed) {
	p := Problem{Name: Ambiguous, Key: k}
	for _, ob := range obs {
		p.IDs = append(p.IDs, ob.ID)
	}
	slices.Sort(p.IDs)
	m.problem(p)
	m.ids[k] = "?" // not missing, not settled
}

func (m *matcher) connections() {
	m.byHand(model.Connection)
	index := m.index(model.Connection, func(ob *model.Observed) string { return ob.Identifier })
	for r := range m.desired.Of(model.Connection) {
		if m.ids[r.Key] == "" {
			m.connection(r, m.free(index[r.Text("identifier")]))
		}
		m.underClaimed(r)
	}
}

func (m *matcher) connection(r *model.Resource, fit []*model.Observed) {
	switch len(fit) {
	case 0:
		// Before the plan may say create, it must not be anywhere else.
		if r.Lifecycle != model.Absent && m.unread {
			m.out.Widen = true
		}
	case 1:
		m.claim(r.Key, fit[0])
	default:
		m.ambiguous(r.Key, fit)
	}
}

// underClaimed refuses a declared connection under a provider that no document
// claims: moving it would be a replace that nobody asked for.
func (m *matcher) underClaimed(r *model.Resource) {
	ob := m.byID[model.ObjectID{Kind: model.Connection, ID: m.ids[r.Key]}]
	if ob == nil || r.Lifecycle == model.External {
		return
	}
	parent := m.byID[model.ObjectID{Kind: model.IdentityProvider, ID: ob.Parent}]
	if parent != nil && m.claimed(parent) {
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
	byIdentifier := m.index(model.Application, func(ob *model.Observed) string { return ob.Identifier })
	for r := range m.desired.Of(model.Application) {
		if m.ids[r.Key] == "" {
			m.application(r, m.free(byIdentifier[r.Text("appIdentifier")]))
		}
	}
	for r := range m.desired.Of(model.Application) {
		if m.ids[r.Key] == "" && r.RenamedFrom != "" {
			m.application(r, m.free(byIdentifier[r.RenamedFrom]))
		}
	}
	byTemplate := m.index(model.Application, func(ob *model.Observed) string { return ob.Template + "\x00" + ob.Name })
	for r := range m.desired.Of(model.Application) {
		if t := r.Text("template"); t != "" && m.ids[r.Key] == "" {
			m.application(r, m.free(byTemplate[t+"\x00"+r.Text("appName")]))
		}
	}
}

func (m *matcher) application(r *model.Resource, fit []*model.Observed) {
	switch len(fit) {
	case 0:
	case 1:
		m.claim(r.Key, fit[0])
	default:
		m.ambiguous(r.Key, fit)
	}
}

// missing reports external objects that are not there, once nothing more can
// be read.
func (m *matcher) missing() {
	if m.out.Widen {
		return
	}
	for r := range m.desired.All() {
		if r.Lifecycle == model.External && r.Key.Kind != model.Enablement && m.ids[r.Key] == "" {
			m.problem(Problem{Name: NotFound, Key: r.Key})
		}
	}
}

func (m *matcher) index(kind model.Kind, by func(*model.Observed) string) map[string][]*model.Observed {
	index := map[string][]*model.Observed{}
	for _, ob := range m.all {
		if ob.Kind == kind {
			k := by(ob)
			index[k] = append(index[k], ob)
		}
	}
	return index
}

// free leaves out what is claimed already and what nobody may manage.
func (m *matcher) free(obs []*model.Observed) []*model.Observed {
	return slices.DeleteFunc(slices.Clone(obs), func(ob *model.Observed) bool {
		return ob.Foreign != "" || m.claimed(ob)
	})
}
