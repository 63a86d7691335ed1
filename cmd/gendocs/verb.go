package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"

	"github.com/idpsync/idpsync/internal/cli"
)

const verbNotice = "<!-- Made by cmd/gendocs from internal/cli. DO NOT EDIT. -->\n"

// verbs lists the command and every verb below it, parents first.
func verbs() []*cobra.Command {
	all := []*cobra.Command{cli.Tree()}
	for i := 0; i < len(all); i++ {
		all[i].DisableAutoGenTag = true // it holds a date
		for _, c := range all[i].Commands() {
			if c.IsAvailableCommand() {
				all = append(all, c)
			}
		}
	}
	return all
}

// verbPages makes a page for each verb, and an index.
func verbPages() (map[string]string, error) {
	all := make(map[string]string)
	for _, cmd := range verbs() {
		var b bytes.Buffer
		if err := doc.GenMarkdownCustom(cmd, &b, verbFile); err != nil {
			return nil, err
		}
		all[verbFile(cmd.CommandPath()+".md")] = verbNotice + tidy(b.String()) + exitTable(cmd)
	}
	return all, nil
}

// verbFile is the page of a verb: the program's own is the index.
func verbFile(page string) string {
	page = strings.NewReplacer(" ", "_", "-", "_").Replace(page)
	if page == "idpsync.md" {
		return "README.md"
	}
	return strings.TrimPrefix(page, "idpsync_")
}

// tidy lifts the headings by one level and takes away blanks that nobody sees.
func tidy(text string) string {
	var b strings.Builder
	code, blank := false, false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\n")
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if heading := strings.TrimLeft(line, "#"); !code && heading != line {
			line = strings.TrimPrefix(line, "#")
		}
		line = strings.Replace(line, "\t - ", ": ", 1)
		line = strings.Replace(line, "# SEE ALSO", "# See also", 1)
		if line == "" && blank {
			continue
		}
		blank = line == ""
		b.WriteString(line + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// exitTable stands at the end of the index.
func exitTable(cmd *cobra.Command) string {
	if cmd.HasParent() {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n## Exit codes\n\n| code | meaning |\n|---|---|\n")
	for _, e := range cli.Exits() {
		fmt.Fprintf(&b, "| %d | %s |\n", e.Code, e.Meaning)
	}
	return b.String()
}

// manDate stands at the foot of every page for man. It is that of their form,
// not of the day they were made: the same command gives the same pages.
var manDate = time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC)

// manPages makes a page of section 1 for each verb.
func manPages() (map[string]string, error) {
	all := make(map[string]string)
	for _, cmd := range verbs() {
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
		var b bytes.Buffer
		header := &doc.GenManHeader{Title: strings.ToUpper(name), Section: "1", Date: &manDate, Source: "idpsync", Manual: "idpsync"}
		if err := doc.GenMan(cmd, header, &b); err != nil {
			return nil, err
		}
		all[name+".1"] = roff(cmd, b.String()) + manExits(cmd)
	}
	return all, nil
}

var (
	// manFlag is a flag as the library writes it: mandoc warns of its form, and
	// nobody learns from it what the flag takes.
	manFlag   = regexp.MustCompile(`(?m)^(?:\.PP\n)?(\\fB-(?:.*\\fB-)?-([a-z0-9-]+)\\fP)\[?=.*\n\t(.*)$`)
	emptyLine = regexp.MustCompile(`\n{2,}`)
)

// roff mends what the library writes.
func roff(cmd *cobra.Command, text string) string {
	text = strings.Replace(text, `"Nov 2026"`, `"`+manDate.Format(time.DateOnly)+`"`, 1)
	text = manFlag.ReplaceAllStringFunc(text, func(s string) string {
		m := manFlag.FindStringSubmatch(s)
		head, usage := m[1], m[3]
		if f := cmd.Flag(m[2]); f != nil {
			if name, _ := pflag.UnquoteUsage(f); name != "" {
				head += " \\fI" + name + "\\fP"
			}
			if !slices.Contains([]string{"", "0", "false", "[]", "0s"}, f.DefValue) {
				usage += " (default " + f.DefValue + ")"
			}
		}
		return ".TP\n" + head + "\n" + usage
	})
	text = emptyLine.ReplaceAllString(text, "\n")
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(wrapped(line))
	}
	return b.String()
}

// wrapped breaks a line of text at 80 columns. No line of it may begin as a
// command does.
func wrapped(line string) string {
	var b strings.Builder
	for command := strings.HasPrefix(line, "."); !command && len(line) > 80; {
		cut := strings.LastIndexByte(line[:80], ' ')
		if cut <= 0 {
			break
		}
		b.WriteString(line[:cut] + "\n")
		if line = line[cut+1:]; strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			line = `\&` + line
		}
	}
	return b.String() + line
}

func manExits(cmd *cobra.Command) string {
	if cmd.HasParent() {
		return ""
	}
	var b strings.Builder
	b.WriteString(".SH EXIT STATUS\n")
	for _, e := range cli.Exits() {
		fmt.Fprintf(&b, ".TP\n%d\n%s\n", e.Code, e.Meaning)
	}
	return b.String()
}
