package rules

import (
	"fmt"

	"github.com/idpsync/idpsync/internal/plan"
)

// protected (IDP0306) refuses to delete or replace what metadata.protect or
// policy.protect names. A login button is not protected by its ends.
func protected(d Danger) []Refusal {
	if d.Protected == nil {
		return nil
	}
	var out []Refusal
	for _, c := range d.Plan.Changes {
		if (c.Action == plan.Delete || c.Action == plan.Replace) && d.Protected(c.Key) {
			out = append(out, Refusal{Key: c.Key, Message: fmt.Sprintf("%s is protected, and the plan would %s it", c.Key, c.Action)})
		}
	}
	return out
}
