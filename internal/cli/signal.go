package cli

import (
	"context"
	"sync/atomic"
)

// brake turns interrupts into a stop. Until it is made gentle, the first one
// ends the work at once. A gentle brake closes stop at the first, which lets
// what is in flight end, and ends the work at the second.
type brake struct {
	gentle atomic.Bool
	stop   chan struct{}
}

// interruptible gives a context that interrupts end, until release is called.
func (a *app) interruptible(parent context.Context) (ctx context.Context, b *brake, release context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	b = &brake{stop: make(chan struct{})}
	go func() {
		stopping := false
		for {
			select {
			case <-ctx.Done():
				return
			case <-a.env.Interrupt:
			}
			if stopping || !b.gentle.Load() {
				cancel()
				return
			}
			stopping = true
			close(b.stop)
			a.say("interrupted: the steps in flight are finished, no other is begun; once more stops at once")
		}
	}()
	return ctx, b, cancel
}
