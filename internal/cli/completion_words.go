package cli

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/report"
	"github.com/idpsync/idpsync/internal/rules"
	"github.com/idpsync/idpsync/internal/sandbox"
	"github.com/idpsync/idpsync/internal/schema"
)

// offers gives the words that may stand in a place, for completion: from the
// program and from the project's files and ledger folder, never from a network,
// and never with a word on stderr. What cannot be read offers nothing.
type offers func(cmd *cobra.Command, typed string) []string

// completeWords puts the words behind every flag and argument of the tree.
func (a *app) completeWords(root *cobra.Command) {
	flags := map[string]offers{
		"target": a.offerTargets, "output": a.offerFormats,
		"select": a.offerKeys, "exclude": a.offerKeys, "override": offerGuards,
		"lang": words(diagnostic.English, diagnostic.Chinese), "color": words("auto", "always", "never"),
		"log-level": words("debug", "info", "warn", "error"), "log-format": words("text", "json"),
		"prune": words("off", "owned", "all"), "push": words("secrets", "unread", "notkept", "all"),
		"secrets": words("server", "env"), "mode": words("detect", "apply"), "dialect": offerSwitches,
	}
	folders := []string{"dir", "data"}
	arguments := map[string]offers{
		"journal show": a.offerRuns, "schema show": a.offerTypes, "schema pull": a.offerProviderTypes,
		"schema verify": words(schema.Outputs()...), "completion": words(shells...),
	}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, set := range []*pflag.FlagSet{cmd.Flags(), cmd.PersistentFlags()} {
			set.VisitAll(func(f *pflag.Flag) {
				switch offer := flags[f.Name]; {
				case offer != nil && f.Value.Type() != "bool":
					_ = cmd.RegisterFlagCompletionFunc(f.Name, completing(offer, -1)) // once for each flag
				case slices.Contains(folders, f.Name):
					_ = set.SetAnnotation(f.Name, cobra.BashCompSubdirsInDir, []string{}) // a flag that is there
				}
			})
		}
		if offer := arguments[strings.TrimPrefix(cmd.CommandPath(), root.Name()+" ")]; offer != nil {
			most := 1
			if cmd.Name() == "pull" {
				most = -1
			}
			cmd.ValidArgs, cmd.ValidArgsFunction = nil, completing(offer, most)
		} else if cmd.Args != nil && cmd.Args(cmd, []string{"a file"}) != nil {
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(root)
}

// completing makes the library's function of the offers, for the first most
// arguments; -1 is any number. "a=" goes on, so that no space belongs behind it.
func completing(offer offers, most int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if most >= 0 && len(args) >= most {
			return nil, cobra.ShellCompDirectiveDefault // a file, as in "schema verify KIND FILE"
		}
		directive := cobra.ShellCompDirectiveNoFileComp
		var fit []string
		for _, word := range offer(cmd, typed) {
			if !strings.HasPrefix(word, typed) || slices.Contains(args, word) || !plainWord().MatchString(word) {
				continue
			}
			if strings.HasSuffix(word, "=") || strings.HasSuffix(word, "/*") {
				directive |= cobra.ShellCompDirectiveNoSpace
			}
			fit = append(fit, word)
		}
		return fit, directive
	}
}

// plainWord is a word that no shell reads anything into: scripts of some shells
// expand what they are offered, and a name in a file may be anything.
var plainWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:/=,@+*-]*$`) })

func words(all ...string) offers {
	return func(*cobra.Command, string) []string { return all }
}

// projectForCompletion reads the files as far as they can be read.
func (a *app) projectForCompletion() *workspace {
	dir, err := a.projectDir()
	if err != nil {
		return nil
	}
	w, err := a.load(dir)
	if err != nil {
		return nil
	}
	return w
}

func (a *app) offerTargets(*cobra.Command, string) []string {
	if w := a.projectForCompletion(); w != nil {
		return w.project.TargetNames()
	}
	return nil
}

// offerKeys lists the keys of the target, or of every target while none is
// chosen, with a pattern for each kind.
func (a *app) offerKeys(*cobra.Command, string) []string {
	w := a.projectForCompletion()
	if w == nil {
		return nil
	}
	targets := w.project.TargetNames()
	if chosen, err := a.chooseTarget(w.project); err == nil {
		targets = []string{chosen}
	}
	var keys []string
	for _, t := range targets {
		if desired, _ := w.project.Desired(t); desired != nil {
			keys = append(keys, keysOf(desired.State)...)
		}
	}
	var globs []string
	for _, k := range keys {
		kind, _, _ := strings.Cut(k, "/")
		globs = append(globs, kind+"/*")
	}
	keys = append(keys, globs...)
	slices.Sort(keys)
	return slices.Compact(keys)
}

func offerGuards(*cobra.Command, string) []string {
	var names []string
	for _, name := range rules.Guards() {
		if !rules.Final(name) {
			names = append(names, name+"=")
		}
	}
	return names
}

// offerFormats lists what the verb can write.
func (a *app) offerFormats(cmd *cobra.Command, _ string) []string {
	switch cmd.Name() {
	case "plan":
		return planFormats()
	case "show":
		if cmd.Parent() == cmd.Root() {
			return planFormats()
		}
	case "apply":
		return resultFormats()
	case "drift":
		return driftFormats()
	case "validate":
		return diagnosticsFormats()
	case "graph":
		return report.Formats(&report.Graph{})
	}
	return []string{textFormat, jsonFormat}
}

// offerSwitches completes "switch=value", behind a comma too.
func offerSwitches(_ *cobra.Command, typed string) []string {
	before := ""
	if i := strings.LastIndexByte(typed, ','); i >= 0 {
		before = typed[:i+1]
	}
	last := typed[len(before):]
	var out []string
	for _, s := range sandbox.Switches() {
		if !strings.HasPrefix(last, s.Name+"=") {
			out = append(out, before+s.Name+"=")
			continue
		}
		for _, v := range s.Values {
			out = append(out, before+s.Name+"="+v)
		}
	}
	return out
}

func (a *app) offerTypes(*cobra.Command, string) []string {
	c, err := a.catalog()
	if err != nil {
		return nil
	}
	var types []string
	for _, t := range c.Types() {
		types = append(types, t.Type)
	}
	return types
}

func (a *app) offerProviderTypes(*cobra.Command, string) []string {
	c, err := a.catalog()
	if err != nil {
		return nil
	}
	return c.ProviderTypes()
}

// offerRuns lists the runs of the ledgers that are folders, the newest first: a
// database would have to be asked.
func (a *app) offerRuns(*cobra.Command, string) []string {
	w := a.projectForCompletion()
	if w == nil {
		return nil
	}
	targets, err := a.journalTargets(w.project)
	if err != nil {
		return nil
	}
	var runs []string
	for _, t := range targets {
		if strings.HasPrefix(t.Ledger, "postgres") {
			continue
		}
		l, err := ledger.Open(t.Ledger, w.project.Dir, ledger.Options{Tell: func(*ledger.Error) {}})
		if err != nil {
			continue
		}
		runs = append(runs, runsOf(l)...)
	}
	slices.Sort(runs)
	runs = slices.Compact(runs)
	slices.Reverse(runs)
	return runs
}

func runsOf(l ledger.Ledger) []string {
	ctx := context.Background()
	pools, _ := l.Pools(ctx)
	var ids []string
	for _, pool := range pools {
		infos, _ := l.Pool(pool).Runs(ctx)
		for _, info := range infos {
			ids = append(ids, info.ID)
		}
	}
	return ids
}
