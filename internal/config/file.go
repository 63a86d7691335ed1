package config

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// file is one YAML file of the project, kept for code positions.
type file struct {
	path string // slash-separated, relative to the project folder
	data string
	// broken tells that some of its documents could not be parsed.
	broken bool

	folding folding

	once   sync.Once
	starts []int // offset of each line
}

// line returns the n-th line, counted from 1, without its newline.
func (f *file) line(n int) string {
	f.once.Do(f.index)
	if n < 1 || n > len(f.starts) {
		return ""
	}
	rest, _, _ := strings.Cut(f.data[f.starts[n-1]:], "\n")
	return strings.TrimSuffix(rest, "\r")
}

func (f *file) index() {
	f.starts = []int{0}
	for i := range len(f.data) {
		if f.data[i] == '\n' {
			f.starts = append(f.starts, i+1)
		}
	}
}

// offset is where the n-th line begins, counted from 1.
func (f *file) offset(n int) int {
	f.once.Do(f.index)
	return f.starts[max(1, min(n, len(f.starts)))-1]
}

// position turns an offset into a place.
func (f *file) position(offset int) diagnostic.Position {
	before := f.data[:min(offset, len(f.data))]
	line := strings.Count(before, "\n") + 1
	start := strings.LastIndexByte(before, '\n') + 1
	return diagnostic.Position{Line: line, Column: utf8.RuneCountInString(before[start:]) + 1}
}

// span is the range of the token at a place: as long as text when text stands
// there, else as far as the token reaches on its line.
func (f *file) span(line, column int, text string) diagnostic.Range {
	start := diagnostic.Position{Line: line, Column: column}
	end := start
	end.Column += max(1, tokenLength(from(f.line(line), column), text))
	return diagnostic.Range{Start: start, End: end}
}

// point is a range of one character.
func point(p diagnostic.Position) diagnostic.Range {
	return diagnostic.Range{Start: p, End: diagnostic.Position{Line: p.Line, Column: p.Column + 1}}
}

// from cuts a line to what stands at the column, counted in characters from 1.
func from(line string, column int) string {
	for ; column > 1 && line != ""; column-- {
		_, size := utf8.DecodeRuneInString(line)
		line = line[size:]
	}
	return line
}

// tokenLength counts the characters of the token that rest begins with.
func tokenLength(rest, text string) int {
	if text != "" && strings.HasPrefix(rest, text) {
		return utf8.RuneCountInString(text)
	}
	if rest == "" {
		return 0
	}
	if rest[0] == '"' || rest[0] == '\'' {
		return quotedLength(rest)
	}
	if rest[0] == '{' || rest[0] == '[' {
		return bracketLength(rest)
	}
	end := len(rest)
	for _, stop := range []string{": ", " #", ", "} {
		if i := strings.Index(rest[:end], stop); i > 0 {
			end = i
		}
	}
	token := strings.TrimSuffix(strings.TrimRight(rest[:end], " \t"), ":")
	return utf8.RuneCountInString(strings.TrimRight(token, "]}"))
}

// bracketLength reaches to the bracket that closes the first one, or to the end
// of the line. Brackets within texts may mislead it: it only draws a line.
func bracketLength(rest string) int {
	open := 0
	for i, r := range rest {
		switch r {
		case '{', '[':
			open++
		case '}', ']':
			if open--; open == 0 {
				return utf8.RuneCountInString(rest[:i+1])
			}
		}
	}
	return utf8.RuneCountInString(strings.TrimRight(rest, " \t"))
}

func quotedLength(rest string) int {
	quote := rest[0]
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && quote == '"':
			i++
		case rest[i] == quote && quote == '\'' && i+1 < len(rest) && rest[i+1] == quote:
			i++
		case rest[i] == quote:
			return utf8.RuneCountInString(rest[:i+1])
		}
	}
	return utf8.RuneCountInString(rest)
}
