package config

import (
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// family complains (IDP0207) about a connection whose type belongs to another
// provider type than that of its provider (contract 4.1, 4.3), and (IDP0104)
// about one that the server's own template of the provider type lacks. What the
// catalogue does not know is no complaint.
func (l *linker) family(o *object) {
	spec := o.content.spec
	if o.key().Kind != model.Connection || o.state() != model.Present {
		return
	}
	p := l.objects[model.Key{Kind: model.IdentityProvider, Name: textOf(spec.child("provider"))}]
	if p == nil {
		return
	}
	n := spec.child("type")
	want, known := l.project.catalog.ProviderTypeOf(textOf(n))
	has := textOf(p.content.spec.child("type"))
	var c diagnostic.Diagnostic
	switch {
	case has == "" || textOf(n) == "":
		return
	case known && has != want:
		c = n.complaint("IDP0207", o.doc.within(n, "/spec/type"), diagnostic.T("rule.typeOfProvider", textOf(n), want, p.doc.name, has))
	case l.project.catalog.Refuses(has, textOf(n)):
		c = n.complaint("IDP0104", o.doc.within(n, "/spec/type"), diagnostic.T("rule.typePulled", has, textOf(n)))
		if o.doc.meta.lenient {
			c.Severity = diagnostic.Warning
		}
	default:
		return
	}
	l.found = append(l.found, c)
}
