package config

import "strings"

// flowScanner reads flow collections and quoted texts, which the parser has
// accepted already.
type flowScanner struct {
	*extents
	line, offset, end int
	// members are the texts between the brackets and the commas of the outermost
	// collection, on one line; comment tells that there is one in it.
	members []span
	comment bool
}

type span struct{ from, to int }

func (s *flowScanner) rest() string { return s.text(s.line)[s.offset:] }

// next goes to the next line; false where there is none.
func (s *flowScanner) next() bool {
	s.line, s.offset = s.line+1, 0
	return s.line < s.end
}

func (s *flowScanner) value() bool {
	switch c := s.rest()[0]; c {
	case '"', '\'':
		return s.quoted(c)
	default:
		return s.collection()
	}
}

// quoted goes behind the closing quote.
func (s *flowScanner) quoted(quote byte) bool {
	s.offset++
	for {
		rest := s.rest()
		for i := 0; i < len(rest); i++ {
			switch {
			case rest[i] == '\\' && quote == '"':
				i++
			case rest[i] == quote && quote == '\'' && i+1 < len(rest) && rest[i+1] == quote:
				i++
			case rest[i] == quote:
				s.offset += i + 1
				return true
			}
		}
		if !s.next() {
			return false
		}
	}
}

// collection goes behind the closing bracket.
func (s *flowScanner) collection() bool {
	depth, start, fresh := 0, 0, true // fresh: a text may begin here
	for {
		rest := s.rest()
		if rest == "" {
			if !s.next() {
				return false
			}
			continue
		}
		blankBefore := s.offset == 0 || strings.ContainsRune(" \t", rune(s.text(s.line)[s.offset-1]))
		switch c := rest[0]; {
		case c == '#' && blankBefore:
			s.comment = true
			s.offset += len(rest)
			continue
		case (c == '"' || c == '\'') && fresh:
			if !s.quoted(c) {
				return false
			}
			fresh = false
			continue
		case (c == '&' || c == '!' || c == '*') && fresh:
			word := strings.IndexAny(rest, " \t,[]{}")
			if word < 0 {
				word = len(rest)
			}
			s.offset += word
			continue
		case c == '[' || c == '{':
			depth++
			if fresh = true; depth == 1 {
				start = s.offset + 1
			}
		case c == ']' || c == '}':
			depth--
			if fresh = false; depth == 0 {
				s.members = append(s.members, span{start, s.offset})
				s.offset++
				return true
			}
		case c == ',':
			if fresh = true; depth == 1 {
				s.members = append(s.members, span{start, s.offset})
				start = s.offset + 1
			}
		case c == ':' && (len(rest) == 1 || strings.ContainsRune(" \t,[]{}\"'", rune(rest[1]))):
			fresh = true
		case c != ' ' && c != '\t':
			fresh = false
		}
		s.offset++
	}
}
