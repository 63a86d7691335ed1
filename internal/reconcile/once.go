package reconcile

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
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
	// Ledger is what remembers between runs; nil remembers nothing.
	Ledger ledger.Ledger
	// Apply is set for a pass that is to be applied: it holds the lock of the pool
	// from before the first read until Close, and settles what earlier runs left
	// open. A lock that another run holds is a *ledger.HeldError.
	Apply bool
	// Settle is how long a write may take to show in a read.
	Settle time.Duration
	// Waiting is told before the pass waits for a step of a killed run.
	Waiting func(time.Duration)
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
	// Ledger says what is remembered of earlier runs: present, empty, or keyless
	// when secrets cannot be compared with it.
	Ledger                    string
	ConfigDigest, StateDigest string
	// Contradicted lists the traits that an earlier run learnt and that what was
	// read contradicts: they are not believed.
	Contradicted []string
	Refusals     []rules.Refusal
	Overridden   map[string]string

	semantics    plan.Semantics
	secretFields func(connectionType string) []string
	secretsClear bool
	// fieldsUpdate is what an update is known to do with what it leaves out.
	fieldsUpdate string
	memory       *memory
	runID        string
	scope        plan.Scope
}

// Close gives back the lock of a pass that was to be applied.
func (p *Pass) Close() error { return p.memory.close() }

// Check judges a desired state by every rule that needs no server.
func Check(d *config.Desired, s rules.Setting) []diagnostic.Diagnostic {
	var ds []diagnostic.Diagnostic
	for _, f := range rules.Check(d.State, s) {
		c := place(d, f.Code, f.Key, f.Path, f.Message, f.Hint)
		c.Severity = cmp.Or(f.Severity, c.Severity)
		ds = append(ds, c)
	}
	return ds
}

// Prepare turns the files into a desired state for one target and judges it,
// without a network. With errors among the diagnostics nothing can be planned.
func Prepare(project *config.Project, target string, now time.Time) (*config.Desired, []diagnostic.Diagnostic) {
	desired, ds := project.Desired(target)
	if desired != nil {
		ds = append(ds, project.Levels(Check(desired, rules.Setting{Sandbox: desired.Target.Sandbox != nil, Now: now, Off: project.Off}))...)
	}
	diagnostic.Sort(ds)
	return desired, ds
}

// Plan compares the files with the pool and never writes. Diagnostics with an
// error among them come without a Pass; an error is about the server.
func Plan(ctx context.Context, project *config.Project, target string, r Remote, o Options) (*Pass, []diagnostic.Diagnostic, error) {
	desired, ds := Prepare(project, target, o.now())
	if desired == nil || diagnostic.HasErrors(ds) {
		return nil, ds, nil
	}
	project.Release(desired) // no other target will be asked for
	return planPrepared(ctx, project, desired, ds, r, o)
}

// planPrepared plans what Prepare has judged, with what it found; a loop may do
// so again and again.
func planPrepared(ctx context.Context, project *config.Project, desired *config.Desired, ds []diagnostic.Diagnostic, r Remote, o Options) (*Pass, []diagnostic.Diagnostic, error) {
	t := desired.Target
	p := &Pass{
		Target: t, Desired: desired, Ledger: "empty", Overridden: o.Override, semantics: project.Catalog(), secretFields: project.Catalog().SecretFields,
		ConfigDigest: desired.Digest(),
	}
	state := desired.State
	if !o.NoSecrets {
		var missing []secret.Missing
		state, missing = secret.Resolve(ctx, state, secret.Options{
			LookupEnv: o.LookupEnv, Dir: project.Dir,
			Sandbox: t.Sandbox != nil, AllowExec: project.AllowExec, Example: secret.ReadExample(project.Dir),
		})
		ds = append(ds, desired.MissingSecrets(missing)...)
		p.Desired = desired.With(state)
	}
	if diagnostic.HasErrors(ds) {
		diagnostic.Sort(ds)
		return nil, ds, nil
	}
	more, err := p.compare(ctx, state, r, o, t.Policy)
	ds = append(ds, more...)
	diagnostic.Sort(ds)
	if err != nil || diagnostic.HasErrors(ds) {
		return nil, ds, errors.Join(err, p.Close())
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
	p.fieldsUpdate = r.Trait("fields-update")
	p.scope = o.Scope
	if err := p.remember(ctx, o); err != nil {
		return nil, err
	}
	mute := &speechless{remote: r, scope: o.Scope}
	s := &survey{remote: r, mute: mute, desired: mute.without(desired), pins: p.Target.Pin, memory: p.memory}
	s.everything = p.Prune == plan.PruneAll || p.Prune == plan.PruneOwned && p.memory.forgotten(s.desired)
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	opts := plan.Options{
		Semantics: p.semantics, Prune: p.Prune, Push: o.Push, Scope: o.Scope,
		Ignore: ignored(p.Target.Ignore, o.now()), Spared: p.Desired.Elsewhere,
		Owned: p.memory.owned, Recall: p.memory.recall,
	}
	if policy.UncomparedSecrets == "push" && opts.Push == plan.PushNone {
		opts.Push = plan.PushSecrets
	}
	made, ds, err := p.settle(ctx, s, opts)
	if err != nil || diagnostic.HasErrors(ds) {
		return ds, err
	}
	made.Unsupported = mute.all()
	ds = append(ds, p.unsupported(made, mute)...)
	p.Plan, p.ReadScope, p.StateDigest = made, s.scope, digest(made, p.memory.seal.Seal)
	p.Contradicted = contradicted(r)
	p.Refusals = rules.Guard(p.danger(o, policy))
	if diagnostic.HasErrors(ds) {
		return ds, nil
	}
	return ds, p.settleDoubts(ctx, o.now())
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
	return p.settleButtons(ctx, s, opts, made, ds)
}

func (p *Pass) try(s *survey, opts plan.Options) (*plan.Plan, []diagnostic.Diagnostic) {
	if len(s.matching.Problems) > 0 {
		return nil, p.problems(s.matching.Problems)
	}
	actual := s.remote.State(s.matching.Handles)
	actual.Gaps = append(actual.Gaps, s.memory.gaps(s.counts())...)
	p.secretsClear = s.remote.Trait(traitSecrets) == "clear" // what was read may have contradicted it
	opts.SecretsClear = p.secretsClear
	made, err := plan.New(s.mute.lasting(s.desired, actual), actual, opts)
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
	d := rules.Danger{
		Plan: p.Plan, Prune: p.Prune, MaxDeletes: policy.MaxDeletes, MaxDeletePercent: policy.MaxDeletePercent,
		Protected: p.protected(policy), AllowReplace: o.AllowReplace, Overridden: map[string]bool{},
		ChangedReferences: p.memory.references, Applied: p.memory.applied, FieldsUpdate: p.fieldsUpdate, SecretsClear: p.secretsClear, SecretFields: p.secretFields,
	}
	if o.MaxDeletes != nil {
		d.MaxDeletes = *o.MaxDeletes
	}
	for name := range o.Override {
		d.Overridden[name] = true
	}
	return d
}

// protected answers for declared objects by their document, for others by what
// their document last said, and for all by the policy's globs.
func (p *Pass) protected(policy config.Policy) func(model.Key) bool {
	buttons := slices.DeleteFunc(slices.Clone(policy.Protect), func(glob string) bool {
		return !strings.HasPrefix(glob, model.Enablement.Trait().Prefix+"/") // "*" means objects
	})
	return func(k model.Key) bool {
		if r := p.Desired.State.Get(k); r != nil {
			if r.Protect {
				return true
			}
		} else if p.memory.objects[k].Protect {
			return true // its document is gone; that it was protected is remembered
		}
		if k.Kind == model.Enablement {
			return plan.MatchAny(buttons, k)
		}
		return plan.MatchAny(policy.Protect, k)
	}
}
