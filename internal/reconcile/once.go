package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/rules"
	"github.com/idpsync/idpsync/internal/secret"
)

// Options steer a pass; what is nil is taken from the project's policy.
type Options struct {
	Prune        *plan.Prune
	MaxDeletes   *int
	AllowReplace bool
	NoSecrets    bool
	Push         plan.Push
	Scope        plan.Scope
	// Override maps the name of a guard to the reason for passing it.
	Override  map[string]string
	LookupEnv func(string) (string, bool)
	// Now tells the time, for rules that end on a day; nil is time.Now.
	Now func() time.Time
}

func (o Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

// ignored turns the rules of the files that still hold into the plan's.
func ignored(rules []config.IgnoreRule, now time.Time) []plan.Ignore {
	var out []plan.Ignore
	for _, r := range rules {
		i := plan.Ignore{Match: r.Match, Paths: r.Path, Reason: r.Reason}
		if !r.Until.IsZero() {
			if !now.Before(r.Until.AddDate(0, 0, 1)) {
				continue
			}
			i.Until = r.Until.Format(time.DateOnly)
		}
		out = append(out, i)
	}
	return out
}

// Pass is one look at the files and the server.
type Pass struct {
	Target  *config.Target
	Desired *config.Desired
	Plan    *plan.Plan
	// Prune is the mode in force.
	Prune plan.Prune
	// Host and UserPoolID say where the plan would be carried out.
	Host, UserPoolID string
	// ReadScope is "needed", or "all" when every provider was read.
	ReadScope string
	// Ledger says what is remembered of earlier runs; nothing yet.
	Ledger                    string
	ConfigDigest, StateDigest string
	Refusals                  []rules.Refusal
	Overridden                map[string]string

	semantics    plan.Semantics
	secretsClear bool
}

// Check judges a desired state by every rule that needs no server.
func Check(d *config.Desired) []diagnostic.Diagnostic {
	var ds []diagnostic.Diagnostic
	for _, f := range rules.Check(d.State) {
		ds = append(ds, place(d, f.Code, f.Key, f.Path, f.Message, f.Hint))
	}
	return ds
}

// Prepare turns the files into a desired state for one target and judges it,
// without a network. With errors among the diagnostics nothing can be planned.
func Prepare(project *config.Project, target string) (*config.Desired, []diagnostic.Diagnostic) {
	desired, ds := project.Desired(target)
	if desired != nil {
		ds = append(ds, project.Levels(Check(desired))...)
	}
	diagnostic.Sort(ds)
	return desired, ds
}

// Plan compares the files with the pool and never writes. Diagnostics with an
// error among them come without a Pass; an error is about the server.
func Plan(ctx context.Context, project *config.Project, target string, r Remote, o Options) (*Pass, []diagnostic.Diagnostic, error) {
	desired, ds := Prepare(project, target)
	if desired == nil || diagnostic.HasErrors(ds) {
		return nil, ds, nil
	}
	t := project.Targets[target]
	p := &Pass{Target: t, Desired: desired, Ledger: "empty", Overridden: o.Override, semantics: project.Catalog(),
		ConfigDigest: desired.Digest, secretsClear: t.Traits["secrets"] == "clear"}
	state := desired.State
	if !o.NoSecrets {
		var missing []secret.Missing
		state, missing = secret.Resolve(ctx, state, secret.Options{LookupEnv: o.LookupEnv, Dir: project.Dir,
			Sandbox: t.Sandbox != nil, Example: secret.ReadExample(project.Dir)})
		ds = append(ds, desired.MissingSecrets(missing)...)
	}
	if diagnostic.HasErrors(ds) {
		diagnostic.Sort(ds)
		return nil, ds, nil
	}
	more, err := p.compare(ctx, state, r, o, t.Policy)
	ds = append(ds, more...)
	diagnostic.Sort(ds)
	if err != nil || diagnostic.HasErrors(ds) {
		return nil, ds, err
	}
	return p, ds, nil
}

// compare reads the pool and makes the plan; it reads more and plans again
// where the first plan could harm what was not read.
func (p *Pass) compare(ctx context.Context, desired *model.State, r Remote, o Options, policy config.Policy) ([]diagnostic.Diagnostic, error) {
	p.Prune = plan.Prune(policy.Prune)
	if o.Prune != nil {
		p.Prune = *o.Prune
	}
	if err := r.Open(ctx); err != nil {
		return nil, err
	}
	p.Host, p.UserPoolID = p.Target.Host, r.UserPoolID()
	s := &survey{remote: r, desired: desired, pins: p.Target.Pin, everything: p.Prune == plan.PruneAll}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	opts := plan.Options{Semantics: p.semantics, Prune: p.Prune, Push: o.Push, Scope: o.Scope, SecretsClear: p.secretsClear,
		Ignore: ignored(p.Target.Ignore, o.now()), Spared: p.Desired.Elsewhere}
	if policy.UncomparedSecrets == "push" && opts.Push == plan.PushNone {
		opts.Push = plan.PushSecrets
	}
	made, ds, err := p.settle(ctx, s, opts)
	if err != nil || diagnostic.HasErrors(ds) {
		return ds, err
	}
	p.Plan, p.ReadScope, p.StateDigest = made, s.scope, digest(made)
	p.Refusals = rules.Guard(p.danger(o, policy))
	return ds, nil
}

// settle plans, and plans again after reading what a plan that takes something
// away must have seen: every application, and a second opinion on the
// connections of a provider that goes.
func (p *Pass) settle(ctx context.Context, s *survey, opts plan.Options) (*plan.Plan, []diagnostic.Diagnostic, error) {
	made, ds := p.try(s, opts)
	if made == nil {
		return nil, ds, nil
	}
	again := false
	if takes(made) && !s.allApps {
		if err := s.readAllApplications(ctx); err != nil {
			return nil, nil, err
		}
		again = true
	}
	if ids := goingProviders(made); len(ids) > 0 {
		if err := s.remote.ProveConnections(ctx, ids); err != nil {
			return nil, nil, err
		}
		again = true
	}
	if again {
		made, ds = p.try(s, opts)
	}
	return made, ds, nil
}

func (p *Pass) try(s *survey, opts plan.Options) (*plan.Plan, []diagnostic.Diagnostic) {
	if len(s.matching.Problems) > 0 {
		return nil, p.problems(s.matching.Problems)
	}
	made, err := plan.New(s.desired, s.remote.State(s.matching.Handles), opts)
	var pe *plan.ProblemsError
	if errors.As(err, &pe) {
		return nil, p.problems(pe.Problems)
	}
	return made, nil
}

func takes(p *plan.Plan) bool {
	for _, c := range p.Changes {
		if c.Action == plan.Delete || c.Action == plan.Replace {
			return true
		}
	}
	return false
}

func goingProviders(p *plan.Plan) []string {
	var ids []string
	for _, c := range p.Changes {
		if c.Key.Kind == model.IdentityProvider && (c.Action == plan.Delete || c.Action == plan.Replace) {
			ids = append(ids, c.From.ID)
		}
	}
	return ids
}

func (p *Pass) danger(o Options, policy config.Policy) rules.Danger {
	d := rules.Danger{Plan: p.Plan, Prune: p.Prune, MaxDeletes: policy.MaxDeletes, MaxDeletePercent: policy.MaxDeletePercent,
		Protected: p.protected(policy), AllowReplace: o.AllowReplace, Overridden: map[string]bool{}}
	if o.MaxDeletes != nil {
		d.MaxDeletes = *o.MaxDeletes
	}
	for name := range o.Override {
		d.Overridden[name] = true
	}
	return d
}

// protected answers for declared objects by their document, and for others by
// the policy's globs.
func (p *Pass) protected(policy config.Policy) func(model.Key) bool {
	return func(k model.Key) bool {
		if r := p.Desired.State.Get(k); r != nil && r.Protect {
			return true
		}
		return k.Kind != model.Enablement && plan.MatchAny(policy.Protect, k)
	}
}
