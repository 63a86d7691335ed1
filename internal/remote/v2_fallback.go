package remote

import (
	"context"
	"sync/atomic"
)

// auto is V3, with V2 for what this V3 cannot do (spec 2, api: auto). Where V2
// does not answer, V3's own answer stands: what it lacks cannot be compared, and
// what it did not keep is told.
type auto struct {
	*v3
	v2 *v2
	// off: V2 has failed once in this run; it is not asked again.
	off atomic.Bool
}

func newAuto(a *v3, b *v2) *auto { return &auto{v3: a, v2: b} }

// connections implements generation.
func (a *auto) connections(ctx context.Context, providerID string) ([]tree, error) {
	list, err := a.v3.connections(ctx, providerID)
	if err != nil {
		return nil, err
	}
	return a.withFields(ctx, providerID, list), nil
}

// provider implements generation.
func (a *auto) provider(ctx context.Context, id string) (detail, error) {
	d, err := a.v3.provider(ctx, id)
	if err == nil {
		d.connections = a.withFields(ctx, id, d.connections)
	}
	return d, err
}

// withFields fills in fields from V2 where V3 shows none (contract 4.1, 4.2).
func (a *auto) withFields(ctx context.Context, providerID string, list []tree) []tree {
	if a.off.Load() || !lacksFields(list) {
		return list
	}
	d, err := a.v2.provider(ctx, providerID)
	if err != nil {
		a.failed(ctx, err)
		return list
	}
	shown := make(map[string]tree, len(d.connections))
	for _, t := range d.connections {
		shown[text(t["id"])] = t
	}
	out := make([]tree, len(list))
	for i, t := range list {
		out[i] = withFields(t, shown[text(t["id"])])
	}
	return out
}

func lacksFields(list []tree) bool {
	for _, t := range list {
		if t["fields"] == nil {
			return true
		}
	}
	return false
}

// failed gives V2 up for this run, unless only this object is gone or the
// caller is.
func (a *auto) failed(ctx context.Context, err error) {
	if ctx.Err() == nil && !isHollow(err) {
		a.off.Store(true)
	}
}

// write implements generation. An update-application that says success=false
// and left something as it was is followed by V2's update of just that; what
// became of it the caller finds out by reading, as ever (contract 8 Q1).
func (a *auto) write(ctx context.Context, op operation, body tree) (tree, error) {
	made, err := a.v3.write(ctx, op, body)
	if op == updateApplication && isDoubtful(err) && !a.off.Load() {
		a.mendApplication(ctx, body)
	}
	return made, err
}

func (a *auto) mendApplication(ctx context.Context, body tree) {
	id := text(body["appId"])
	now, err := a.application(ctx, id)
	if err != nil {
		return
	}
	open := tree{"appId": id}
	for name := range v2Names {
		if v, sent := body[name]; sent && v != nil && !agrees(v, now[name]) {
			open[name] = v
		}
	}
	if css, sent := inside(body, "brandingConfig", "customCSS"); sent && css != nil {
		if shown, _ := inside(now, "brandingConfig", "customCSS"); !agrees(css, shown) {
			open["brandingConfig"] = tree{"customCSS": css}
		}
	}
	if len(open) == 1 {
		return
	}
	if _, err := a.v2.write(ctx, updateApplication, open); err != nil {
		a.failed(ctx, err)
	}
}

func inside(t tree, object, key string) (any, bool) {
	obj, _ := t[object].(tree)
	v, has := obj[key]
	return v, has
}

// agrees tells whether what was sent is what is shown now; of an object only
// the keys that were sent count, and a secret cannot be judged.
func agrees(sent, shown any) bool {
	s, ok := sent.(tree)
	if !ok {
		return holdsSecret(sent) || same(sent, shown)
	}
	t, _ := shown.(tree)
	for k, v := range s {
		if v != nil && !agrees(v, t[k]) {
			return false
		}
	}
	return true
}
