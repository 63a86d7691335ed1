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
	file *file
	root *node

	// The rest is filled by envelope.
	kind string // a model.Kind, or Patch; "" when nobody knows
	name string // "" when there is none that could be one
	// misnamed tells that name is none, or not of the form that names have: what
	// would be made of it is not looked at.
	misnamed bool
	spec     *node // a mapping, or nil
	// unread tells that there is a spec that could not be read.
	unread bool
	meta   metadata

	// at is the line where the document begins; nameLine and nameColumn are where
	// its name stands.
	at, nameLine, nameColumn int
	// folded tells that the nodes are not there at the moment (see fold.go); env
	// are the environment variables that they name, links the nodes that stay.
	folded bool
	env    []string
	links  *node

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
func (d *document) line() int { return d.at }

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

// envelope reads everything of the document but its spec. One that is meant for
// idpsync and has a kind is ours, with everything that is wrong about it in
// found: then the rest of it can be checked too. Of the others only the name is
// known, if that.
func (d *document) envelope(targets []string) (ours bool, found []diagnostic.Diagnostic) {
	e := &enveloper{doc: d, targets: targets}
	ours = e.read()
	return ours, e.found
}

type enveloper struct {
	doc     *document
	targets []string
	found   []diagnostic.Diagnostic
}

func (e *enveloper) add(d diagnostic.Diagnostic) { e.found = append(e.found, d) }

func (e *enveloper) read() bool {
	root := e.doc.root
	e.doc.at = int(root.line)
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
	ours := e.version()
	e.kind()
	e.metadata()
	e.doc.spec = root.child("spec")
	e.doc.unread = e.doc.spec.is(brokenNode) || e.doc.spec == nil && root.partial
	if e.doc.spec != nil && e.doc.spec.kind != mapNode {
		e.badSpec()
	}
	return ours && e.doc.kind != ""
}

// badSpec treats a spec that is no mapping as none.
func (e *enveloper) badSpec() {
	if k := e.doc.spec.kind; k != brokenNode && k != nullNode {
		e.add(e.doc.spec.complaint("IDP0103", "/spec",
			diagnostic.T("value.type", "spec", typeWord("object"), typeWord(e.doc.spec.typeName()))))
	}
	e.doc.spec = nil
}

// version tells whether the document is meant for idpsync: one with another
// program's apiVersion is not, and nothing more is said about it.
func (e *enveloper) version() bool {
	n := e.doc.root.child("apiVersion")
	if n == nil {
		e.lacks("apiVersion")
		return true
	}
	if n.is(textNode) && n.text == apiVersion {
		return true
	}
	e.add(n.complaint("IDP0109", "/apiVersion", diagnostic.T("doc.version", apiVersion)))
	group, _, foreign := strings.Cut(n.text, "/")
	return n.kind != textNode || !foreign || strings.HasPrefix(strings.ToLower(group), "idp") ||
		model.Nearest(n.text, []string{apiVersion}) != ""
}

// lacks complains about a missing key, unless it may be one that could not be
// read.
func (e *enveloper) lacks(name string) {
	if root := e.doc.root; !root.partial {
		e.add(root.complaint("IDP0109", "", diagnostic.T("doc.missing", name)))
	}
}

// kind reads the kind; one that is nearly right is taken for what was meant.
func (e *enveloper) kind() {
	n := e.doc.root.child("kind")
	if n == nil {
		e.lacks("kind")
		return
	}
	if n.is(textNode) && slices.Contains(kinds, n.text) {
		e.doc.kind = n.text
		return
	}
	c := n.complaint("IDP0109", "/kind", diagnostic.T("doc.kind", strings.Join(kinds, ", ")))
	c.Hint = didYouMean(n.text, kinds)
	e.add(c)
	if n.is(textNode) {
		e.doc.kind = model.Nearest(n.text, kinds)
	}
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

var namePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`) })

// standsForName tells that a text of another form may still stand for a name in
// references and keys.
func standsForName(s string) bool {
	return s != "" && len(s) <= 4*maxName && !strings.ContainsAny(s, "/*?[]\\ \t\n")
}

func validName(s string) bool { return len(s) <= maxName && namePattern().MatchString(s) }
