package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
	"github.com/idpsync/idpsync/internal/rules"
)

func (a *app) driftCommand() *cobra.Command {
	f := &planFlags{parallelism: 8}
	cmd := &cobra.Command{
		Use: "drift", Short: "show what changed on the server, and what in the files",
		Long: "Compare the files, the server and what was last applied, and show who changed what. Nothing is written. It exits 2 when anything drifted.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.drift(cmd.Context(), f) },
	}
	cmd.Flags().BoolVar(&f.noSecrets, "no-secrets", false, "compare without any secret value")
	return cmd
}

func (a *app) drift(ctx context.Context, f *planFlags) (err error) {
	outs, err := a.outputs(driftFormats()...)
	if err != nil {
		return err
	}
	ctx, _, release := a.interruptible(ctx)
	defer release()
	l, err := a.look(ctx, f, reconcile.Options{LookupEnv: a.env.LookupEnv, NoSecrets: f.noSecrets}, outs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if doubt := incomplete(l.pass.Refusals); len(doubt) > 0 {
		// What is missing from half a list was not deleted: no drift is told, and
		// a plan is not what was asked for.
		l.pass.Refusals = doubt
		return errors.Join(a.tell(l.document(a)), silent(Refused))
	}
	doc := report.NewDrift(l.target(), l.pass.Ledger, l.pass.Drift(), l.pass.Plan.Ignored)
	if err := a.emit(outs, doc); err != nil {
		return err
	}
	if n := len(l.pass.Plan.NotEvaluated); n > 0 {
		a.say("%s not compared, because of --no-secrets", plural(n, "secret"))
	}
	if l.pass.Ledger == "empty" && doc.Summary.Drifted > 0 {
		a.warn("nothing is remembered of an earlier apply, so nobody can tell the server's changes from those of the files")
	}
	if doc.Summary.Drifted > 0 {
		return silent(Changes)
	}
	return nil
}

// incomplete keeps the refusals that doubt what was read.
func incomplete(all []rules.Refusal) []rules.Refusal {
	return slices.DeleteFunc(slices.Clone(all), func(r rules.Refusal) bool { return r.Code != "IDP0304" })
}
