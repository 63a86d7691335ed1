package remote

import (
	"context"
	"fmt"

	"github.com/idpsync/idpsync/internal/model"
)

func (c *Client) createProvider(ctx context.Context, to *model.Resource) (string, error) {
	if err := c.baseline(ctx); err != nil {
		return "", notSent(err)
	}
	return told(ctx, model.Part{Name: partCreate, Seen: c.akinProviders(to)}, func() (string, error) {
		return c.bearProvider(ctx, to)
	})
}

func (c *Client) bearProvider(ctx context.Context, to *model.Resource) (string, error) {
	body := tree{"name": to.Text("name"), "type": to.Text("type")}
	made, err := c.born(ctx, createProvider, body, func(ctx context.Context) (tree, error) {
		return c.findProvider(ctx, to)
	})
	if err != nil {
		return "", err
	}
	id := text(made["id"])
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bind(to.Key, id)
	c.cache.providers.put(id, overlay(body, made).(tree))
	c.cache.putConnections(id, connectionList{detailed: true}, nil)
	return id, nil
}

// baseline makes sure that the list of providers was read before a create. A
// provider has no identifier of its own (contract 8 Q7), so a new one is told
// by not being in that list.
func (c *Client) baseline(ctx context.Context) error {
	c.mu.Lock()
	read := c.cache.providersRead
	c.mu.Unlock()
	if read {
		return nil
	}
	_, err := c.Providers(ctx)
	return err
}

// isNewProvider tells that a provider was neither in the list read before, nor
// made or deleted by this client.
func (c *Client) isNewProvider(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cache.providers.byID[id] == nil && !c.names.gone[model.ObjectID{Kind: model.IdentityProvider, ID: id}]
}

// findProvider looks for the provider that a create may have made. A list that
// is not whole proves nothing.
func (c *Client) findProvider(ctx context.Context, to *model.Resource) (tree, error) {
	l, err := c.api.providers(ctx)
	if err != nil {
		return nil, err
	}
	var found []tree
	distinct := map[string]bool{}
	for _, t := range l.items {
		id := text(t["id"])
		distinct[id] = true
		if text(t["type"]) == to.Text("type") && text(t["name"]) == to.Text("name") && c.isNewProvider(id) {
			found = append(found, t)
		}
	}
	c.mu.Lock()
	reason := c.cache.providerGap
	c.mu.Unlock()
	if reason == "" {
		reason = shortfall("list-ext-idp", len(distinct), l.total)
	}
	if reason != "" {
		return nil, &Error{Message: "the list of providers is not whole: " + reason}
	}
	if len(found) > 1 {
		return nil, &Error{Message: fmt.Sprintf("%d new providers have this type and name", len(found))}
	}
	if len(found) == 0 {
		return nil, nil
	}
	return found[0], nil
}

// updateProvider sends the name, which is all that can change (contract 4.1).
func (c *Client) updateProvider(ctx context.Context, id string, to *model.Resource) error {
	want := &model.Resource{Key: to.Key, Attributes: pick(to.Attributes, "name")}
	body := tree{"id": id, "name": to.Text("name")}
	_, err := c.api.write(ctx, updateProvider, body)
	err = c.confirm(ctx, err, func(ctx context.Context) (verdict, error) {
		d, err := c.api.provider(ctx, id)
		if err != nil {
			return verdict{}, err
		}
		return against(want, &model.Resource{Attributes: pick(d.provider, "name")}), nil
	})
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.cache.providers.byID[id]; t != nil {
		c.cache.providers.put(id, overlay(t, pick(body, "name")).(tree))
	}
	return nil
}

func (c *Client) providerGone(id string) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		_, err := c.api.provider(ctx, id)
		return absence(err)
	}
}
