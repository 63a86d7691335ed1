package config

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

const (
	apiVersion  = "idpsync/v1"
	projectKind = "Project"
	patchKind   = "Patch"
)

// document is one YAML document of the project.
type document struct {
	file  *file
	index int // among all documents that count; -1 for one that does not
	root  *node

	// The rest is filled by envelope.
	kind string // a model.Kind, or Patch
	name string
	spec *node // a mapping, or nil
	// unread tells that there is a spec that could not be read.
	unread bool
	meta   metadata

	plain    sync.Once // guards content: what the document says on any target
	ordinary *content
}

// metadata is what a document says about itself.
type metadata struct {
	node        *node // the mapping
	nameNode    *node
	targets     []string // nil: every target
	limited     bool     // targets is declared
	state       model.Lifecycle
	renamedFrom string
	lenient     bool // schema: warn
	protect     bool
}

// key is the name of the object that the document declares.
func (d *document) key() model.Key { return model.Key{Kind: model.Kind(d.kind), Name: d.name} }

// line is where the document begins.
func (d *document) line() int { return int(d.root.line) }

// on tells whether the document counts for the target.
func (d *document) on(target string) bool {
	return !d.meta.limited || slices.Contains(d.meta.targets, target)
}

// complaint makes an error at a node.
func (n *node) complaint(code string, pointer string, message diagnostic.Text) diagnostic.Diagnostic {
	return diagnostic.Diagnostic{
		Code: code, Severity: diagnostic.Error, File: n.doc.file.path,
		Range: n.rng(), Pointer: pointer, Message: message,
	}
}

// complaint makes an error at a key.
func (k *key) complaint(code, pointer string, message diagnostic.Text) diagnostic.Diagnostic {
	return diagnostic.Diagnostic{
		Code: code, Severity: diagnostic.Error, File: k.doc.file.path,
		Range: k.rng(), Pointer: pointer, Message: message,
	}
}

// kinds are the kinds of documents beside idpsync.yaml.
var kinds = []string{string(model.IdentityProvider), string(model.Connection), string(model.Application), patchKind}

// envelope reads everything of the document but its spec. Whether the document
// counts is told by ok; what is wrong with one that counts is in found.
func (d *document) envelope(targets []string) (ok bool, found []diagnostic.Diagnostic) {
	e := &enveloper{doc: d, targets: targets}
	ok = e.read()
	return ok, e.found
}

type enveloper struct {
	doc     *document
	targets []string
	found   []diagnostic.Diagnostic
}

func (e *enveloper) add(d diagnostic.Diagnostic) { e.found = append(e.found, d) }

func (e *enveloper) read() bool {
	root := e.doc.root
	if root.kind == brokenNode {
		return false
	}
	if root.kind != mapNode {
		e.add(root.complaint("IDP0109", "", diagnostic.T("doc.shape")))
		return false
	}
	if k := root.child("kind"); k.is(textNode) && k.text == projectKind {
		e.add(k.complaint("IDP0109", "/kind", diagnostic.T("doc.kindProject")))
		return false
	}
	e.unknownKeys(root, "", []string{"apiVersion", "kind", "metadata", "spec"}, "key.unknown")
	version, kind := e.version(), e.kind()
	named := e.metadata()
	e.doc.spec = root.child("spec")
	e.doc.unread = e.doc.spec.is(brokenNode) || e.doc.spec == nil && root.partial
	if e.doc.spec != nil && e.doc.spec.kind != mapNode {
		e.badSpec()
	}
	return version && kind && named
}

// badSpec treats a spec that is no mapping as none.
func (e *enveloper) badSpec() {
	if k := e.doc.spec.kind; k != brokenNode && k != nullNode {
		e.add(e.doc.spec.complaint("IDP0103", "/spec",
			diagnostic.T("value.type", "spec", typeWord("object"), typeWord(e.doc.spec.typeName()))))
	}
	e.doc.spec = nil
}

func (e *enveloper) version() bool {
	n := e.doc.root.child("apiVersion")
	if n == nil {
		e.lacks("apiVersion")
		return false
	}
	if n.kind != textNode || n.text != apiVersion {
		e.add(n.complaint("IDP0109", "/apiVersion", diagnostic.T("doc.version", apiVersion)))
		return false
	}
	return true
}

// lacks complains about a missing key, unless it may be one that could not be
// read.
func (e *enveloper) lacks(name string) {
	if root := e.doc.root; !root.partial {
		e.add(root.complaint("IDP0109", "", diagnostic.T("doc.missing", name)))
	}
}

func (e *enveloper) kind() bool {
	n := e.doc.root.child("kind")
	if n == nil {
		e.lacks("kind")
		return false
	}
	if n.kind != textNode || !slices.Contains(kinds, n.text) {
		c := n.complaint("IDP0109", "/kind", diagnostic.T("doc.kind", strings.Join(kinds, ", ")))
		c.Hint = didYouMean(n.text, kinds)
		e.add(c)
		return false
	}
	e.doc.kind = n.text
	return true
}

// unknownKeys complains about every key of a mapping that is not allowed.
func (e *enveloper) unknownKeys(n *node, pointer string, allowed []string, message string) {
	for i := range n.keys {
		k := &n.keys[i]
		if slices.Contains(allowed, k.name) {
			continue
		}
		path := strings.TrimPrefix(strings.ReplaceAll(pointer, "/", ".")+"."+k.name, ".")
		if message != "key.unknown" {
			path = k.name
		}
		c := k.complaint("IDP0106", joinPointer(pointer, k.name), diagnostic.T(message, path))
		c.Hint = didYouMean(k.name, allowed)
		e.add(c)
	}
}

const maxName = 63

var namePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

func validName(s string) bool { return len(s) <= maxName && namePattern.MatchString(s) }
