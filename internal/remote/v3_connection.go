package remote

import (
	"context"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// connections implements generation by list-ext-idp-conns (contract 4.2).
func (v *v3) connections(ctx context.Context, providerID string) ([]tree, error) {
	c, env, err := v.get(ctx, "list-ext-idp-conns", "id", providerID)
	if err != nil {
		return nil, err
	}
	if t, ok := env.data.(tree); env.data == nil || ok && len(t) == 0 {
		e := v.wire.odd(c, env, "the answer holds no list")
		e.hollow = true
		return nil, e
	}
	list, ok := objectsOf(env.data)
	if !ok {
		return nil, v.wire.odd(c, env, "the list has a shape nobody knows")
	}
	return v.connectionList(c, env, list, providerID)
}

// connectionList decodes the connections of one provider. An element may leave
// out whose it is; one that names another provider is an error.
func (v *v3) connectionList(c call, env envelope, list []tree, providerID string) ([]tree, error) {
	known := make([]tree, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, t := range list {
		id := text(t["id"])
		if id == "" {
			return nil, v.wire.odd(c, env, "a connection has no id")
		}
		switch text(t["extIdpId"]) {
		case providerID: // writing even what is there makes Go grow a map of eight
		case "":
			t["extIdpId"] = providerID
		default:
			return nil, v.wire.odd(c, env, "a connection belongs to another provider than the one asked for")
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		if fixObject(t, "fields") == nil {
			delete(t, "fields")
		}
		known = append(known, t)
	}
	texts := v.texts(known)
	for i, t := range known {
		known[i] = v.connection(t, texts)
	}
	return known, nil
}

// texts tells whether the JSON text of an array in fields is to be read as one:
// unless the applications, or else these connections, show arrays as such.
func (v *v3) texts(list []tree) bool {
	if w := wording(v.arrays.Load()); w != wordingUnknown {
		return w == asText
	}
	return !slices.ContainsFunc(list, func(t tree) bool { return holdsArray(t["fields"]) })
}

// connection decodes the fields of a connection and wraps its secrets. There
// are none when the answer does not show them.
func (v *v3) connection(t tree, texts bool) tree {
	delete(t, "secret")
	fields, _ := t["fields"].(tree)
	typ := text(t["type"])
	d := decoder{texts: texts, secret: func(p model.Path) bool { return v.secret(model.Connection, typ, p) }}
	path := append(make(model.Path, 0, 8), "fields")
	for k, e := range fields {
		fields[k] = d.value(append(path, k), e)
	}
	return t
}

func observedConnection(t tree) model.Observed {
	return model.Observed{
		Kind: model.Connection, ID: text(t["id"]), Type: text(t["type"]),
		Identifier: text(t["identifier"]), Parent: text(t["extIdpId"]), Foreign: foreign(t),
	}
}
