package plan

import (
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// The order of steps (spec 6):
//
//	providers -> connections -> applications -> enablements     created and changed
//	enablements -> applications -> connections -> providers     deleted, when all else has ended
//
// with these edges on top: a step that takes a way to log in from an application
// comes after every step that gives it one; what is deleted comes after whatever
// releases it; a replace removes only when everything it needs to be made again
// is there. A delete that such an edge puts before a change is not held back to
// the end.
type graph struct {
	b     *builder
	nodes []Step
}

// order sorts the changes into steps, or reports a cycle.
func (b *builder) order() error {
	changes := b.inOrder
	g := &graph{b: b, nodes: make([]Step, 0, len(changes))}
	for _, c := range changes {
		g.add(c)
	}
	for _, c := range changes {
		g.connect(c)
	}
	for _, c := range changes {
		g.giveFirst(c)
	}
	g.holdBackDeletes()
	sorted, err := g.sort()
	if err != nil {
		return err
	}
	b.out.Steps = g.renumber(sorted)
	b.out.Changes = changesInOrder(b.out.Steps)
	for _, c := range b.out.Changes {
		slices.SortFunc(c.DependsOn, model.Key.Compare)
		c.DependsOn = slices.Compact(c.DependsOn)
	}
	return nil
}

func (g *graph) add(c *Change) {
	half := All
	c.first = len(g.nodes)
	if c.Action == Replace {
		g.nodes = append(g.nodes, Step{Change: c, Half: Remove})
		half = Make
	}
	c.final = len(g.nodes)
	g.nodes = append(g.nodes, Step{Change: c, Half: half})
}

// after makes step n wait for the end of another key's change.
func (g *graph) after(n int, other model.Key) {
	if d := g.b.changes[other]; d != nil {
		g.link(n, d.final)
	}
}

func (g *graph) link(n, before int) {
	if n == before {
		return
	}
	g.nodes[n].After = append(g.nodes[n].After, before)
	c, d := g.nodes[n].Change, g.nodes[before].Change
	if c != d {
		c.DependsOn = append(c.DependsOn, d.Key)
	}
}

func (g *graph) connect(c *Change) {
	switch c.Action {
	case Create:
		g.needsItsOwn(c, c.final)
	case Update:
		g.needsItsOwn(c, c.final)
		g.afterGifts(c)
	case Replace:
		g.link(c.final, c.first)
		g.needsItsOwn(c, c.final)
		g.beforeRemoving(c)
	case Delete:
		if _, _, ok := c.Key.Ends(); ok {
			g.takeLast(c)
		} else {
			g.afterRelease(c, c.final)
		}
	}
}

// needsItsOwn makes a step wait for what its resource depends on.
func (g *graph) needsItsOwn(c *Change, n int) {
	_, _, edge := c.Key.Ends()
	for _, k := range c.To.DependsOn {
		d := g.b.changes[k]
		if d == nil || d.Action == Delete {
			continue
		}
		if edge && d.Action == Update && k == c.Key.Owner() {
			continue // which of the two goes first is a matter of ways to log in
		}
		g.link(n, d.final)
	}
}

// afterGifts makes an update wait for the enablements it leans on: those that
// make up for the ways it takes, and those its references point through.
func (g *graph) afterGifts(c *Change) {
	n := c.final
	if takesWay(c) {
		for _, e := range g.gifts(c.Key) {
			g.after(n, e)
		}
	}
	for _, f := range c.Found {
		if k, ok := c.To.Refs[f.Path]; ok {
			e := model.EnablementKey(c.Key.Name, k.Name)
			if d := g.b.changes[e]; d != nil && d.Action == Create {
				g.link(n, d.final)
			}
		}
	}
}

// gifts lists the enablements that this plan gives to an application.
func (g *graph) gifts(app model.Key) []model.Key {
	var gifts []model.Key
	for _, s := range []*model.State{g.b.desired, g.b.actual} {
		for _, r := range g.edgesOf(s, app) {
			if c := g.b.changes[r]; c != nil && c.Action == Create {
				gifts = append(gifts, r)
			}
		}
	}
	return gifts
}

func (g *graph) edgesOf(s *model.State, app model.Key) []model.Key {
	if s == g.b.actual {
		keys := make([]model.Key, 0, len(g.b.actualEdges[app]))
		for _, r := range g.b.actualEdges[app] {
			keys = append(keys, r.Key)
		}
		return keys
	}
	return g.b.desiredEdges()[app]
}

// desiredEdges lists the declared enablements by application, made once.
func (b *builder) desiredEdges() map[model.Key][]model.Key {
	if b.edgesByApp == nil {
		b.edgesByApp = map[model.Key][]model.Key{}
		for r := range b.desired.Of(model.Enablement) {
			b.edgesByApp[r.Key.Owner()] = append(b.edgesByApp[r.Key.Owner()], r.Key)
		}
	}
	return b.edgesByApp
}

// beforeRemoving puts in front of the removing half: whatever the making half
// will need (so that nothing is removed that cannot be made), the removal of
// what hangs on the old one, and the disabling of surplus enablements.
func (g *graph) beforeRemoving(c *Change) {
	n := c.first
	for _, k := range c.To.DependsOn {
		if d := g.b.changes[k]; d != nil && (d.Action == Create || d.Action == Update) {
			g.link(n, d.final)
		}
	}
	for _, user := range g.b.actualUsers[c.Key] {
		d := g.b.changes[user.Key]
		if k, ok := user.Parent(); ok && k == c.Key && d != nil && (d.Action == Replace || d.Action == Delete) {
			g.link(n, d.first)
		}
	}
	for _, e := range g.b.actualEdges[c.Key] {
		app, conn, _ := e.Key.Ends()
		switch d := g.b.changes[app]; {
		case conn != c.Key || d == nil:
		case d.Action == Replace:
			g.link(n, d.first) // the button falls with its application
		case d.Action == Delete:
			g.link(d.final, n) // the button is taken by this step, before the application goes
		}
		if d := g.b.changes[e.Key]; d != nil && d.Action == Delete {
			g.link(n, d.final)
		}
	}
}

// giveFirst makes a step that takes a connection away, by a replace or by the
// disabling that a replace brings along, wait for every step that gives the
// applications concerned a way to log in, unless that step can only come after
// it: what hangs on the new connection cannot come before the old one is gone.
func (g *graph) giveFirst(c *Change) {
	n, losers := c.first, []model.Key(nil)
	if app, conn, edge := c.Key.Ends(); edge && c.Action == Delete && g.replaced(conn) {
		losers = append(losers, app)
	} else if c.Action == Replace && !edge {
		for _, e := range g.b.actualEdges[c.Key] {
			if app, conn, _ := e.Key.Ends(); conn == c.Key {
				losers = append(losers, app)
			}
		}
	}
	for _, app := range losers {
		for _, gift := range g.gifts(app) {
			g.unlessCycle(n, g.b.changes[gift].final)
		}
		if u := g.b.changes[app]; u != nil && givesWay(u) {
			g.unlessCycle(n, u.final)
		}
	}
}

// unlessCycle links n behind before, unless before waits for n already.
func (g *graph) unlessCycle(n, before int) {
	seen := map[int]bool{}
	var waits func(from int) bool
	waits = func(from int) bool {
		if from == n {
			return true
		}
		if seen[from] {
			return false
		}
		seen[from] = true
		return slices.ContainsFunc(g.nodes[from].After, waits)
	}
	if !waits(before) {
		g.link(n, before)
	}
}

// takeLast makes the disabling of a connection wait for every step that gives
// its application a way to log in. Where the connection, or the provider it
// falls with, is replaced there is nothing to wait for: the disabling belongs to
// that chain, and what the plan gives may hang on the chain's end.
func (g *graph) takeLast(c *Change) {
	app, conn, _ := c.Key.Ends()
	if g.replaced(conn) {
		return
	}
	n := c.final
	for _, e := range g.gifts(app) {
		g.after(n, e)
	}
	g.after(n, app)
}

func (g *graph) replaced(k model.Key) bool {
	if actual := g.b.actual.Get(k); actual != nil {
		if parent, ok := actual.Parent(); ok && g.b.replaced(parent) {
			return true
		}
	}
	return g.b.replaced(k)
}

// afterRelease makes a delete wait for whatever lets go of the resource. In the
// chain of a replaced provider nobody can wait for an application to point
// elsewhere: where it will point may be made at that chain's end.
func (g *graph) afterRelease(c *Change, n int) {
	for _, user := range g.b.actualUsers[c.Key] {
		if _, child := user.Parent(); child || !g.replaced(c.Key) {
			g.after(n, user.Key)
		}
	}
	for _, e := range g.b.actualEdges[c.Key] {
		app, conn, _ := e.Key.Ends()
		if conn != c.Key {
			continue
		}
		g.after(n, e.Key)
		if d := g.b.changes[app]; d != nil && (d.Action == Delete || d.Action == Replace) {
			g.link(n, d.final)
		}
	}
}
