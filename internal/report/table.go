package report

import "io"

// Table writes rows in columns that are aligned by display width; the first row
// is the heading.
func Table(w io.Writer, s Style, rows [][]string) error {
	p := newPrinter(w, s)
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(clean(cell)))
		}
	}
	for n, row := range rows {
		for i, cell := range row {
			cell = clean(cell)
			if i < len(row)-1 {
				cell = padRight(cell, widths[i]+2)
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
