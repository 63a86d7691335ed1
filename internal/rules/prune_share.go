package rules

import (
	"fmt"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// shareFrom is how many objects of a kind there must be before a share of them
// says anything.
const shareFrom = 10

// pruneShare (IDP0303) refuses to delete a large share of a kind: a selector or
// a branch that went wrong looks like that.
func pruneShare(d Danger) []Refusal {
	have, gone := map[model.Kind]int{}, map[model.Kind]int{}
	for r := range d.Plan.Actual.All() {
		have[r.Key.Kind]++
	}
	for _, c := range d.Plan.Changes {
		if c.Action == plan.Delete || c.Action == plan.Replace {
			gone[c.Key.Kind]++
		}
	}
	var out []Refusal
	for _, kind := range model.Documented {
		n, all := gone[kind], have[kind]
		if all < shareFrom || float64(n)*100 <= d.MaxDeletePercent*float64(all) {
			continue
		}
		out = append(out, Refusal{Message: fmt.Sprintf("%d of %d %ss would be deleted or replaced, more than %g %%", n, all, kind.Trait().Noun, d.MaxDeletePercent)})
	}
	return out
}
