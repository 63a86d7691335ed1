package remote

import (
	"context"
	"sync"
)

// reading counts the requests of listings for those who watch.
type reading struct {
	tell func(done, total int) // nil: nobody watches

	mu          sync.Mutex
	done, total int
}

func (r *reading) add(done, total int) {
	if r.tell == nil {
		return
	}
	r.mu.Lock()
	r.done += done
	r.total += total
	done, total = r.done, r.total
	r.mu.Unlock()
	r.tell(done, total)
}

// eachRead is each for reads that somebody may watch.
func (c *Client) eachRead(ctx context.Context, count int, fn func(context.Context, int) error) error {
	c.reading.add(0, count)
	return each(ctx, c.parallelism, count, func(ctx context.Context, i int) error {
		defer c.reading.add(1, 0)
		return fn(ctx, i)
	})
}
