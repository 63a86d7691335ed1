package plan

import (
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// pruneNothingForeign drops an enablement of somebody else's application.
func (b *builder) pruneNothingForeign() {
	b.inOrder = slices.DeleteFunc(b.inOrder, func(c *Change) bool {
		app, _, edge := c.Key.Ends()
		if !edge || c.Action != Delete {
			return false
		}
		a := b.actual.Get(app)
		if a == nil || a.Foreign == "" {
			return false
		}
		delete(b.changes, c.Key)
		return true
	})
}

// judge gives every change its risk, the applications it touches and, for a
// replace, what it must release first.
func (b *builder) judge() {
	edges := b.edgesOfBothSides()
	for _, c := range b.inOrder {
		k := c.Key
		c.Applications = b.touched(c, edges)
		c.Gains, c.Loses = b.buttons(c)
		c.Risk = risk(c)
		if c.Action != Replace {
			continue
		}
		for _, e := range b.actualEdges[k] {
			if _, conn, _ := e.Key.Ends(); conn == k && !b.goesAnyway(e) {
				c.Release = append(c.Release, e)
			}
		}
	}
}

// goesAnyway tells whether the enablement is deleted by a change of its own or
// falls with its application before the connection is removed.
func (b *builder) goesAnyway(e *model.Resource) bool {
	app, _, _ := e.Key.Ends()
	own := b.changes[e.Key]
	return own != nil && own.Action == Delete || b.replaced(app)
}

// edgesOfBothSides maps each connection to the applications that offer it, now
// or afterwards.
func (b *builder) edgesOfBothSides() map[model.Key][]string {
	edges := map[model.Key][]string{}
	for _, s := range []*model.State{b.actual, b.desired} {
		for r := range s.Of(model.Enablement) {
			app, conn, _ := r.Key.Ends()
			edges[conn] = append(edges[conn], app.Name)
		}
	}
	return edges
}

func (b *builder) touched(c *Change, edges map[model.Key][]string) []string {
	var apps []string
	switch c.Key.Kind.Trait().Rank {
	case model.Application.Trait().Rank:
		apps = []string{c.Key.Name}
	case model.Enablement.Trait().Rank:
		app, _, _ := c.Key.Ends()
		apps = []string{app.Name}
	default:
		apps = slices.Clone(edges[c.Key])
		for _, user := range b.actualUsers[c.Key] {
			apps = append(apps, edges[user.Key]...)
		}
	}
	slices.Sort(apps)
	return slices.Compact(apps)
}

// risk: what takes a way to log in away is high; what changes how an existing
// way works, or sends a secret, is medium; the rest is low.
func risk(c *Change) Risk {
	switch {
	case c.Action == Replace || c.Action == Delete || takesWay(c):
		return High
	case c.Action == Update && (len(c.Applications) > 0 || slices.ContainsFunc(c.Found, func(f FieldDiff) bool { return f.Sensitive })):
		return Medium
	}
	return Low
}

// takesWay tells whether an update takes away a member of an attribute that
// lists ways to log in.
func takesWay(c *Change) bool {
	return c.Action == Update && slices.ContainsFunc(c.Found, func(f FieldDiff) bool {
		return slices.Contains(c.Key.Kind.Trait().Ways, f.Path) && !contains(members(f.After), members(f.Before))
	})
}

// givesWay tells whether an update adds a member to an attribute that lists ways
// to log in, or points a reference elsewhere, as a default login method does.
func givesWay(c *Change) bool {
	return c.Action == Update && slices.ContainsFunc(c.Found, func(f FieldDiff) bool {
		_, ref := c.To.Refs[f.Path]
		return ref || slices.Contains(c.Key.Kind.Trait().Ways, f.Path) && !contains(members(f.Before), members(f.After))
	})
}

func members(v any) map[string]bool {
	set := map[string]bool{}
	list, _ := v.([]any)
	for _, e := range list {
		set[fingerprint(e)] = true
	}
	return set
}

func contains(set, subset map[string]bool) bool {
	for k := range subset {
		if !set[k] {
			return false
		}
	}
	return true
}
