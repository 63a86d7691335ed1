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

// foldable tells that nothing will ask for the nodes in the ordinary course: an
// application is asked for its buttons, a patch for what it merges, and a
// variable has another value on another target.
func (d *document) foldable() bool {
	f := &d.file.folding
	f.mu.Lock()
	defer f.mu.Unlock()
	kind := model.Kind(d.kind)
	return (kind == model.Connection || kind == model.IdentityProvider) && d.name != "" && !d.misnamed &&
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
	d.root, d.spec, d.meta.node, d.meta.nameNode = nil, nil, nil, nil
	d.folded, f.folded = true, true
}

func holdsVariable(n *node) bool {
	return n.kind == textNode && strings.Contains(n.text, "${") || slices.ContainsFunc(n.items, holdsVariable)
}

// whole is the document with its nodes.
func (d *document) whole() *document {
	f := &d.file.folding
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.folded {
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

func (d *document) unfold(root *node) {
	d.root, d.spec, d.meta.node = root, root.child("spec"), root.child("metadata")
	d.meta.nameNode = d.meta.node.child("name")
	d.folded = false
}

// specNode is the spec that the content was made of.
func (c *content) specNode() *node {
	if c.ordinaryOf != nil {
		return c.ordinaryOf.whole().spec
	}
	return c.spec
}

// text is a text of the spec, without its place.
func (o *object) text(name string) string {
	s, _ := o.content.attributes[name].(string)
	return s
}
