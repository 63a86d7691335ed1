package plan

import (
	"github.com/idpsync/idpsync/internal/model"
)

// enablements plans the login buttons: the declared ones, the ones that are too
// many, and the ones that a replace or a delete takes with it.
func (b *builder) enablements() {
	for want := range b.desired.Of(model.Enablement) {
		inScope := b.o.Scope.Has(want.Key)
		switch {
		case b.actual.Get(want.Key) != nil:
			// What a replace takes it gives back, in sight or not.
			if !b.putBack(want) && inScope {
				b.unchanged++
			}
		case inScope:
			b.put(&Change{Key: want.Key, Action: Create, To: want, Reason: "not a login button yet"})
		}
	}
	for got := range b.actual.Of(model.Enablement) {
		b.surplus(got)
	}
}

// putBack plans to give back an enablement whose application or connection is
// replaced; it tells whether that was needed.
func (b *builder) putBack(r *model.Resource) bool {
	app, conn, _ := r.Key.Ends()
	for _, end := range []model.Key{app, conn} {
		if c := b.changes[end]; c != nil && c.Action == Replace {
			b.put(&Change{Key: r.Key, Action: Create, To: r, Restores: true, Reason: "given back after " + end.String() + " is replaced"})
			return true
		}
	}
	return false
}

// surplus decides what becomes of a button that is on now.
func (b *builder) surplus(got *model.Resource) {
	app, conn, _ := got.Key.Ends()
	c := b.changes[app]
	if c != nil && c.Action == Delete {
		return // it goes with its application
	}
	if b.desired.Get(got.Key) != nil {
		return
	}
	if owner := b.desired.Get(app); owner != nil && owner.Whole && b.o.Scope.Has(got.Key) {
		if c == nil || c.Action != Replace {
			b.put(&Change{Key: got.Key, Action: Delete, From: got, Reason: b.whySurplus(got.Key, app, conn), Source: owner.Source})
		}
		return
	}
	if gone := b.changes[conn]; gone != nil && gone.Action == Delete {
		if c != nil && c.Action == Replace {
			return // it falls with the application and is not given back
		}
		b.put(&Change{Key: got.Key, Action: Delete, From: got, Reason: conn.String() + " is deleted", Source: gone.Source})
		return
	}
	b.putBack(&model.Resource{Key: got.Key, Attributes: map[string]any{}, DependsOn: got.DependsOn})
}

func (b *builder) whySurplus(button, app, conn model.Key) string {
	if b.desired.Get(conn) == nil && !b.owned(button) && !b.owned(conn) {
		return "switched on outside idpsync"
	}
	return "not among the connections of " + app.String()
}
