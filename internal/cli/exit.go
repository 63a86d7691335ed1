package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/report"
)

// Exit is what the process ends with.
type Exit int

// The exit codes of spec 4.
const (
	OK          Exit = 0
	Failure     Exit = 1
	Changes     Exit = 2
	Refused     Exit = 3
	Stale       Exit = 4
	Partial     Exit = 5
	Locked      Exit = 6
	Unavailable Exit = 7
	Usage       Exit = 64
)

// exits is the one table of exit codes.
var exits = []struct {
	code    Exit
	meaning string
}{
	{OK, "done, or no changes"},
	{Failure, "error: bad input, invalid files, a failed check of doctor"},
	{Changes, "changes are present (plan --detailed-exitcode, drift, schema check)"},
	{Refused, "refused by a safety guard"},
	{Stale, "the plan file is stale, damaged or used"},
	{Partial, "applied in part, interrupted after the first write, or something was not kept"},
	{Locked, "another process holds the lock"},
	{Unavailable, "the server is unavailable; trying again may help"},
	{Usage, "wrong usage: an unknown verb, flag, value or variable"},
}

func writeExits(w io.Writer, s report.Style) {
	fmt.Fprintf(w, "\n%s\n", s.Say("Exit codes:"))
	for _, e := range exits {
		fmt.Fprintln(w, report.Wrap(fmt.Sprintf("  %2d  %s", e.code, s.Told(e.meaning)), s.Width, 6))
	}
}

// quit ends a verb with an exit code. Without an err everything has been said.
type quit struct {
	code Exit
	err  error
	hint string
}

func (q *quit) Error() string {
	if q.err == nil {
		return ""
	}
	return q.err.Error()
}

func (q *quit) Unwrap() error { return q.err }

// Hint tells what to do next.
func (q *quit) Hint() string { return q.hint }

// silent ends with a code when everything has been said; nil for OK.
func silent(code Exit) error {
	if code == OK {
		return nil
	}
	return &quit{code: code}
}

// usage is an error of whoever typed the command.
func usage(hint, format string, args ...any) error {
	return &quit{code: Usage, err: fmt.Errorf(format, args...), hint: hint}
}

// diagnosed carries complaints that were found outside of the files' own checks.
type diagnosed struct{ found []diagnostic.Diagnostic }

func (d *diagnosed) Error() string { return d.found[0].Line(diagnostic.English) }

// codeOf is the exit code that an error stands for.
func codeOf(err error) Exit {
	var q *quit
	var held *ledger.HeldError
	var gone interface{ Unavailable() bool }
	switch {
	case err == nil:
		return OK
	case errors.As(err, &q):
		return q.code
	case errors.As(err, &held):
		return Locked
	case errors.Is(err, context.Canceled):
		return Failure
	case errors.As(err, &gone) && gone.Unavailable():
		return Unavailable
	}
	return Failure
}
