package remote

import (
	"context"
	"fmt"

	"github.com/idpsync/idpsync/internal/model"
)

// Create makes the resource and returns its id. The id may be known although
// the step failed in a later part; PartsDone of the error tells which parts
// were done. A create whose fate is not known is settled by reading.
func (c *Client) Create(ctx context.Context, to *model.Resource) (id string, err error) {
	switch to.Key.Kind {
	case model.IdentityProvider:
		return c.createProvider(ctx, to)
	case model.Connection:
		return c.createConnection(ctx, to)
	case model.Application:
		return c.createApplication(ctx, to)
	case model.Enablement:
		return c.enable(ctx, to)
	}
	return "", unknownKind(to.Key)
}

// Update makes what differs between from and to so. It may be sent again: all
// its requests set values.
func (c *Client) Update(ctx context.Context, from, to *model.Resource) error {
	id, err := c.idOf(from, to.Key)
	if err != nil {
		return err
	}
	c.noteClear(from, to)
	switch to.Key.Kind {
	case model.IdentityProvider:
		return toldChange(ctx, "", id, func() error { return c.updateProvider(ctx, id, to) })
	case model.Connection:
		return toldChange(ctx, "", id, func() error { return c.updateConnection(ctx, id, from, to) })
	case model.Application:
		return c.updateApplication(ctx, id, from, to)
	case model.Enablement:
		return nil // it has no attributes
	}
	return unknownKind(to.Key)
}

// Delete takes the resource away. What is proven absent already is a success.
func (c *Client) Delete(ctx context.Context, from *model.Resource) error {
	id, err := c.idOf(from, from.Key)
	if err != nil {
		return err
	}
	return toldChange(ctx, "", id, func() error { return c.delete(ctx, id, from) })
}

func (c *Client) delete(ctx context.Context, id string, from *model.Resource) error {
	var err error
	switch from.Key.Kind {
	case model.IdentityProvider:
		err = c.remove(ctx, deleteProvider, tree{"id": id}, c.providerGone(id))
	case model.Connection:
		err = c.remove(ctx, deleteConnection, tree{"id": id}, c.connectionGone(id, from))
	case model.Application:
		err = c.remove(ctx, deleteApplication, tree{"appId": id}, c.applicationGone(id))
	case model.Enablement:
		return c.disable(ctx, from)
	default:
		return unknownKind(from.Key)
	}
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.names.deleted(model.ObjectID{Kind: from.Key.Kind, ID: id})
		c.cache.apps.shifted = c.cache.apps.shifted || from.Key.Kind == model.Application
	}
	return err
}

func unknownKind(k model.Key) error {
	return &Error{Message: fmt.Sprintf("the server knows no objects of kind %q", k.Kind), unsent: true}
}

// idOf is the server's id of a resource: the one it carries, else the one its
// key was last seen with. An enablement has none of its own.
func (c *Client) idOf(r *model.Resource, key model.Key) (string, error) {
	if r != nil && r.ID != "" || key.Kind == model.Enablement {
		return r.ID, nil
	}
	return c.resolve(key)
}

// resolve turns a key into the server's id.
func (c *Client) resolve(key model.Key) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id, ok := c.names.id(key); ok {
		return id, nil
	}
	return "", &Error{Message: key.String() + " is not known on the server", unsent: true}
}

// bind remembers the id a resource was created with.
func (c *Client) bind(key model.Key, id string) {
	c.names.bind(model.ObjectID{Kind: key.Kind, ID: id}, key)
}

// send sends one change. templateData is documented as a string in one place
// and as anything in others (contract 5.1), so when one form is refused as
// invalid the other is tried, once, and the one that works is remembered: a
// refused write has done nothing.
func (c *Client) send(ctx context.Context, op operation, body tree) (tree, error) {
	data, ok := body["templateData"].(tree)
	if !ok {
		return c.api.write(ctx, op, body)
	}
	c.mu.Lock()
	asObject := c.cache.templateObject
	c.mu.Unlock()
	made, err := c.api.write(ctx, op, templated(body, data, asObject))
	if e, is := asError(err); !is || e.status() != 400 {
		return made, err
	}
	made, again := c.api.write(ctx, op, templated(body, data, !asObject))
	if again != nil && !inDoubt(again) {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cache.templateObject = !asObject
	return made, again
}

func templated(body, data tree, asObject bool) tree {
	out := omit(body, "templateData")
	out["templateData"] = jsonText{data}
	if asObject {
		out["templateData"] = data
	}
	return out
}

// remove sends a delete; gone tells whether the object is no longer shown.
func (c *Client) remove(ctx context.Context, op operation, body tree, gone func(context.Context) (bool, error)) error {
	_, err := c.api.write(ctx, op, body)
	if err == nil || isAbsent(err) {
		return nil
	}
	if !inDoubt(err) {
		return err
	}
	done, rerr := c.until(ctx, gone)
	switch {
	case rerr != nil:
		return unsettled(err, rerr)
	case done:
		return nil
	}
	return changed(err, func(e *Error) {
		e.unknown, e.doubtful = false, false
		e.Message += "; the server still shows the object"
	})
}

// absence turns the error of a read into proof that the object is gone.
func absence(err error) (bool, error) {
	if isAbsent(err) {
		return true, nil
	}
	return false, err
}
