package report

import (
	"bufio"
	"io"

	"github.com/fatih/color"
)

// Style says how a text looks; the zero Style is plain.
type Style struct {
	Color bool
	// Frame gives the text of a file for the excerpt below a diagnostic; nil, or
	// a nil answer, leaves the excerpt out.
	Frame func(file string) []byte
}

// tone is what a colour stands for. The words beside it say the same.
type tone int

const (
	good tone = iota + 1
	careful
	bad
	strong
	faint
)

var tones = map[tone][]color.Attribute{
	good:    {color.FgGreen},
	careful: {color.FgYellow},
	bad:     {color.FgRed},
	strong:  {color.Bold},
	faint:   {color.Faint},
}

func (s Style) paint(t tone, text string) string {
	if !s.Color || text == "" {
		return text
	}
	c := color.New(tones[t]...)
	c.EnableColor()
	return c.Sprint(text)
}

// printer writes lines and keeps the first error, so that no caller has to look
// at each one.
type printer struct {
	w *bufio.Writer
	Style
}

func newPrinter(w io.Writer, s Style) *printer { return &printer{bufio.NewWriter(w), s} }

func (p *printer) put(parts ...string) {
	for _, s := range parts {
		_, _ = p.w.WriteString(s) // a bufio.Writer keeps its first error for Flush
	}
}

func (p *printer) line(parts ...string) {
	p.put(parts...)
	p.put("\n")
}

func (p *printer) end() error { return p.w.Flush() }
