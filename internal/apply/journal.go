package apply

import (
	"context"
	"sync"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// Journal is told of every request that changes something. Its methods are
// called from many goroutines.
type Journal interface {
	// Intent is called before a request is sent; an error forbids to send it. n
	// names the entry.
	Intent(ctx context.Context, e Entry) (n int, err error)
	// Outcome tells what became of entry n: Done, Failed or Unknown.
	Outcome(ctx context.Context, n int, o Ending) error
}

// Entry is a request that is about to be sent.
type Entry struct {
	Key model.Key
	// Action is that of the change, or "disable" for a login button that is taken
	// away as part of another change.
	Action string
	model.Part
}

// Ending is what became of a request. ID is the server's of what was made or
// touched, when known.
type Ending struct {
	Status Status
	ID     string
	Err    error
}

// disable is the action of switching off a button beside the plan.
const disable = "disable"

// partDelete names the removing request of a replace.
const partDelete = "delete"

// clerk writes the journal of a run, if there is one, through the teller that
// each call of the target finds in its context.
type clerk struct {
	journal Journal
	mu      sync.Mutex
	err     error
}

// step is the context for what a step asks of the target.
func (c *clerk) step(ctx context.Context, s plan.Step) context.Context {
	return c.telling(ctx, s.Change.Key, string(s.Change.Action), s.Half)
}

// disabling is the context for switching off a button beside the plan.
func (c *clerk) disabling(ctx context.Context, k model.Key) context.Context {
	return c.telling(ctx, k, disable, plan.All)
}

func (c *clerk) telling(ctx context.Context, k model.Key, action string, half plan.Half) context.Context {
	if c.journal == nil {
		return ctx
	}
	return model.WithTeller(ctx, func(p model.Part) (func(string, error), error) {
		if p.Name == "" && half == plan.Remove {
			p.Name = partDelete
		}
		n, err := c.journal.Intent(ctx, Entry{Key: k, Action: action, Part: p})
		if err != nil {
			return nil, err
		}
		return func(id string, err error) {
			c.failed(c.journal.Outcome(ctx, n, Ending{Status: statusOf(err), ID: id, Err: err}))
		}, nil
	})
}

func (c *clerk) failed(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
}

func (c *clerk) trouble() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
