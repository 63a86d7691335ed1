package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// digest is a fingerprint of what the plan saw of the objects it touches, of
// what the guards read of others, and of the secrets it would send. Secrets
// enter it as the seal makes them: keyed, or without a key not at all.
func digest(p *plan.Plan, seal ledger.Seal) string {
	type seen struct {
		Key        model.Key
		ID         string
		Attributes ledger.Value
	}
	h := sha256.New()
	e := json.NewEncoder(h)
	put := func(r *model.Resource, v any) { _ = e.Encode(seen{r.Key, r.ID, ledger.Remember(v, seal)}) }
	for _, c := range p.Changes {
		for _, r := range append([]*model.Resource{c.From}, c.Release...) {
			if r != nil {
				put(r, r.Attributes)
			}
		}
		if c.To != nil {
			put(c.To, secretsOf(c.To.Attributes))
		}
	}
	for _, r := range bystanders(p) {
		put(r, loginOf(r))
	}
	for _, g := range p.Actual.Gaps {
		_ = e.Encode(g)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// secretsOf keeps the secrets of a tree and the way to them.
func secretsOf(v any) any {
	switch v := v.(type) {
	case model.Secret:
		return v
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			if s := secretsOf(e); s != nil {
				out[k] = s
			}
		}
		if len(out) > 0 {
			return out
		}
	case []any:
		var out []any
		for _, e := range v {
			if s := secretsOf(e); s != nil {
				out = append(out, s)
			}
		}
		if out != nil {
			return out
		}
	}
	return nil
}

// bystanders are the resources that a change has an effect on without touching
// them: the applications whose users notice it, with their buttons, and what
// lives in something that goes. They come in the order of keys.
func bystanders(p *plan.Plan) []*model.Resource {
	if p.Empty() {
		return nil
	}
	noticed, going := map[string]bool{}, map[model.Key]bool{}
	for _, c := range p.Changes {
		for _, name := range c.Applications {
			noticed[name] = true
		}
		if c.Action == plan.Delete || c.Action == plan.Replace {
			going[c.Key] = true
		}
	}
	var out []*model.Resource
	for r := range p.Actual.All() {
		parent, lives := r.Parent()
		if r.Key.Kind == model.Application && noticed[r.Key.Name] ||
			r.Key.Kind == model.Enablement && noticed[r.Key.Owner().Name] || lives && going[parent] {
			out = append(out, r)
		}
	}
	return out
}

// loginOf is what a guard reads of a resource that the plan does not touch.
func loginOf(r *model.Resource) any {
	out := map[string]any{}
	for _, a := range []string{"appType", "loginConfig"} {
		if v, has := r.At(a); has {
			out[a] = v
		}
	}
	return out
}
