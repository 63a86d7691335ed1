package rules

import (
	"fmt"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// foreignConnections (IDP0310) refuses to delete or replace a provider that
// holds connections which the plan neither deletes nor makes again: nobody
// knows what the server would do with them (contract 8 Q5).
func foreignConnections(d Danger) []Refusal {
	gone := map[model.Key]bool{}
	for _, c := range d.Plan.Changes {
		if c.Action == plan.Delete || c.Action == plan.Replace {
			gone[c.Key] = true
		}
	}
	held := map[string][]string{}
	for r := range d.Plan.Actual.Of(model.Connection) {
		if !gone[r.Key] {
			held[r.Text("provider")] = append(held[r.Text("provider")], r.Key.Name)
		}
	}
	var out []Refusal
	for _, c := range d.Plan.Changes {
		if c.Key.Kind != model.IdentityProvider || !gone[c.Key] || len(held[c.Key.Name]) == 0 {
			continue
		}
		out = append(out, Refusal{Key: c.Key, Message: fmt.Sprintf("%s %s would take connections with it that the plan neither deletes nor makes again: %s", c.Action, c.Key, strings.Join(held[c.Key.Name], ", "))})
	}
	return out
}
