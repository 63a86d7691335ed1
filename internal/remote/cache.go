package remote

import (
	"fmt"
	"maps"
	"slices"
)

// cache holds what has been read. Trees in it are never written to: a change
// puts another tree in its place.
type cache struct {
	providers     table
	providersRead bool
	providerGap   string

	connections map[string]tree // by connection id
	lists       map[string]connectionList
	// listAbsent: this server has no list-ext-idp-conns (contract 4, TF only).
	listAbsent bool

	apps apps

	strategies map[string]string // by appId
	// strategyWanted are the applications whose strategy was read or written.
	strategyWanted map[string]bool
	// templateObject: this server takes templateData as an object, not as text.
	templateObject bool
}

// table is objects in the order in which the server lists them.
type table struct {
	ids  []string
	byID map[string]tree
	// akin lists the ids of objects that have, or had, a type and a name.
	akin map[likeness][]string
}

type likeness struct{ typ, name string }

func likenessOf(t tree) likeness { return likeness{text(t["type"]), text(t["name"])} }

// put adds an object, or takes the place of the one with its id.
func (t *table) put(id string, v tree) {
	if _, known := t.byID[id]; !known {
		t.ids = append(t.ids, id)
	}
	t.byID[id] = v
	if s := likenessOf(v); !slices.Contains(t.akin[s], id) {
		t.akin[s] = append(t.akin[s], id)
	}
}

// connectionList is the connections of one provider.
type connectionList struct {
	ids []string
	gap string
	// detailed: the list came from get-ext-idp, or was compared with it.
	detailed bool
}

func newCache() cache {
	return cache{
		providers:   table{byID: map[string]tree{}, akin: map[likeness][]string{}},
		connections: map[string]tree{}, lists: map[string]connectionList{},
		apps:       newApps(),
		strategies: map[string]string{}, strategyWanted: map[string]bool{},
	}
}

// putProviders takes the whole list of providers and judges whether it is whole.
func (c *cache) putProviders(l listing) {
	c.providers = table{byID: make(map[string]tree, len(l.items)), akin: make(map[likeness][]string, len(l.items))}
	for _, t := range l.items {
		c.providers.put(text(t["id"]), t)
	}
	c.providersRead = true
	c.providerGap = shortfall("list-ext-idp", len(c.providers.ids), l.total)
}

// shortfall says why a list is not proven whole, or "".
func shortfall(path string, read, total int) string {
	switch {
	case total < 0:
		return fmt.Sprintf("%s: %d read, no totalCount", path, read)
	case read != total:
		return fmt.Sprintf("%s: %d read, totalCount %d", path, read, total)
	}
	return ""
}

// putConnections takes a provider's whole list.
func (c *cache) putConnections(providerID string, l connectionList, items []tree) {
	c.dropConnections(providerID)
	l.ids = make([]string, len(items))
	for i, t := range items {
		l.ids[i] = text(t["id"])
		c.connections[l.ids[i]] = t
	}
	c.lists[providerID] = l
}

func (c *cache) dropConnections(providerID string) {
	for _, id := range c.lists[providerID].ids {
		delete(c.connections, id)
	}
	delete(c.lists, providerID)
}

// putConnection adds a connection, or takes the place of the one with its id.
func (c *cache) putConnection(t tree) {
	id, p := text(t["id"]), text(t["extIdpId"])
	if _, known := c.connections[id]; !known {
		l := c.lists[p]
		l.ids = append(l.ids, id)
		c.lists[p] = l
	}
	c.connections[id] = t
}

// providerOrder lists the providers whose connections were read, in the order
// of the list of providers, then the others by id.
func (c *cache) providerOrder() []string {
	out := make([]string, 0, len(c.lists))
	for _, id := range c.providers.ids {
		if _, read := c.lists[id]; read {
			out = append(out, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.lists)) {
		if _, listed := c.providers.byID[id]; !listed {
			out = append(out, id)
		}
	}
	return out
}
