package config

import (
	"bytes"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// doubts is what may be declared and could not be read: a reference to it is
// not complained about, since the complaint would go away with the mistake that
// caused it. All other references are, so the first mistake never hides the rest.
type doubts struct {
	// names are those of documents of which nobody knows the kind.
	names map[string]bool
	// parts are documents without a name, and what could not be parsed.
	parts []part
}

// part is a part of a file that may declare whatever it mentions.
type part struct {
	kind string // "" when it may be any
	text []byte // nil when not even the file could be read
}

// nobody tells whether there is nothing to doubt.
func (d *doubts) nobody() bool { return len(d.names) == 0 && len(d.parts) == 0 }

// document takes in a document that declares nobody knows what.
func (d *doubts) document(doc *document) {
	if doc.name == "" {
		d.parts = append(d.parts, part{doc.kind, doc.source()})
		return
	}
	if d.names == nil {
		d.names = map[string]bool{}
	}
	d.names[doc.name] = true
}

// mayDeclare tells whether the object may be declared after all.
func (p *Project) mayDeclare(k model.Key) bool {
	return p.doubts.names[k.Name] || slices.ContainsFunc(p.doubts.parts, func(x part) bool {
		return (x.kind == "" || x.kind == string(k.Kind)) && (x.text == nil || bytes.Contains(x.text, []byte(k.Name)))
	})
}

// mayFit tells whether what a pattern of keys is for may be declared after all.
func (p *Project) mayFit(pattern string) bool {
	if isPattern(pattern) {
		return !p.doubts.nobody()
	}
	k, err := model.ParseKey(pattern)
	if err != nil {
		return false
	}
	if app, conn, ok := k.Ends(); ok {
		return p.mayDeclare(app) || p.mayDeclare(conn)
	}
	return p.mayDeclare(k)
}

// source is the text of the document.
func (d *document) source() []byte {
	rest := d.file.data[d.file.offset(d.line()):]
	return rest[:documentEnd(rest)]
}

// documentEnd is where the YAML document that text begins with ends: before the
// next "---" that stands at the beginning of a line, where YAML allows nothing
// else to begin with it. Its own marker and comments may come first.
func documentEnd(text []byte) int {
	begun := false
	for at := 0; at < len(text); {
		line := text[at:]
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line = line[:i+1]
		}
		marker := isMarker(line)
		if marker && begun {
			return at
		}
		begun = begun || marker || !isPrologue(line)
		at += len(line)
	}
	return len(text)
}

func isMarker(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("---"))
	return ok && (len(rest) == 0 || strings.IndexByte(" \t\r\n", rest[0]) >= 0)
}

// isPrologue tells that a line is blank, a comment or a directive.
func isPrologue(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) == 0 || line[0] == '#' || line[0] == '%'
}
