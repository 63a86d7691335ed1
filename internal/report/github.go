package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// mostAnnotations is how many annotations of one level GitHub shows of a step.
const mostAnnotations = 10

// github writes workflow commands, and a notice last that counts them all, also
// those for which there was no room.
func (f *findings) github(w io.Writer, s Style) error {
	p := newPrinter(w, Style{})
	written, left := map[string]int{}, 0
	for _, d := range f.list {
		if written[d.Severity] == mostAnnotations {
			left++
			continue
		}
		written[d.Severity]++
		p.line(d.annotation())
	}
	note := f.about + ": " + f.note
	if left > 0 {
		note += "; " + diagnostic.Say(s.Lang, "%d of them are not shown as annotations; the log or -o sarif has all", left)
	}
	p.line("::notice title=idpsync::", commandText(note))
	return p.end()
}

func (d found) annotation() string {
	var b strings.Builder
	fmt.Fprintf(&b, "::%s file=%s,line=%d", d.Severity, commandProperty(d.path), d.line())
	if r := d.region(); r.StartColumn > 0 {
		fmt.Fprintf(&b, ",col=%d", r.StartColumn)
		if r.EndLine > r.StartLine { // GitHub refuses columns beside two lines
			b.Reset()
			fmt.Fprintf(&b, "::%s file=%s,line=%d,endLine=%d", d.Severity, commandProperty(d.path), r.StartLine, r.EndLine)
		} else if r.EndColumn > 0 {
			fmt.Fprintf(&b, ",endColumn=%d", r.EndColumn)
		}
	}
	fmt.Fprintf(&b, ",title=%s::%s", commandProperty(d.Code), commandText(d.text))
	return b.String()
}

var (
	textEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// commandText and commandProperty keep a text within its workflow command.
func commandText(s string) string     { return textEscapes.Replace(s) }
func commandProperty(s string) string { return propertyEscapes.Replace(s) }
