package cli

import (
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// common are the flags that every verb takes.
type common struct {
	dir, target         string
	outputs             []string
	color, lang         string
	logLevel, logFormat string
}

func (c *common) register(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVarP(&c.dir, "dir", "C", "", "project `folder`; else the nearest idpsync.yaml upwards")
	f.StringVarP(&c.target, "target", "t", "", "`name` of the target (IDPSYNC_TARGET)")
	f.StringArrayVarP(&c.outputs, "output", "o", nil, "`format[=file]`: text, json, or another one of the verb; may be repeated")
	f.StringVar(&c.color, "color", "auto", "auto, always or never (NO_COLOR)")
	f.StringVar(&c.lang, "lang", "", "en or zh-CN (IDPSYNC_LANG)")
	f.StringVar(&c.logLevel, "log-level", "warn", "debug, info, warn or error")
	f.StringVar(&c.logFormat, "log-format", "text", "text or json")
}

// settleFlags checks the common flags and puts the environment beside them.
func (a *app) settleFlags() error {
	f := &a.flags
	if f.target == "" {
		f.target = a.variable("IDPSYNC_TARGET")
	}
	from := "--lang"
	if f.lang == "" {
		f.lang, from = a.variable("IDPSYNC_LANG"), "IDPSYNC_LANG"
	}
	if f.lang == "" {
		f.lang = diagnostic.English
	}
	if err := errors.Join(
		oneOf(from, f.lang, diagnostic.English, diagnostic.Chinese),
		oneOf("--color", f.color, "auto", "always", "never"),
		oneOf("--log-level", f.logLevel, "debug", "info", "warn", "error"),
		oneOf("--log-format", f.logFormat, "text", "json"),
	); err != nil {
		return err
	}
	a.outColor, a.errColor = a.colored(a.out), a.colored(a.err)
	a.log = a.logger()
	return nil
}

func (a *app) variable(name string) string {
	v, _ := a.env.LookupEnv(name)
	return v
}

// colored: a flag outranks NO_COLOR, which outranks what the terminal could do.
func (a *app) colored(stream any) bool {
	switch a.flags.color {
	case "always":
		return true
	case "never":
		return false
	}
	return a.variable("NO_COLOR") == "" && a.variable("TERM") != "dumb" && a.terminal(stream)
}

func (a *app) terminal(stream any) bool {
	return a.env.Terminal(beneath(stream))
}

func (a *app) logger() *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(a.flags.logLevel)) // one of four words
	o := &slog.HandlerOptions{Level: level}
	if a.flags.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(a.err, o))
	}
	return slog.New(slog.NewTextHandler(a.err, o))
}

// oneOf refuses a value that is not among the allowed ones.
func oneOf(flag, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return usage(didYouMean(value, allowed), "%s: want one of %s, got %q", flag, strings.Join(allowed, ", "), value)
}

// noArguments refuses what is left over on the command line.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage(cmd.CommandPath()+" --help tells the usage", "%s takes no argument, got %q", cmd.CommandPath(), args[0])
}

// oneArgument asks for exactly one argument, which is called name.
func oneArgument(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return usage(cmd.CommandPath()+" --help tells the usage", "%s takes one argument, %s; got %d", cmd.CommandPath(), name, len(args))
	}
}

var wanted = map[string]string{
	"int": "a whole number", "float64": "a number", "bool": "true or false", "duration": "a duration such as 20ms",
}

// flagError says in our words what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	var bare *pflag.ValueRequiredError
	switch {
	case errors.As(err, &bare):
		return usage("", "--%s: want a value, got none", bare.GetFlag().Name)
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown)
	case errors.As(err, &value):
		want := wanted[value.GetFlag().Value.Type()]
		if want == "" {
			want = "another value"
		}
		return usage("", "--%s: want %s, got %q", value.GetFlag().Name, want, value.GetValue())
	}
	return usage(cmd.CommandPath()+" --help lists the flags", "%w", err)
}

func unknownFlag(cmd *cobra.Command, err *pflag.NotExistError) error {
	dashes := "--"
	if err.GetSpecifiedShortnames() != "" {
		dashes = "-"
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
	hint := ""
	switch {
	case dashes == "--" && err.GetSpecifiedName() == "version":
		hint = cmd.Root().Name() + " version tells it"
	case dashes == "--":
		hint = didYouMean("--"+err.GetSpecifiedName(), known)
	}
	if hint == "" {
		hint = cmd.CommandPath() + " --help lists the flags"
	}
	return usage(hint, "unknown flag %s%s", dashes, err.GetSpecifiedName())
}

// hoist moves the verb to the front, so that every flag may stand before it.
func hoist(root *cobra.Command, args []string) []string {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			return args
		case len(a) > 1 && a[0] == '-':
			if !strings.Contains(a, "=") && takesNext(root, a) {
				i++
			}
		default:
			if !isVerb(root, a) {
				return args
			}
			return slices.Concat([]string{a}, args[:i], args[i+1:])
		}
	}
	return args
}

func isVerb(root *cobra.Command, name string) bool {
	return slices.ContainsFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == name })
}

// takesNext tells whether a flag of any verb has its value in the next argument.
func takesNext(root *cobra.Command, arg string) bool {
	for _, c := range append(root.Commands(), root) {
		for _, set := range []*pflag.FlagSet{c.Flags(), c.PersistentFlags()} {
			var f *pflag.Flag
			if name, long := strings.CutPrefix(arg, "--"); long {
				f = set.Lookup(name)
			} else if len(arg) == 2 {
				f = set.ShorthandLookup(arg[1:])
			}
			if f != nil {
				return f.NoOptDefVal == ""
			}
		}
	}
	return false
}

// pairs reads NAME=VALUE arguments of a flag.
func pairs(flag string, values []string) (map[string]string, error) {
	out := make(map[string]string, len(values))
	for _, v := range values {
		name, value, found := strings.Cut(v, "=")
		if !found || name == "" {
			return nil, usage("", "%s: want NAME=VALUE, got %q", flag, v)
		}
		if _, twice := out[name]; twice {
			return nil, usage("", "%s: %s is given twice", flag, name)
		}
		out[name] = value
	}
	return out, nil
}
