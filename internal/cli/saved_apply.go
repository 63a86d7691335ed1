package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/report"
)

// onlySaved refuses the flags that a plan file has brought its own of.
func onlySaved(cmd *cobra.Command, file string) error {
	var beside []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "yes" && f.Name != "help" && cmd.InheritedFlags().Lookup(f.Name) == nil {
			beside = append(beside, "--"+f.Name)
		}
	})
	if len(beside) == 0 {
		return nil
	}
	return usage("give it to plan, and save the plan anew", "apply %s: the plan file holds its own options, so that %s cannot stand beside it", file, strings.Join(beside, ", "))
}

// applySaved carries out a plan file: exactly that plan or nothing. Nothing is
// asked, since somebody looked at the plan when it was made.
func (a *app) applySaved(ctx context.Context, file string) (err error) {
	outs, err := a.outputs(resultFormats()...)
	if err != nil {
		return err
	}
	if err := a.keepInput(outs, file); err != nil {
		return err
	}
	s, err := a.readSaved(file, outs)
	if err != nil {
		return err
	}
	if trouble := a.unproven(file, s); trouble != nil {
		return a.refuseSaved(outs, trouble...)
	}
	if err := a.takeTarget(file, s); err != nil {
		return err
	}
	f := flagsOf(s.Options)
	options, err := f.options(a)
	if err != nil {
		return a.refuseSaved(outs, staleOptions(file, err))
	}
	options.Apply = true
	ctx, b, release := a.interruptible(ctx)
	defer release()
	l, err := a.look(ctx, f, options, outs)
	if err != nil {
		if codeOf(err) == Usage && !options.Scope.Empty() { // it names nothing any more
			return a.refuseSaved(outs, staleOptions(file, err))
		}
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if trouble, err := a.outdated(ctx, l, s, file); err != nil || len(trouble) > 0 {
		if err != nil {
			return a.refuseLedger(err, outs)
		}
		return a.refuseSaved(outs, trouble...)
	}
	if err := a.showPlan(l, outs); err != nil {
		return err
	}
	a.remarks(l.pass)
	if len(l.pass.Refusals) > 0 {
		return errors.Join(a.report(outs, l.document(a)), silent(Refused))
	}
	b.gentle.Store(true)
	l.saved = s.Digest
	err = a.carryOut(ctx, l, f, b.stop, outs)
	var used *ledger.PlanUsedError
	if errors.As(err, &used) { // by another run, since it was looked up
		return a.refuseSaved(outs, usedDiagnostic(file, used.Run))
	}
	return err
}

// takeTarget makes the target of the plan file the target of the command.
func (a *app) takeTarget(file string, s *report.Saved) error {
	name := s.Plan.Target.Name
	switch {
	case s.Options.NoSecrets:
		return usage("plan without --no-secrets", "apply %s: the plan was made without secrets, and apply needs the secrets it sends", file)
	case a.flags.target != "" && a.flags.target != name:
		return usage("leave the target away", "apply %s: the plan is for target %s, and the command for %s", file, name, a.flags.target)
	}
	a.flags.target = name
	return nil
}

// outdated tells why the plan file must not be carried out now.
func (a *app) outdated(ctx context.Context, l *look, s *report.Saved, file string) ([]diagnostic.Diagnostic, error) {
	used, err := a.usedBefore(ctx, l, s, file)
	if err != nil || len(used) > 0 {
		return used, err
	}
	var found []diagnostic.Diagnostic
	for _, stale := range s.Stale(l.document(a)) {
		found = append(found, savedDiagnostic("IDP0402", staleText(file, s, stale), diagnostic.T("saved.stale.hint")))
	}
	return found, nil
}

func staleText(file string, s *report.Saved, stale report.Staleness) diagnostic.Text {
	switch stale.What {
	case report.StaleTarget:
		return diagnostic.T("saved.stale.target", file, s.Plan.Target.Name)
	case report.StaleFiles:
		return diagnostic.T("saved.stale.files", file)
	case report.StaleServer:
		return diagnostic.T("saved.stale.server", file)
	case report.StaleGuards:
		return diagnostic.T("saved.stale.guards", file, few(stale.Keys))
	}
	if len(stale.Keys) == 0 {
		return diagnostic.T("saved.stale.order", file)
	}
	return diagnostic.T("saved.stale.changes", file, few(stale.Keys))
}

func staleOptions(file string, err error) diagnostic.Diagnostic {
	return savedDiagnostic("IDP0402", diagnostic.T("saved.stale.options", file, err.Error()), diagnostic.T("saved.stale.hint"))
}

// few names the first ones of many.
func few(names []string) string {
	const most = 5
	more := ""
	if len(names) > most {
		more, names = fmt.Sprintf(" ... (%d)", len(names)), names[:most]
	}
	return strings.Join(names, ", ") + more
}

// memoryFor is what the project remembers of the pool that was looked at.
func (a *app) memoryFor(l *look) (ledger.Pool, error) {
	led, err := a.openLedger(l.pool.target.Ledger, l.pool.project.Dir)
	if err != nil {
		return nil, err
	}
	return led.Pool(l.pass.UserPoolID), nil
}
