package config

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// The limits of one document. They stop accidents and hostile input long
// before memory runs out, and lie far above what people write.
const (
	maxDepth   = 100
	maxScalar  = 1 << 20 // bytes of one text
	maxAliased = 100_000 // values that aliases stand for
)

// The limits up to which the documents of a file that cannot be parsed are
// parsed one by one; the rest of a file beyond them is not read.
const (
	maxMend   = 256 << 10 // bytes of the file
	maxBroken = 50        // documents that cannot be parsed
)

// parseDocuments reads the documents of a file. The parser stops at the first
// that it cannot read, so then each is parsed alone: a mistake in one hides none
// of the others.
func parseDocuments(f *file) parsedFile {
	docs, found := parseFile(f)
	if !f.broken {
		return parsedFile{docs: docs, found: found}
	}
	if len(f.data) > maxMend || documentEnd(f.data) == len(f.data) {
		return parsedFile{docs: docs, unread: []string{f.data}, found: found}
	}
	var pf parsedFile
	for at := 0; at < len(f.data); {
		end := at + documentEnd(f.data[at:])
		if len(pf.unread) == maxBroken {
			end = len(f.data)
		}
		pf.add(f, at, end)
		at = end
	}
	if len(pf.unread) == 0 { // what is wrong is wrong between documents
		return parsedFile{docs: docs, unread: []string{f.data}, found: found}
	}
	return pf
}

// add parses the document that stands at an offset. Blank lines before it keep
// its places.
func (pf *parsedFile) add(f *file, at, end int) {
	before := strings.Count(f.data[:at], "\n")
	alone := &file{path: f.path, data: strings.Repeat("\n", before) + f.data[at:end]}
	docs, found := parseFile(alone)
	for _, d := range docs {
		d.file = f
	}
	pf.docs, pf.found = append(pf.docs, docs...), append(pf.found, found...)
	if alone.broken {
		pf.unread = append(pf.unread, f.data[at:end])
	}
}

// parseFile reads the documents of a file. What cannot be read is complained
// about; the documents before it still count.
func parseFile(f *file) (docs []*document, ds []diagnostic.Diagnostic) {
	defer func() {
		if r := recover(); r != nil { // the parser is not ours
			f.broken = true
			ds = append(ds, syntaxError(f, fmt.Errorf("yaml: %v", r)))
		}
	}()
	data, m := maskVariables(f.data)
	dec := yaml.NewDecoder(strings.NewReader(data))
	for {
		var y yaml.Node
		err := dec.Decode(&y)
		if errors.Is(err, io.EOF) {
			return docs, ds
		}
		if err != nil {
			f.broken = true
			return docs, append(ds, syntaxError(f, err))
		}
		if doc, more := parseDocument(f, &y, m); doc != nil {
			docs, ds = append(docs, doc), append(ds, more...)
		}
	}
}

// parseDocument converts one YAML document; nil for an empty one.
func parseDocument(f *file, y *yaml.Node, m mask) (*document, []diagnostic.Diagnostic) {
	if y.Kind != yaml.DocumentNode || len(y.Content) == 0 {
		return nil, nil
	}
	root := y.Content[0]
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" {
		return nil, nil
	}
	doc := &document{file: f}
	w := &walker{doc: doc, mask: m}
	doc.root, _ = w.node(root, 1)
	return doc, w.found
}

// walker converts the nodes of one document.
type walker struct {
	doc     *document
	mask    mask
	anchors map[*yaml.Node]anchored
	aliased int  // values that aliases stand for so far
	bomb    bool // there are too many of them; said once
	found   []diagnostic.Diagnostic
}

// anchored is a converted anchor; node is nil while it is being converted.
type anchored struct {
	node *node
	size int
}

// node converts y and counts the values in it, aliases expanded.
func (w *walker) node(y *yaml.Node, depth int) (*node, int) {
	if depth > maxDepth {
		return w.refuse(y, diagnostic.T("yaml.deep", maxDepth), diagnostic.Text{}), 1
	}
	if y.Kind == yaml.AliasNode {
		return w.alias(y)
	}
	w.remember(y, anchored{})
	n, size := w.content(y, depth)
	w.remember(y, anchored{n, size})
	return n, size
}

func (w *walker) remember(y *yaml.Node, a anchored) {
	if y.Anchor == "" {
		return
	}
	if w.anchors == nil {
		w.anchors = map[*yaml.Node]anchored{}
	}
	w.anchors[y] = a
}

func (w *walker) content(y *yaml.Node, depth int) (*node, int) {
	switch tag := y.ShortTag(); {
	case y.Kind == yaml.ScalarNode:
		return w.scalar(y), 1
	case y.Kind == yaml.MappingNode && tag == "!!map":
		return w.mapping(y, depth)
	case y.Kind == yaml.SequenceNode && tag == "!!seq":
		return w.list(y, depth)
	default:
		return w.refuse(y, diagnostic.T("yaml.tag", tag), diagnostic.Text{}), 1
	}
}

// alias shares the anchor's node. Values multiply only when they are read, so
// that counting them here is enough to stop a bomb.
func (w *walker) alias(y *yaml.Node) (*node, int) {
	a, ok := w.anchors[y.Alias]
	if !ok {
		return w.strange(y), 1
	}
	if a.node == nil {
		return w.refuse(y, diagnostic.T("yaml.cycle"), diagnostic.Text{}), 1
	}
	if w.bomb {
		return w.at(y, brokenNode), 1
	}
	w.aliased += a.size
	if w.aliased > maxAliased {
		w.bomb = true
		return w.refuse(y, diagnostic.T("yaml.bomb", maxAliased), diagnostic.Text{}), 1
	}
	return a.node, a.size
}

func (w *walker) list(y *yaml.Node, depth int) (*node, int) {
	n := w.at(y, listNode)
	n.items = make([]*node, len(y.Content))
	total := 1
	for i, c := range y.Content {
		item, size := w.node(c, depth+1)
		n.items[i] = item
		total += size
	}
	return n, total
}

func (w *walker) at(y *yaml.Node, kind nodeKind) *node {
	n := &node{doc: w.doc, line: int32(y.Line), column: int32(y.Column), kind: kind, members: memberless}
	if kind == listNode || kind == mapNode {
		n.members = &members{}
	}
	return n
}

// strange complains about an alias whose anchor stands in an earlier document:
// the parser lets it pass, YAML does not.
func (w *walker) strange(y *yaml.Node) *node {
	reason := diagnostic.T("yaml.anchorElsewhere", y.Value)
	return w.complain(y, "IDP0101", diagnostic.T("yaml.syntax", reason), diagnostic.T("yaml.anchorElsewhere.hint"))
}

// refuse complains about a YAML feature.
func (w *walker) refuse(y *yaml.Node, message, hint diagnostic.Text) *node {
	return w.complain(y, "IDP0108", message, hint)
}

// complain complains about y, once, and stands a broken node in its place.
func (w *walker) complain(y *yaml.Node, code string, message, hint diagnostic.Text) *node {
	n := w.at(y, brokenNode)
	for _, d := range w.found {
		if d.Range.Start == (diagnostic.Position{Line: y.Line, Column: y.Column}) {
			return n
		}
	}
	w.found = append(w.found, diagnostic.Diagnostic{
		Code: code, Severity: diagnostic.Error, File: w.doc.file.path,
		Range: n.rng(), Message: message, Hint: hint,
	})
	return n
}
