package cli

import (
	"github.com/spf13/cobra"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func (a *app) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "completion bash|zsh|fish|powershell", Short: "write a completion script for a shell",
		Long: `Write a completion script for a shell, for example:

  source <(idpsync completion bash)

It completes verbs, flags and formats, and from the files of the project the
targets, keys, guards, types and runs. No server is asked.`,
		Args: oneArgument("the shell"), ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := a.outputs(textFormat); err != nil {
				return err
			}
			switch root := cmd.Root(); args[0] {
			case "bash":
				return writeBash(a.out, root)
			case "zsh":
				return root.GenZshCompletion(a.out)
			case "fish":
				return root.GenFishCompletion(a.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.out)
			}
			return oneOf("completion", args[0], shells...)
		},
	}
}
