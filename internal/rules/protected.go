package rules

import (
	"fmt"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// protected (IDP0306) refuses to delete or replace what metadata.protect or
// policy.protect names, or what would fall with its provider. A login button is
// not protected by its ends.
func protected(d Danger) []Refusal {
	if d.Protected == nil {
		return nil
	}
	v := newAfterlife(d.Plan)
	var out []Refusal
	for _, c := range d.Plan.Changes {
		if (c.Action == plan.Delete || c.Action == plan.Replace) && guarded(d, c.Key, c.From) {
			out = append(out, Refusal{Key: c.Key, Message: fmt.Sprintf("%s is protected, and the plan would %s it", c.Key, c.Action)})
		}
	}
	for r := range d.Plan.Actual.Of(model.Connection) {
		if v.changes[r.Key] == nil && v.gone(r.Key) && guarded(d, r.Key, r) {
			parent, _ := r.Parent()
			out = append(out, Refusal{Key: r.Key, Message: fmt.Sprintf("%s is protected, and would fall with %s", r.Key, parent)})
		}
	}
	return out
}

// guarded asks by key, and for a provider by the name it bears on the server
// too: one that no document claims any more is keyed by its id.
func guarded(d Danger, k model.Key, r *model.Resource) bool {
	if d.Protected(k) {
		return true
	}
	name := r.Text("name")
	return k.Kind == model.IdentityProvider && name != "" && d.Protected(model.Key{Kind: k.Kind, Name: name})
}
