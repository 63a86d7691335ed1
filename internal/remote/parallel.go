package remote

import (
	"context"
	"sync"
)

// each calls fn for 0..count-1, at most limit at a time, and returns the first
// failure; what has not started by then never starts.
func each(ctx context.Context, limit, count int, fn func(context.Context, int) error) error {
	if count == 1 {
		return fn(ctx, 0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(limit, count) {
		wg.Go(func() {
			for i := range next {
				if ctx.Err() != nil {
					continue
				}
				if err := fn(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := range count {
		next <- i
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}
