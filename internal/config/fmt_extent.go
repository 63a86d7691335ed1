package config

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// claim is why a line is not one of its own: it goes on with something that
// began above it.
type claim uint8

const (
	own      claim = iota
	goesOn         // a text or a flow collection of several lines
	verbatim       // the text of a block scalar
)

// extents finds out which lines belong together. The parser tells where things
// begin and not where they end; where they end is read off the text.
type extents struct {
	lines  []line
	claims []claim
	// shifts are how the lines of claims move, once it is known where what they
	// belong to moves.
	shifts []shift
	// lost tells that something was not understood: the document stays as it is.
	lost bool
}

// shift is a run of claimed lines of one value.
type shift struct {
	claim
	from, to int // lines, to not included
	parent   *collection
	// column is where a block scalar's text begins, or a value that begins on a
	// line of its own; -1 for what goes on from the line of its key.
	column int
	digit  int // a block scalar's own word about its column
}

// offsetOf is where a node's column is in the bytes of a line.
func (e *extents) offsetOf(y *yaml.Node) (at, offset int, ok bool) {
	at = y.Line - 1
	if at < 0 || at >= len(e.lines) {
		return 0, 0, false
	}
	text := e.text(at)
	for c := 1; c < y.Column; c++ {
		if offset >= len(text) {
			return 0, 0, false
		}
		_, size := utf8.DecodeRuneInString(text[offset:])
		offset += size
	}
	return at, offset, true
}

func (e *extents) text(at int) string { return e.lines[at].indent + e.lines[at].rest }

// scalarOrFlow claims the lines that a value goes on over. parent is the column
// of the mapping's keys or the list's dashes, and end the line before which the
// value ends.
func (e *extents) scalarOrFlow(y *yaml.Node, parent *collection, begin, end int) {
	at, offset, ok := e.offsetOf(y)
	if !ok {
		e.lost = true
		return
	}
	s := shift{claim: goesOn, from: begin + 1, parent: parent, column: -1}
	if at > begin { // on lines of its own
		s.column = len(e.lines[at].indent)
		e.mark(at, at+1, goesOn)
	}
	at, offset = e.afterProperties(at, offset, end)
	if at >= end || offset >= len(e.text(at)) {
		e.lost = true // an empty value with a tag or an anchor: too odd to move
		return
	}
	switch c := e.text(at)[offset]; {
	case y.Kind == yaml.AliasNode:
	case y.Kind == yaml.ScalarNode && y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		e.shifts = append(e.shifts, e.block(at, offset, parent, end))
		s.to = at + 1
	case c == '"' || c == '\'' || c == '[' || c == '{':
		f := flowScanner{extents: e, line: at, offset: offset, end: end}
		e.lost = e.lost || !f.value()
		s.to = min(f.line+1, end)
	case y.Kind != yaml.ScalarNode:
		e.lost = true
	default:
		s.to = e.plain(at, end)
	}
	if s.to > at+1 {
		e.mark(at+1, s.to, goesOn)
	}
	if s.from < s.to {
		e.shifts = append(e.shifts, s)
	}
}

func (e *extents) mark(from, to int, c claim) {
	for i := from; i < to; i++ {
		e.claims[i] = c
	}
}

// afterProperties steps over "&anchor" and "!tag", also to a later line.
func (e *extents) afterProperties(at, offset, end int) (int, int) {
	for at < end {
		text := e.text(at)
		rest := strings.TrimLeft(text[offset:], " \t")
		offset = len(text) - len(rest)
		switch {
		case rest == "" || rest[0] == '#':
			at, offset = at+1, 0
		case rest[0] == '&' || rest[0] == '!':
			word := strings.IndexAny(rest, " \t")
			if word < 0 {
				word = len(rest)
			}
			offset += word
		default:
			return at, offset
		}
	}
	return at, 0
}

// plain is where a plain text ends that began on a line: at a comment, or with
// what it is the value of.
func (e *extents) plain(at, end int) int {
	last := at
	for i := at + 1; i < end && !e.lines[i].comment(); i++ {
		if !e.lines[i].blank() {
			last = i
		}
	}
	return last + 1
}

// block claims the text of a block scalar.
func (e *extents) block(at, offset int, parent *collection, end int) shift {
	header, _, _ := strings.Cut(e.text(at)[offset+1:], " ")
	keep := strings.Contains(header, "+")
	s := shift{claim: verbatim, from: at + 1, to: at + 1, parent: parent}
	if d := strings.IndexAny(header, "123456789"); d >= 0 {
		s.digit = int(header[d] - '0')
		s.column = parent.old + s.digit
	} else {
		s.column = e.blockColumn(at+1, parent.old, end)
	}
	for i := at + 1; i < end; i++ {
		if e.lines[i].rest == "" && len(e.lines[i].indent) <= s.column {
			if keep { // blank lines at its end are part of it
				s.to = i + 1
			}
			continue
		}
		if len(e.lines[i].indent) < s.column {
			break
		}
		s.to = i + 1
	}
	e.mark(s.from, s.to, verbatim)
	return s
}

// blockColumn is where the first line of a block scalar begins that is not
// empty.
func (e *extents) blockColumn(from, parent, end int) int {
	for i := from; i < end; i++ {
		if e.lines[i].rest != "" {
			return max(len(e.lines[i].indent), parent+1)
		}
	}
	return parent + 1
}
