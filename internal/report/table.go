package report

import (
	"io"
	"strings"
)

// Table writes rows in columns that are aligned by display width; the first row
// is the heading. Where the terminal is too narrow for that, each row stands as
// a block of named lines.
func Table(w io.Writer, s Style, rows [][]string) error {
	p := newPrinter(w, s)
	if len(rows) == 0 {
		return nil
	}
	rows, widths := s.cleanRows(rows)
	total := 0
	for _, n := range widths {
		total += n + tableGap
	}
	if s.Width > 0 && total-tableGap > s.Width && len(rows) > 1 {
		p.blocks(rows[0], rows[1:])
		return p.end()
	}
	for n, row := range rows {
		for i, cell := range row {
			if i < len(row)-1 {
				cell = padRight(cell, widths[i]+tableGap)
			}
			if n == 0 {
				cell = p.paint(strong, cell)
			}
			p.put(cell)
		}
		p.line()
	}
	return p.end()
}

const tableGap = 2

// cleanRows makes every cell safe, the headings in the style's language.
func (s Style) cleanRows(rows [][]string) (out [][]string, widths []int) {
	for n, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			if n == 0 {
				cell = s.told(cell)
			}
			cells[i] = clean(cell)
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(cells[i]))
		}
		out = append(out, cells)
	}
	return out, widths
}

// blocks writes a row as one line a cell, a blank line between two rows.
func (p *printer) blocks(heading []string, rows [][]string) {
	longest := 0
	for _, h := range heading {
		longest = max(longest, width(h))
	}
	for n, row := range rows {
		if n > 0 {
			p.line()
		}
		for i, cell := range row {
			if i < len(heading) && strings.TrimSpace(cell) != "" {
				p.hang = longest + tableGap
				p.line(p.paint(strong, padRight(heading[i], longest+tableGap)), cell)
			}
		}
	}
}
