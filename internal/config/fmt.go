package config

import (
	"bytes"
	"regexp"
	"strings"
	"sync"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// Formatted is a file in the canonical layout: the keys that idpsync has words
// for in their order, two columns a level, lists indented below their key.
//
// It is made by moving whole lines, by changing the blanks at their beginning
// and end, and by exchanging members of a flow mapping on one line. Nothing is
// ever written anew, so that every comment, blank line and quote stays as
// somebody typed it. What is below a spec's own keys keeps its order: people
// group settings, and comments stand for groups.
type Formatted struct {
	Text []byte
	// Left tells that some of it stays as it was, because no other layout could
	// be proven to mean the same.
	Left bool
}

// Format lays out the text of a project's file. A file that cannot be read
// without complaint is not touched: the complaints are returned instead.
func Format(name string, text []byte) (Formatted, []diagnostic.Diagnostic) {
	if _, found := parseFile(&file{path: name, data: string(text)}); len(found) > 0 {
		return Formatted{Text: text}, found
	}
	if bytes.ContainsAny(bytes.ReplaceAll(text, []byte("\r\n"), nil), "\r\u0085\u2028\u2029") {
		return Formatted{Text: text, Left: true}, nil // line breaks to YAML, not to us
	}
	begun := text
	if cut := bytes.TrimRight(text, " \t"); bytes.HasSuffix(cut, []byte("\n")) && sameDocuments(cut, text) {
		begun = cut // nothing but blanks on a last line that has no end
	}
	left := false
	for _, how := range []layout{{indent: true, order: true}, {indent: true}, {order: true}} {
		out, whole, ours := how.file(begun)
		if !ours {
			return Formatted{Text: text}, nil
		}
		out = finished(out)
		if bytes.Equal(out, text) {
			return Formatted{Text: text, Left: left || !whole}, nil
		}
		if proven(begun, out) && how.settled(out) {
			return Formatted{Text: out, Left: left || !whole}, nil
		}
		left = true
	}
	return Formatted{Text: text, Left: true}, nil
}

// openHeader is the head of a block text with nothing below it: to some parsers
// a line end is part of that text.
var openHeader = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[|>][-+0-9]*[ \t]*(#.*)?$`) })

// finished ends the last line, unless that would change a text.
func finished(text []byte) []byte {
	if len(text) == 0 || text[len(text)-1] == '\n' || openHeader().Match(text) {
		return text
	}
	end := "\n"
	if first := bytes.IndexByte(text, '\n'); first > 0 && text[first-1] == '\r' {
		end = "\r\n"
	}
	if out := append(bytes.Clone(text), end...); sameDocuments(text, out) {
		return out
	}
	return text
}

// settled tells that a second pass would change nothing.
func (l layout) settled(text []byte) bool {
	again, _, _ := l.file(text)
	return bytes.Equal(again, text)
}

// layout says what is changed.
type layout struct{ indent, order bool }

const byteOrderMark = "\ufeff"

// file lays out each document of a file; whole is false when one was left, and
// ours when none is for idpsync.
func (l layout) file(text []byte) (out []byte, whole, ours bool) {
	masked, m := maskVariables(string(text))
	body, marked := strings.CutPrefix(masked, byteOrderMark)
	lines := splitLines(body)
	whole = true
	var b strings.Builder
	for at := 0; at < len(lines); {
		end := at
		for end < len(lines) && !lines[end].marker() {
			end++
		}
		done, ok, mine := l.document(lines[at:end])
		whole, ours = whole && ok, ours || mine
		writeLines(&b, done)
		if end < len(lines) {
			writeLines(&b, []line{lines[end].trimmed()})
			end++
		}
		at = end
	}
	s := m.text(b.String())
	if marked {
		s = byteOrderMark + s
	}
	return []byte(s), whole, ours
}

// line is one line of a file: blanks, the rest, and how it ends.
type line struct{ indent, rest, end string }

func splitLines(text string) []line {
	lines := make([]line, 0, strings.Count(text, "\n")+1)
	for s := range strings.Lines(text) {
		rest := strings.TrimRight(s, "\r\n")
		l := line{end: s[len(rest):]}
		l.rest = strings.TrimLeft(rest, " ")
		l.indent = rest[:len(rest)-len(l.rest)]
		lines = append(lines, l)
	}
	return lines
}

func writeLines(b *strings.Builder, lines []line) {
	for _, l := range lines {
		b.WriteString(l.indent)
		b.WriteString(l.rest)
		b.WriteString(l.end)
	}
}

func (l line) blank() bool   { return strings.Trim(l.rest, " \t") == "" }
func (l line) comment() bool { return strings.HasPrefix(strings.TrimLeft(l.rest, "\t"), "#") }

// marker tells that the line begins or ends a document.
func (l line) marker() bool {
	if l.indent != "" || len(l.rest) < 3 {
		return false
	}
	return (l.rest[:3] == "---" || l.rest[:3] == "...") && (len(l.rest) == 3 || l.rest[3] == ' ' || l.rest[3] == '\t')
}

// trimmed is the line without blanks at its end; a blank one has none at all.
func (l line) trimmed() line {
	l.rest = strings.TrimRight(l.rest, " \t")
	if l.rest == "" {
		l.indent = ""
	}
	return l
}

func (l line) at(column int) line {
	l.indent = strings.Repeat(" ", column)
	return l
}
