package remote

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// An application may go on showing a connection that was deleted. Nobody can
// press such a button, and no call takes it away, since there is no connection
// to name: once every place where the connection could be was read, it is left
// out of the state.

// ProveButtons reads what tells whether the connections of enablements exist: of
// each the provider that the application names for it, or where it names none
// every provider. What is found nowhere is among State.Dead from then on. It
// returns the providers that were read.
func (c *Client) ProveButtons(ctx context.Context, buttons []*model.Resource) ([]string, error) {
	ids := c.homes(buttons)
	err := each(ctx, c.parallelism, len(ids), func(ctx context.Context, i int) error {
		d, err := c.api.provider(ctx, ids[i])
		if err != nil {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if _, read := c.cache.lists[ids[i]]; read {
			c.compare(ids[i], d)
			return nil
		}
		l := connectionList{detailed: true}
		if !d.shown {
			l.gap = "get-ext-idp: the answer shows no connections"
		}
		c.cache.putConnections(ids[i], l, d.connections)
		return nil
	})
	return ids, err
}

// homes lists the providers that may hold the connections of buttons and of
// which no detail was read. Where the list of providers is not whole, or one of
// them is not ours to read, nothing could be proven.
func (c *Client) homes(buttons []*model.Resource) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.cache.providersRead || c.cache.providerGap != "" {
		return nil
	}
	open := map[string]bool{}
	for _, b := range buttons {
		e := c.element(b.ID)
		switch p := text(e["extIdpId"]); {
		case e == nil || c.nowhere(e):
		case p != "":
			open[p] = !c.cache.lists[p].detailed && foreign(c.cache.providers.byID[p]) == ""
		case !slices.ContainsFunc(c.cache.providers.ids, func(id string) bool { return foreign(c.cache.providers.byID[id]) != "" }):
			for _, id := range c.cache.providers.ids {
				open[id] = !c.cache.lists[id].detailed
			}
		}
	}
	maps.DeleteFunc(open, func(_ string, unread bool) bool { return !unread })
	return slices.Sorted(maps.Keys(open))
}

// element is what the application shows of an enablement.
func (c *Client) element(enablement string) tree {
	app, conn, _ := strings.Cut(enablement, "/")
	for _, e := range enabledElements(c.cache.apps.byID[app]) {
		if text(e["extIdpConnId"]) == conn {
			return e
		}
	}
	return nil
}

// nowhere tells that the connection of an element is known to be gone: its
// provider is, or a list that is proven whole does not hold it.
func (c *Client) nowhere(e tree) bool {
	if c.cache.connections[text(e["extIdpConnId"])] != nil || !c.cache.providersRead || c.cache.providerGap != "" {
		return false
	}
	without := func(id string) bool { l, read := c.cache.lists[id]; return read && l.detailed && l.gap == "" }
	if p := text(e["extIdpId"]); p != "" {
		return c.cache.providers.byID[p] == nil || without(p)
	}
	return !slices.ContainsFunc(c.cache.providers.ids, func(id string) bool { return !without(id) })
}
