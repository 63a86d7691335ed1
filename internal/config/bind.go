package config

import (
	"maps"
	"slices"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// object is a document that counts on a target.
type object struct {
	doc     *document
	content *content
	// apart tells that no key means this object: it has no name, or another
	// document has it. It is checked, and of it only the buttons are part of the
	// state: the connections in them are used.
	apart bool
	// buttons are the elements of spec.connections.
	buttons []*node
}

func (o *object) key() model.Key { return o.doc.key() }

func (o *object) state() model.Lifecycle { return o.doc.meta.state }

// identity lists what matters of an object that is never written.
var identity = map[model.Kind][]string{
	model.IdentityProvider: {"name", "type"},
	model.Connection:       {"provider", "identifier", "type"},
	model.Application:      {"appIdentifier", "appName", "template"},
}

// renamable is the attribute that metadata.renamedFrom is an old value of.
var renamable = map[model.Kind]string{
	model.IdentityProvider: "name",
	model.Application:      "appIdentifier",
}

// loginReferences are the keys of loginConfig.defaultLoginMethod that name a
// connection.
var loginReferences = []string{"qrcodeConnection", "adConnection", "ldapConnection"}

// bind makes the resource of an object. References are resolved later.
func (o *object) bind(t *Target) *model.Resource {
	d := o.doc
	r := &model.Resource{
		Key: o.key(), Attributes: o.content.attributes,
		Lifecycle: d.meta.state, RenamedFrom: d.meta.renamedFrom,
		Source: model.Source{File: d.file.path, Line: d.line()},
	}
	r.Protect = d.meta.protect || slices.ContainsFunc(t.Policy.Protect, func(p string) bool { return MatchKey(p, r.Key) })
	if r.Lifecycle != model.Present {
		r.Attributes = only(r.Attributes, identity[r.Key.Kind])
		return r
	}
	if l, declared := r.Attributes["connections"]; declared && r.Key.Kind == model.Application {
		r.Attributes = without(r.Attributes, "connections")
		_, r.Whole = l.([]any)
		if n := o.content.linkNode().child("connections"); n.is(listNode) {
			o.buttons = n.items
		}
	}
	return r
}

// enablement makes the resource of one login button.
func enablement(app, conn model.Key, at *node) *model.Resource {
	return &model.Resource{
		Key: model.EnablementKey(app.Name, conn.Name), Attributes: map[string]any{},
		DependsOn: []model.Key{conn, app}, Lifecycle: model.Present,
		Source: model.Source{File: at.doc.file.path, Line: int(at.line)},
	}
}

// contradictions says where metadata and spec do not fit.
func (o *object) contradictions(r *model.Resource) []diagnostic.Diagnostic {
	var found []diagnostic.Diagnostic
	m := o.doc.meta
	if name := renamable[r.Key.Kind]; m.renamedFrom != "" && r.Text(name) == m.renamedFrom {
		found = append(found, o.doc.whole().meta.node.child("renamedFrom").complaint(
			"IDP0208", "/metadata/renamedFrom", diagnostic.T("meta.renameSame")))
	}
	if m.state == model.External && o.content.specNode() != nil {
		found = append(found, o.written()...)
	}
	return found
}

// written warns about what an external object declares and nobody will write.
func (o *object) written() []diagnostic.Diagnostic {
	var found []diagnostic.Diagnostic
	spec := o.content.specNode()
	for i := range spec.keys {
		k := &spec.keys[i]
		if slices.Contains(identity[o.key().Kind], k.name) {
			continue
		}
		c := k.complaint("IDP0208", joinPointer("/spec", k.name), diagnostic.T("meta.external", dotted(joinPointer("", k.name))))
		c.Severity, c.Hint = diagnostic.Warning, diagnostic.T("meta.external.hint")
		found = append(found, c)
	}
	return found
}

func only(m map[string]any, keys []string) map[string]any {
	out := make(map[string]any, len(keys))
	for _, k := range keys {
		if v, ok := m[k]; ok {
			out[k] = v
		}
	}
	return out
}

func without(m map[string]any, key string) map[string]any {
	out := maps.Clone(m)
	delete(out, key)
	return out
}
