package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

func (a *app) graphCommand() *cobra.Command {
	var selected []string
	cmd := &cobra.Command{
		Use: "graph", Short: "show which application offers which connection",
		Long: `Show the providers, connections and applications of the files, and what belongs
to what. No network, credentials or secret values are needed. "-o dot" is for
Graphviz, "-o mermaid" for a page on GitHub or GitLab.`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return a.graph(selected) },
	}
	cmd.Flags().StringArrayVar(&selected, "select", nil, "only keys that fit the `glob`, and what belongs to them; may be repeated")
	return cmd
}

func (a *app) graph(selected []string) error {
	outs, err := a.outputs(report.Formats(&report.Graph{})...)
	if err != nil {
		return err
	}
	scope := plan.Scope{Select: selected}
	if glob, ok := scope.Check(); !ok {
		return usage("", "%q is no valid pattern", glob)
	}
	dir, err := a.projectDir()
	if err != nil {
		return err
	}
	w, err := a.load(dir)
	if err != nil {
		return err
	}
	target, targetErr := a.chooseTarget(w.project)
	if targetErr != nil && !diagnostic.HasErrors(w.found) {
		return targetErr
	}
	desired, more := reconcile.Prepare(w.project, target, a.env.Now())
	if found := slices.Concat(w.found, more); desired == nil || diagnostic.HasErrors(found) {
		return a.refuseFiles(dir, found, outs)
	}
	if err := a.checkVariables(w.project); err != nil {
		return err
	}
	if idle := scope.Idle(desired.State); len(idle) > 0 {
		return usage(didYouMean(idle[0], keysOf(desired.State)), "%q fits no key of the files", idle[0])
	}
	t := w.project.Targets[target]
	g := report.NewGraph(report.Target{Name: t.Name, Host: t.Host, UserPoolID: t.UserPoolID}, desired.State)
	if len(selected) > 0 {
		g.Around(func(key string) bool {
			k, err := model.ParseKey(key)
			return err == nil && plan.MatchAny(selected, k)
		})
	}
	return a.emit(outs, g)
}

func keysOf(s *model.State) []string {
	var keys []string
	for r := range s.All() {
		keys = append(keys, r.Key.String())
	}
	return keys
}
