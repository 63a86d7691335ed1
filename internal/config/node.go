package config

import (
	"strconv"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// nodeKind is what a node is in JSON's words.
type nodeKind uint8

const (
	nullNode nodeKind = iota
	boolNode
	numberNode
	textNode
	listNode
	mapNode
	// brokenNode stands for a value that has been complained about already;
	// nothing more is said about it.
	brokenNode
)

// node is one value of a document with its place. Nodes are never changed once
// parsed; patches and variables make new ones. An alias shares its anchor's.
type node struct {
	doc          *document
	line, column int32
	kind         nodeKind
	// text is the text, the number as JSON writes it, or true/false.
	text string
	*members
}

// members are what lists and mappings hold. Three nodes of four hold nothing and
// share one value that nobody writes to, which halves the size of a node.
type members struct {
	// keys and items are parallel in a mapping; a list has only items.
	keys  []key
	items []*node
	// partial tells that members of a mapping could not be read: what is not
	// there is not missing.
	partial bool
}

var memberless = &members{}

// key is a key of a mapping with its place.
type key struct {
	doc          *document
	name         string
	line, column int32
}

// child returns the value under the name, or nil.
func (n *node) child(name string) *node {
	if i := n.index(name); i >= 0 {
		return n.items[i]
	}
	return nil
}

// index finds the name among the keys of a mapping; -1 when it is not there,
// or n is no mapping.
func (n *node) index(name string) int {
	if n == nil || n.kind != mapNode {
		return -1
	}
	for i := range n.keys {
		if n.keys[i].name == name {
			return i
		}
	}
	return -1
}

// is tells whether n is there and of the kind.
func (n *node) is(kind nodeKind) bool { return n != nil && n.kind == kind }

// find walks down a JSON pointer as far as it leads: it returns the last node
// there is, and its key if it is a member of a mapping.
func (n *node) find(pointer string) (last *node, at *key) {
	last = n
	for _, part := range pointerParts(pointer) {
		next, k := last.step(part)
		if next == nil {
			return last, at
		}
		last, at = next, k
	}
	return last, at
}

func (n *node) step(part string) (*node, *key) {
	if n.is(listNode) {
		i, err := strconv.Atoi(part)
		if err != nil || i < 0 || i >= len(n.items) {
			return nil, nil
		}
		return n.items[i], nil
	}
	if i := n.index(part); i >= 0 {
		return n.items[i], &n.keys[i]
	}
	return nil, nil
}

// memberName is the element of a JSON pointer that leads to the i-th member.
func (n *node) memberName(i int) string {
	if n.kind == mapNode {
		return n.keys[i].name
	}
	return strconv.Itoa(i)
}

// specPointer is the JSON pointer of a way below a document's spec.
func specPointer(way []string) string {
	p := "/spec"
	for _, part := range way {
		p = joinPointer(p, part)
	}
	return p
}

// rng is the range of the first line of the value.
func (n *node) rng() diagnostic.Range {
	text := ""
	if n.kind < listNode {
		text = n.text
	}
	return n.doc.file.span(int(n.line), int(n.column), text)
}

func (k *key) rng() diagnostic.Range {
	return k.doc.file.span(int(k.line), int(k.column), k.name)
}

func pointerParts(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(pointer[1:], "/")
	for i, p := range parts {
		parts[i] = unescapePointer.Replace(p)
	}
	return parts
}

// joinPointer adds a member to a JSON pointer.
func joinPointer(pointer, name string) string {
	return pointer + "/" + escapePointer.Replace(name)
}

var (
	escapePointer   = strings.NewReplacer("~", "~0", "/", "~1")
	unescapePointer = strings.NewReplacer("~1", "/", "~0", "~")
)
