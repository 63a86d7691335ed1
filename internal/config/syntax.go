package config

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// maxRelocate is the size up to which a refused file is parsed once more for
// the place of its error.
const maxRelocate = 2 << 20

// syntaxReason is what yaml.v3 says, in our own words.
type syntaxReason struct {
	said       string // part of the parser's message
	text, hint string // ids of the catalogue
}

var syntaxReasons = []syntaxReason{
	{"UTF-8", "yaml.utf8", ""},
	{"UTF-16", "yaml.utf8", ""},
	{"control characters", "yaml.control", ""},
	{"tab character", "yaml.tab", "yaml.tab.hint"},
	{"escape", "yaml.escape", "yaml.escape.hint"},
	{"cannot start any token", "yaml.character", "yaml.quote.hint"},
	{"mapping values are not allowed", "yaml.mapping", "yaml.mapping.hint"},
	{"could not find expected ':'", "yaml.colon", ""},
	{"expected ',' or", "yaml.open", ""},
	{"unexpected end of stream", "yaml.open", ""},
	{"unexpected document indicator", "yaml.open", ""},
	{"did not find expected key", "yaml.indent", "yaml.mapping.hint"},
	{"expected '-' indicator", "yaml.indent", ""},
	{"expected node content", "yaml.value", ""},
}

// syntaxError turns what yaml.v3 says into a complaint with a place. Its own
// places are poor (no column, often no line), so a second parser is asked.
func syntaxError(f *file, err error) diagnostic.Diagnostic {
	said := strings.TrimPrefix(err.Error(), "yaml: ")
	reason, hint := explain(said)
	at, text := relocate(f, said)
	if tabBefore(f, at) {
		reason, hint = diagnostic.T("yaml.tab"), diagnostic.T("yaml.tab.hint")
	} else if strings.Contains(f.line(at.Line), "${") {
		hint = diagnostic.T("yaml.quote.hint")
	}
	if text.ID != "" {
		reason = text
	}
	return diagnostic.Diagnostic{
		Code: "IDP0101", Severity: diagnostic.Error, File: f.path,
		Range: point(at), Message: diagnostic.T("yaml.syntax", reason), Hint: hint,
	}
}

func explain(said string) (reason, hint diagnostic.Text) {
	for _, r := range syntaxReasons {
		if strings.Contains(said, r.said) {
			return diagnostic.Text{ID: r.text}, diagnostic.Text{ID: r.hint}
		}
	}
	return diagnostic.Words(linePrefix().ReplaceAllString(said, "")), diagnostic.Text{}
}

var (
	linePrefix    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^line ([0-9]+): `) })
	unknownAnchor = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^unknown anchor '(.*)' referenced$`) })
)

// relocate finds the place of an error; text is set when it knows better what
// the matter is.
func relocate(f *file, said string) (at diagnostic.Position, text diagnostic.Text) {
	if m := unknownAnchor().FindStringSubmatch(said); m != nil {
		at, _ = f.search("*" + m[1])
		return at, diagnostic.T("yaml.anchor", m[1])
	}
	if i := invalidByte(f.data); i >= 0 {
		return f.position(i), diagnostic.Text{}
	}
	if at, ok := secondOpinion(f); ok {
		return at, diagnostic.Text{}
	}
	return f.saidLine(said), diagnostic.Text{}
}

// secondOpinion asks the other parser. Neither parser is ours, so a panic of
// it only costs the better place.
func secondOpinion(f *file) (at diagnostic.Position, ok bool) {
	if len(f.data) > maxRelocate {
		return at, false
	}
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	data, _ := maskVariables(f.data)
	_, err := parser.ParseBytes([]byte(data), 0)
	var placed interface{ GetToken() *token.Token }
	if !errors.As(err, &placed) || placed.GetToken() == nil || placed.GetToken().Position == nil {
		return at, false
	}
	p := placed.GetToken().Position
	at = diagnostic.Position{Line: max(1, p.Line), Column: max(1, p.Column)}
	return at, true
}

// saidLine is the line yaml.v3 names, or the first.
func (f *file) saidLine(said string) diagnostic.Position {
	line := 1
	if m := linePrefix().FindStringSubmatch(said); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
	}
	text := f.line(line)
	indent := len(text) - len(strings.TrimLeft(text, " "))
	return diagnostic.Position{Line: line, Column: indent + 1}
}

func (f *file) search(s string) (diagnostic.Position, bool) {
	i := strings.Index(f.data, s)
	if i < 0 {
		return diagnostic.Position{Line: 1, Column: 1}, false
	}
	return f.position(i), true
}

// invalidByte is the offset of the first byte that no YAML may hold, or -1.
func invalidByte(data string) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRuneInString(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			return i
		}
		i += size
	}
	return -1
}

// tabBefore tells whether the error is a tab in the indentation of its line.
func tabBefore(f *file, at diagnostic.Position) bool {
	line := f.line(at.Line)
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	return strings.Contains(indent, "\t") && at.Column <= utf8.RuneCountInString(indent)+1
}
