package remote

import (
	"context"
	"maps"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// touch is what a set of resources needs read again.
type touch struct {
	list       bool            // list-ext-idp
	providers  map[string]bool // connections of these
	apps       map[string]bool
	strategies map[string]bool
}

// Reread reads once again what the touched resources stand in, and returns the
// state. Of a pool's applications only the pages that held them are read,
// unless applications came or went.
func (c *Client) Reread(ctx context.Context, touched []*model.Resource) (*model.State, error) {
	c.renew()
	t := c.touchOf(touched)
	jobs := []func(context.Context) error{
		func(ctx context.Context) error { return c.rereadProviders(ctx, t) },
		func(ctx context.Context) error { return c.rereadApplications(ctx, t) },
		func(ctx context.Context) error { return c.rereadStrategies(ctx, t) },
	}
	err := each(ctx, len(jobs), len(jobs), func(ctx context.Context, i int) error { return jobs[i](ctx) })
	if err != nil {
		return nil, err
	}
	return c.State(c.handles()), nil
}

// handles are the handles of the last State, with those of what was created since.
func (c *Client) handles() model.Handles {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.names.given)
}

func (c *Client) touchOf(touched []*model.Resource) touch {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := touch{providers: map[string]bool{}, apps: map[string]bool{}, strategies: map[string]bool{}}
	for _, r := range touched {
		ids := c.idsOf(r)
		switch r.Key.Kind {
		case model.IdentityProvider:
			t.list = true
			for _, id := range ids {
				t.providers[id] = true
			}
		case model.Connection:
			c.touchParents(&t, r, ids)
		case model.Application, model.Enablement:
			for _, id := range ids {
				t.apps[id] = true
				t.strategies[id] = r.Key.Kind == model.Application && c.cache.strategyWanted[id] || t.strategies[id]
			}
		}
	}
	return t
}

// idsOf lists the ids that a resource has and had: it may have been replaced.
// An enablement's are its application's.
func (c *Client) idsOf(r *model.Resource) []string {
	key, own := r.Key, r.ID
	if app, _, ok := r.Key.Ends(); ok {
		key, own = app, ""
	}
	var ids []string
	if own != "" {
		ids = append(ids, own)
	}
	if id, ok := c.names.id(key); ok && id != own {
		ids = append(ids, id)
	}
	return ids
}

// touchParents marks the providers that hold or held a connection.
func (c *Client) touchParents(t *touch, r *model.Resource, ids []string) {
	for _, id := range ids {
		if p := text(c.cache.connections[id]["extIdpId"]); p != "" {
			t.providers[p] = true
		}
	}
	if p, ok := c.names.id(model.Key{Kind: model.IdentityProvider, Name: r.Text("provider")}); ok {
		t.providers[p] = true
	}
}

func (c *Client) rereadProviders(ctx context.Context, t touch) error {
	if t.list {
		if _, err := c.Providers(ctx); err != nil {
			return err
		}
	}
	ids := slices.Sorted(maps.Keys(t.providers))
	return each(ctx, c.parallelism, len(ids), func(ctx context.Context, i int) error {
		return c.rereadConnections(ctx, ids[i], t.list)
	})
}

// rereadConnections reads one provider's connections again; a provider that is
// gone has none.
func (c *Client) rereadConnections(ctx context.Context, id string, listed bool) error {
	c.mu.Lock()
	gone := listed && c.cache.providers.byID[id] == nil && c.names.gone[model.ObjectID{Kind: model.IdentityProvider, ID: id}]
	if gone {
		c.cache.dropConnections(id)
	}
	c.mu.Unlock()
	if gone {
		return nil
	}
	l, items, err := c.connectionsOf(ctx, id)
	if err != nil && !isAbsent(err) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.cache.dropConnections(id)
		return nil
	}
	c.cache.putConnections(id, l, items)
	return nil
}

// rereadApplications reads the touched pages, and all of them if an
// application came, went or moved, or if the total changed.
func (c *Client) rereadApplications(ctx context.Context, t touch) error {
	if len(t.apps) == 0 {
		return nil
	}
	pages, enough := c.touchedPages(t)
	if enough {
		fresh := newApps()
		if err := c.fill(ctx, &fresh, pages); err != nil {
			return err
		}
		if c.takePages(&fresh, t) {
			return nil
		}
	}
	fresh := newApps()
	if err := c.fill(ctx, &fresh, []int{1}); err != nil {
		return err
	}
	if err := c.fillRest(ctx, &fresh); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cache.apps = fresh
	return nil
}

// touchedPages lists the pages that held the touched applications; enough is
// false when they cannot be trusted to hold them still.
func (c *Client) touchedPages(t touch) (pages []int, enough bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cache.apps.shifted {
		return nil, false
	}
	set := map[int]bool{}
	for id := range t.apps {
		if p, known := c.cache.apps.pageOf[id]; known {
			set[p] = true
		} else if !c.names.gone[model.ObjectID{Kind: model.Application, ID: id}] {
			return nil, false
		}
	}
	return slices.Sorted(maps.Keys(set)), true
}

// takePages puts freshly read pages in place of the old ones. It refuses when
// they do not fit to the pages that were not read again.
func (c *Client) takePages(fresh *apps, t touch) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := &c.cache.apps
	for n, p := range fresh.pages {
		if p.total != old.pages[n].total || len(p.ids) != len(old.pages[n].ids) {
			return false
		}
	}
	for id := range t.apps {
		if _, was := old.pageOf[id]; was && fresh.byID[id] == nil {
			return false
		}
	}
	for n, p := range fresh.pages {
		old.dropPage(n)
		l := listing{total: p.total}
		for _, id := range p.ids {
			l.items = append(l.items, fresh.byID[id])
		}
		old.putPage(n, l)
	}
	return true
}

// rereadStrategies reads the permission strategies of the touched applications
// that were read or written before.
func (c *Client) rereadStrategies(ctx context.Context, t touch) error {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(t.strategies)) {
		if t.strategies[id] && !c.wasDeleted(model.Application, id) {
			ids = append(ids, id)
		}
	}
	return each(ctx, c.parallelism, len(ids), func(ctx context.Context, i int) error {
		s, err := c.api.permissionStrategy(ctx, ids[i])
		if isAbsent(err) {
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.cache.strategies, ids[i])
			return nil
		}
		if err != nil {
			return err
		}
		c.putStrategy(ids[i], s)
		return nil
	})
}
