package config

import (
	"strings"
	"unicode/utf8"
)

// The parser makes a text of its own for every scalar and every key. Those that
// attributes keep would be there twice, since a project keeps its files: a scalar
// that the file says word for word is taken from there, and a key is kept once.

// quoter finds texts in a file, on one way through it: what stands before the
// text that was asked for last, or in another file, is not looked for.
type quoter struct {
	rest         string // of the file, from a place on
	line, column int32
}

// of is the text of a node, as a part of its file where it stands there as such.
func (q *quoter) of(n *node) string {
	if n.line < q.line || n.line == q.line && n.column < q.column {
		return n.text
	}
	for ; q.line < n.line; q.line, q.column = q.line+1, 1 {
		i := strings.IndexByte(q.rest, '\n')
		if i < 0 {
			return n.text
		}
		q.rest = q.rest[i+1:]
	}
	for ; q.column < n.column; q.column++ {
		_, size := utf8.DecodeRuneInString(q.rest)
		q.rest = q.rest[size:]
	}
	said := q.rest
	if said != "" && (said[0] == '"' || said[0] == '\'') {
		said = said[1:]
	}
	if strings.HasPrefix(said, n.text) {
		return said[:len(n.text)]
	}
	return n.text
}

// word is a key, the same text each time.
func (p *Project) word(s string) string {
	if have, known := p.words.Load(s); known {
		return have.(string)
	}
	have, _ := p.words.LoadOrStore(s, s)
	return have.(string)
}
