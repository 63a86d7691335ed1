package rules

import (
	"maps"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// afterlife tells how the pool looks when the plan is done.
type afterlife struct {
	p       *plan.Plan
	changes map[model.Key]*plan.Change
	before  map[model.Key][]model.Key // application -> connections enabled now
	later   map[model.Key][]model.Key // application -> connections enabled in the end
}

func newAfterlife(p *plan.Plan) *afterlife {
	v := &afterlife{
		p: p, changes: make(map[model.Key]*plan.Change, len(p.Changes)),
		before: map[model.Key][]model.Key{}, later: map[model.Key][]model.Key{},
	}
	for _, c := range p.Changes {
		v.changes[c.Key] = c
	}
	for r := range p.Actual.Of(model.Enablement) {
		app, conn, _ := r.Key.Ends()
		v.before[app] = append(v.before[app], conn)
		if c := v.changes[r.Key]; c == nil || c.Action != plan.Delete {
			v.keep(app, conn)
		}
	}
	for _, c := range p.Changes {
		if app, conn, ok := c.Key.Ends(); ok && c.Action == plan.Create && p.Actual.Get(c.Key) == nil {
			v.keep(app, conn)
		}
	}
	return v
}

// keep counts a button whose connection exists in the end.
func (v *afterlife) keep(app, conn model.Key) {
	if v.gone(conn) {
		return
	}
	if c := v.changes[conn]; c != nil && c.Action == plan.Create && v.changes[model.EnablementKey(app.Name, conn.Name)] == nil {
		return // the button of one that is gone already, and bore the same name
	}
	for _, end := range []model.Key{app, conn} {
		if c := v.changes[end]; c != nil && c.Action == plan.Replace && v.changes[model.EnablementKey(app.Name, conn.Name)] == nil {
			return // fell with what is replaced, and is not given back
		}
	}
	v.later[app] = append(v.later[app], conn)
}

// gone tells whether a connection is deleted, or falls with its provider and is
// not made again.
func (v *afterlife) gone(conn model.Key) bool {
	if c := v.changes[conn]; c != nil {
		return c.Action == plan.Delete
	}
	r := v.p.Actual.Get(conn)
	if r == nil {
		return false
	}
	parent, _ := r.Parent()
	c := v.changes[parent]
	return c != nil && (c.Action == plan.Delete || c.Action == plan.Replace)
}

func (v *afterlife) applications() []model.Key {
	var keys []model.Key
	for r := range v.p.Actual.Of(model.Application) {
		keys = append(keys, r.Key)
	}
	for _, c := range v.p.Changes {
		if c.Key.Kind == model.Application && c.Action == plan.Create {
			keys = append(keys, c.Key)
		}
	}
	slices.SortFunc(keys, model.Key.Compare)
	return keys
}

// after is the application with the plan's changes on top, or nil when it is
// deleted. nulls tells whether the server honours the nulls that are sent.
func (v *afterlife) after(k model.Key, nulls bool) *model.Resource {
	c, actual := v.changes[k], v.p.Actual.Get(k)
	switch {
	case c == nil:
		return actual
	case c.Action == plan.Delete:
		return nil
	case c.Action == plan.Update:
		attrs := overlay(actual.Attributes, c.To.Attributes, nulls)
		for _, a := range k.Kind.Trait().Fixed {
			attrs[a] = actual.Attributes[a] // whatever the file says, it stays
		}
		return &model.Resource{Key: k, Attributes: attrs}
	}
	return c.To
}

func overlay(base, top map[string]any, nulls bool) map[string]any {
	out := make(map[string]any, len(base)+len(top))
	maps.Copy(out, base)
	for k, v := range top {
		b, bok := out[k].(map[string]any)
		t, tok := v.(map[string]any)
		switch {
		case v == nil && !nulls:
		case bok && tok:
			out[k] = overlay(b, t, nulls)
		default:
			out[k] = v
		}
	}
	return out
}

// touched tells whether the plan changes the application, one of its buttons or
// a connection behind one.
func (v *afterlife) touched(app model.Key) bool {
	if v.changes[app] != nil {
		return true
	}
	if len(v.before[app]) != len(v.later[app]) {
		return true
	}
	for _, conn := range v.before[app] {
		if v.changes[conn] != nil || v.changes[model.EnablementKey(app.Name, conn.Name)] != nil {
			return true
		}
	}
	return false
}
