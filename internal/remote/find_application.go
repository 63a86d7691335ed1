package remote

import (
	"context"
	"fmt"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// applicationFinder returns the read that settles a create of to: by its
// identifier, which is unique in the pool (contract 7). An integrated
// application may have got another identifier, so it is also looked for as a
// new one with its template and name.
func (c *Client) applicationFinder(to *model.Resource) func(context.Context) (tree, error) {
	return func(ctx context.Context) (tree, error) {
		all, err := c.listAll(ctx)
		if err != nil {
			return nil, err
		}
		var akin []tree
		for _, t := range all {
			id := text(t["appId"])
			if c.wasDeleted(model.Application, id) {
				continue
			}
			if text(t["appIdentifier"]) == to.Text("appIdentifier") && to.Text("appIdentifier") != "" {
				return t, nil
			}
			if isIntegrated(to) && text(t["template"]) == to.Text("template") && text(t["appName"]) == to.Text("appName") {
				akin = append(akin, t)
			}
		}
		return c.only(akin)
	}
}

// only is the one application that can be the created one: one that was not
// there when the pages were read. If they were not all read, nobody can tell.
func (c *Client) only(akin []tree) (tree, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := &c.cache.apps
	fresh := slices.DeleteFunc(akin, func(t tree) bool { return a.byID[text(t["appId"])] != nil })
	whole := len(a.pages) > 0 && a.gap() == ""
	switch {
	case len(fresh) == 0:
		return nil, nil
	case len(fresh) == 1 && whole:
		return fresh[0], nil
	}
	return nil, &Error{Message: fmt.Sprintf("%d applications have this template and name, and which one is new is not known", len(fresh))}
}

// listAll reads every page afresh, beside the cache; a list that is not whole
// is an error, since it cannot prove absence.
func (c *Client) listAll(ctx context.Context) ([]tree, error) {
	a := newApps()
	if err := c.fill(ctx, &a, []int{1}); err != nil {
		return nil, err
	}
	if err := c.fillRest(ctx, &a); err != nil {
		return nil, err
	}
	if reason := a.gap(); reason != "" {
		return nil, &Error{Message: "the list of applications is not whole: " + reason}
	}
	out := make([]tree, 0, len(a.byID))
	for _, id := range a.ids() {
		out = append(out, a.byID[id])
	}
	return out, nil
}

// fillRest reads into a the pages after those it has, wave by wave.
func (c *Client) fillRest(ctx context.Context, a *apps) error {
	for {
		c.mu.Lock()
		pages := a.next(c.parallelism)
		c.mu.Unlock()
		if len(pages) == 0 {
			return nil
		}
		if err := c.fill(ctx, a, pages); err != nil {
			return err
		}
	}
}

// fill reads pages into a, in parallel.
func (c *Client) fill(ctx context.Context, a *apps, pages []int) error {
	return c.eachRead(ctx, len(pages), func(ctx context.Context, i int) error {
		l, err := c.api.applications(ctx, pages[i], pageSize)
		if err != nil {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		a.putPage(pages[i], l)
		return nil
	})
}
