package config

import (
	"slices"
	"sort"
)

// ordered lists the lines of the document in the order that its keys ask for.
func (t *tree) ordered(kind string) []line {
	out := make([]line, 0, len(t.lines))
	for _, i := range t.arrange(t.root, kind, nil, len(t.lines)) {
		out = append(out, t.lines[i])
	}
	for i := range out[:len(out)-1] {
		if out[i].end == "" { // it was the last of the file
			out[i].end = t.lines[0].end
		}
	}
	return out
}

// arrange gives the lines of a mapping, which end before to, in order.
func (t *tree) arrange(c *collection, kind string, path []string, to int) []int {
	o := orderAt(kind, path)
	if c.list || len(o.first) == 0 && len(path) > 2 {
		return count(nil, c.from, to)
	}
	top := c.from
	if c.parent == nil {
		top = c.members[0].at // what stands above the first key is about the document
	}
	pieces, end := t.cut(c, kind, path, top, to)
	sorted := slices.Clone(pieces)
	sort.SliceStable(sorted, func(i, j int) bool { return o.compare(sorted[i].key, sorted[j].key) < 0 })
	// Blank lines stand between members: the one that comes first now gives its
	// own to the one that was first.
	was := slices.IndexFunc(sorted, func(p piece) bool { return p.key == pieces[0].key })
	sorted[was].blanks, sorted[0].blanks = sorted[0].blanks, sorted[was].blanks
	out := count(nil, c.from, top)
	for _, p := range sorted {
		out = append(append(out, p.blanks...), p.lines...)
	}
	return count(out, end, to)
}

// count appends the numbers from..to, to not included.
func count(out []int, from, to int) []int {
	for ; from < to; from++ {
		out = append(out, from)
	}
	return out
}

// piece is a member with the comments that go where it goes.
type piece struct {
	key           string
	blanks, lines []int
}

// cut takes a mapping apart, and tells where its last member ends.
func (t *tree) cut(c *collection, kind string, path []string, top, to int) ([]piece, int) {
	pieces := make([]piece, len(c.members))
	for i, m := range c.members {
		p := &pieces[i]
		p.key = m.key
		for ; top < m.at && t.lines[top].blank(); top++ {
			p.blanks = append(p.blanks, top)
		}
		p.lines = count(p.lines, top, m.at+1)
		body := t.body(c, m, min(m.end, to))
		if m.inner != nil {
			p.lines = append(p.lines, t.arrange(m.inner, kind, append(slices.Clone(path), m.key), body)...)
		} else {
			p.lines = count(p.lines, m.at+1, body)
		}
		top = body
		if i+1 < len(c.members) {
			top = t.foot(body, m.end)
			p.lines = count(p.lines, body, top)
		}
	}
	return pieces, top
}

// body is where a member ends: behind the last line that says something of it,
// comments that stand further in included.
func (t *tree) body(c *collection, m member, to int) int {
	end := m.at + 1
	for i := m.at + 1; i < to; i++ {
		r, comment := t.remarks[i]
		switch {
		case t.claims[i] != own, t.outer[i] != nil,
			comment && (r.collection == c && r.below || c.around(r.collection)):
			end = i + 1
		}
	}
	return end
}

// foot is where comments end that touch the member above them and not the one
// below, with a blank line behind them.
func (t *tree) foot(from, to int) int {
	at := from
	for at < to && t.lines[at].comment() {
		at++
	}
	if at > from && at < to && t.lines[at].blank() {
		return at + 1
	}
	return from
}
