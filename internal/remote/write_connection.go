package remote

import (
	"context"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

func (c *Client) createConnection(ctx context.Context, to *model.Resource) (string, error) {
	providerID, err := c.providerOf(to)
	if err != nil {
		return "", err
	}
	body := without(pick(to.Attributes, "type", "identifier", "displayName", "logo", "loginOnly", "fields"), unset).(tree)
	body["extIdpId"] = providerID
	if body["fields"] == nil {
		body["fields"] = tree{}
	}
	return told(ctx, model.Part{Name: partCreate}, func() (string, error) {
		return c.bearConnection(ctx, to, providerID, body)
	})
}

func (c *Client) bearConnection(ctx context.Context, to *model.Resource, providerID string, body tree) (string, error) {
	made, err := c.born(ctx, createConnection, body, func(ctx context.Context) (tree, error) {
		return c.findConnection(ctx, providerID, to)
	})
	if err != nil {
		return "", err
	}
	id := text(made["id"])
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bind(to.Key, id)
	made["extIdpId"] = providerID
	share(made, body)
	c.cache.putConnection(overlay(body, made).(tree))
	return id, nil
}

// providerOf is the id of the provider that a connection names by its handle.
func (c *Client) providerOf(r *model.Resource) (string, error) {
	return c.resolve(model.Key{Kind: model.IdentityProvider, Name: r.Text("provider")})
}

// findConnection looks for the connection that a create may have made: by its
// identifier under its provider, and not one this client deleted, which an old
// read may still show.
func (c *Client) findConnection(ctx context.Context, providerID string, to *model.Resource) (tree, error) {
	_, items, err := c.connectionsOf(ctx, providerID)
	if err != nil {
		return nil, err
	}
	for _, t := range items {
		if text(t["identifier"]) == to.Text("identifier") && !c.wasDeleted(model.Connection, text(t["id"])) {
			return t, nil
		}
	}
	return nil, nil
}

func (c *Client) wasDeleted(kind model.Kind, id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.names.gone[model.ObjectID{Kind: kind, ID: id}]
}

// sendConnection sends displayName and fields always, as the API demands
// (contract 4.1).
func (c *Client) sendConnection(ctx context.Context, u connectionChange) error {
	_, err := c.api.write(ctx, updateConnection, u.body)
	err = c.confirm(ctx, err, func(ctx context.Context) (verdict, error) {
		t, err := c.freshConnection(ctx, u.id, u.to)
		if err != nil {
			return verdict{}, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		return judged(u.from, u.to, c.connectionResource(t)), nil
	})
	if err == nil {
		c.remember(u.id, u.body)
	}
	return err
}

// remember lays what was sent over what was read.
func (c *Client) remember(id string, body tree) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.cache.connections[id]; known != nil {
		c.cache.putConnection(overlay(known, omit(body, "id")).(tree))
	}
}

// connectionTree is what the server showed of a connection.
func (c *Client) connectionTree(id string, from *model.Resource) tree {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.cache.connections[id]; t != nil {
		return t
	}
	if from != nil {
		return from.Attributes
	}
	return tree{}
}

// connectionUpdate is the body of an update. fields carries what is declared
// over what the server shows in clear. An object of it that holds a secret is
// carried only where it is declared: the keys of fields are documented to merge,
// and nothing is said of what lies below them.
func connectionUpdate(id string, base tree, to *model.Resource, carry carrier) tree {
	body := tree{"id": id}
	for _, k := range []string{"displayName", "logo", "loginOnly"} {
		if v, declared := to.Attributes[k]; declared {
			body[k] = v
		} else if v := base[k]; v != nil && v != "" {
			body[k] = v
		}
	}
	shown, _ := base["fields"].(tree)
	fields, declared := to.Attributes["fields"].(tree)
	carried := make(tree, len(shown))
	for k, v := range shown {
		if fields[k] != nil || carry.secrets || !holdsSecret(v) {
			carried[k] = v
		}
	}
	body["fields"] = carry.own(carried)
	if declared {
		body["fields"] = managed(body["fields"], fields)
	}
	return body
}

// freshConnection reads a connection again, from the list of its provider.
func (c *Client) freshConnection(ctx context.Context, id string, to *model.Resource) (tree, error) {
	c.mu.Lock()
	providerID := text(c.cache.connections[id]["extIdpId"])
	c.mu.Unlock()
	if providerID == "" {
		var err error
		if providerID, err = c.providerOf(to); err != nil {
			return nil, err
		}
	}
	_, items, err := c.connectionsOf(ctx, providerID)
	if err != nil {
		return nil, err
	}
	for _, t := range items {
		if text(t["id"]) == id {
			return t, nil
		}
	}
	return nil, &Error{Message: "the connection is not in the list of its provider"}
}

// judged compares to with what a fresh read shows. Nulls are left out, since
// only the server knows its defaults; an unseen path counts only if it was to
// change.
func judged(from, to, fresh *model.Resource) verdict {
	want := &model.Resource{Key: to.Key, Attributes: without(to.Attributes, unset).(tree)}
	before := against(want, from)
	after := against(want, fresh)
	open := make(map[string]bool, len(before.differ)+len(before.unseen))
	for _, p := range before.differ {
		open[p] = true
	}
	for _, p := range before.unseen {
		open[p] = true
	}
	var unseen []string
	for _, p := range after.unseen {
		if open[p] {
			unseen = append(unseen, p)
		}
	}
	kept := slices.ContainsFunc(before.differ, func(p string) bool {
		return !slices.Contains(after.differ, p) && !slices.Contains(after.unseen, p)
	})
	return verdict{differ: after.differ, unseen: unseen, kept: kept}
}

func (c *Client) connectionGone(id string, from *model.Resource) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		c.mu.Lock()
		providerID := text(c.cache.connections[id]["extIdpId"])
		c.mu.Unlock()
		if providerID == "" {
			var err error
			if providerID, err = c.providerOf(from); err != nil {
				return false, err
			}
		}
		_, items, err := c.connectionsOf(ctx, providerID)
		if err != nil {
			return absence(err)
		}
		for _, t := range items {
			if text(t["id"]) == id {
				return false, nil
			}
		}
		return true, nil
	}
}
