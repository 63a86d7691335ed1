package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/report"
)

// help writes what a verb is for, how it is called, and the exit codes, in the
// language of the run and no wider than the terminal.
func (a *app) help(cmd *cobra.Command, _ []string) {
	if rest := cmd.Flags().Args(); len(rest) > 0 && cmd.HasSubCommands() {
		a.lost = unknownVerb(cmd, rest[0])
		return
	}
	h := &helpPage{style: a.screenOf(a.out, a.outColor)}
	h.paragraph(cmp.Or(cmd.Long, cmd.Short))
	h.usage(cmd)
	h.verbs(cmd)
	h.flags("Flags:", cmd.LocalFlags())
	h.flags("Global Flags:", cmd.InheritedFlags())
	if cmd.HasAvailableSubCommands() {
		h.line("")
		h.line(h.style.Say("Use \"%s [command] --help\" for more information about a command.", cmd.CommandPath()))
	}
	writeExits(&h.text, h.style)
	fmt.Fprint(a.out, h.text.String())
}

// speak puts the texts of every verb and flag into the language of the run, for
// help and for what a shell shows beside completions.
func (a *app) speak(root *cobra.Command) {
	if a.lang() != diagnostic.Chinese {
		return
	}
	root.InitDefaultHelpCmd() // the library adds it later, and untold
	chinese := make(map[string]string, len(helpChinese))
	for _, row := range helpChinese {
		chinese[row[0]] = row[1]
	}
	speakIn(chinese, root)
}

func speakIn(chinese map[string]string, cmd *cobra.Command) {
	put := func(text *string) { *text = cmp.Or(chinese[*text], *text) }
	put(&cmd.Short)
	put(&cmd.Long)
	for _, set := range []*pflag.FlagSet{cmd.Flags(), cmd.PersistentFlags()} {
		set.VisitAll(func(f *pflag.Flag) { put(&f.Usage) })
	}
	for _, c := range cmd.Commands() {
		speakIn(chinese, c)
	}
}

// helpPage is a page being written.
type helpPage struct {
	style report.Style
	text  strings.Builder
}

func (h *helpPage) line(text string) { h.hanging(text, 0) }

func (h *helpPage) hanging(text string, hang int) {
	h.text.WriteString(report.Wrap(text, h.style.Width, hang) + "\n")
}

// paragraph writes a text that is broken into lines for a terminal of the usual
// width; on a narrower one they are joined and broken anew.
func (h *helpPage) paragraph(text string) {
	for i, p := range strings.Split(text, "\n\n") {
		if i > 0 {
			h.line("")
		}
		if h.style.Width > 0 && !strings.HasPrefix(p, " ") {
			p = rejoin(p)
		}
		for line := range strings.SplitSeq(p, "\n") {
			h.hanging(line, len(line)-len(strings.TrimLeft(line, " ")))
		}
	}
	h.line("")
}

// rejoin puts lines together; Chinese has no spaces between them.
func rejoin(p string) string {
	var b strings.Builder
	for i, line := range strings.Split(p, "\n") {
		switch {
		case i == 0:
		case strings.HasPrefix(line, " "): // an example stays as it is
			b.WriteByte('\n')
		case !report.Wide(b.String(), line):
			b.WriteByte(' ')
		}
		b.WriteString(line)
	}
	return b.String()
}

func (h *helpPage) usage(cmd *cobra.Command) {
	h.line(h.style.Say("Usage:"))
	if cmd.Runnable() {
		h.hanging("  "+cmd.UseLine(), 4)
	}
	if cmd.HasAvailableSubCommands() {
		h.line("  " + cmd.CommandPath() + " [command]")
	}
}

func (h *helpPage) verbs(cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	h.line("")
	h.line(h.style.Say("Available Commands:"))
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			h.hanging(fmt.Sprintf("  %-*s %s", c.NamePadding(), c.Name(), c.Short), c.NamePadding()+3)
		}
	}
}

// flags writes a line a flag, the texts in a column of their own where the
// terminal has room for one.
func (h *helpPage) flags(title string, set *pflag.FlagSet) {
	var heads, texts []string
	longest := 0
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		head, text := h.flag(f)
		heads, texts = append(heads, head), append(texts, text)
		longest = max(longest, report.Width(head))
	})
	if len(heads) == 0 {
		return
	}
	h.line("")
	h.line(h.style.Told(title))
	column := longest + 3
	if w := h.style.Width; w > 0 && column > w/2 {
		column = 0
	}
	for i, head := range heads {
		if column == 0 {
			h.line(head)
			h.hanging("          "+texts[i], 10)
			continue
		}
		h.hanging(report.PadRight(head, column)+texts[i], column)
	}
}

// flag gives "  -t, --target name" and what it is for.
func (h *helpPage) flag(f *pflag.Flag) (head, text string) {
	name, text := pflag.UnquoteUsage(f)
	head = "      --" + f.Name
	if f.Shorthand != "" {
		head = "  -" + f.Shorthand + ", --" + f.Name
	}
	if name != "" {
		head += " " + name
	}
	if f.Name == "help" {
		text = h.style.Say("tell the usage")
	}
	if !slices.Contains([]string{"", "0", "false", "[]", "0s"}, f.DefValue) {
		text += " " + h.style.Say("(default %s)", f.DefValue)
	}
	return head, text
}
