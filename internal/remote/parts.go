package remote

import (
	"context"
	"slices"
)

// partUpdate is all of an update that is one request, where it was done and cost
// something.
const partUpdate = "update"

// The parts of a step on an application, in their order.
const (
	partCreate   = "create"
	partSettings = "settings"
	partStrategy = "permissionStrategy"
	partMFA      = "mfa"
)

// part is one request of a step, by name.
type part struct {
	name string
	do   func(context.Context) error
}

// run does the parts of a step on the application with the id, in order. One that the server answered and did not store
// whole does not keep the others from being done, or a name that it never keeps
// would stand in the way of a permission strategy for ever; any other failure
// ends the step. done are the parts that were done before.
func run(ctx context.Context, id string, done []string, parts []part) error {
	var short *Error
	for _, p := range parts {
		err := toldChange(ctx, p.name, id, func() error { return p.do(ctx) })
		if e, ok := fellShort(err); ok {
			short = joined(short, e)
			continue
		}
		if err != nil {
			return withParts(afterwards(short, err), done)
		}
		done = append(done, p.name)
	}
	if short == nil {
		return nil
	}
	if len(done) > 0 {
		short.stored()
	}
	return withParts(short, done)
}

// fellShort tells that the server answered and, for certain, did not store all
// of what it was sent.
func fellShort(err error) (*Error, bool) {
	e, ok := asError(err)
	return e, ok && len(e.lacks) > 0 && !e.unknown
}

// joined is a copy of e that also tells what was not kept before it.
func joined(before, e *Error) *Error {
	c := *e
	if before != nil {
		c.lacks = slices.Concat(before.lacks, e.lacks)
		c.Message = before.Message + "; " + e.Message
		if before.partly {
			c.stored()
		}
	}
	return &c
}

// afterwards is the failure err, with what was not kept before it. That is told
// in words alone: the step failed.
func afterwards(short *Error, err error) error {
	if short == nil {
		return err
	}
	return changed(err, func(e *Error) { e.Message += "; before that: " + short.Message })
}

// stored notes that the server kept some of the step.
func (e *Error) stored() { e.partly, e.unavailable = true, false }

// short notes what the server did not store of a write in doubt that was judged
// by reading. Without an answer to the write, or an answer that said no, it is a
// failure like any other if nothing was stored.
func (e *Error) short(v verdict) {
	if v.kept || e.doubtful {
		e.lacks = v.differ
	}
	if v.kept {
		e.stored()
	}
	e.unknown, e.doubtful = false, false
}
