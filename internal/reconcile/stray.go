package reconcile

import (
	"context"
	"slices"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// strays lists the login buttons whose connections no read has shown, as far as
// the plan leans on them: it takes them, the files want them, or an application
// that loses a way to log in would be left with them.
func strays(p *plan.Plan) []*model.Resource {
	losing := map[model.Key]bool{}
	for _, c := range p.Changes {
		for _, k := range c.Loses {
			losing[k.Owner()] = true
		}
		ways := c.Key.Kind.Trait().Ways
		if slices.ContainsFunc(c.Found, func(f plan.FieldDiff) bool { return slices.Contains(ways, f.Path) }) {
			losing[c.Key] = true
		}
	}
	var out []*model.Resource
	for r := range p.Actual.Of(model.Enablement) {
		app, conn, _ := r.Key.Ends()
		if r.Foreign == "" && p.Actual.Get(conn) == nil && (losing[app] || p.Desired.Get(r.Key) != nil) {
			out = append(out, r)
		}
	}
	return out
}

// proveButtons finds out whether the connections of buttons are anywhere. It
// tells whether it read anything.
func (s *survey) proveButtons(ctx context.Context, buttons []*model.Resource) (bool, error) {
	ids, err := s.remote.ProveButtons(ctx, buttons)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	for _, id := range ids {
		s.read[id] = true
	}
	if s.conns, err = s.remote.Connections(ctx, nil); err != nil { // what was read: no request
		return false, err
	}
	if !slices.ContainsFunc(s.providers, func(o model.Observed) bool { return o.Foreign == "" && !s.read[o.ID] }) {
		s.scope = "all"
	}
	s.match()
	return true, nil
}

// settleButtons plans again without the buttons whose connections are nowhere.
func (p *Pass) settleButtons(ctx context.Context, s *survey, opts plan.Options, made *plan.Plan, ds []diagnostic.Diagnostic) (*plan.Plan, []diagnostic.Diagnostic, error) {
	if made == nil {
		return nil, ds, nil
	}
	open := strays(made)
	if len(open) == 0 {
		return made, ds, nil
	}
	more, err := s.proveButtons(ctx, open)
	if err != nil {
		return nil, nil, err
	}
	if more {
		made, ds = p.try(s, opts)
	}
	return made, ds, nil
}
