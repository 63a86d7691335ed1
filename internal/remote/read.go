package remote

import (
	"context"
	"fmt"
	"maps"

	"github.com/idpsync/idpsync/internal/model"
)

// pageSize is the most that list-applications gives at once (contract 3.6).
const pageSize = 50

// Providers lists the pool's providers: one request.
func (c *Client) Providers(ctx context.Context) ([]model.Observed, error) {
	l, err := c.api.providers(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cache.putProviders(l)
	out := make([]model.Observed, len(c.cache.providers.ids))
	for i, id := range c.cache.providers.ids {
		out[i] = observedProvider(c.cache.providers.byID[id])
	}
	return out, nil
}

// Applications reads the first page of applications, and with all the other
// pages too, in parallel; pages read before cost nothing. It returns every
// application read so far.
func (c *Client) Applications(ctx context.Context, all bool) ([]model.Observed, error) {
	if err := c.readFirstPage(ctx); err != nil {
		return nil, err
	}
	if all {
		if err := c.fillRest(ctx, &c.cache.apps); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := c.cache.apps.ids()
	out := make([]model.Observed, len(ids))
	for i, id := range ids {
		out[i] = observedApplication(c.cache.apps.byID[id])
	}
	return out, nil
}

func (c *Client) readFirstPage(ctx context.Context) error {
	c.mu.Lock()
	_, read := c.cache.apps.pages[1]
	c.mu.Unlock()
	if read {
		return nil
	}
	return c.fill(ctx, &c.cache.apps, []int{1})
}

// Connections lists the connections of each provider that was not read yet, in
// parallel, one request each, and returns all connections read so far.
func (c *Client) Connections(ctx context.Context, providerIDs []string) ([]model.Observed, error) {
	c.mu.Lock()
	missing := make([]string, 0, len(providerIDs))
	seen := make(map[string]bool, len(providerIDs))
	for _, id := range providerIDs {
		if _, read := c.cache.lists[id]; !read && !seen[id] {
			seen[id] = true
			missing = append(missing, id)
		}
	}
	c.mu.Unlock()
	err := c.eachRead(ctx, len(missing), func(ctx context.Context, i int) error {
		l, items, err := c.connectionsOf(ctx, missing[i])
		if err != nil {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.cache.putConnections(missing[i], l, items)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c.observedConnections(), nil
}

// observedConnections tells every connection read so far, provider by provider.
func (c *Client) observedConnections() []model.Observed {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]model.Observed, 0, len(c.cache.connections))
	for _, p := range c.cache.providerOrder() {
		tenant := foreign(c.cache.providers.byID[p])
		for _, id := range c.cache.lists[p].ids {
			o := observedConnection(c.cache.connections[id])
			if o.Foreign == "" {
				o.Foreign = tenant
			}
			out = append(out, o)
		}
	}
	return out
}

// connectionsOf reads one provider's connections. Not every server has
// list-ext-idp-conns; an absent endpoint and an absent provider look alike, so
// get-ext-idp decides which it was, and the answer is remembered for the run.
func (c *Client) connectionsOf(ctx context.Context, providerID string) (connectionList, []tree, error) {
	c.mu.Lock()
	absent := c.cache.listAbsent
	c.mu.Unlock()
	if !absent {
		items, err := c.api.connections(ctx, providerID)
		if err == nil {
			return connectionList{}, items, nil
		}
		if !isNoRoute(err) && !isHollow(err) {
			return connectionList{}, nil, err
		}
		absent = isNoRoute(err)
	}
	d, err := c.api.provider(ctx, providerID)
	if err != nil {
		return connectionList{}, nil, err
	}
	if absent {
		c.mu.Lock()
		c.cache.listAbsent = true
		c.mu.Unlock()
	}
	l := connectionList{detailed: true}
	if !d.shown {
		l.gap = "get-ext-idp: the answer shows no connections"
	}
	return l, d.connections, nil
}

// PermissionStrategies reads the permission strategy of each application that
// was not read yet, in parallel, one request each.
func (c *Client) PermissionStrategies(ctx context.Context, appIDs []string) error {
	c.mu.Lock()
	missing := make([]string, 0, len(appIDs))
	seen := make(map[string]bool, len(appIDs))
	for _, id := range appIDs {
		if _, read := c.cache.strategies[id]; !read && !seen[id] {
			seen[id] = true
			missing = append(missing, id)
		}
	}
	c.mu.Unlock()
	return c.eachRead(ctx, len(missing), func(ctx context.Context, i int) error {
		s, err := c.api.permissionStrategy(ctx, missing[i])
		if err != nil {
			return err
		}
		c.putStrategy(missing[i], s)
		return nil
	})
}

// wantStrategy notes that the strategy of an application matters, so that it is
// among what is read again.
func (c *Client) wantStrategy(appID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cache.strategyWanted[appID] = true
}

func (c *Client) putStrategy(appID, strategy string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cache.strategies[appID] = strategy
	c.cache.strategyWanted[appID] = true
}

// ProveConnections reads each provider by get-ext-idp and compares its
// connections with the list that Connections read, which carries no count of
// its own. A difference becomes a Gap of the next State.
func (c *Client) ProveConnections(ctx context.Context, providerIDs []string) error {
	if _, err := c.Connections(ctx, providerIDs); err != nil {
		return err
	}
	c.mu.Lock()
	var open []string
	for _, id := range providerIDs {
		if !c.cache.lists[id].detailed {
			open = append(open, id)
		}
	}
	c.mu.Unlock()
	return each(ctx, c.parallelism, len(open), func(ctx context.Context, i int) error {
		d, err := c.api.provider(ctx, open[i])
		if err != nil {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.compare(open[i], d)
		return nil
	})
}

// compare judges the list of a provider by its detail. A connection's fields
// are taken from the detail where the list does not show them.
func (c *Client) compare(providerID string, d detail) {
	l := c.cache.lists[providerID]
	if !d.shown {
		l.gap = "get-ext-idp: the answer shows no connections to compare with"
		c.cache.lists[providerID] = l
		return
	}
	byID := make(map[string]tree, len(d.connections))
	for _, t := range d.connections {
		byID[text(t["id"])] = t
	}
	common := 0
	for _, id := range l.ids {
		if other := byID[id]; other != nil {
			common++
			c.cache.connections[id] = withFields(c.cache.connections[id], other)
		}
	}
	l.detailed, l.gap = true, ""
	if common != len(l.ids) || common != len(byID) {
		l.gap = fmt.Sprintf("list-ext-idp-conns: %d read, get-ext-idp shows %d, %d of them the same",
			len(l.ids), len(byID), common)
	}
	c.cache.lists[providerID] = l
}

// withFields returns t with the fields of other when it shows none itself.
func withFields(t, other tree) tree {
	if t["fields"] != nil || other["fields"] == nil {
		return t
	}
	out := maps.Clone(t)
	out["fields"] = other["fields"]
	return out
}
