package remote_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/remote"
)

// sweep removes whatever bears this run's prefix, and lists what it could not. A
// list that lags may still show what is gone.
func (c *contract) sweep() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	left, err := c.ours(ctx)
	if err != nil {
		c.Logf("list what is left: %v", err)
	}
	for _, r := range left {
		if err := c.sweeper.Delete(ctx, r); err != nil {
			c.Logf("delete %s: %v", r.Key, err)
		}
	}
	for deadline := time.Now().Add(c.cfg.Settle); ; {
		left, err = c.ours(ctx)
		if err == nil && len(left) == 0 || time.Now().After(deadline) {
			break
		}
		<-time.After(200 * time.Millisecond)
	}
	if err != nil {
		c.Errorf("what is left behind under the names %s... is not known: %v", c.head, err)
	}
	for _, r := range left {
		c.Errorf("left behind: %s, id %s", r.Key, r.ID)
	}
}

// ours reads the pool with a client of its own and lists what bears this run's
// prefix, in the order in which it can be deleted.
func (c *contract) ours(ctx context.Context) ([]*model.Resource, error) {
	r, err := remote.New(c.cfg)
	if err == nil {
		err = r.Open(ctx)
	}
	var providers []model.Observed
	if err == nil {
		providers, err = r.Providers(ctx)
	}
	providers = slices.DeleteFunc(providers, func(o model.Observed) bool { return !strings.HasPrefix(o.Name, c.head) })
	if err == nil {
		_, err = r.Connections(ctx, ids(providers))
	}
	if err == nil {
		_, err = r.Applications(ctx, true)
	}
	if err != nil {
		return nil, err
	}
	c.sweeper = r
	var out []*model.Resource
	s := r.State(nil)
	for _, kind := range []model.Kind{model.Application, model.Connection, model.IdentityProvider} {
		for o := range s.All() {
			if o.Key.Kind == kind && strings.HasPrefix(cmp.Or(o.Text("identifier"), o.Text("appIdentifier"), o.Text("name")), c.head) {
				out = append(out, o)
			}
		}
	}
	return out, nil
}
