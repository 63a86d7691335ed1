package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// secretCarry (IDP0309) refuses an update of a connection that leaves out a
// secret where that would lose it: the server is known to replace fields, or
// nobody knows whether it does and no read would show the loss. Where the
// fields are shown and the trait is unknown, apply reads the first such update
// back instead (spec 7).
func secretCarry(d Danger) []Refusal {
	var out []Refusal
	for _, c := range d.Plan.Changes {
		if c.Key.Kind != model.Connection || c.Action != plan.Update {
			continue
		}
		unseen := slices.Contains(c.From.Hidden, "fields")
		if d.FieldsUpdate != "replace" && (d.FieldsUpdate != "" || !unseen) {
			continue
		}
		if lost := leftOut(d, c, unseen); len(lost) > 0 {
			out = append(out, Refusal{Key: c.Key, Message: fmt.Sprintf("%s: the update leaves out %s, which %s; declare it, or %s",
				c.Key, strings.Join(lost, ", "), why(d.FieldsUpdate), `let "idpsync doctor --probe" find out what the server does`)})
		}
	}
	return out
}

func why(fieldsUpdate string) string {
	if fieldsUpdate == "replace" {
		return "this server would then forget"
	}
	return "the server might then forget without a read showing it"
}

// leftOut lists the secrets of a connection that an update cannot carry: shown
// masked or not at all, and not declared with a value.
func leftOut(d Danger, c *plan.Change, unseen bool) []string {
	have := map[string]bool{} // path -> the update carries it
	clear := d.clear(model.Connection)
	eachSecret(c.From, func(p model.Path, _ model.Secret) { have[p.String()] = clear })
	for _, p := range unshown(d, c.From) {
		have[p] = false
	}
	eachSecret(c.To, func(p model.Path, s model.Secret) {
		if !s.Server() {
			have[p.String()] = true
		} else if !clear || unseen {
			have[p.String()] = false
		}
	})
	var lost []string
	for p, carried := range have {
		if !carried {
			lost = append(lost, p)
		}
	}
	slices.Sort(lost)
	return lost
}

// clear tells that the target shows the secrets of a kind as they are.
func (d Danger) clear(k model.Kind) bool { return d.SecretsClear || d.Plan.SecretsClear[k] }

// unshown lists the secrets that a connection may have though no read shows so
// much as a mask: those of its type, unless one of them is shown.
func unshown(d Danger, r *model.Resource) []string {
	if r.Key.Kind != model.Connection || d.SecretFields == nil || d.clear(r.Key.Kind) {
		return nil
	}
	if !slices.Contains(r.Hidden, "fields") && len(secretsIn(r)) > 0 {
		return nil
	}
	return d.SecretFields(r.Text("type"))
}
