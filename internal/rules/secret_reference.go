package rules

import (
	"fmt"
	"maps"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// secretReference is the other half of IDP0308: an object that is there takes a
// secret from another place than when it was last applied. Whoever may change a
// file could otherwise have any secret of a pipeline sent to where he reads it.
// Without a ledger nobody knows where it came from before.
func secretReference(d Danger) []Refusal {
	if d.ChangedReferences == nil {
		return nil
	}
	var out []Refusal
	for _, c := range d.Plan.Changes {
		if c.Action != plan.Update && c.Action != plan.Replace {
			continue
		}
		if changed := d.ChangedReferences(c.To, c.From); len(changed) > 0 {
			out = append(out, Refusal{Key: c.Key, Message: fmt.Sprintf("%s: %s is taken from another place than when it was last applied, so another secret may go there; look at who wants that",
				c.Key, strings.Join(changed, ", "))})
		}
	}
	return out
}

// returns tells that a destination only goes back to what was last applied: the
// secret was sent there before, and somebody has moved it by hand since.
func returns(d Danger, c *plan.Change, f *plan.FieldDiff) bool {
	if d.Applied == nil || f.Sensitive || c.From == nil {
		return false
	}
	path := model.SplitPath(f.Path)
	applied, known := d.Applied(c.From, path)
	if !known {
		return false
	}
	then, now := map[string]string{}, map[string]string{}
	destinationsIn(path, applied, then)
	destinationsIn(path, f.After, now)
	return maps.Equal(then, now)
}

// secretMoves is IDP0308 as a whole.
func secretMoves(d Danger) []Refusal { return append(secretEndpoint(d), secretReference(d)...) }
