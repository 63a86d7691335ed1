package config

import (
	"bytes"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// doubts is what may be declared and could not be read: a reference to it is
// not complained about, since the complaint would go away with the mistake that
// caused it. All other references are, so the first mistake never hides the rest.
type doubts struct {
	// names are those of documents of which nobody knows the kind.
	names map[string]bool
	// texts may declare, of a kind, whatever they mention: documents without a
	// name, and what could not be parsed. The kind "" stands for any.
	texts map[string][]byte
	// anything tells that not even a file could be read.
	anything bool
}

// none tells that there is nothing to doubt.
func (d *doubts) none() bool { return !d.anything && len(d.names) == 0 && len(d.texts) == 0 }

// document takes in a document that declares nobody knows what.
func (d *doubts) document(doc *document) {
	if doc.name == "" {
		d.text(doc.kind, doc.source())
		return
	}
	if d.names == nil {
		d.names = map[string]bool{}
	}
	d.names[doc.name] = true
}

func (d *doubts) text(kind, text string) {
	if d.texts == nil {
		d.texts = map[string][]byte{}
	}
	d.texts[kind] = append(append(d.texts[kind], text...), '\n')
}

// mayDeclare tells whether the object may be declared after all.
func (p *Project) mayDeclare(k model.Key) bool {
	d, name := &p.doubts, []byte(k.Name)
	return d.anything || d.names[k.Name] || bytes.Contains(d.texts[""], name) || bytes.Contains(d.texts[string(k.Kind)], name)
}

// mayFit tells whether what a pattern of keys is for may be declared after all.
func (p *Project) mayFit(pattern string) bool {
	if isPattern(pattern) {
		return !p.doubts.none()
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
func (d *document) source() string {
	rest := d.file.data[d.file.offset(d.line()):]
	return rest[:documentEnd(rest)]
}

// documentEnd is where the YAML document that text begins with ends: before the
// next "---" that stands at the beginning of a line, where YAML allows nothing
// else to begin with it. Its own marker and comments may come first.
func documentEnd(text string) int {
	begun := false
	for at := 0; at < len(text); {
		line := text[at:]
		if i := strings.IndexByte(line, '\n'); i >= 0 {
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

func isMarker(line string) bool {
	rest, ok := strings.CutPrefix(line, "---")
	return ok && (len(rest) == 0 || strings.IndexByte(" \t\r\n", rest[0]) >= 0)
}

// isPrologue tells that a line is blank, a comment or a directive.
func isPrologue(line string) bool {
	line = strings.TrimSpace(line)
	return len(line) == 0 || line[0] == '#' || line[0] == '%'
}
