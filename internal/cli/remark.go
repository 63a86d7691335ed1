package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

// someOf names the first places of a list.
func someOf(at []plan.At) string {
	const few = 3
	var names []string
	for _, a := range at[:min(few, len(at))] {
		names = append(names, report.Clean(strings.TrimSpace(a.Key.String()+" "+a.Path)))
	}
	if len(at) > few {
		names = append(names, fmt.Sprintf("and %d more", len(at)-few))
	}
	return strings.Join(names, ", ")
}

// remarks says what the plan's document has no place for.
func (a *app) remarks(p *reconcile.Pass) {
	if n := p.Plan.Summary.Uncompared; n > 0 {
		cure := ""
		if p.Keyless() {
			cure = ", and with IDPSYNC_LEDGER_KEY set secrets can be compared from then on"
		}
		a.warn("%s cannot be compared (%s): the server hides them or is not known to show them as they are, and no earlier run remembers them; --push secrets (or unread, or all) sends them%s",
			plural(n, "declared value"), someOf(p.Plan.Uncompared), cure)
	}
	a.remarkTraits(p.Contradicted)
	if p.Prune == plan.PruneOwned && p.Ledger == "empty" {
		a.warn("prune owned deletes nothing: there is no ledger of earlier runs")
	}
	a.remarkDead(p.Plan.Actual.Dead)
	for _, name := range slices.Sorted(maps.Keys(p.Overridden)) {
		a.warn("guard %s is overridden: %s", name, p.Overridden[name])
	}
}

// remarkTraits tells of what an earlier run learnt of a server that has changed.
func (a *app) remarkTraits(names []string) {
	if len(names) > 0 {
		a.warn("the server is no longer as an earlier run learnt (%s), which is not believed any more; run \"idpsync doctor --probe\" again", strings.Join(names, ", "))
	}
}

// remarkDead tells of login buttons that lead nowhere.
func (a *app) remarkDead(keys []model.Key) {
	if len(keys) == 0 {
		return
	}
	at := make([]plan.At, len(keys))
	for i, k := range keys {
		at[i].Key = k
	}
	a.warn("%s of the server left alone (%s): the connection behind was deleted, so nobody can log in that way, and no call takes it away", plural(len(keys), "login button"), someOf(at))
}
