package reconcile

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// prover reads back what a run gave an application to log in with, and what of
// this run that leans on: a button is worth nothing without its connection. What
// disagrees is read again with growing pauses until it agrees or the time to
// settle has passed.
func (p *Pass) prover(r Remote, o ApplyOptions) apply.Prover {
	return func(ctx context.Context, given []*plan.Change) map[model.Key]error {
		bases := p.bases(given)
		open := slices.Concat(given, flat(bases))
		begun, pause := time.Now(), 100*time.Millisecond
		for {
			state, err := r.Reread(ctx, wanted(open))
			if err != nil {
				return unread(given, err)
			}
			absent := p.absent(open, state)
			left := o.Settle - time.Since(begun)
			if len(absent) == 0 || left <= 0 {
				return unproven(given, bases, absent)
			}
			select {
			case <-time.After(min(pause, left)):
			case <-ctx.Done():
				return unread(given, ctx.Err())
			}
			pause *= 2
			open = slices.DeleteFunc(open, func(c *plan.Change) bool { return absent[c.Key] == "" })
		}
	}
}

// bases lists, for each change that gives something, the changes of the plan
// that were done before because it leans on them. Its own application is none: it
// was there, and may well be changed only later.
func (p *Pass) bases(given []*plan.Change) map[model.Key][]*plan.Change {
	changes := make(map[model.Key]*plan.Change, len(p.Plan.Changes))
	for _, c := range p.Plan.Changes {
		changes[c.Key] = c
	}
	out := map[model.Key][]*plan.Change{}
	for _, c := range given {
		seen, queue := map[model.Key]bool{c.Key: true}, []*plan.Change{c}
		for ; len(queue) > 0; queue = queue[1:] {
			for _, k := range queue[0].To.DependsOn {
				b := changes[k]
				if b == nil || b.To == nil || seen[k] || !slices.Contains(queue[0].DependsOn, k) {
					continue
				}
				seen[k] = true
				out[c.Key] = append(out[c.Key], b)
				queue = append(queue, b)
			}
		}
	}
	return out
}

func flat(bases map[model.Key][]*plan.Change) []*plan.Change {
	seen := map[model.Key]*plan.Change{}
	for _, list := range bases {
		for _, c := range list {
			seen[c.Key] = c
		}
	}
	out := make([]*plan.Change, 0, len(seen))
	for _, c := range seen {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *plan.Change) int { return a.Key.Compare(b.Key) })
	return out
}

func wanted(cs []*plan.Change) []*model.Resource {
	rs := make([]*model.Resource, len(cs))
	for i, c := range cs {
		rs[i] = c.To
	}
	return rs
}

// absent maps the keys of changes that do not read back to what is missing. Of a
// resource whose kind names its ways to log in those alone count; any other must
// read back whole, since a connection that lost a field lets nobody in.
func (p *Pass) absent(cs []*plan.Change, now *model.State) map[model.Key]string {
	out := map[model.Key]string{}
	notKept, _ := plan.Verify(p.semantics, cs, now, p.secretsClear)
	for _, at := range notKept {
		ways := at.Key.Kind.Trait().Ways
		switch {
		case at.Path == "":
			out[at.Key] = "it is not there"
		case out[at.Key] == "" && (len(ways) == 0 || slices.Contains(ways, at.Path)):
			out[at.Key] = "its " + at.Path + " reads otherwise"
		}
	}
	return out
}

// unproven says of each change that gives something what stands against it.
func unproven(given []*plan.Change, bases map[model.Key][]*plan.Change, absent map[model.Key]string) map[model.Key]error {
	out := map[model.Key]error{}
	for _, c := range given {
		for _, part := range append([]*plan.Change{c}, bases[c.Key]...) {
			if why := absent[part.Key]; why != "" {
				out[c.Key] = &notProvenError{key: part.Key, why: why}
				break
			}
		}
	}
	return out
}

func unread(given []*plan.Change, err error) map[model.Key]error {
	out := make(map[model.Key]error, len(given))
	for _, c := range given {
		out[c.Key] = fmt.Errorf("it could not be read back: %w", err)
	}
	return out
}

// notProvenError is an IDP0503 that was seen in time.
type notProvenError struct {
	key model.Key
	why string
}

func (e *notProvenError) Error() string {
	return fmt.Sprintf("the server accepted %s and does not show it: %s [%s]", e.key, e.why, e.Code())
}

// Code is the code of the diagnostic.
func (e *notProvenError) Code() string { return "IDP0503" }
