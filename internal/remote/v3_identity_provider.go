package remote

import (
	"context"
	"maps"

	"github.com/idpsync/idpsync/internal/model"
)

// providers implements generation by list-ext-idp, which has no pages (contract 3.6).
func (v *v3) providers(ctx context.Context) (listing, error) {
	c, env, err := v.get(ctx, "list-ext-idp")
	if err != nil {
		return listing{}, err
	}
	l, err := v.page(c, env, "id")
	for i, t := range l.items {
		l.items[i] = provider(t)
	}
	return l, err
}

// provider implements generation by get-ext-idp. An answer that is not the
// provider asked for is an error: neither present nor absent (contract 8 Q4).
func (v *v3) provider(ctx context.Context, id string) (detail, error) {
	c, env, err := v.get(ctx, "get-ext-idp", "id", id)
	if err != nil {
		return detail{}, err
	}
	data, _ := env.data.(tree)
	if text(data["id"]) != id {
		return detail{}, v.wire.odd(c, env, "the answer is not the provider that was asked for")
	}
	raw, shown := data["connections"]
	d := detail{provider: provider(data), shown: shown}
	list, ok := objectsOf(raw)
	if !ok {
		return d, v.wire.odd(c, env, "connections has a shape nobody knows")
	}
	d.connections, err = v.connectionList(c, env, list, id)
	return d, err
}

// provider keeps what the pool knows of a provider: no connections.
func provider(t tree) tree {
	t = maps.Clone(t)
	delete(t, "connections")
	return t
}

func observedProvider(t tree) model.Observed {
	return model.Observed{
		Kind: model.IdentityProvider, ID: text(t["id"]), Type: text(t["type"]),
		Name: text(t["name"]), Foreign: foreign(t),
	}
}

// foreign tells that an object belongs to a tenant; a pool's own has no tenant
// or an empty one (contract 8 Q3).
func foreign(t tree) string {
	if id := text(t["tenantId"]); id != "" {
		return "belongs to tenant " + id
	}
	return ""
}
