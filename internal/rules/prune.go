package rules

import (
	"fmt"

	"github.com/idpsync/idpsync/internal/plan"
)

// pruneLimit (IDP0302) refuses a plan that deletes more than was allowed.
// Deletes by "state: absent", replaces and enablement deletes count too.
func pruneLimit(d Danger) []Refusal {
	s := d.Plan.Summary
	n := s.Delete + s.Replace
	if n <= d.MaxDeletes {
		return nil
	}
	return []Refusal{{Message: fmt.Sprintf("%d resources would be deleted or replaced, more than the %d allowed; --max-deletes %d answers this", n, d.MaxDeletes, n)}}
}

// emptyProject (IDP0305) refuses to prune when the files declare nothing at
// all: that is a wrong folder far more often than a wish.
func emptyProject(d Danger) []Refusal {
	if d.Prune == plan.PruneOff || d.Prune == "" || d.Plan.Desired.Len() > 0 {
		return nil
	}
	return []Refusal{{Message: "the files declare no object at all, and prune is " + string(d.Prune)}}
}

// replaces (IDP0307) refuses to delete and create anew without being told to.
func replaces(d Danger) []Refusal {
	if d.AllowReplace {
		return nil
	}
	var out []Refusal
	for _, c := range d.Plan.Changes {
		if c.Action != plan.Replace {
			continue
		}
		out = append(out, Refusal{Key: c.Key, Message: fmt.Sprintf("%s would be deleted and created anew: %s; --allow-replace answers this", c.Key, c.Reason)})
	}
	return out
}
