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

// vocabulary keeps keys and short texts of attributes, each once: of 10,000 documents
// most say the same. A processor has its own, so that none waits for another.
type vocabulary struct {
	words map[string]string
	boxes map[string]any // a text as an attribute has a box of its own
}

// The texts that are kept: short ones, and the first so many.
const (
	longestKept = 32 // bytes
	mostKept    = 4096
)

// borrowVocabulary gives the vocabulary of this processor until they are returned.
func (p *Project) borrowVocabulary() *vocabulary {
	if t, ok := p.vocabulary.Get().(*vocabulary); ok {
		return t
	}
	return &vocabulary{words: map[string]string{}, boxes: map[string]any{}}
}

// word is a key, the same text each time.
func (t *vocabulary) word(s string) string {
	if t == nil {
		return s
	}
	if have, known := t.words[s]; known {
		return have
	}
	if len(t.words) < mostKept {
		t.words[s] = s
	}
	return s
}

// boxed is a text as an attribute.
func (t *vocabulary) boxed(s string) any {
	if t == nil || len(s) > longestKept {
		return s
	}
	if box, known := t.boxes[s]; known {
		return box
	}
	var box any = s
	if len(t.boxes) < mostKept {
		t.boxes[s] = box
	}
	return box
}
