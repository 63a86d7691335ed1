package config

import (
	"slices"
	"strconv"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// login says what contradicts itself in how people log in to an application,
// beyond what a schema can say.
func (o *object) login() []diagnostic.Diagnostic {
	if o.key().Kind != model.Application || o.state() != model.Present {
		return nil
	}
	found := append(o.factors(), o.incomplete()...)
	if o.doc.meta.lenient {
		for i := range found {
			found[i].Severity = diagnostic.Warning
		}
	}
	return found
}

// factors complains about a second factor that is both on and off.
func (o *object) factors() []diagnostic.Diagnostic {
	mfa := o.content.linkNode().child("mfa")
	off := mfa.child("disabledFactors")
	on := texts(mfa.child("enabledFactors"))
	if !off.is(listNode) {
		return nil
	}
	var found []diagnostic.Diagnostic
	for i, n := range off.items {
		if !n.is(textNode) || !slices.Contains(on, n.text) {
			continue
		}
		pointer := specPointer([]string{"mfa", "disabledFactors", strconv.Itoa(i)})
		found = append(found, n.complaint("IDP0104", o.doc.within(n, pointer), diagnostic.T("mfa.both", dotted(pointer[len("/spec"):]), n.text)))
	}
	return found
}

// needed is what a default login method of a type needs one of (contract 5.1).
var needed = map[string][]string{
	"LDAP":   {"ldapConnection"},
	"AD":     {"adConnection"},
	"QRCODE": {"qrcodeConnection", "qrcodeType"},
}

// incomplete complains about a default login method that does not say through
// what: no application can be left with it (IDP0301).
func (o *object) incomplete() []diagnostic.Diagnostic {
	method := o.content.linkNode().child("loginConfig").child("defaultLoginMethod")
	typ := method.child("connectionType")
	names := needed[textOf(typ)]
	if names == nil || method.partial || slices.ContainsFunc(names, func(name string) bool { return present(method.child(name)) }) {
		return nil
	}
	const path = "loginConfig.defaultLoginMethod."
	pointer := specPointer([]string{"loginConfig", "defaultLoginMethod", "connectionType"})
	c := typ.complaint("IDP0102", o.doc.within(typ, pointer), diagnostic.T("login.needs", path+names[0], typ.text))
	if len(names) > 1 {
		c.Message = diagnostic.T("login.needsEither", path+names[0], path+names[1], typ.text)
	}
	return []diagnostic.Diagnostic{c}
}

// present tells that a value is given; one of the wrong type is the schema's to
// complain about.
func present(n *node) bool { return n != nil && n.kind != nullNode }
