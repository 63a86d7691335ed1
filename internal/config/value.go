package config

import (
	"encoding/json"
	"slices"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/schema"
)

// valuer turns the nodes of one spec into a plain tree: the attributes, in
// which a secret is a model.Secret, or, under shown, what the schema is shown,
// in which a placeholder stands for whatever is kept elsewhere.
type valuer struct {
	project *Project
	kind    model.Kind
	typ     string // connection type
	shown   bool
	// strange tells that the attributes have a value at a place where the schema
	// is shown another, and no model.Secret says so.
	strange bool
	at      []string // the way to the node at hand, list positions included
	path    model.Path
	found   []diagnostic.Diagnostic
	known   *vocabulary // nil keeps none
	from    *file       // of the quotes
	quotes  quoter
}

// elsewhere is a value that the schema is not shown.
func (v *valuer) elsewhere(attribute any) any {
	if v.shown {
		return schema.Placeholder
	}
	if _, secret := attribute.(model.Secret); !secret {
		v.strange = true
	}
	return attribute
}

// value converts a node.
func (v *valuer) value(n *node) any {
	switch n.kind {
	case textNode:
		if n.text != "" && v.literalSecret(n) {
			return v.elsewhere(model.SecretValue("", n.text))
		}
		v.undecrypted(n, n.text)
		return v.known.boxed(v.text(n))
	case listNode:
		return v.list(n)
	case mapNode:
		switch {
		case n.child("secretFrom") != nil:
			return v.elsewhere(v.secret(n))
		case n.child("fileFrom") != nil:
			return v.elsewhere(v.file(n))
		case v.kind == model.Application && len(n.keys) > 0 && v.literalSecret(n): // jwks
			return v.elsewhere(model.SecretValue("", ""))
		}
		return v.mapping(n)
	case brokenNode:
		return v.elsewhere(nil)
	case numberNode:
		return json.Number(n.text)
	case boolNode:
		return n.isTrue()
	}
	return nil
}

func (v *valuer) text(n *node) string {
	if v.from == nil {
		v.from, v.quotes = n.doc.file, quoter{rest: n.doc.file.data, line: 1, column: 1}
	}
	if v.from != n.doc.file {
		return n.text
	}
	return v.quotes.of(n)
}

func (v *valuer) list(n *node) []any {
	list := make([]any, len(n.items))
	for i, item := range n.items {
		v.at = append(v.at, n.memberName(i))
		list[i] = v.value(item)
		v.at = v.at[:len(v.at)-1]
	}
	return list
}

func (v *valuer) mapping(n *node) map[string]any {
	members := make(map[string]any, len(n.keys))
	for i := range n.keys {
		k := &n.keys[i]
		if v.tenant(k) {
			continue
		}
		v.at, v.path = append(v.at, k.name), append(v.path, k.name)
		members[v.known.word(k.name)] = v.value(n.items[i])
		v.at, v.path = v.at[:len(v.at)-1], v.path[:len(v.path)-1]
	}
	return members
}

// tenant refuses tenantId (spec 2). Inside a connection's fields it is a word
// of the other side: a directory of Azure AD has a tenant id too.
func (v *valuer) tenant(k *key) bool {
	if k.name != "tenantId" || v.kind == model.Connection && len(v.path) > 0 && v.path[0] == "fields" {
		return false
	}
	pointer := specPointer(append(slices.Clone(v.at), k.name))
	c := k.complaint("IDP0110", pointer, diagnostic.T("tenant", dotted(pointer[len("/spec"):])))
	c.Hint = diagnostic.T("tenant.hint")
	v.found = append(v.found, c)
	return true
}

// literalSecret complains about a value written at a secret path. Below
// templateData, whose leaves may be values, the words of a key decide alone.
func (v *valuer) literalSecret(n *node) bool {
	if len(v.path) == 0 || !v.secretPath() || n.kind == mapNode && v.path[0] == "templateData" {
		return false
	}
	v.literal(n, "secret.literal.fix")
	return true
}

func (v *valuer) literal(n *node, hint string) {
	pointer := specPointer(v.at)
	c := n.complaint("IDP0601", pointer, diagnostic.T("secret.literal", v.words()))
	c.Hint, c.Sensitive = diagnostic.T(hint), true
	v.found = append(v.found, c)
}

// words is the way to the node at hand as people write it.
func (v *valuer) words() string { return dotted(specPointer(v.at)[len("/spec"):]) }

func (v *valuer) secretPath() bool {
	if v.kind == model.Application && v.path[0] == "templateData" {
		last := v.path[len(v.path)-1]
		return len(v.path) > 1 && v.project.catalog.Secret(model.Connection, "", model.Path{"fields", last})
	}
	return v.project.catalog.Secret(v.kind, v.typ, v.path)
}

// secret reads {secretFrom: ...}. A name or a reference must be plain: plans
// and dependencies are made of them.
func (v *valuer) secret(n *node) any {
	s, where, message, hint := secretFrom(n)
	if message.ID == "" && v.structural() {
		where, message = n, diagnostic.T("secret.place", v.words())
	}
	if message.ID != "" {
		c := where.complaint("IDP0113", specPointer(v.at), message)
		c.Hint = hint
		v.found = append(v.found, c)
		return nil
	}
	return s
}

// structural tells that the path holds an identity or a reference.
func (v *valuer) structural() bool {
	if len(v.path) == 0 {
		return true
	}
	switch v.kind {
	case model.IdentityProvider:
		return true
	case model.Connection:
		return slices.Contains([]string{"provider", "identifier", "type"}, v.path[0])
	}
	names := []string{"appIdentifier", "appName", "appType", "template", "connections"}
	return slices.Contains(names, v.path[0]) || len(v.path) > 1 && v.path[1] == "defaultLoginMethod"
}

// file reads {fileFrom: ...}.
func (v *valuer) file(n *node) any {
	if len(v.path) > 0 && v.secretPath() {
		v.literal(n, "secret.fileFrom")
		return model.SecretValue("", "")
	}
	text, where, message := v.project.fileFrom(n)
	if message.ID != "" {
		v.found = append(v.found, where.complaint("IDP0114", specPointer(v.at), message))
		return nil
	}
	v.undecrypted(n, text)
	return text
}
