package model

import "context"

// Fence is asked right before a request that changes something leaves, each
// time that it is tried. An error forbids to send it: whoever sends may have been
// stopped for hours since the step was begun, and another run may have taken its
// place.
type Fence func(ctx context.Context) error

type fenceKey struct{}

// WithFence is the context of everything that a run may change as long as the
// fence lets it.
func WithFence(ctx context.Context, f Fence) context.Context {
	return context.WithValue(ctx, fenceKey{}, f)
}

// FenceIn is the fence of a context, or nil.
func FenceIn(ctx context.Context) Fence {
	f, _ := ctx.Value(fenceKey{}).(Fence)
	return f
}
