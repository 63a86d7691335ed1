package remote

import (
	"github.com/idpsync/idpsync/internal/model"
)

// State tells everything read so far in the configuration's words. h says which
// handle each object bears; an object without one is named by what it is called
// on the server. The handles are remembered for the writes.
func (c *Client) State(h model.Handles) *model.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names.restart(h)
	return c.state()
}

// state builds the state with the names as they are. The order in which
// objects are named is the server's, so it is the same twice.
func (c *Client) state() *model.State {
	s := model.NewState()
	for _, id := range c.cache.providers.ids {
		c.names.name(model.ObjectID{Kind: model.IdentityProvider, ID: id}, id)
		s.Put(c.providerResource(c.cache.providers.byID[id]))
	}
	for _, p := range c.cache.providerOrder() {
		for _, id := range c.cache.lists[p].ids {
			t := c.cache.connections[id]
			c.names.name(model.ObjectID{Kind: model.Connection, ID: id}, text(t["identifier"]))
			r := c.connectionResource(t)
			c.doubtMasks(r)
			s.Put(r)
		}
	}
	for _, id := range c.cache.apps.ids() {
		t := c.cache.apps.byID[id]
		c.names.name(model.ObjectID{Kind: model.Application, ID: id}, text(t["appIdentifier"]))
		alive, dead := c.enablements(t)
		for _, e := range alive {
			s.Put(e)
		}
		s.Dead = append(s.Dead, dead...)
		s.Put(c.applicationResource(t))
	}
	s.Gaps = c.gaps()
	return s
}

// gaps lists the listings that are not proven whole.
func (c *Client) gaps() []model.Gap {
	var out []model.Gap
	if c.cache.providersRead && c.cache.providerGap != "" {
		out = append(out, model.Gap{Kind: model.IdentityProvider, Reason: c.cache.providerGap})
	}
	for _, p := range c.cache.providerOrder() {
		if reason := c.cache.lists[p].gap; reason != "" {
			out = append(out, model.Gap{Kind: model.Connection, Parent: c.key(model.IdentityProvider, p), Reason: reason})
		}
	}
	if len(c.cache.apps.pages) > 0 && !c.cache.apps.shifted {
		if reason := c.cache.apps.gap(); reason != "" {
			out = append(out, model.Gap{Kind: model.Application, Reason: reason})
		}
	}
	return out
}

// key returns the key of an object by its id alone.
func (c *Client) key(kind model.Kind, id string) model.Key {
	return c.names.name(model.ObjectID{Kind: kind, ID: id}, c.serverName(kind, id))
}

// serverName is what an object is called on the server, "" if it was not read.
func (c *Client) serverName(kind model.Kind, id string) string {
	switch kind {
	case model.IdentityProvider:
		return id
	case model.Connection:
		return text(c.cache.connections[id]["identifier"])
	case model.Application:
		return text(c.cache.apps.byID[id]["appIdentifier"])
	}
	return ""
}

func (c *Client) providerResource(t tree) *model.Resource {
	id := text(t["id"])
	return &model.Resource{
		Key: c.key(model.IdentityProvider, id), ID: id, Foreign: foreign(t),
		Attributes: pick(t, "name", "type"),
	}
}

func (c *Client) connectionResource(t tree) *model.Resource {
	id, parent := text(t["id"]), text(t["extIdpId"])
	provider := c.key(model.IdentityProvider, parent)
	r := &model.Resource{
		Key: c.key(model.Connection, id), ID: id, Foreign: foreign(t),
		Attributes: pick(t, "identifier", "type", "displayName", "logo", "loginOnly", "fields"),
		DependsOn:  []model.Key{provider},
	}
	r.Attributes["provider"] = provider.Name
	if r.Foreign == "" {
		r.Foreign = foreign(c.cache.providers.byID[parent])
	}
	if _, shown := t["fields"]; !shown {
		r.Hidden = hiddenFields
	}
	return r
}

var hiddenFields = []string{"fields"}

// pick copies the keys that are there.
func pick(t tree, keys ...string) tree {
	out := make(tree, len(keys)+1)
	for _, k := range keys {
		if v, has := t[k]; has {
			out[k] = v
		}
	}
	return out
}
