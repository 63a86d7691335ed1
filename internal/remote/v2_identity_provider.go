package remote

import "context"

// providers implements generation by the list of extIdp, which has no pages and
// gives a bare array: there is no count to hold it against.
func (v *v2) providers(ctx context.Context) (listing, error) {
	r, err := v.buttons.roster(ctx, v.readRoster)
	return r.list, err
}

// readRoster reads the list once; the connections in it say whose they are.
func (v *v2) readRoster(ctx context.Context) (roster, error) {
	k, env, err := v.get(ctx, "extIdp")
	if err != nil {
		return roster{}, err
	}
	l, err := v.codec.page(k, env, "id")
	if err != nil {
		return roster{}, err
	}
	if l.total < 0 {
		l.total = len(l.items)
	}
	out := roster{owner: map[string]string{}, identifier: map[string]string{}}
	for i, t := range l.items {
		id := text(t["id"])
		conns, ok := objectsOf(t["connections"])
		if !ok {
			return out, v.core.odd(k, env, "connections has a shape nobody knows")
		}
		for _, c := range conns {
			out.owner[text(c["id"])] = id
			out.identifier[text(c["id"])] = text(c["identifier"])
		}
		if len(conns) > 0 {
			out.holding = append(out.holding, id)
		}
		l.items[i] = provider(t)
	}
	out.list = l
	return out, nil
}

// provider implements generation by the detail of an extIdp, the only read of
// V2 that shows fields: secrets in plain text with them (contract 6.2).
func (v *v2) provider(ctx context.Context, id string) (detail, error) {
	k, env, err := v.get(ctx, "extIdp/"+id)
	if err != nil {
		return detail{}, err
	}
	data, _ := env.data.(tree)
	if text(data["id"]) != id {
		return detail{}, v.core.odd(k, env, "the answer is not the provider that was asked for")
	}
	raw, shown := data["connections"]
	d := detail{provider: provider(data), shown: shown}
	list, ok := objectsOf(raw)
	if !ok {
		return d, v.core.odd(k, env, "connections has a shape nobody knows")
	}
	d.connections, err = v.codec.connectionList(k, env, list, id)
	return d, err
}

// connections implements generation by the same read.
func (v *v2) connections(ctx context.Context, providerID string) ([]tree, error) {
	d, err := v.provider(ctx, providerID)
	if err == nil && !d.shown {
		err = &Error{Method: "GET", Path: v2Prefix + "extIdp/" + providerID, Message: "the answer holds no connections", hollow: true}
	}
	return d.connections, err
}
