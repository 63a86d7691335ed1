package cli

import (
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestHelpIsInBothLanguages walks every verb: what help says of it and of its
// flags has a row in help_zh.go, with the same names in it, and no row is left
// over.
func TestHelpIsInBothLanguages(t *testing.T) {
	used, chineseOf := map[string]bool{}, map[string]string{}
	for _, row := range helpChinese {
		if chineseOf[row[0]] != "" {
			t.Errorf("help_zh.go: %q stands twice", row[0])
		}
		chineseOf[row[0]] = row[1]
	}
	root := newApp(Env{}, strings.NewReader(""), io.Discard, io.Discard).root()
	root.InitDefaultHelpCmd()
	for place, english := range helpTexts(root) {
		used[english] = true
		chinese, ok := chineseOf[english]
		if !ok {
			t.Errorf("%s: no Chinese: add a row to internal/cli/help_zh.go\n\t{%q, \"\"},", place, english)
			continue
		}
		if want, got := names(english), names(chinese); !slices.Equal(want, got) {
			t.Errorf("%s: English names %v, Chinese %v", place, want, got)
		}
	}
	for _, row := range helpChinese {
		if !used[row[0]] {
			t.Errorf("help_zh.go: nothing says %q any more", row[0])
		}
	}
	if len(used) < 60 {
		t.Errorf("only %d texts seen: is the walk broken?", len(used))
	}
}

// helpTexts lists the texts of a verb and of those below it, by their place.
func helpTexts(cmd *cobra.Command) map[string]string {
	out := map[string]string{}
	put := func(place, text string) {
		if text != "" {
			out[place] = text
		}
	}
	path := cmd.CommandPath()
	put(path+" Short", cmd.Short)
	put(path+" Long", cmd.Long)
	for _, set := range []*pflag.FlagSet{cmd.Flags(), cmd.PersistentFlags()} {
		set.VisitAll(func(f *pflag.Flag) { put(path+" --"+f.Name, f.Usage) })
	}
	for _, c := range cmd.Commands() {
		maps.Copy(out, helpTexts(c))
	}
	return out
}

var (
	named  = regexp.MustCompile(`--[a-z][a-z-]*|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|\bidpsync\.yaml\b|\b[0-9]+(?:\.[0-9]+)+(?::[0-9]+)?`)
	quoted = regexp.MustCompile("`[^`]+`")
)

// names are what a text must name in any language: flags, variables, files; and
// whether it names its flag's value.
func names(text string) []string {
	found := named.FindAllString(text, -1)
	if quoted.MatchString(text) {
		found = append(found, "`value`")
	}
	slices.Sort(found)
	return slices.Compact(found)
}
