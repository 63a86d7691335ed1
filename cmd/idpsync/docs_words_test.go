package main

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/idpsync/idpsync/internal/cli"
)

// otherPrograms are flags in the prose that belong to other programs.
var otherPrograms = []string{"--no-verify", "--decrypt", "--extract", "--env-file", "--storage-driver", "--isolation", "--strict-mode", "--values", "--set"}

var (
	span    = regexp.MustCompile("`([^`\n]+)`")
	flagged = regexp.MustCompile(`^--?[a-zA-Z]`)
)

// TestDocsWords holds every verb and flag that the pages name to the program.
func TestDocsWords(t *testing.T) {
	tree := cli.Tree()
	flags := map[string]bool{}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, set := range []*pflag.FlagSet{c.Flags(), c.PersistentFlags()} {
			set.VisitAll(func(f *pflag.Flag) { flags["--"+f.Name], flags["-"+f.Shorthand] = true, true })
		}
		for _, below := range c.Commands() {
			walk(below)
		}
	}
	walk(tree)
	flags["--help"] = true
	read := 0
	for _, p := range pages(t) {
		if p.madeByPrograms() {
			continue
		}
		if m := regexp.MustCompile(`(?m)^    (\$ |idpsync ).*$`).FindString(p.prose()); m != "" {
			t.Errorf("%s: a command in an indented block is hidden from the runner: %s", p.name, m)
		}
		for _, m := range span.FindAllStringSubmatch(p.prose(), -1) {
			if strings.HasPrefix(m[1], "idpsync ") {
				read++
				commandLine(t, p.name, tree, m[1])
				continue
			}
			if name, _, _ := strings.Cut(m[1], " "); strings.HasPrefix(name, "--") && flagged.MatchString(name) {
				name, _, _ = strings.Cut(name, "=")
				read++
				if !flags[name] && !slices.Contains(otherPrograms, name) {
					t.Errorf("%s: no verb has the flag %s", p.name, name)
				}
			}
		}
		for _, b := range p.blocks {
			if !b.runs() {
				continue
			}
			for line := range strings.Lines(strings.ReplaceAll(b.text, "\\\n", " ")) {
				if b.lang == "console" && !strings.HasPrefix(line, "$ ") {
					continue
				}
				for _, part := range regexp.MustCompile(`&&|\|\|?|;`).Split(line, -1) {
					if i := strings.Index(" "+part, " idpsync "); i >= 0 {
						read++
						commandLine(t, p.name, tree, part[i:])
					}
				}
			}
		}
	}
	if read < 80 {
		t.Errorf("only %d words were held to the program", read)
	}
}

// commandLine looks at the verb and the flags of a command as somebody types it.
func commandLine(t *testing.T, page string, tree *cobra.Command, line string) {
	t.Helper()
	line, _, _ = strings.Cut(line, " #")
	words := strings.Fields(line)[1:]
	cmd := tree
	for _, w := range words {
		if flagged.MatchString(w) {
			continue
		}
		var below *cobra.Command
		for _, c := range cmd.Commands() {
			if c.Name() == strings.Trim(w, "[]") {
				below = c
			}
		}
		if below == nil {
			break
		}
		cmd = below
	}
	if first := words; cmd == tree && len(first) > 0 && regexp.MustCompile(`^[a-z]+$`).MatchString(first[0]) && first[0] != "help" && first[0] != "serve" {
		t.Errorf("%s: %q: there is no verb %q", page, line, first[0])
	}
	for _, w := range words {
		w = strings.Trim(w, "[]")
		if !flagged.MatchString(w) || w == "-h" || w == "--help" {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimLeft(w, "-"), "=")
		known := cmd.Flag(name)
		if len(name) > 0 && !strings.HasPrefix(w, "--") {
			known = cmd.Flags().ShorthandLookup(name[:1])
			if known == nil {
				known = cmd.InheritedFlags().ShorthandLookup(name[:1])
			}
		}
		if known == nil {
			t.Errorf("%s: %q: %s has no flag %s", page, line, cmd.CommandPath(), w)
		}
	}
}

var (
	pageLink = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *#*$`)
)

// TestDocsLinks follows every link within the project, anchors included.
func TestDocsLinks(t *testing.T) {
	followed := 0
	for _, p := range append(pages(t), others(t)...) {
		for _, m := range pageLink.FindAllStringSubmatch(span.ReplaceAllString(p.prose(), ""), -1) {
			if regexp.MustCompile(`^[a-z]+:`).MatchString(m[1]) {
				continue
			}
			followed++
			to, anchor, _ := strings.Cut(m[1], "#")
			target := p.name
			if to != "" {
				target = path.Join(path.Dir(p.name), to)
			}
			info, err := os.Stat(filepath.Join("../..", target))
			if err != nil {
				t.Errorf("%s: the link to %s leads nowhere", p.name, m[1])
				continue
			}
			if anchor != "" && !info.IsDir() && !slices.Contains(anchors(t, target), anchor) {
				t.Errorf("%s: %s has no heading #%s", p.name, target, anchor)
			}
		}
	}
	if followed < 300 {
		t.Errorf("followed %d links only", followed)
	}
}

// others are pages outside of docs.
func others(t *testing.T) []*page {
	var all []*page
	for _, name := range []string{"CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "THREAT_MODEL.md"} {
		text, err := os.ReadFile(filepath.Join("../..", name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, readPage(name, string(text)))
	}
	return all
}

// anchors are the headings of a page as a browser can jump to them.
func anchors(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range heading.FindAllStringSubmatch(readPage(name, string(text)).prose(), -1) {
		title := regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(m[1], "$1")
		slug := strings.Map(func(r rune) rune {
			switch {
			case r == ' ' || r == '-':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || unicode.IsMark(r):
				return unicode.ToLower(r)
			}
			return -1
		}, title)
		all = append(all, slug)
	}
	return all
}
