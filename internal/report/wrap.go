package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// narrowest is the least room for a text beside its indentation; on a terminal
// that is narrower the terminal itself breaks the lines.
const narrowest = 12

// Wrap breaks a line so that no part is wider than columns; what follows the
// first part is set in by hang. 0 columns is no limit. Colours may be in it: they end and
// begin again at each break, so that no background runs over the edge.
func Wrap(line string, columns, hang int) string {
	if columns <= 0 || len(line) <= columns {
		return line
	}
	hang = max(min(hang, columns/2, columns-narrowest), 0)
	w := wrapping{columns: columns, indent: strings.Repeat(" ", hang)}
	for len(line) > 0 {
		token, rest := cutToken(line)
		w.put(token)
		line = rest
	}
	w.flush()
	return w.out.String()
}

// wrapping is a line being broken. word is what may not be parted: it waits
// until the next place to break is known.
type wrapping struct {
	out         strings.Builder
	columns     int
	indent      string
	used        int    // cells of the current part
	blank       string // spaces before the word, dropped where a line ends
	word        strings.Builder
	wordWidth   int
	paint       string // the colour in force
	wordStarted string // the colour in force where the word began
	last        rune
	begun       bool // the part has text, not only indentation
}

func (w *wrapping) put(token string) {
	r, _ := utf8.DecodeRuneInString(token)
	switch {
	case r == '\x1b':
		w.word.WriteString(token)
		w.paint = token
		if token == reset || strings.HasPrefix(token, "\x1b[0;") || isOff(token) {
			w.paint = ""
		}
		return
	case r == ' ':
		w.flush()
		w.blank += token
	case breakable(w.last, r):
		w.flush()
		w.add(token)
	default:
		w.add(token)
	}
	w.last = r
}

const reset = "\x1b[0m"

// isOff tells the sequences that end one attribute, such as bold.
func isOff(seq string) bool { return strings.HasPrefix(seq, "\x1b[2") && len(seq) == len("\x1b[22m") }

func (w *wrapping) add(token string) {
	if w.word.Len() == 0 {
		w.wordStarted = w.paint
	}
	w.word.WriteString(token)
	w.wordWidth += width(token)
}

// flush writes the word that waits, on the next line if it does not fit.
func (w *wrapping) flush() {
	if w.word.Len() == 0 {
		return
	}
	text, cells := w.word.String(), w.wordWidth
	w.word.Reset()
	w.wordWidth = 0
	if !w.begun || w.used+len(w.blank)+cells <= w.columns {
		w.write(w.blank, text, cells)
		return
	}
	room := w.columns - len(w.indent)
	if cells > room && w.columns-w.used-len(w.blank) >= narrowest { // too long for any line: begin it here
		w.out.WriteString(w.blank)
		w.used += len(w.blank)
		w.blank = ""
	} else {
		w.breakLine(w.wordStarted)
	}
	w.write("", text, cells)
}

// write puts a word, broken anywhere if it is longer than a line.
func (w *wrapping) write(blank, text string, cells int) {
	w.out.WriteString(blank)
	w.used += len(blank)
	w.blank, w.begun = "", true
	if w.used+cells <= w.columns {
		w.out.WriteString(text)
		w.used += cells
		return
	}
	paint := w.wordStarted
	for len(text) > 0 {
		token, rest := cutToken(text)
		if token[0] == '\x1b' {
			paint = token
			if token == reset || isOff(token) {
				paint = ""
			}
		} else if n := width(token); w.used+n > w.columns {
			w.breakLine(paint)
			w.used += n
		} else {
			w.used += n
		}
		w.out.WriteString(token)
		text = rest
	}
}

func (w *wrapping) breakLine(paint string) {
	if paint != "" {
		w.out.WriteString(reset)
	}
	w.out.WriteString("\n" + w.indent + paint)
	w.used, w.blank = len(w.indent), ""
}

// cutToken takes one character, or one colour, from the front.
func cutToken(s string) (token, rest string) {
	if s[0] == '\x1b' {
		if i := strings.IndexByte(s, 'm'); i > 0 {
			return s[:i+1], s[i+1:]
		}
	}
	_, n := utf8.DecodeRuneInString(s)
	return s[:n], s[n:]
}

// breakable tells whether a line may end between two characters that no space
// parts: beside a wide one, but not before a closing mark or after an opening
// one.
func breakable(before, after rune) bool {
	if before == 0 || strings.ContainsRune("，。、：；！？）】》」』”’)]},.:;!?%…", after) || strings.ContainsRune("（【《「『“‘([{", before) {
		return false
	}
	if unicode.Is(unicode.Mn, after) {
		return false
	}
	return cells.RuneWidth(before) == 2 || cells.RuneWidth(after) == 2
}
