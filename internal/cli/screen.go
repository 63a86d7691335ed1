package cli

import (
	"golang.org/x/term"

	"github.com/idpsync/idpsync/internal/report"
)

// screenOf is how a text looks on a stream: what a person reads on a terminal
// is coloured, broken to its width and shows the lines it is about; a pipe and
// a file get whole lines.
func (a *app) screenOf(stream any, color bool) report.Style {
	s := report.Style{Color: color, Lang: a.lang(), Width: a.columns(stream)}
	if a.terminal(stream) {
		s.Frame = a.frame
	}
	return s
}

// columns is how wide the terminal behind a stream is; 0 when it is none, or
// does not know.
func (a *app) columns(stream any) int {
	stream = beneath(stream)
	if !a.env.Terminal(stream) {
		return 0
	}
	if a.env.Columns != nil {
		return max(a.env.Columns(stream), 0)
	}
	f, ok := stream.(interface{ Fd() uintptr })
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 0 {
		return 0
	}
	return width
}

// beneath is the stream that we were given, without what we put around it.
func beneath(stream any) any {
	if l, ok := stream.(*lockedWriter); ok {
		stream = l.w
	}
	if p, ok := stream.(pipe); ok {
		stream = p.Writer
	}
	return stream
}

// errStyle is the style of stderr.
func (a *app) errStyle() report.Style { return a.screenOf(a.err, a.errColor) }
