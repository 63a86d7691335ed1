package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// Diagnostics is the document of spec 5.
type Diagnostics struct {
	Header
	Diagnostics []Diagnostic `json:"diagnostics"`

	// strict: warnings fail too.
	strict bool
}

// Diagnostic is one complaint in one language.
type Diagnostic struct {
	Code     string           `json:"code"`
	Severity string           `json:"severity"`
	File     string           `json:"file"`
	Range    diagnostic.Range `json:"range"`
	Pointer  string           `json:"pointer"`
	Message  string           `json:"message"`
	Hint     string           `json:"hint"`
	// sensitive: the line may hold a secret and is never shown as an excerpt.
	sensitive bool
	// english is the message in the language that every run has.
	english string
}

// NewDiagnostics makes the document in the language; the order stays.
func NewDiagnostics(ds []diagnostic.Diagnostic, lang string) *Diagnostics {
	doc := &Diagnostics{Header: NewHeader("diagnostics"), Diagnostics: make([]Diagnostic, len(ds))}
	for i, d := range ds {
		doc.Diagnostics[i] = Diagnostic{
			Code: d.Code, Severity: string(d.Severity), File: d.File, Range: d.Range, Pointer: d.Pointer,
			Message: d.MessageIn(lang), Hint: d.HintIn(lang), sensitive: d.Sensitive, english: d.MessageIn(diagnostic.English),
		}
	}
	return doc
}

// ReadDiagnostics reads what JSON wrote.
func ReadDiagnostics(r io.Reader) (*Diagnostics, error) {
	doc := &Diagnostics{}
	return doc, read(r, "diagnostics", doc, &doc.Header)
}

// Text writes a line for each complaint, an excerpt if the style has one, and
// the hint. Where excerpts are shown a blank line parts the complaints.
func (doc *Diagnostics) Text(w io.Writer, s Style) error {
	p := newPrinter(w, s)
	var file string
	var lines []string
	hidden := doc.sensitiveLines()
	for _, d := range doc.Diagnostics {
		p.diagnostic(d)
		if s.Frame != nil && d.Range.Start.Line > 0 && !hidden[fileLine{d.File, d.Range.Start.Line}] {
			if d.File != file || lines == nil {
				file, lines = d.File, strings.Split(string(s.Frame(d.File)), "\n")
			}
			if !tellsSecret(lines, d.Range.Start.Line) {
				p.frame(d.Range, lines)
			}
		}
		if d.Hint != "" {
			p.line(p.hint(), clean(d.Hint))
		}
		if s.Frame != nil {
			p.line()
		}
	}
	return p.end()
}

type fileLine struct {
	file string
	line int
}

// sensitiveLines lists what no excerpt may show: another complaint may stand on
// the line of a secret.
func (doc *Diagnostics) sensitiveLines() map[fileLine]bool {
	hidden := map[fileLine]bool{}
	for _, d := range doc.Diagnostics {
		if !d.sensitive && !meantSecret(d.Hint) {
			continue
		}
		for n := d.Range.Start.Line; n <= max(d.Range.Start.Line, d.Range.End.Line); n++ {
			hidden[fileLine{d.File, n}] = true
		}
	}
	return hidden
}

func (p *printer) diagnostic(d Diagnostic) {
	if d.File != "" {
		p.put(p.paint(strong, place(d)), ": ")
	}
	p.line(p.paint(severityTone(d.Severity), fmt.Sprintf("%s[%s]", d.Severity, d.Code)), ": ", clean(d.Message))
}

func place(d Diagnostic) string {
	if d.Range.Start.Line == 0 {
		return clean(d.File)
	}
	return fmt.Sprintf("%s:%d:%d", clean(d.File), d.Range.Start.Line, d.Range.Start.Column)
}

func severityTone(severity string) tone {
	if severity == string(diagnostic.Error) {
		return bad
	}
	return careful
}
