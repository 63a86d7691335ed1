package rules

import (
	"fmt"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// incompleteRead (IDP0304) refuses to create or delete on the word of a list
// that is not proven whole: what seems absent may be there, and what seems
// surplus may be in use. Nothing overrides it.
func incompleteRead(d Danger) []Refusal {
	var out []Refusal
	for _, gap := range d.Plan.Actual.Gaps {
		for _, c := range d.Plan.Changes {
			if c.Action == plan.Update || !concerns(gap, c) {
				continue
			}
			out = append(out, Refusal{Key: c.Key, Message: fmt.Sprintf("%s %s leans on a list that is not whole (%s); try again, and if it stays so, tell the operator of the server", c.Action, c.Key, gap.Reason)})
			break // one change is enough to forbid the plan
		}
	}
	return out
}

// concerns tells whether a change leans on the list that has the gap.
func concerns(gap model.Gap, c *plan.Change) bool {
	switch gap.Kind {
	case model.Application:
		// An application nobody saw may use the connection that goes.
		return c.Key.Kind == model.Application || c.Action != plan.Create
	case model.IdentityProvider:
		// A provider nobody saw may hold the connection that seems absent.
		return c.Key.Kind == model.IdentityProvider || c.Key.Kind == model.Connection
	case model.Connection:
		// A connection that seems absent may lie under any provider (contract 4.4).
		return c.Key == gap.Parent || c.Key.Kind == model.Connection && (c.Action == plan.Create || livesIn(c.From, gap.Parent) || livesIn(c.To, gap.Parent))
	}
	return true
}

func livesIn(r *model.Resource, provider model.Key) bool {
	if r == nil {
		return false
	}
	parent, ok := r.Parent()
	return ok && parent == provider
}
