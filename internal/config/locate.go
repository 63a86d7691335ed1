package config

import (
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// Locate finds the place of an attribute: file, range and JSON pointer within
// the document. path is dotted, as model.Path writes it, with [n] or .n for
// the elements of a list; "" means the object. What no file says is placed at
// its nearest parent, and what metadata.name stands for at that name.
//
// The key of an enablement is placed at its element of spec.connections.
func (d *Desired) Locate(k model.Key, path string) (string, diagnostic.Range, string) {
	app, conn, isEnablement := k.Ends()
	if isEnablement {
		return d.locateButton(app, conn)
	}
	o := d.objects[k]
	if o == nil {
		return "", diagnostic.Range{}, ""
	}
	parts := model.SplitPath(path)
	if len(parts) == 0 {
		return o.placedAtName()
	}
	at, pointer := o.content.specNode(), "/spec"
	if at.child(parts[0]) == nil {
		return o.placedAtName()
	}
	for _, part := range parts {
		next, _ := at.step(part)
		if next == nil {
			break
		}
		at, pointer = next, joinPointer(pointer, part)
	}
	return at.placed(o.doc.within(at, pointer))
}

// LocateTarget finds the place of a value in idpsync.yaml: path is dotted below
// the target, such as "credentials.accessKeySecret". What the file does not say
// is placed at its nearest parent, else at the target's key. The range is zero
// when there is no such target.
func (p *Project) LocateTarget(target, path string) (file string, r diagnostic.Range, pointer string) {
	targets := p.root.child("targets")
	i := targets.index(target)
	if i < 0 {
		return ProjectFile, diagnostic.Range{}, ""
	}
	at, k := targets.items[i], &targets.keys[i]
	pointer = joinPointer("/targets", target)
	for _, part := range model.SplitPath(path) {
		next, _ := at.step(part)
		if next == nil {
			break
		}
		at, pointer = next, joinPointer(pointer, part)
	}
	if at == targets.items[i] {
		return ProjectFile, k.rng(), pointer
	}
	return at.placed(pointer)
}

// placedAtName asks no node: rules complain about whole objects, by the thousand.
func (o *object) placedAtName() (string, diagnostic.Range, string) {
	d := o.doc
	return d.file.path, d.file.span(d.nameLine, d.nameColumn, d.name), "/metadata/name"
}

func (d *Desired) locateButton(app, conn model.Key) (string, diagnostic.Range, string) {
	o := d.objects[app]
	if o == nil {
		return d.Locate(conn, "")
	}
	for i, n := range o.buttons {
		if n.text == conn.Name {
			pointer := joinPointer("/spec/connections", o.content.specNode().child("connections").memberName(i))
			return n.placed(o.doc.within(n, pointer))
		}
	}
	return d.Locate(app, "connections")
}

func (n *node) placed(pointer string) (string, diagnostic.Range, string) {
	return n.doc.file.path, n.rng(), pointer
}

// within is the pointer of a node in the document that holds it: what a patch
// put in stands below the patch's merge.
func (d *document) within(n *node, pointer string) string {
	if n.doc.root == d.whole().root { // d may be a copy, see parsedFile.copied
		return pointer
	}
	return "/spec/merge" + strings.TrimPrefix(pointer, "/spec")
}
