package model

import "context"

// Part is one call of a step that changes something on the server.
type Part struct {
	// Name tells the parts of a step apart: "create", "settings", "mfa". It is
	// empty for a step of one call that makes nothing.
	Name string
	// ID is the server's id of what is changed; empty when it is made.
	ID string
	// Seen lists, for what is made, the ids that were there before and would fit
	// as well.
	Seen []string
}

// Teller is told of a part before it is sent. An error forbids to send it;
// otherwise ended is called once with what came of it: the server's id of what
// was made or touched, and the error of the step.
type Teller func(p Part) (ended func(id string, err error), err error)

type tellerKey struct{}

// WithTeller is the context of a step whose parts are to be told.
func WithTeller(ctx context.Context, t Teller) context.Context {
	return context.WithValue(ctx, tellerKey{}, t)
}

// TellerIn is the teller of a context, or nil.
func TellerIn(ctx context.Context) Teller {
	t, _ := ctx.Value(tellerKey{}).(Teller)
	return t
}
