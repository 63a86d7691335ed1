package cli

import (
	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/report"
)

func (a *app) showCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show PLANFILE", Short: "show a saved plan",
		Long: "Show what \"idpsync plan --out\" has kept, in any format that plan writes. No project, network or secret is needed.",
		Args: oneArgument("a plan file"),
		RunE: func(_ *cobra.Command, args []string) error { return a.show(args[0]) },
	}
}

func (a *app) show(file string) error {
	outs, err := a.outputs(planFormats()...)
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
		trouble[0].Severity = diagnostic.Warning // reading it does no harm
		if err := a.tell(report.NewDiagnostics(trouble, a.flags.lang)); err != nil {
			return err
		}
	}
	return a.emit(outs, s.Plan)
}
