package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The measures of a picture: a cell of the terminal, and what surrounds it.
const (
	cellWidth, cellHeight = 8.4, 20
	padding, bar, top     = 16, 36, 28 // top: from the bar to the first baseline
)

// palette is a theme's colours for the classes of a text.
type palette struct{ back, edge, text, bold, dim, red, green, yellow string }

var (
	light = palette{"#ffffff", "#d0d7de", "#1f2328", "#1f2328", "#656d76", "#b3261e", "#116329", "#7d4e00"}
	dark  = palette{"#0d1117", "#30363d", "#d1d7e0", "#f0f6fc", "#8b949e", "#ff8a80", "#56d364", "#e3b341"}
)

func (p palette) css() string {
	return fmt.Sprintf(".back{fill:%s;stroke:%s}.line{stroke:%s}text{fill:%s}.b{fill:%s}.d{fill:%s}.r{fill:%s}.g{fill:%s}.y{fill:%s}",
		p.back, p.edge, p.edge, p.text, p.bold, p.dim, p.red, p.green, p.yellow)
}

// picture draws a terminal that shows the command and what it printed.
func picture(command, shown string) []byte {
	lines := strings.Split(strings.TrimRight(shown, "\n"), "\n")
	width, height := 2*padding+columns*cellWidth, bar+top+cellHeight*len(lines)+padding
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %d" width="%s" height="%d" role="img">`+"\n",
		number(width), height, number(width), height)
	fmt.Fprintf(&b, "<title>%s</title>\n", escape(command))
	fmt.Fprintf(&b, "<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\",\"Noto Sans Mono CJK SC\",\"Noto Sans CJK SC\",monospace;white-space:pre}"+
		".b{font-weight:700}%s\n@media(prefers-color-scheme:dark){%s}</style>\n", light.css(), dark.css())
	fmt.Fprintf(&b, `<rect class="back" x=".5" y=".5" width="%s" height="%d" rx="8"/>`+"\n", number(width-1), height-1)
	for i, x := range []int{20, 40, 60} {
		fmt.Fprintf(&b, `<circle cx="%d" cy="%d" r="6" fill="%s"/>`, x, bar/2, []string{"#ff5f57", "#febc2e", "#28c840"}[i])
	}
	fmt.Fprintf(&b, "\n"+`<path class="line" d="M0 %d.5H%s"/>`+"\n", bar, number(width))
	baseline := bar + top
	row(&b, baseline, []span{{"d", "$ "}, {"b", command}})
	for i, line := range lines {
		row(&b, baseline+cellHeight*(i+1), spans(line))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// span is a text of one look.
type span struct{ class, text string }

var (
	colour  = regexp.MustCompile("\x1b\\[([0-9;]*)m")
	classes = map[string]string{"1": "b", "2": "d", "31": "r", "32": "g", "33": "y"}
)

// spans parts a line at its colours.
func spans(line string) []span {
	var out []span
	class, at := "", 0
	put := func(text string) {
		if text != "" {
			out = append(out, span{class, text})
		}
	}
	for _, m := range colour.FindAllStringSubmatchIndex(line, -1) {
		put(line[at:m[0]])
		class, at = classes[line[m[2]:m[3]]], m[1]
	}
	put(line[at:])
	return out
}

// row writes a line of text. Narrow and wide characters stand in elements of
// their own, each as long as its cells, so that every font keeps the columns.
func row(b *bytes.Buffer, y int, line []span) {
	column := 0
	for _, s := range line {
		for text := s.text; text != ""; {
			n, wide := sameWidth(text)
			piece := text[:n]
			text = text[n:]
			cells := utf8.RuneCountInString(piece)
			if wide {
				cells *= 2
			}
			if strings.TrimSpace(piece) != "" {
				class := ""
				if s.class != "" {
					class = ` class="` + s.class + `"`
				}
				fmt.Fprintf(b, `<text%s x="%s" y="%d" textLength="%s" lengthAdjust="spacingAndGlyphs">%s</text>`+"\n",
					class, number(padding+float64(column)*cellWidth), y, number(float64(cells)*cellWidth), escape(piece))
			}
			column += cells
		}
	}
}

// sameWidth is how many bytes of the beginning are as wide as the first
// character.
func sameWidth(text string) (n int, wide bool) {
	for i, r := range text {
		if i == 0 {
			wide = isWide(r)
		} else if isWide(r) != wide {
			return i, wide
		}
	}
	return len(text), wide
}

// isWide tells what fills two cells, of what the pictures show: Chinese and its
// punctuation.
func isWide(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303f || r >= 0xff01 && r <= 0xff60
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 32) }

func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return b.String()
}
