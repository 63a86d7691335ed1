package report

import (
	"bufio"
	"io"
	"strings"

	"github.com/fatih/color"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// Style says how a text looks; the zero Style is plain.
type Style struct {
	Color bool
	// Frame gives the text of a file for the excerpt below a diagnostic; nil, or
	// a nil answer, leaves the excerpt out.
	Frame func(file string) []byte
	// Lang is the language of what is made while writing; "" is English.
	Lang string
	// Width is how many columns the terminal has; 0 is unknown, and nothing is
	// broken or shortened for it.
	Width int
	// Base leads from the top folder of the repository to the working folder, and
	// Project is the project's file as seen from there: programs that look at a
	// repository want paths from its top, and a place for every complaint.
	Base, Project string
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

// Told says a finished English text in the language of the style.
func (s Style) Told(text string) string { return diagnostic.Told(s.Lang, text) }

// Say is fmt.Sprintf in the language of the style.
func (s Style) Say(format string, args ...any) string {
	return diagnostic.Say(s.Lang, format, args...)
}

func (s Style) told(text string) string { return s.Told(text) }

func (s Style) say(format string, args ...any) string { return s.Say(format, args...) }

// hint begins a line that tells what to do next.
func (s Style) hint() string { return s.told("hint") + s.Colon() }

// Colon stands between a name and what is said of it.
func (s Style) Colon() string { return s.mark(": ", "：") }

func (s Style) mark(english, chinese string) string {
	if s.Lang == diagnostic.Chinese {
		return chinese
	}
	return english
}

// printer writes lines and keeps the first error, so that no caller has to look
// at each one.
type printer struct {
	w *bufio.Writer
	Style
	// open is the line being put together.
	open strings.Builder
	// hang is how far the line is set in where it has to be broken; 0 is a little
	// more than its beginning. line resets it.
	hang int
}

func newPrinter(w io.Writer, s Style) *printer {
	return &printer{w: bufio.NewWriter(w), Style: s}
}

func (p *printer) put(parts ...string) {
	for _, s := range parts {
		p.open.WriteString(s)
	}
}

func (p *printer) line(parts ...string) {
	p.put(parts...)
	text := p.open.String()
	if p.hang == 0 {
		p.hang = len(text) - len(strings.TrimLeft(text, " ")) + 4
	}
	_, _ = p.w.WriteString(Wrap(text, p.Width, p.hang)) // a bufio.Writer keeps its first error for Flush
	_ = p.w.WriteByte('\n')
	p.open.Reset()
	p.hang = 0
}

func (p *printer) end() error { return p.w.Flush() }
