package reconcile

import "github.com/idpsync/idpsync/internal/plan"

// Drift sorts the differences of the pass by who made them: the files, or
// somebody on the server since the last apply.
func (p *Pass) Drift() []plan.Drifted {
	o := plan.Options{Semantics: p.semantics}
	if len(p.memory.objects) > 0 {
		o.Owned, o.Recall = p.memory.owned, p.memory.recall
	}
	return p.Plan.Drift(o)
}
