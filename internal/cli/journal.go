package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sort"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/report"
)

func (a *app) journalCommand() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "list the runs, the newest first", Args: noArguments,
		Long: "List the runs that changed a pool, the newest first: of every target, or of the one named with -t.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listRuns(cmd.Context()) },
	}
	show := &cobra.Command{
		Use: "show RUN", Short: "show what one run did, step by step", Args: oneArgument("the id of a run"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.showRun(cmd.Context(), args[0]) },
	}
	cmd := &cobra.Command{
		Use: "journal", Short: "show what each apply did",
		Long: "Show what each apply did, from the ledger of the project. No server is asked.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return usage(didYouMean(args[0], []string{"list", "show"}), "journal: want list or show RUN, got %q", args[0])
		},
		RunE: list.RunE,
	}
	cmd.AddCommand(list, show)
	return cmd
}

// memoryOf is one pool of a ledger, with the target that reads it if one was
// named.
type memoryOf struct {
	id     string
	target string
	pool   ledger.Pool
}

// memories opens what the project remembers: the pools of all its ledgers, or
// those that can be the named target's.
func (a *app) memories(ctx context.Context, outs outputs) ([]memoryOf, error) {
	dir, err := a.projectDir()
	if err != nil {
		return nil, err
	}
	w, err := a.load(dir)
	if err != nil {
		return nil, err
	}
	if len(w.project.TargetNames()) == 0 && diagnostic.HasErrors(w.found) {
		return nil, a.refuseFiles(dir, w.found, outs)
	}
	if err := a.checkVariables(w.project); err != nil {
		return nil, err
	}
	targets, err := a.journalTargets(w.project)
	if err != nil {
		return nil, err
	}
	var all []memoryOf
	opened := map[string]bool{}
	for _, t := range targets {
		location := cmp.Or(t.Ledger, ledger.DefaultLocation)
		if opened[location] {
			continue
		}
		opened[location] = true
		pools, err := a.poolsOf(ctx, location, dir, t)
		if err != nil {
			return nil, a.refuseLedger(err, outs)
		}
		all = append(all, pools...)
	}
	return all, nil
}

// journalTargets are all targets, unless one is named.
func (a *app) journalTargets(p *config.Project) ([]*config.Target, error) {
	names := p.TargetNames()
	if a.flags.target != "" {
		name, err := a.chooseTarget(p)
		if err != nil {
			return nil, err
		}
		names = []string{name}
	}
	var targets []*config.Target
	for _, n := range names {
		targets = append(targets, p.Targets[n])
	}
	return targets, nil
}

func (a *app) poolsOf(ctx context.Context, location, dir string, t *config.Target) ([]memoryOf, error) {
	l, err := a.openLedger(location, dir)
	if err != nil {
		return nil, err
	}
	ids, err := l.Pools(ctx)
	if err != nil {
		return nil, err
	}
	var all []memoryOf
	for _, id := range ids {
		m := memoryOf{id: id, pool: l.Pool(id)}
		if a.flags.target != "" {
			if t.UserPoolID != "" && t.UserPoolID != id {
				continue
			}
			m.target = t.Name
		}
		all = append(all, m)
	}
	return all, nil
}

// of tells whether a run belongs to the target that was named, if one was. The
// pool of a sandbox is not known without starting it, so its runs are known by
// the name.
func (m memoryOf) of(r ledger.RunInfo) bool {
	return m.target == "" || r.Err != nil || r.Target == m.target
}

func (a *app) listRuns(ctx context.Context) error {
	outs, err := a.outputs(textFormat, jsonFormat)
	if err != nil {
		return err
	}
	all, err := a.memories(ctx, outs)
	if err != nil {
		return err
	}
	doc := &journalDocument{Header: report.NewHeader("journal"), Runs: []journalRun{}}
	var bad []error
	for _, m := range all {
		runs, err := m.pool.Runs(ctx)
		if err != nil {
			return a.refuseLedger(err, outs)
		}
		for _, r := range runs {
			if !m.of(r) {
				continue
			}
			doc.Runs = append(doc.Runs, newJournalRun(m.id, r))
			if r.Err != nil {
				bad = append(bad, r.Err)
			}
		}
	}
	sort.SliceStable(doc.Runs, func(i, j int) bool { return doc.Runs[i].Time > doc.Runs[j].Time })
	if err := a.emit(outs, doc); err != nil || len(bad) == 0 {
		return err
	}
	return a.refuseLedger(errors.Join(bad...), nil)
}

func (a *app) showRun(ctx context.Context, id string) error {
	outs, err := a.outputs(textFormat, jsonFormat)
	if err != nil {
		return err
	}
	all, err := a.memories(ctx, outs)
	if err != nil {
		return err
	}
	var known []string
	for _, m := range all {
		r, err := m.pool.Run(ctx, id)
		var none *ledger.NoRunError
		switch {
		case err == nil:
			return a.emit(outs, newRunDocument(m.id, r))
		case !errors.As(err, &none):
			return a.refuseLedger(err, outs)
		}
		runs, err := m.pool.Runs(ctx)
		if err != nil {
			return a.refuseLedger(err, outs)
		}
		for _, r := range runs {
			known = append(known, r.ID)
		}
	}
	hint := "\"idpsync journal list\" lists the runs"
	if near := model.Nearest(id, known); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return &quit{code: Failure, err: &ledger.NoRunError{ID: id}, hint: hint}
}
