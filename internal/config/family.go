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
	if o.key().Kind != model.Connection || o.state() != model.Present {
		return
	}
	p := l.objects[model.Key{Kind: model.IdentityProvider, Name: o.text("provider")}]
	if p == nil {
		return
	}
	typ := o.text("type")
	want, known := l.project.catalog.ProviderTypeOf(typ)
	has := p.text("type")
	var c diagnostic.Diagnostic
	switch {
	case has == "" || typ == "":
		return
	case known && has != want:
		n := o.content.specNode().child("type")
		c = n.complaint("IDP0207", o.doc.within(n, "/spec/type"), diagnostic.T("rule.typeOfProvider", typ, want, p.doc.name, has))
	case l.project.catalog.Refuses(has, typ):
		n := o.content.specNode().child("type")
		c = n.complaint("IDP0104", o.doc.within(n, "/spec/type"), diagnostic.T("rule.typePulled", has, typ))
		if o.doc.meta.lenient {
			c.Severity = diagnostic.Warning
		}
	default:
		return
	}
	l.found = append(l.found, c)
}
