package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/report"
)

// lang is the language of what a person reads. It is asked before the flags are
// settled too: a wrong flag and help are told in it.
func (a *app) lang() string {
	if l := cmp.Or(a.flags.lang, a.earlyLang); l == diagnostic.Chinese {
		return l
	}
	return diagnostic.English
}

// langOf finds --lang among arguments that nobody has read yet.
func langOf(args []string) string {
	for i, arg := range args {
		switch value, found := strings.CutPrefix(arg, "--lang="); {
		case arg == "--":
			return ""
		case found:
			return value
		case arg == "--lang" && i+1 < len(args):
			return args[i+1]
		}
	}
	return ""
}

// told says a finished text in the language of the run, safe for a line.
func (a *app) told(text string) string {
	return report.Clean(diagnostic.Told(a.lang(), text))
}

// say writes a line to stderr in the language of the run.
func (a *app) say(format string, args ...any) {
	fmt.Fprintln(a.err, report.Wrap(report.Clean(diagnostic.Say(a.lang(), format, args...)), a.columns(a.err), 4))
}

// sayLine writes "error: what happened" to stderr, broken to its width.
func (a *app) sayLine(head, text string) {
	text = a.told(text)
	if head != "" {
		head = a.told(head)
		head += a.errStyle().Colon()
	}
	fmt.Fprintln(a.err, report.Wrap(head+text, a.columns(a.err), 4))
}

// ask writes a question to stderr; its values are clean already.
func (a *app) ask(format string, args ...any) {
	fmt.Fprint(a.err, diagnostic.Say(a.lang(), format, args...))
}
