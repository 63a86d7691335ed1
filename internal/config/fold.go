package config

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/idpsync/idpsync/internal/model"
)

// The nodes of a document take more memory than all that is made of them, and
// once its content is made and nothing is wrong, they are hardly ever looked at
// again. So the document is folded: its nodes are let go, and should a later
// complaint need a place, the file's bytes are parsed once more.

// folding is what a document needs to be folded and unfolded.
type folding struct {
	mu sync.Mutex
	// docs are the documents of the file in its order; nil when none may fold.
	docs []*document
	// folded tells that some of them are.
	folded bool
}

// foldable notes the documents of a file that was read whole and is kept by
// nobody else.
func (f *file) foldable(docs []*document) {
	if !f.broken {
		f.folding.docs = docs
	}
}

// foldable tells that nothing will ask for the nodes in the ordinary course,
// but for the few of an application that name others (see linking): a patch is
// asked for what it merges, and a variable has another value on another target.
func (d *document) foldable() bool {
	f := &d.file.folding
	f.mu.Lock()
	defer f.mu.Unlock()
	return d.kind != patchKind && d.name != "" && !d.misnamed &&
		len(f.docs) > 0 && d.meta.state == model.Present && d.spec != nil && !holdsVariable(d.spec)
}

// fold lets go of the nodes of a document.
func (d *document) fold() {
	f := &d.file.folding
	f.mu.Lock()
	defer f.mu.Unlock()
	names := map[string]bool{}
	(&Project{}).collectEnv(d.spec, names)
	d.env = slices.Sorted(maps.Keys(names))
	if d.kind == string(model.Application) {
		d.links = linking(d.spec)
	}
	d.root, d.spec, d.meta.node, d.meta.nameNode = nil, nil, nil, nil
	d.folded, f.folded = true, true
}

// linking is what of an application's spec is asked for on every target: the
// nodes that name other objects, and the factors, which may contradict.
func linking(spec *node) *node {
	links := spec.with("connections", "loginConfig", "mfa")
	if i := links.index("loginConfig"); i >= 0 {
		links.items[i] = links.items[i].with("defaultLoginMethod")
	}
	return links
}

// with is a mapping with no other members than these; another node as it is.
func (n *node) with(names ...string) *node {
	if !n.is(mapNode) {
		return n
	}
	less := &node{doc: n.doc, line: n.line, column: n.column, kind: mapNode, members: &members{partial: n.partial}}
	for i, k := range n.keys {
		if slices.Contains(names, k.name) {
			less.put(k, n.items[i])
		}
	}
	return less
}

func holdsVariable(n *node) bool {
	return n.kind == textNode && strings.Contains(n.text, "${") || slices.ContainsFunc(n.items, holdsVariable)
}

// whole is the document with its nodes.
func (d *document) whole() *document {
	f := &d.file.folding
	f.mu.Lock()
	defer f.mu.Unlock()
	if d.folded {
		again, _ := parseFile(&file{path: d.file.path, data: d.file.data})
		for i, o := range f.docs {
			if o.folded && i < len(again) {
				o.unfold(again[i].root)
			}
		}
		f.docs, f.folded = nil, false // whoever asked once may ask again
	}
	return d
}

// release forgets the content of a folded document.
func (d *document) release() {
	f := &d.file.folding
	f.mu.Lock()
	defer f.mu.Unlock()
	if d.folded {
		d.ordinary, d.plain = nil, sync.Once{}
	}
}

func (d *document) unfold(root *node) {
	d.root, d.spec, d.meta.node = root, root.child("spec"), root.child("metadata")
	d.meta.nameNode = d.meta.node.child("name")
	d.links, d.folded = nil, false
}

// specNode is the spec that the content was made of.
func (c *content) specNode() *node {
	if c.ordinaryOf != nil {
		return c.ordinaryOf.whole().spec
	}
	return c.spec
}

// linkNode is specNode, or what stands for it while an application is folded:
// the members that name others and the factors, and nothing else.
func (c *content) linkNode() *node {
	if d := c.ordinaryOf; d != nil && d.settled() != nil {
		return d.links
	}
	return c.specNode()
}

// text is a text of the spec, without its place.
func (o *object) text(name string) string {
	s, _ := o.content.attributes[name].(string)
	return s
}
