package config

import (
	"fmt"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// place is where a template may allow one object only: a type in the pool, or
// in the provider of that handle.
type place struct {
	kind          model.Kind
	provider, typ string
}

// multiplicity complains (IDP0204) about providers of a type that allows one in
// a pool, and about connections of a type that allows one in a provider. What
// nobody writes stands first: it is on the server already.
func (l *linker) multiplicity(objects []*object) {
	first := map[place]*object{} // of types that are limited; most are not
	for _, state := range []model.Lifecycle{model.External, model.Present} {
		for _, o := range objects {
			if o.state() != state {
				continue
			}
			at, counts := o.place()
			if !counts || !l.limit(at).one {
				continue
			}
			if f := first[at]; f == nil {
				first[at] = o
			} else if state == model.Present {
				l.crowded(o, f, at)
			}
		}
	}
}

// place is where the object stands; false when it is not known, or when the
// kind has no types.
func (o *object) place() (place, bool) {
	at := place{kind: o.key().Kind, typ: o.text("type")}
	switch at.kind {
	case model.IdentityProvider:
		return at, at.typ != ""
	case model.Connection:
		at.provider = o.text("provider")
		return at, at.typ != "" && at.provider != ""
	}
	return at, false
}

// limit tells that the type's template allows one object in a place; certain
// when the server itself says so. It is asked once for each type.
type limit struct{ one, certain bool }

func (l *linker) limit(at place) limit {
	typ := place{kind: at.kind, typ: at.typ}
	have, known := l.limits[typ]
	if !known {
		ask := l.project.catalog.OneProvider
		if at.kind == model.Connection {
			ask = l.project.catalog.OneConnection
		}
		have.one, have.certain = ask(at.typ)
		l.limits[typ] = have
	}
	return have
}

// crowded complains about o, which stands where first stands already.
func (l *linker) crowded(o, first *object, at place) {
	message := "limit.provider"
	if at.kind == model.Connection {
		message = "limit.connection"
	}
	n := o.content.specNode().child("type")
	where := fmt.Sprintf("%s:%d", first.doc.file.path, first.doc.whole().meta.nameNode.line)
	c := n.complaint("IDP0204", o.doc.within(n, "/spec/type"), diagnostic.Text{ID: message, Args: []any{at.typ, first.doc.name, where}})
	if !l.limit(at).certain {
		c.Severity, c.Hint = diagnostic.Warning, diagnostic.T("hint.bundled")
	}
	l.found = append(l.found, c)
}
