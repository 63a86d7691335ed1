package config

import (
	"gopkg.in/yaml.v3"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// mapping converts a mapping: its own keys first, then what "<<" merges in.
func (w *walker) mapping(y *yaml.Node, depth int) (*node, int) {
	n := w.at(y, mapNode)
	n.keys = make([]key, 0, len(y.Content)/2)
	n.items = make([]*node, 0, len(y.Content)/2)
	seen := make(map[string]int, len(y.Content)/2)
	total := 1
	var merged *yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		name, ok := w.keyName(k)
		if !ok {
			n.partial = true
			continue
		}
		if first, twice := seen[name]; twice {
			w.duplicate(k, name, first)
			continue
		}
		seen[name] = k.Line
		if k.ShortTag() == "!!merge" {
			merged = v
			continue
		}
		item, size := w.node(v, depth+1)
		n.put(key{w.doc, name, int32(k.Line), int32(k.Column)}, item)
		total += size
	}
	if merged != nil {
		total += w.merge(n, merged, seen, depth)
	}
	return n, total
}

func (n *node) put(k key, item *node) {
	n.keys = append(n.keys, k)
	n.items = append(n.items, item)
}

// keyName reads a key, which must be text. An unquoted date is text too.
func (w *walker) keyName(k *yaml.Node) (string, bool) {
	y := k
	if k.Kind == yaml.AliasNode {
		y = k.Alias
		if _, here := w.anchors[y]; !here {
			w.strange(k)
			return "", false
		}
	}
	if k.Anchor != "" && k.Kind == yaml.ScalarNode {
		w.remember(k, anchored{w.scalar(k), 1})
	}
	if y.Kind == yaml.ScalarNode && len(y.Value) <= maxScalar {
		switch y.ShortTag() {
		case "!!str", "!!timestamp", "!!merge":
			return w.mask.text(y.Value), true
		}
	}
	w.refuse(k, diagnostic.T("yaml.key"), diagnostic.T("yaml.key.hint"))
	return "", false
}

func (w *walker) duplicate(k *yaml.Node, name string, first int) {
	w.found = append(w.found, diagnostic.Diagnostic{
		Code: "IDP0107", Severity: diagnostic.Error, File: w.doc.file.path,
		Range:   w.doc.file.span(k.Line, k.Column, name),
		Message: diagnostic.T("yaml.duplicate", name, first),
	})
}

// merge puts the members of the mappings after "<<" into n unless n has the
// key; of several mappings the first wins. It returns how many values came in.
func (w *walker) merge(n *node, y *yaml.Node, seen map[string]int, depth int) int {
	source, size := w.node(y, depth+1)
	sources := []*node{source}
	if source.kind == listNode {
		sources = source.items
	}
	for _, s := range sources {
		if s.kind != mapNode {
			n.partial = true
			if s.kind != brokenNode {
				w.refuse(y, diagnostic.T("yaml.merge"), diagnostic.Text{})
			}
			continue
		}
		n.partial = n.partial || s.partial
		for i, k := range s.keys {
			if _, there := seen[k.name]; !there {
				seen[k.name] = int(k.line)
				n.put(k, s.items[i])
			}
		}
	}
	return size
}
