package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Env is what a command knows of the process it runs in.
type Env struct {
	LookupEnv func(name string) (string, bool)
	Environ   func() []string
	// Dir is the working folder, absolute.
	Dir string
	// Interrupt receives once for each Ctrl-C or SIGTERM; nil is never.
	Interrupt <-chan os.Signal
	// Hangup begins to listen for SIGHUP and gives what receives it; nil is never.
	Hangup func() <-chan os.Signal
	// Terminal tells whether a stream is a terminal; nil asks the system.
	Terminal func(stream any) bool
	// Columns is how wide a terminal is; nil asks the system, 0 is unknown.
	Columns func(stream any) int
	Now     func() time.Time // nil is time.Now
	// Listed is told how many files a command is about to read; nil is told nothing.
	Listed func(files int)
}

// app is one run of the program.
type app struct {
	env      Env
	in       io.Reader
	out, err io.Writer
	flags    common
	log      *slog.Logger
	// color of each stream, settled by settleFlags.
	outColor, errColor bool
	// earlyLang is the language until the flags are settled.
	earlyLang string
	// lost is set where help was asked for about a verb that does not exist; the
	// library's help has no error.
	lost error
	// ledgers are closed when the program ends.
	ledgers ledgers
}

// Main runs one command and returns its exit code. It never ends the process.
func Main(ctx context.Context, env Env, stdin io.Reader, stdout, stderr io.Writer, args []string) (code int) {
	a := newApp(env, stdin, stdout, stderr)
	defer func() {
		if p := recover(); p != nil {
			a.bug(p)
			code = int(Failure)
		}
	}()
	a.earlyLang = cmp.Or(langOf(args), a.variable("IDPSYNC_LANG"))
	defer func() { _ = a.ledgers.close() }()
	root := a.root()
	a.speak(root)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		a.completeWords(root)
	}
	root.SetArgs(hoist(root, args))
	return int(a.finish(cmp.Or(root.ExecuteContext(ctx), a.lost)))
}

func newApp(env Env, stdin io.Reader, stdout, stderr io.Writer) *app {
	if env.Terminal == nil {
		env.Terminal = isTerminal
	}
	if env.Now == nil {
		env.Now = time.Now
	}
	a := &app{env: env, in: stdin, out: pipe{stdout}, err: &lockedWriter{w: pipe{stderr}}}
	a.log = slog.New(slog.DiscardHandler)
	return a
}

func isTerminal(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

const about = `idpsync keeps the applications and external identity provider connections of
an Authing / GenAuth user pool as YAML in git: it checks the files, shows what
would change in the pool, and changes it.`

// root is the command with every verb below it.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use: "idpsync", Short: "identity providers and applications as code", Long: about,
		SilenceErrors: true, SilenceUsage: true, DisableSuggestions: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:              cobra.ArbitraryArgs,
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.settleFlags() },
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(flagError)
	root.SetHelpFunc(a.help)
	root.SetHelpCommand(helpCommand())
	a.flags.register(root)
	root.AddCommand(a.initCommand(), a.fmtCommand(), a.validateCommand(), a.planCommand(), a.applyCommand(), a.watchCommand(), a.serveCommand(), a.exportCommand(), a.schemaCommand(),
		a.sandboxCommand(), a.doctorCommand(), a.journalCommand(), a.showCommand(), a.driftCommand(), a.graphCommand(), a.completionCommand(), a.versionCommand())
	return root
}

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [VERB]", Short: "help about a verb",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownVerb(cmd.Root(), strings.Join(args, " "))
			}
			return found.Help()
		},
	}
}

// finish says what went wrong, if anybody still has to, and gives the exit code.
func (a *app) finish(err error) Exit {
	if err == nil {
		return OK
	}
	code := codeOf(err)
	if errors.Is(err, context.Canceled) {
		a.say("error: interrupted")
		return code
	}
	a.sayError(err)
	return code
}

// sayError writes an error, each part of a joined one on a line, and its hint;
// what several parts say alike is said once.
func (a *app) sayError(err error) {
	hinted := ""
	for _, e := range parts(err) {
		if e.Error() != "" {
			a.sayLine("error", e.Error())
		}
		var h interface{ Hint() string }
		if errors.As(e, &h) && h.Hint() != "" && h.Hint() != hinted {
			hinted = h.Hint()
			a.hint(hinted)
		}
	}
}

// parts lists what an error says, each once: what errors.Join made is taken
// apart, also below words in front of it, which stay with the first part.
func parts(err error) []error {
	if _, hints := err.(interface{ Hint() string }); hints {
		return []error{err}
	}
	if inner := errors.Unwrap(err); inner != nil {
		head, ends := strings.CutSuffix(err.Error(), inner.Error())
		out := parts(inner)
		if !ends || joined(inner) == nil && len(out) < 2 {
			return []error{err}
		}
		out[0] = fmt.Errorf("%s%w", head, out[0])
		return out
	}
	all := joined(err)
	if all == nil {
		return []error{err}
	}
	var out []error
	said := map[string]bool{}
	for _, one := range all {
		for _, e := range parts(one) {
			if !said[e.Error()] {
				said[e.Error()] = true
				out = append(out, e)
			}
		}
	}
	return out
}

// joined takes apart what errors.Join made; nil for any other error.
func joined(err error) []error {
	j, ok := err.(interface{ Unwrap() []error })
	if !ok || errors.Join(j.Unwrap()...).Error() != err.Error() {
		return nil
	}
	return j.Unwrap()
}

func (a *app) hint(text string) { a.sayLine("hint", text) }

func (a *app) warn(format string, args ...any) {
	a.sayLine("warning", fmt.Sprintf(format, args...))
}

// bug tells that the program is at fault. A panic's value may hold anything, so
// only its type and place are said.
func (a *app) bug(p any) {
	a.sayLine("error", fmt.Sprintf("idpsync made a mistake and stopped (%T at %s)", p, placeOfPanic()))
	a.hint("please report this with the command line, and look at the pool with \"idpsync plan\" before you go on")
}

func placeOfPanic() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	panicking := false
	for {
		f, more := frames.Next()
		if panicking && strings.HasPrefix(f.Function, "github.com/idpsync/") {
			return fmt.Sprintf("%s, line %d", f.Function[strings.LastIndexByte(f.Function, '/')+1:], f.Line)
		}
		panicking = panicking || strings.HasPrefix(f.Function, "runtime.gopanic")
		if !more {
			return "an unknown place"
		}
	}
}
