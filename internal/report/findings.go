package report

import (
	"cmp"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// findings are complaints as other programs want them: each has a place in the
// repository, and no text of it can leave its line.
type findings struct {
	// about names the run: "idpsync validate".
	about string
	// note sums it up in one line.
	note string
	list []found
	// strict tells that warnings fail too.
	strict bool
}

type found struct {
	Diagnostic
	// path leads from the top of the repository and is never empty.
	path string
	// text is the message with its hint below it.
	text string
	// same is what stays of a complaint when lines move or the language changes.
	same string
}

// Strict makes warnings fail where a format tells what failed.
func (doc *Diagnostics) Strict() { doc.strict = true }

func (doc *Diagnostics) findings(s Style) *findings {
	f := &findings{about: "idpsync validate", strict: doc.strict}
	f.add(doc.Diagnostics, s)
	f.note = s.tallyOf(f.count(diagnostic.Error), f.count(diagnostic.Warning))
	return f
}

// Found puts beside a plan what was found in the files it was made from, for the
// formats that list complaints.
func (doc *Plan) Found(ds *Diagnostics) { doc.found = ds.Diagnostics }

// findings of a plan are those of its files, and its guards, each at the document
// that the change comes from.
func (doc *Plan) findings(s Style) *findings {
	f := &findings{about: "idpsync plan", note: doc.summary(s)}
	f.add(doc.found, s)
	sources := make(map[string]*Source, len(doc.Changes))
	for _, c := range doc.Changes {
		sources[c.Key] = c.Source
	}
	guards := make([]Diagnostic, len(doc.Guards))
	for i, g := range doc.Guards {
		d := Diagnostic{Code: g.Code, Severity: string(diagnostic.Error), Message: s.Told(g.Message), Hint: s.Told(g.Override), english: g.Key}
		if at := sources[g.Key]; at != nil && at.File != "" {
			d.File = path.Join(path.Dir(s.Project), at.File)
			d.Range.Start = diagnostic.Position{Line: at.Line, Column: 1}
		}
		guards[i] = d
	}
	f.add(guards, s)
	return f
}

func (f *findings) add(ds []Diagnostic, s Style) {
	for _, d := range ds {
		at := clean(path.Join(s.Base, cmp.Or(d.File, s.Project, "idpsync.yaml")))
		d.Message, d.Hint = clean(d.Message), clean(d.Hint)
		text := d.Message
		if d.Hint != "" {
			text += "\n" + s.hint() + d.Hint
		}
		f.list = append(f.list, found{d, at, text, strings.Join([]string{d.Code, at, d.Pointer, unplaced(cmp.Or(d.english, d.Message))}, "\n")})
	}
}

func (s Style) tallyOf(errs, warnings int) string {
	return s.Told(counted(errs, "error")) + s.mark(", ", "，") + s.Told(counted(warnings, "warning"))
}

func (f *findings) count(severity diagnostic.Severity) int {
	n := 0
	for _, d := range f.list {
		if d.Severity == string(severity) {
			n++
		}
	}
	return n
}

// line is the first line of a finding; one that is about a whole file stands at
// its beginning.
func (d found) line() int { return max(d.Range.Start.Line, 1) }

var placeInText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`:\d+(:\d+)?|\bline \d+`) })

// unplaced takes places out of a sentence: they move without the complaint being
// another one.
func unplaced(s string) string { return placeInText().ReplaceAllString(s, "") }
