package config

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// collection is a mapping or a list in block style: its members stand below each
// other, at one column.
type collection struct {
	parent *collection
	list   bool
	// old is the column of its keys or dashes, new the one it moves to.
	old, new int
	// from is its first line, comments above the first member included, and to
	// the line behind its last.
	from, to int
	members  []member
	// compact tells that the first member stands behind the dash of another list:
	// "- name: x".
	compact bool
}

// member is a key with its value, or an item of a list.
type member struct {
	at, end int // lines; end is not included
	key     string
	inner   *collection
}

// tree is the shape of one document.
type tree struct {
	extents
	root *collection
	// outer is the outermost, inner the innermost collection with a member that
	// begins on a line.
	outer, inner []*collection
	gaps         []gap
	// remarks tell what the comments that have a line of their own belong to.
	remarks map[int]remark
}

// gap is the blanks between a dash and what follows it on the same line.
type gap struct{ line, from, to int }

// readTree finds the shape of a document whose root is a block mapping; nil when
// something in it is too odd to be moved.
func readTree(lines []line, root *yaml.Node) *tree {
	t := &tree{
		extents: extents{lines: lines, claims: make([]claim, len(lines))},
		outer:   make([]*collection, len(lines)), inner: make([]*collection, len(lines)),
	}
	t.root = t.mapping(root, nil, 0, len(lines))
	if t.lost || t.stray() {
		return nil
	}
	t.readRemarks()
	return t
}

// stray tells that a line belongs to nothing: then the text was misread.
func (t *tree) stray() bool {
	for i, l := range t.lines {
		if t.claims[i] == own && t.outer[i] == nil && !l.blank() && !l.comment() {
			return true
		}
	}
	return false
}

// begins notes that a member of c begins at a place.
func (t *tree) begins(c *collection, at int) {
	if t.outer[at] == nil {
		t.outer[at] = c
	}
	t.inner[at] = c
}

// mapping reads a block mapping; from is the first line that can be its own.
func (t *tree) mapping(y *yaml.Node, parent *collection, from, to int) *collection {
	c := &collection{parent: parent, from: from, to: to}
	for i := 0; i+1 < len(y.Content); i += 2 {
		at, offset, ok := t.offsetOf(y.Content[i])
		if !ok || at >= to || at < from && i > 0 {
			t.lost = true
			return c
		}
		if i == 0 {
			c.old = offset
			c.compact = len(t.lines[at].indent) != offset
		} else {
			c.members[i/2-1].end = at
		}
		before := t.text(at)[:offset]
		if offset != c.old || strings.Trim(before, " -") != "" || i > 0 && (at <= c.members[i/2-1].at || strings.Trim(before, " ") != "") {
			t.lost = true
			return c
		}
		c.members = append(c.members, member{at: at, end: to, key: y.Content[i].Value})
		t.begins(c, at)
	}
	for i := range c.members {
		if !t.lost {
			t.value(c, &c.members[i], y.Content[2*i+1])
		}
	}
	return c
}

// list reads a block list.
func (t *tree) list(y *yaml.Node, parent *collection, from, to int) *collection {
	c := &collection{parent: parent, list: true, from: from, to: to, old: y.Column - 1}
	if y.Anchor != "" || y.Style&yaml.TaggedStyle != 0 {
		t.lost = true // then y is not where its first dash is
		return c
	}
	for i, item := range y.Content {
		at := y.Line - 1
		if i > 0 {
			at = t.dash(c, item)
		}
		if at < from-1 || at >= to || i > 0 && at <= c.members[i-1].at {
			t.lost = true
			return c
		}
		if i > 0 {
			c.members[i-1].end = at
		}
		c.members = append(c.members, member{at: at, end: to})
		t.begins(c, at)
	}
	c.compact = len(t.lines[c.members[0].at].indent) != c.old
	for i := range c.members {
		if !t.lost {
			t.item(c, &c.members[i], y.Content[i])
		}
	}
	return c
}

// dash is the line of the dash before an item, or -1.
func (t *tree) dash(c *collection, item *yaml.Node) int {
	for at := min(item.Line, c.to) - 1; at >= c.from; at-- {
		l := t.lines[at]
		if len(l.indent) == c.old && strings.HasPrefix(l.rest, "-") && (len(l.rest) == 1 || strings.ContainsRune(" \t", rune(l.rest[1]))) {
			return at
		}
		if at < item.Line-1 && !l.blank() && !l.comment() {
			return -1
		}
	}
	return -1
}

// item reads what stands behind a dash.
func (t *tree) item(c *collection, m *member, y *yaml.Node) {
	at, offset, ok := t.offsetOf(y)
	if ok && at == m.at && offset > c.old+1 && offset < len(t.text(at)) {
		t.gaps = append(t.gaps, gap{at, c.old + 1, offset})
	}
	t.value(c, m, y)
}

// value reads the value of a member.
func (t *tree) value(c *collection, m *member, y *yaml.Node) {
	flow := y.Style&yaml.FlowStyle != 0
	switch {
	case y.Kind == yaml.MappingNode && !flow && len(y.Content) > 0:
		m.inner = t.mapping(y, c, m.at+1, m.end)
	case y.Kind == yaml.SequenceNode && !flow && len(y.Content) > 0:
		m.inner = t.list(y, c, m.at+1, m.end)
	case y.Kind == yaml.ScalarNode && y.Value == "" && y.Style == 0 && y.Anchor == "":
		// nothing is there
	default:
		t.scalarOrFlow(y, c, m.at, m.end)
	}
}
