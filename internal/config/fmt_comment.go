package config

// remark is where a comment belongs that has a line of its own: among the
// members of a collection, or below the last thing in it.
type remark struct {
	*collection
	below bool
}

func (r remark) column() int {
	if r.below {
		return r.new + step
	}
	return r.new
}

// readRemarks finds out for each comment between two members which collection
// it stands in: the column tells, as far as the lines around it leave a choice.
func (t *tree) readRemarks() {
	t.remarks = map[int]remark{}
	var above *collection // the innermost one that the line above is in
	var last remark       // the comment above in the same gap
	text := false         // a block scalar ends right above, or above comments
	for i, l := range t.lines {
		switch {
		case t.claims[i] != own:
			text, last = t.claims[i] == verbatim, remark{}
		case t.outer[i] != nil:
			above, text, last = t.inner[i], false, remark{}
		case l.comment():
			r := t.remark(above, t.next(i), len(l.indent))
			r.below = r.below && !text
			if last.collection != nil && last.holds(r) {
				r = last
			}
			t.remarks[i], last = r, r
		}
	}
}

// next is the collection whose member begins below a line; the root at the end.
func (t *tree) next(at int) *collection {
	for i := at + 1; i < len(t.lines); i++ {
		if t.claims[i] == own && t.outer[i] != nil {
			return t.outer[i]
		}
	}
	return t.root
}

func (t *tree) remark(above, next *collection, column int) remark {
	if above == nil {
		return remark{collection: t.root}
	}
	if next != above && !next.around(above) || column <= next.old {
		return remark{collection: next} // the first thing in it, or before its next member
	}
	if column > above.old {
		return remark{above, true}
	}
	c := above
	for c != next && c.old > column {
		c = c.parent
	}
	return remark{collection: c}
}

// around tells that c holds the other collection, at any depth.
func (c *collection) around(other *collection) bool {
	for at := other.parent; at != nil; at = at.parent {
		if at == c {
			return true
		}
	}
	return false
}

// holds tells that a comment stands further out than another one.
func (r remark) holds(other remark) bool {
	return r.around(other.collection) || r.collection == other.collection && !r.below && other.below
}
