package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// digest is a fingerprint of what the plan saw of the objects it touches.
// Secrets print as "(secret)" and so do not enter it.
func digest(p *plan.Plan) string {
	type seen struct {
		Key        model.Key
		ID         string
		Attributes map[string]any
	}
	h := sha256.New()
	e := json.NewEncoder(h)
	for _, c := range p.Changes {
		for _, r := range append([]*model.Resource{c.From}, c.Release...) {
			if r != nil {
				_ = e.Encode(seen{r.Key, r.ID, r.Attributes})
			}
		}
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
