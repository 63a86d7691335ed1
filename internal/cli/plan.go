package cli

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
	"github.com/idpsync/idpsync/internal/rules"
)

// planFlags steer what is compared and how; plan and apply share them.
type planFlags struct {
	out, prune, push              string
	detailedExit                  bool
	selected, excluded, overrides []string
	maxDeletes, parallelism       int
	allowReplace, noSecrets       bool
	maxRPS                        float64
	// Which flags were given: what is not given is the project's choice.
	pruneSet, pushSet, maxDeletesSet, rpsSet bool
}

func (f *planFlags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.out, "out", "", "keep the plan in a `file`")
	fs.StringArrayVar(&f.selected, "select", nil, "only keys that fit the `glob`, such as 'application/*'; may be repeated")
	fs.StringArrayVar(&f.excluded, "exclude", nil, "all keys but those that fit the `glob`; may be repeated")
	fs.StringVar(&f.prune, "prune", "", "delete what no file declares: off, owned or all (default off, or the project's policy)")
	fs.IntVar(&f.maxDeletes, "max-deletes", 0, "allow `n` deletes and replaces (default 5, or the project's policy)")
	fs.BoolVar(&f.allowReplace, "allow-replace", false, "allow to delete and create anew what cannot be changed in place")
	fs.BoolVar(&f.noSecrets, "no-secrets", false, "plan without any secret value")
	fs.StringVar(&f.push, "push", "", "send what cannot be compared: secrets, unread, notkept or all")
	fs.StringArrayVar(&f.overrides, "override", nil, "pass a safety guard, telling why: `guard=reason`; may be repeated")
	fs.IntVar(&f.parallelism, "parallelism", 8, "how many requests run at once")
	fs.Float64Var(&f.maxRPS, "max-rps", 50, "most `requests` a second; 0 is no limit, as for a sandbox")
}

// note remembers which flags were given.
func (f *planFlags) note(cmd *cobra.Command) {
	f.pruneSet = cmd.Flags().Changed("prune")
	f.pushSet = cmd.Flags().Changed("push")
	f.maxDeletesSet = cmd.Flags().Changed("max-deletes")
	f.rpsSet = cmd.Flags().Changed("max-rps")
}

// options checks the flags before anything is read.
func (f *planFlags) options(a *app) (reconcile.Options, error) {
	o := reconcile.Options{
		AllowReplace: f.allowReplace, NoSecrets: f.noSecrets, Push: plan.Push(f.push),
		Scope: plan.Scope{Select: f.selected, Exclude: f.excluded}, LookupEnv: a.env.LookupEnv,
	}
	var errs []error
	if f.pruneSet {
		errs = append(errs, oneOf("--prune", f.prune, "off", "owned", "all"))
	}
	if f.pushSet {
		errs = append(errs, oneOf("--push", f.push, "secrets", "unread", "notkept", "all"))
	}
	if glob, ok := o.Scope.Check(); !ok {
		errs = append(errs, usage("", "%q is no valid pattern", glob))
	}
	if f.maxDeletes < 0 || f.parallelism < 1 || !(f.maxRPS >= 0) {
		errs = append(errs, usage("", "--max-deletes and --max-rps cannot be negative, and --parallelism must be at least 1"))
	}
	errs = append(errs, a.checkOut(f.out))
	var err error
	o.Override, err = overrides(f.overrides)
	errs = append(errs, err)
	if f.pruneSet {
		p := plan.Prune(f.prune)
		o.Prune = &p
	}
	if f.maxDeletesSet {
		o.MaxDeletes = &f.maxDeletes
	}
	return o, errors.Join(errs...)
}

// overrides reads GUARD=REASON arguments.
func overrides(values []string) (map[string]string, error) {
	given, err := pairs("--override", values)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		switch {
		case !slices.Contains(rules.Guards(), name):
			return nil, usage(didYouMean(name, rules.Guards()), "--override: no guard is named %q; there is %s", name, strings.Join(rules.Guards(), ", "))
		case rules.Final(name):
			return nil, usage("", "--override: nothing overrides the guard %s", name)
		case strings.TrimSpace(given[name]) == "":
			return nil, usage("", "--override %s=: want a reason", name)
		}
	}
	return given, nil
}

func (a *app) planCommand() *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use: "plan", Short: "show what would change in the pool",
		Long: "Compare the files with the user pool and show what apply would do. Nothing is written.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.note(cmd)
			return a.plan(cmd.Context(), &f)
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&f.detailedExit, "detailed-exitcode", false, "exit 2 when there are changes")
	return cmd
}

func (a *app) plan(ctx context.Context, f *planFlags) (err error) {
	outs, err := a.outputs(planFormats()...)
	if err != nil {
		return err
	}
	options, err := f.options(a)
	if err = errors.Join(err, a.checkTwice(outs, f.out)); err != nil {
		return err
	}
	ctx, _, release := a.interruptible(ctx)
	defer release()
	l, err := a.look(ctx, f, options, outs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	doc := l.document(a)
	doc.Found(report.NewDiagnostics(l.found, a.flags.lang))
	writing := errors.Join(a.savePlan(f, doc), a.emit(outs, doc))
	a.remarks(l.pass)
	switch {
	case len(l.pass.Refusals) > 0:
		return ended(Refused, writing)
	case f.detailedExit && !l.pass.Plan.Empty():
		return ended(Changes, writing)
	}
	return writing
}

// look is one look at the files and the server; whoever has it closes its pool.
type look struct {
	pass *reconcile.Pass
	pool *pool
	// found are the warnings about the files, as told.
	found []diagnostic.Diagnostic
	// saved is the digest of the plan file that is carried out; "" for none.
	saved string
}

// close gives back the lock of the ledger, if the look held it, and ends an
// embedded sandbox.
func (l *look) close() error { return errors.Join(l.pass.Close(), l.pool.close()) }

// remembering opens the ledger of the target for a pass.
func (a *app) remembering(project *config.Project, target string, p *pool, o *reconcile.Options) error {
	l, err := a.openLedger(project.Targets[target].Ledger, project.Dir)
	if err != nil {
		return err
	}
	o.Ledger, o.Settle, o.Now = l, p.settle(), a.env.Now
	o.Waiting = func(d time.Duration) {
		a.warn("an earlier run was cut off a moment ago; waiting %s until what it did must show", d.Round(100*time.Millisecond))
	}
	return nil
}

// look reads the files, judges them, and compares them with the server. When
// the files are not good it says so and ends with exit 1.
func (a *app) look(ctx context.Context, f *planFlags, o reconcile.Options, outs outputs) (*look, error) {
	dir, err := a.projectDir()
	if err != nil {
		return nil, err
	}
	w, err := a.load(dir)
	if err != nil {
		return nil, err
	}
	target, targetErr := a.chooseTarget(w.project)
	if diagnostic.HasErrors(w.found) {
		if targetErr == nil {
			_, more := reconcile.Prepare(w.project, target, time.Now())
			w.found = append(w.found, more...)
		}
		return nil, a.refuseFiles(dir, w.found, outs)
	}
	if err := errors.Join(targetErr, a.checkVariables(w.project)); err != nil {
		return nil, err
	}
	p := &pool{app: a, project: w.project, target: w.project.Targets[target], parallelism: f.parallelism, progress: a.progress()}
	defer p.progress.end()
	if f.rpsSet {
		p.maxRPS = &f.maxRPS
	}
	if err := a.remembering(w.project, target, p, &o); err != nil {
		return nil, a.refuseLedger(err, outs)
	}
	pass, found, err := reconcile.Plan(ctx, w.project, target, p, o)
	p.progress.end()
	found = append(w.found, found...)
	if pass != nil {
		l := &look{pass: pass, pool: p, found: a.tidy(dir, found)}
		if err := errors.Join(idleScope(pass, o.Scope), a.sayWarnings(dir, found)); err != nil {
			return nil, errors.Join(err, l.close())
		}
		return l, nil
	}
	if closing := p.close(); closing != nil {
		a.log.Warn("closing the sandbox", "error", closing)
	}
	var damage *ledger.Error
	if errors.As(err, &damage) {
		return nil, a.refuseLedger(err, outs)
	}
	var more *diagnosed
	if errors.As(err, &more) {
		err, found = nil, append(found, more.found...)
	}
	if err != nil {
		return nil, errors.Join(err, a.report(outs, serverTrouble(err, a.flags.lang)))
	}
	return nil, a.refuseFiles(dir, found, outs)
}

// idleScope refuses a selection that names nothing: a pipeline with a misspelt
// key would do nothing and look well.
func idleScope(p *reconcile.Pass, s plan.Scope) error {
	idle := s.Idle(p.Plan.Desired, p.Plan.Actual)
	if len(idle) == 0 {
		return nil
	}
	var keys []string
	for r := range p.Plan.Desired.All() {
		keys = append(keys, r.Key.String())
	}
	return usage(didYouMean(idle[0], keys), "%q fits no key of the files or the server", idle[0])
}

// serverTrouble is the document of a run that the server ended, so that what
// reads stdout always finds one.
func serverTrouble(err error, lang string) *report.Diagnostics {
	parts := joined(err)
	if parts == nil {
		parts = []error{err}
	}
	var found []diagnostic.Diagnostic
	for _, e := range parts {
		code, _ := explain(e)
		if code == "" {
			code = "IDP0502"
		}
		d := diagnostic.Diagnostic{Code: code, Severity: diagnostic.Error, Message: diagnostic.Words(e.Error())}
		var h interface{ Hint() string }
		if errors.As(e, &h) && h.Hint() != "" {
			d.Hint = diagnostic.Words(h.Hint())
		}
		found = append(found, d)
	}
	return report.NewDiagnostics(found, lang)
}

// refuseFiles tells what is wrong with the files: as text on stderr, and as the
// document where JSON was asked for.
func (a *app) refuseFiles(dir string, found []diagnostic.Diagnostic, outs outputs) error {
	found = a.tidy(dir, found)
	doc := report.NewDiagnostics(found, a.flags.lang)
	if err := errors.Join(a.tell(doc), a.report(outs, doc)); err != nil {
		return err
	}
	a.saySummary(found)
	return silent(Failure)
}

// manyWarnings is how many warnings about the files stand in front of a plan;
// more of them would hide it.
const manyWarnings = 5

// sayWarnings writes the warnings in front of a plan. Many about the files are
// only counted: validate lists them. What a plan alone can tell is written.
func (a *app) sayWarnings(dir string, found []diagnostic.Diagnostic) error {
	found = a.tidy(dir, found)
	told := slices.DeleteFunc(slices.Clone(found), func(d diagnostic.Diagnostic) bool {
		return d.Severity == diagnostic.Warning && !strings.HasPrefix(d.Code, "IDP05")
	})
	n := len(found) - len(told)
	if n <= manyWarnings {
		return a.tell(report.NewDiagnostics(found, a.flags.lang))
	}
	err := a.tell(report.NewDiagnostics(told, a.flags.lang))
	a.say("%d warnings in the files; \"idpsync validate\" lists them", n)
	return err
}

func (a *app) tidy(dir string, found []diagnostic.Diagnostic) []diagnostic.Diagnostic {
	found = a.fromHere(dir, found)
	diagnostic.Sort(found)
	return diagnostic.Compact(found)
}

// target names the pool in documents.
func (l *look) target() report.Target {
	return report.Target{Name: l.pass.Target.Name, Host: l.pool.host(), UserPoolID: l.pass.UserPoolID}
}

func (l *look) document(a *app) *report.Plan {
	return report.NewPlan(report.PlanInput{
		Tool: thisBuild().tool(), CreatedAt: a.env.Now(), Target: l.target(),
		ReadScope: l.pass.ReadScope, Ledger: l.pass.Ledger,
		ConfigDigest: l.pass.ConfigDigest, StateDigest: l.pass.StateDigest,
		Plan: l.pass.Plan, Refusals: l.pass.Refusals,
	})
}
