package remote

import (
	"context"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// Imposed reads the applications again and lists where the connections that
// were just made are switched on already: some servers may do so by themselves
// (contract 10, 10). Where somebody pins that the server does not, or where there
// were no applications, nothing is asked.
func (c *Client) Imposed(ctx context.Context, made []model.Key) ([]*model.Resource, error) {
	ids := c.connectionIDs(made)
	if len(ids) == 0 || c.is(traitNewButton, "disabled") || c.noApplications() {
		return nil, nil
	}
	fresh := newApps()
	if err := c.fill(ctx, &fresh, []int{1}); err != nil {
		return nil, err
	}
	if err := c.fillRest(ctx, &fresh); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*model.Resource
	for _, id := range fresh.ids() {
		alive, _ := c.enablements(fresh.byID[id])
		for _, e := range alive {
			if _, conn, _ := strings.Cut(e.ID, "/"); ids[conn] {
				out = append(out, e)
			}
		}
	}
	return out, nil
}

func (c *Client) connectionIDs(keys []model.Key) map[string]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := make(map[string]bool, len(keys))
	for _, k := range keys {
		if id, ok := c.names.id(k); ok && k.Kind == model.Connection {
			ids[id] = true
		}
	}
	return ids
}

// noApplications tells that the pool was seen whole and had none, and that none
// was made since.
func (c *Client) noApplications() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.cache.apps.pages) > 0 && c.cache.apps.gap() == "" && len(c.cache.apps.byID) == 0
}
