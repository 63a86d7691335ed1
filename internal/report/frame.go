package report

import (
	"strconv"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// frame shows the line of the place, with a caret below each cell of it. A
// place over several lines is marked to the end of its first one.
func (p *printer) frame(r diagnostic.Range, lines []string) {
	n := r.Start.Line
	if n > len(lines) {
		return
	}
	runes := []rune(strings.TrimRight(lines[n-1], "\r"))
	from := min(max(r.Start.Column-1, 0), len(runes))
	to := len(runes)
	if r.End.Line == n {
		to = min(max(r.End.Column-1, from), len(runes))
	}
	before, marked, after := frameText(runes[:from]), frameText(runes[from:to]), frameText(runes[to:])
	number := strconv.Itoa(n)
	before, marked, after = window(before, marked, after, p.frameWidth(len(number)+len(" | ")))
	gap := strings.Repeat(" ", len(number))
	p.line(p.paint(faint, number+" | "), before, marked, after)
	p.line(p.paint(faint, gap+" | "), strings.Repeat(" ", width(before)), p.paint(bad, strings.Repeat("^", max(width(marked), 1))))
}

// frameWidth is how many cells of a source line an excerpt shows.
func (p *printer) frameWidth(gutter int) int {
	const most = 100
	if p.Width <= 0 {
		return most
	}
	return max(min(most, p.Width-gutter), 2*narrowest)
}

// frameText is clean, but a tab is shown as spaces.
func frameText(runes []rune) string {
	return clean(strings.ReplaceAll(string(runes), "\t", "    "))
}

// window cuts a long line so that the place stays in sight.
func window(before, marked, after string, frameWidth int) (string, string, string) {
	lead := min(40, frameWidth/2)
	if width(before)+width(marked)+width(after) <= frameWidth {
		return before, marked, after
	}
	if w := width(before); w > lead {
		before = "…" + cells.TruncateLeft(before, w-lead, "")
	}
	if room := frameWidth - width(before); width(marked) > room {
		return before, cells.Truncate(marked, room, "…"), ""
	}
	return before, marked, cells.Truncate(after, frameWidth-width(before)-width(marked), "…")
}
