package remote

import (
	"context"
	"maps"

	"github.com/idpsync/idpsync/internal/model"
)

// openNulls lists where null is declared and the server shows something.
func openNulls(path model.Path, declared, shown tree) []model.Path {
	var out []model.Path
	for k, v := range declared {
		switch v := v.(type) {
		case nil:
			if !empty(shown[k]) {
				out = append(out, path.Child(k))
			}
		case tree:
			if below, ok := shown[k].(tree); ok {
				out = append(out, openNulls(path.Child(k), v, below)...)
			}
		}
	}
	return out
}

// staying lists those of the paths whose value is what it was.
func staying(paths []model.Path, before, now tree) []model.Path {
	was, is := model.Resource{Attributes: before}, model.Resource{Attributes: now}
	var out []model.Path
	for _, p := range paths {
		v, _ := was.At(p...)
		if w, has := is.At(p...); has && !empty(w) && same(v, w) {
			out = append(out, p)
		}
	}
	return out
}

// lessPaths copies a tree without some paths, and without the objects that this
// empties.
func lessPaths(t tree, paths []model.Path) tree {
	for _, p := range paths {
		t = lessPath(t, p)
	}
	return t
}

func lessPath(t tree, p model.Path) tree {
	v, has := t[p[0]]
	if !has {
		return t
	}
	out := maps.Clone(t)
	inner, object := v.(tree)
	switch {
	case len(p) == 1:
		delete(out, p[0])
	case object:
		if kept := lessPath(inner, p[1:]); len(kept) > 0 {
			out[p[0]] = kept
		} else {
			delete(out, p[0])
		}
	}
	return out
}

// omitNulls asks once more for the defaults that an explicit null did not bring:
// by leaving the keys out of an update that says all the rest (spec 2).
func (c *Client) omitNulls(ctx context.Context, id string, base, declared tree, nulls []model.Path) error {
	if len(nulls) == 0 || c.is(traitNulls, "on") {
		return nil
	}
	var fresh tree
	var stay []model.Path
	_, err := c.until(ctx, func(ctx context.Context) (bool, error) {
		var err error
		fresh, err = c.api.application(ctx, id)
		stay = staying(nulls, base, fresh)
		return len(stay) == 0, err
	})
	if err != nil || len(stay) == 0 {
		return nil //nolint:nilerr // the update was done; the end reads it again
	}
	_, err = c.send(ctx, updateApplication, updateBody(id, lessPaths(fresh, stay), lessPaths(declared, nulls), c.carrier(model.Application, fresh)))
	if inDoubt(err) {
		return nil // nothing is lost if it was not done; the end tells what stayed
	}
	return err
}

// lessNulls is the resource without the nulls at some paths.
func lessNulls(r *model.Resource, paths []model.Path) *model.Resource {
	out := *r
	out.Attributes = lessPaths(r.Attributes, paths)
	return &out
}

// leaveOut asks once more for the defaults of a connection that an explicit null
// did not bring, by leaving the keys out of an update that says all the rest.
// Where fields are known to merge that cannot help, and where they may not, no
// secret must be left out with them.
func (c *Client) leaveOut(ctx context.Context, u connectionChange, base tree, nulls []model.Path) error {
	c.mu.Lock()
	known := c.fields.known
	c.mu.Unlock()
	if len(nulls) == 0 || c.is(traitNulls, "on") || known == merges || len(u.withheld) > 0 {
		return nil
	}
	var fresh tree
	var stay []model.Path
	_, err := c.until(ctx, func(ctx context.Context) (bool, error) {
		var err error
		fresh, err = c.freshConnection(ctx, u.id, u.to)
		stay = staying(nulls, base, fresh)
		return len(stay) == 0, err
	})
	if err != nil || len(stay) == 0 {
		return nil //nolint:nilerr // the update was done; the end reads it again
	}
	_, err = c.api.write(ctx, updateConnection, connectionUpdate(u.id, lessPaths(fresh, stay), lessNulls(u.to, nulls), c.carrier(model.Connection, fresh)))
	if inDoubt(err) {
		return nil // nothing is lost if it was not done; the end tells what stayed
	}
	return err
}
