package config

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// plainValue is the node as JSON, references not looked at; nil for nothing.
func plainValue(n *node) any {
	if n == nil {
		return nil
	}
	switch n.kind {
	case boolNode:
		return n.text == "true"
	case numberNode:
		return json.Number(n.text)
	case textNode:
		return n.text
	case listNode:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = plainValue(item)
		}
		return out
	case mapNode:
		out := make(map[string]any, len(n.keys))
		for i, k := range n.keys {
			out[k.name] = plainValue(n.items[i])
		}
		return out
	}
	return nil
}

func textOf(n *node) string {
	if n.is(textNode) {
		return n.text
	}
	return ""
}

func floatOf(n *node) *float64 {
	if !n.is(numberNode) {
		return nil
	}
	f, err := strconv.ParseFloat(n.text, 64)
	if err != nil {
		return nil
	}
	return &f
}

func (n *node) isTrue() bool { return n.is(boolNode) && n.text == "true" }

// elements are the texts of a list; one text counts as a list of it.
func (n *node) elements() []*node {
	if n.is(textNode) {
		return []*node{n}
	}
	if !n.is(listNode) {
		return nil
	}
	var out []*node
	for _, item := range n.items {
		if item.is(textNode) {
			out = append(out, item)
		}
	}
	return out
}

func texts(n *node) []string {
	var out []string
	for _, item := range n.elements() {
		out = append(out, item.text)
	}
	return out
}

// textMap reads a mapping of scalars as texts: the values of a dialect or of
// traits may look like booleans or numbers.
func textMap(n *node) map[string]string {
	if !n.is(mapNode) {
		return nil
	}
	out := make(map[string]string, len(n.keys))
	for i, k := range n.keys {
		if n.items[i].kind < listNode {
			out[k.name] = n.items[i].text
		}
	}
	return out
}

// dotted writes a JSON pointer as people write a path: "targets.prod.host",
// "redirectUris[0]".
func dotted(pointer string) string {
	var b strings.Builder
	for _, part := range pointerParts(pointer) {
		if _, err := strconv.Atoi(part); err == nil && b.Len() > 0 {
			b.WriteString("[" + part + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(model.Path{part}.String())
	}
	return b.String()
}
