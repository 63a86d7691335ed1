package cli

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Tree is the command with every verb below it, for programs that write about
// it (cmd/gendocs) and tests that read what is written. It knows no environment.
func Tree() *cobra.Command {
	env := Env{LookupEnv: func(string) (string, bool) { return "", false }, Environ: func() []string { return nil }, Dir: "."}
	return newApp(env, strings.NewReader(""), io.Discard, io.Discard).root()
}

// ExitMeaning is a row of the table of exit codes.
type ExitMeaning struct {
	Code    Exit
	Meaning string
}

// Exits is that table, for the same readers.
func Exits() []ExitMeaning {
	all := make([]ExitMeaning, len(exits))
	for i, e := range exits {
		all[i] = ExitMeaning{e.code, e.meaning}
	}
	return all
}
