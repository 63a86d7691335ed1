package diagnostic

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Severity says whether a complaint stops the work.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Position is a place in a text. Both numbers count from 1; columns count
// characters, not bytes. The zero Position means the file as a whole.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Range runs from Start up to, and not including, End.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// Diagnostic is one complaint with its place.
type Diagnostic struct {
	// Code is stable: "IDP0102".
	Code     string
	Severity Severity
	// File is slash-separated and relative to the project folder.
	File  string
	Range Range
	// Pointer is the JSON pointer of the place within its document, such as
	// "/spec/fields/clientID"; empty for the whole document.
	Pointer string
	Message Text
	// Hint tells what next; the zero Text when nothing is known.
	Hint Text
	// Sensitive tells that the place may hold a secret: its line must not be
	// shown, neither as a code frame nor as an excerpt.
	Sensitive bool
}

// MessageIn renders the message in "en" or "zh-CN".
func (d Diagnostic) MessageIn(lang string) string { return d.Message.In(lang) }

// HintIn renders the hint; "" when there is none.
func (d Diagnostic) HintIn(lang string) string {
	if d.Hint.ID == "" {
		return ""
	}
	return d.Hint.In(lang)
}

// Line renders the complaint as one line, without its hint:
// "github.yaml:12:7: error[IDP0102]: fields.clientID: missing".
func (d Diagnostic) Line(lang string) string {
	return fmt.Sprintf("%s%s[%s]: %s", d.place(), d.Severity, d.Code, d.MessageIn(lang))
}

func (d Diagnostic) place() string {
	switch {
	case d.File == "":
		return ""
	case d.Range.Start.Line == 0:
		return d.File + ": "
	}
	return fmt.Sprintf("%s:%d:%d: ", d.File, d.Range.Start.Line, d.Range.Start.Column)
}

// Sort orders by file, place and code, then by what is said, so that the order
// never depends on who finished first.
func Sort(ds []Diagnostic) {
	sort.SliceStable(ds, func(i, j int) bool { return compare(ds[i], ds[j]) < 0 })
}

// Compact takes out of a sorted slice whatever is said twice about one place;
// a complaint is the same for every target that shares the file.
func Compact(ds []Diagnostic) []Diagnostic {
	return slices.CompactFunc(ds, func(a, b Diagnostic) bool {
		return a.Severity == b.Severity && compare(a, b) == 0
	})
}

// HasErrors tells whether anything in it stops the work.
func HasErrors(ds []Diagnostic) bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

func compare(a, b Diagnostic) int {
	if c := cmp.Or(
		strings.Compare(a.File, b.File),
		comparePosition(a.Range.Start, b.Range.Start),
		strings.Compare(a.Code, b.Code),
		strings.Compare(a.Pointer, b.Pointer),
	); c != 0 {
		return c
	}
	return strings.Compare(a.MessageIn(English), b.MessageIn(English))
}

func comparePosition(a, b Position) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}
