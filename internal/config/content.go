package config

import (
	"cmp"
	"maps"
	"slices"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/schema"
)

// content is the spec of a document on one target: patched, with variables put
// in, and checked.
type content struct {
	// spec is nil when the document has none, and for the ordinary content of a
	// document, which asks that: its nodes may be let go.
	spec       *node
	ordinaryOf *document
	attributes map[string]any
	found      []diagnostic.Diagnostic
}

// content makes a document's content for a target. What no patch and no
// variable touches is the same on every target and made once.
func (p *Project) content(d *document, t *Target, patches []*patch) *content {
	matching := slices.ContainsFunc(patches, func(pt *patch) bool { return pt.merge != nil && pt.matches(d.key()) })
	if c := d.settled(); c != nil && !matching {
		return c
	}
	own := d.whole().spec
	spec := own
	for _, pt := range patches {
		if pt.merge != nil && pt.matches(d.key()) {
			spec = mergeNode(spec, pt.merge)
		}
	}
	s := &substituter{target: t.Name, vars: t.Vars, secret: p.secretIn(d, spec)}
	if spec != nil {
		spec = s.apply(spec)
	}
	if spec != own {
		c := p.checked(d, spec)
		c.found = append(c.found, s.found...)
		return c
	}
	ordinary := p.ordinary(d)
	if len(s.found) == 0 {
		return ordinary
	}
	c := *ordinary // shared by all targets
	c.found = slices.Concat(c.found, s.found)
	return &c
}

// ordinary is the content of a document as it stands.
func (p *Project) ordinary(d *document) *content {
	d.plain.Do(func() {
		c := p.checked(d, d.spec)
		c.spec, c.ordinaryOf = nil, d
		d.ordinary = c
		if len(c.found) == 0 && d.foldable() {
			d.fold()
		}
	})
	return d.ordinary
}

// settled is the content of a folded document, which is the same on every
// target.
func (d *document) settled() *content {
	d.file.folding.mu.Lock()
	defer d.file.folding.mu.Unlock()
	if d.folded {
		return d.ordinary
	}
	return nil
}

// secretIn tells of the way to a value of a spec whether a secret lies there.
func (p *Project) secretIn(d *document, spec *node) func(way []string) bool {
	return func(way []string) bool {
		v := &valuer{project: p, kind: model.Kind(d.kind), typ: textOf(spec.child("type"))}
		v.path = attributePath(spec, specPointer(way)[len("/spec"):])
		return len(v.path) > 0 && v.secretPath()
	}
}

// checked converts a spec and asks the schema about it.
func (p *Project) checked(d *document, spec *node) *content {
	v := &valuer{project: p, kind: model.Kind(d.kind), typ: textOf(spec.child("type")), known: p.borrowVocabulary()}
	c := &content{spec: spec, attributes: v.members(spec)}
	p.vocabulary.Put(v.known)
	defaults := d.defaults(c.attributes)
	maps.Copy(c.attributes, defaults)
	c.found = v.found
	if v.strange || !p.catalog.Valid(v.kind, c.attributes) {
		shown := (&valuer{project: p, kind: v.kind, typ: v.typ, shown: true}).members(spec)
		maps.Copy(shown, defaults)
		c.found = append(c.found, p.check(d, c, shown, defaults)...)
	}
	return c
}

// members converts a whole spec, which may be missing.
func (v *valuer) members(spec *node) map[string]any {
	if spec == nil {
		return map[string]any{}
	}
	return v.mapping(spec)
}

// defaults are the attributes that metadata.name stands for (spec 2).
func (d *document) defaults(attributes map[string]any) map[string]any {
	var out map[string]any
	for _, name := range defaultKeys[model.Kind(d.kind)] {
		if attributes[name] != nil {
			continue
		}
		if out == nil {
			out = map[string]any{}
		}
		out[name] = d.name
	}
	return out
}

// defaultKeys take metadata.name when they are left out. The API wants a
// connection's displayName on every write (contract 4.1).
var defaultKeys = map[model.Kind][]string{
	model.IdentityProvider: {"name"},
	model.Connection:       {"identifier", "displayName"},
	model.Application:      {"appIdentifier"},
}

func (p *Project) check(d *document, c *content, shown, defaults map[string]any) []diagnostic.Diagnostic {
	kind, typ := model.Kind(d.kind), textOf(c.spec.child("type"))
	k := &checker{root: c.spec, own: d.root, pointer: "/spec", resets: true, defaults: map[string]*node{}}
	for name := range defaults {
		// An explicit null is at fault itself; what is not there comes from the name.
		if c.spec.child(name) == nil {
			k.defaults[name] = cmp.Or(d.meta.nameNode, d.root)
		}
	}
	k.secret = func(pointer string) bool {
		path := attributePath(c.spec, pointer)
		return len(path) > 0 && p.catalog.Secret(kind, typ, path)
	}
	var found []diagnostic.Diagnostic
	for _, v := range p.catalog.Check(kind, shown) {
		if k.broken(v) || d.needless(v) || d.misnamed && k.defaulted(v) {
			continue
		}
		complaint := k.diagnostic(v)
		if d.meta.lenient {
			complaint.Severity = diagnostic.Warning
			if complaint.Hint.ID == "hint.unknownPulled" { // that was done
				complaint.Hint = diagnostic.Text{}
			}
		}
		found = append(found, complaint)
	}
	return found
}

// needless tells that a missing attribute is not missed: of an object that is
// never written only the identity matters.
func (d *document) needless(v schema.Violation) bool {
	if v.Keyword != "required" {
		return false
	}
	if d.unread {
		return true
	}
	if d.meta.state == model.Present {
		return false
	}
	return !(v.Pointer == "" && v.Name == "type" && d.kind == string(model.IdentityProvider))
}

// attributePath leaves the positions in lists out of a JSON pointer.
func attributePath(n *node, pointer string) model.Path {
	var path model.Path
	for _, part := range pointerParts(pointer) {
		if !n.is(listNode) {
			path = append(path, part)
		}
		next, _ := n.stepOrNil(part)
		n = next
	}
	return path
}

func (n *node) stepOrNil(part string) (*node, *key) {
	if n == nil {
		return nil, nil
	}
	return n.step(part)
}
