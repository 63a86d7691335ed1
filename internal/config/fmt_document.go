package config

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// document lays out the lines of one document, and tells whether all of it
// could be, and whether it is ours: one that is meant for another program is left
// without a word.
func (l layout) document(lines []line) (out []line, whole, ours bool) {
	root, kind := rootOf(lines)
	if root == nil {
		return lines, true, false
	}
	if root.Style&yaml.FlowStyle != 0 || root.Anchor != "" {
		return lines, false, true
	}
	if l.order {
		ordered := orderFlows(lines, root, kind)
		if !slices.Equal(ordered, lines) { // then its columns are others
			if root, _ = rootOf(ordered); root == nil {
				return lines, false, true
			}
			lines = ordered
		}
	}
	t := readTree(slices.Clone(lines), root)
	if t == nil {
		return lines, false, true
	}
	if l.indent {
		t.indent()
	}
	out = t.lines
	if l.order {
		out = t.ordered(kind)
	}
	return out, true, true
}

// rootOf parses a document and tells its kind; nil when it is none of ours.
func rootOf(lines []line) (root *yaml.Node, kind string) {
	defer func() {
		if recover() != nil { // the parser is not ours
			root = nil
		}
	}()
	var b strings.Builder
	writeLines(&b, lines)
	var y yaml.Node
	if err := yaml.Unmarshal([]byte(b.String()), &y); err != nil || len(y.Content) != 1 || y.Content[0].Kind != yaml.MappingNode {
		return nil, ""
	}
	root = y.Content[0]
	version := ""
	for i := 0; i+1 < len(root.Content); i += 2 {
		switch v := root.Content[i+1]; root.Content[i].Value {
		case "apiVersion":
			version = v.Value
		case "kind":
			kind = v.Value
		}
	}
	if !strings.HasPrefix(version, "idpsync/") {
		return nil, ""
	}
	return root, kind
}
