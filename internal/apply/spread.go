package apply

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// Surveyor is a target that can tell what a server switched on by itself when
// something new came (model.Trait.Spreads; contract 10, 10).
type Surveyor interface {
	// Imposed reads anew where the resources that were made are switched on, and
	// lists that as enablements, asked for or not.
	Imposed(ctx context.Context, made []model.Key) ([]*model.Resource, error)
}

// What a server switches on by itself is looked for before any enablement of
// the plan begins, when nothing that could bring more is on its way, and before
// the deletes of the end. What no file asks for is switched off again, as part
// of the step that brought it.

// spreads tells that a step makes something that may spread.
func spreads(s plan.Step) bool {
	return s.Change.Key.Kind.Trait().Spreads && (s.Half == plan.Make || s.Change.Action == plan.Create)
}

// pick is the ready step to begin; -1 when all of them wait for what was made to
// be surveyed, or for what was given to be read back.
func (r *run) pick() int {
	surveyed := len(r.fresh) == 0 && r.spreading == 0
	for i := r.ready.from(0); i >= 0; i = r.ready.from(i + 1) {
		s := r.plan.Steps[i]
		if _, _, edge := s.Change.Key.Ends(); !surveyed && (edge || s.Last) {
			continue
		}
		if !r.proofs.waits(s) || r.begun(s) || r.skip(s) != nil {
			return i
		}
	}
	return -1
}

// survey switches off what came along with what was made since the last survey.
func (r *run) survey() {
	fresh := r.fresh
	r.fresh = nil
	found := sweep(r.ctx, r.clerk, r.plan, r.target, keysOf(r.plan, fresh), r.o.Parallelism)
	for _, i := range fresh {
		c := r.plan.Steps[i].Change
		o := r.outcomes[c.Key]
		if f := found[c.Key]; f != nil {
			o.SideEffects = append(o.SideEffects, f.Off...)
			if f.Err != nil {
				o.Status, o.Err, o.PartsDone = Failed, f.Err, []string{"create"}
				r.steps[i].status, r.broken = Failed, true
				r.tell(Event{Change: c, Half: r.plan.Steps[i].Half, Status: Failed, Err: f.Err})
			}
		}
	}
}

func keysOf(p *plan.Plan, steps []int) []model.Key {
	keys := make([]model.Key, len(steps))
	for n, i := range steps {
		keys[n] = p.Steps[i].Change.Key
	}
	return keys
}

// Swept is what came along with one thing that was made.
type Swept struct {
	// Off lists the enablements that were switched off again.
	Off []*model.Resource
	// Err says what could not be seen or switched off.
	Err error
}

// Sweep switches off the enablements of what was made that neither the plan nor
// the files ask for. Things that brought nothing along have no entry.
func Sweep(ctx context.Context, p *plan.Plan, t Target, made []model.Key, o Options) map[model.Key]*Swept {
	return sweep(ctx, &clerk{journal: o.Journal}, p, t, made, o.Parallelism)
}

func sweep(ctx context.Context, c *clerk, p *plan.Plan, t Target, made []model.Key, parallelism int) map[model.Key]*Swept {
	out := map[model.Key]*Swept{}
	s, ok := t.(Surveyor)
	if !ok || len(made) == 0 {
		return out
	}
	all, err := s.Imposed(ctx, made)
	if err != nil {
		for _, k := range made {
			out[k] = &Swept{Err: fmt.Errorf("made, but where the server switched it on by itself could not be read: %w", err)}
		}
		return out
	}
	var surplus []*model.Resource
	asks := p.Asks()
	for _, e := range all {
		if !asks(e.Key) {
			surplus = append(surplus, e)
		}
	}
	errs := each(max(parallelism, 1), surplus, func(e *model.Resource) error { return t.Delete(c.disabling(ctx, e.Key), e) })
	for i, e := range surplus {
		_, k, _ := e.Key.Ends()
		if out[k] == nil {
			out[k] = &Swept{}
		}
		if errs[i] == nil {
			out[k].Off = append(out[k].Off, e)
		} else {
			out[k].Err = errors.Join(out[k].Err, fmt.Errorf("made, and the server switched it on by itself: switching off %s: %w", e.Key, errs[i]))
		}
	}
	return out
}

// each calls f for every resource, at most limit at once, and returns what it
// said to each.
func each(limit int, rs []*model.Resource, f func(*model.Resource) error) []error {
	errs, slots := make([]error, len(rs)), make(chan struct{}, limit)
	var wg sync.WaitGroup
	for i, r := range rs {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[i] = f(r)
		})
	}
	wg.Wait()
	return errs
}
