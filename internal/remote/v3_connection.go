package remote

import (
	"context"

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
	out := make([]tree, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, t := range list {
		id := text(t["id"])
		if id == "" {
			return nil, v.wire.odd(c, env, "a connection has no id")
		}
		if p := text(t["extIdpId"]); p != "" && p != providerID {
			return nil, v.wire.odd(c, env, "a connection belongs to another provider than the one asked for")
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		t["extIdpId"] = providerID
		out = append(out, v.connection(t))
	}
	return out, nil
}

// connection normalises a connection and wraps its secrets. fields is left out
// when the answer does not show it.
func (v *v3) connection(t tree) tree {
	delete(t, "secret")
	if fields := fixObject(t, "fields"); fields == nil {
		delete(t, "fields")
	} else {
		typ := text(t["type"])
		secret := secretPaths(func(p model.Path) bool { return v.secret(model.Connection, typ, p) })
		path := append(make(model.Path, 0, 8), "fields")
		for k, e := range fields {
			fields[k] = free(secret.wrap(append(path, k), e))
		}
	}
	return t
}

func observedConnection(t tree) model.Observed {
	return model.Observed{
		Kind: model.Connection, ID: text(t["id"]), Type: text(t["type"]),
		Identifier: text(t["identifier"]), Parent: text(t["extIdpId"]), Foreign: foreign(t),
	}
}
