package config

import (
	"sort"
	"strings"
)

// step is how far a collection stands below what holds it.
const step = 2

// indent gives each line its column.
func (t *tree) indent() {
	sort.SliceStable(t.gaps, func(i, j int) bool { return t.gaps[i].from > t.gaps[j].from }) // from the right
	for _, g := range t.gaps {
		l := &t.lines[g.line]
		l.rest = l.rest[:g.from-len(l.indent)] + " " + l.rest[g.to-len(l.indent):]
	}
	t.root.move(0)
	for _, s := range t.shifts {
		t.shift(s)
	}
	for i, l := range t.lines {
		switch c := t.outer[i]; {
		case t.claims[i] != own:
		case c != nil:
			t.lines[i] = l.at(c.new)
		case l.comment():
			t.lines[i] = l.at(t.remarks[i].column())
		}
		if i+1 == len(t.lines) || t.claims[i+1] == own {
			if t.claims[i] == own {
				t.lines[i] = t.lines[i].trimmed()
			}
		}
	}
}

func (c *collection) move(column int) {
	c.new = column
	for i := range c.members {
		if in := c.members[i].inner; in != nil {
			in.move(column + step)
		}
	}
}

// shift moves the lines of a value with the key or the dash that it belongs to.
func (t *tree) shift(s shift) {
	by, least := s.parent.new-s.parent.old, s.parent.new+1
	switch {
	case s.digit > 0: // counts from the parent
	case s.column >= 0:
		by = s.parent.new + step - s.column
	}
	for i := s.from; i < s.to; i++ {
		l := t.lines[i]
		switch {
		case t.claims[i] != s.claim:
		case l.rest == "" && (s.claim == goesOn || len(l.indent) <= s.column):
			t.lines[i] = l.at(0)
		case s.claim == verbatim:
			t.lines[i] = l.at(len(l.indent) + by)
		case strings.HasPrefix(l.rest, "\t"): // no column to speak of
		case strings.HasPrefix(l.rest, "]") || strings.HasPrefix(l.rest, "}"):
			t.lines[i] = l.at(max(least-1, len(l.indent)+by))
		default:
			t.lines[i] = l.at(max(least, len(l.indent)+by))
		}
	}
}
