package config

import (
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

var (
	metadataKeys = []string{"name", "targets", "state", "renamedFrom", "schema", "protect"}
	states       = []string{string(model.Present), string(model.Absent), string(model.External)}
)

// metadata reads the document's metadata.
func (e *enveloper) metadata() {
	m := &e.doc.meta
	m.state, e.doc.misnamed = model.Present, true
	n := e.doc.root.child("metadata")
	if n == nil {
		e.nameless(e.doc.root, "")
		return
	}
	if n.kind != mapNode {
		e.wrongType(n, "metadata", "object")
		return
	}
	m.node = n
	if e.doc.kind == patchKind {
		e.unknownKeys(n, "/metadata", []string{"name"}, "meta.patch")
		e.name(n)
		return
	}
	e.unknownKeys(n, "/metadata", metadataKeys, "key.unknown")
	e.limit(n.child("targets"))
	if s := e.choice(n, "state", states); s != "" {
		m.state = model.Lifecycle(s)
	}
	m.lenient = e.choice(n, "schema", []string{"warn"}) == "warn"
	m.protect = e.flag(n, "protect")
	e.name(n)
	e.rename(n.child("renamedFrom"))
}

// nameless complains that the mapping does not lead to a name.
func (e *enveloper) nameless(n *node, pointer string) {
	if !n.partial {
		e.add(n.complaint("IDP0102", pointer, diagnostic.T("value.missing", "metadata.name")))
	}
}

// name reads the name. One of another form still is what references mean.
func (e *enveloper) name(meta *node) {
	n := meta.child("name")
	if n == nil {
		e.nameless(meta, "/metadata")
		return
	}
	e.doc.meta.nameNode = n
	e.doc.nameLine, e.doc.nameColumn = int(n.line), int(n.column)
	switch {
	case n.kind == brokenNode:
		return
	case n.kind != textNode && n.kind != numberNode:
		e.wrongType(n, "metadata.name", "string")
		return
	case n.kind == textNode && validName(n.text):
		e.doc.misnamed = false
	default:
		c := n.complaint("IDP0115", "/metadata/name", diagnostic.T("name.form", "metadata.name", n.text, maxName))
		if n.kind == numberNode {
			c.Hint = diagnostic.T("yaml.quote.hint")
		}
		e.add(c)
	}
	if standsForName(n.text) {
		e.doc.name = n.text
	}
}

// limit reads metadata.targets.
func (e *enveloper) limit(n *node) {
	if n == nil || n.kind == brokenNode {
		return
	}
	if n.kind != listNode {
		e.wrongType(n, "metadata.targets", "array")
		return
	}
	e.doc.meta.limited = true
	if len(n.items) == 0 {
		c := n.complaint("IDP0104", "/metadata/targets", diagnostic.T("meta.targets"))
		c.Hint = diagnostic.T("meta.targets.hint")
		e.add(c)
	}
	for _, item := range n.items {
		switch {
		case item.kind == brokenNode:
		case item.kind != textNode:
			e.wrongType(item, "metadata.targets", "string")
		case len(e.targets) > 0 && !slices.Contains(e.targets, item.text):
			e.add(unknownTarget(item, "/metadata/targets", e.targets))
		default:
			e.doc.meta.targets = append(e.doc.meta.targets, item.text)
		}
	}
}

func unknownTarget(n *node, pointer string, targets []string) diagnostic.Diagnostic {
	c := n.complaint("IDP0104", pointer, diagnostic.T("project.target", n.text))
	c.Hint = didYouMean(n.text, targets)
	if c.Hint.ID == "" && len(targets) > 0 {
		c.Hint = diagnostic.T("project.target.list", strings.Join(targets, ", "))
	}
	return c
}

// choice reads a text that must be one of a few; "" when it is not there or
// has been complained about.
func (e *enveloper) choice(meta *node, name string, allowed []string) string {
	n := meta.child(name)
	if n == nil || n.kind == brokenNode {
		return ""
	}
	if n.kind == textNode && slices.Contains(allowed, n.text) {
		return n.text
	}
	if n.kind != textNode {
		e.wrongType(n, "metadata."+name, "string")
		return ""
	}
	c := n.complaint("IDP0104", "/metadata/"+name, diagnostic.T("value.choice", "metadata."+name, strings.Join(allowed, ", ")))
	c.Hint = didYouMean(n.text, allowed)
	e.add(c)
	return ""
}

func (e *enveloper) flag(meta *node, name string) bool {
	n := meta.child(name)
	if n != nil && n.kind != boolNode && n.kind != brokenNode {
		e.wrongType(n, "metadata."+name, "boolean")
	}
	return n.is(boolNode) && n.text == "true"
}

// rename reads metadata.renamedFrom: the old identity on the server, for kinds
// whose identity can change in place.
func (e *enveloper) rename(n *node) {
	if n == nil || n.kind == brokenNode {
		return
	}
	if n.kind != textNode {
		e.wrongType(n, "metadata.renamedFrom", "string")
		return
	}
	if n.text == "" {
		e.add(n.complaint("IDP0104", "/metadata/renamedFrom", diagnostic.T("value.empty", "metadata.renamedFrom")))
		return
	}
	conflict := func(message diagnostic.Text) { e.add(n.complaint("IDP0208", "/metadata/renamedFrom", message)) }
	state := e.doc.meta.state
	switch {
	case e.doc.kind == string(model.Connection):
		conflict(diagnostic.T("meta.renameKind"))
	case state != model.Present:
		conflict(diagnostic.T("meta.renameState", string(state)))
	default:
		e.doc.meta.renamedFrom = n.text
	}
}

func (e *enveloper) wrongType(n *node, path, want string) {
	if n.kind == brokenNode {
		return
	}
	pointer := "/" + strings.ReplaceAll(path, ".", "/")
	e.add(n.complaint("IDP0103", pointer,
		diagnostic.T("value.type", path, typeWord(want), typeWord(n.typeName()))))
}

// typeName is the node's type in JSON Schema's words.
func (n *node) typeName() string {
	return map[nodeKind]string{
		nullNode: "null", boolNode: "boolean", numberNode: "number", textNode: "string",
		listNode: "array", mapNode: "object", brokenNode: "null",
	}[n.kind]
}

// typeWord is a JSON Schema type in a sentence.
func typeWord(name string) diagnostic.Text { return diagnostic.T("type." + name) }
