package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// Target is where a plan is carried out. Every method may be called from many
// goroutines at once, but never twice at once for one application.
//
// An error may tell more through small interfaces:
//
//	Unknown() bool        the request was sent and its fate is not known
//	PartsDone() []string  what was done before the failure
//	NotKept() []string    everything was done and accepted, but the server did
//	                      not store these dotted paths: the step counts as done
//	Unreachable() bool    no connection could be made at all, or nothing answers
//	                      on it: the steps that are left are skipped instead of
//	                      each waiting for the same
type Target interface {
	// Create makes the resource and returns the server's id for it. It is called
	// at most once a step; a target that repeats a request must know that the
	// first one did nothing.
	Create(ctx context.Context, to *model.Resource) (id string, err error)
	// Update changes what to declares and leaves the rest as from is.
	Update(ctx context.Context, from, to *model.Resource) error
	// Delete removes the resource; one that is proven gone already is no error.
	Delete(ctx context.Context, from *model.Resource) error
}

// Options steer Run.
type Options struct {
	// Parallelism is how many steps run at once; below 1 means 1.
	Parallelism int
	// Ahead is how many steps more may be begun that take nothing away, for a target
	// that itself lets no more than Parallelism requests out: what comes before a
	// request, its entry in the journal above all, is done while others are under
	// way.
	Ahead int
	// Observe is told every event, one at a time.
	Observe func(Event)
	// Stop, once closed, lets the steps in flight end and starts no other.
	Stop <-chan struct{}
	// Journal is told of every request; nil tells nobody.
	Journal Journal
	// Prove is asked, before a way to log in is taken from an application, whether
	// those that the run gave it are there; nil believes every answer.
	Prove Prover
	// Hold gives the reason why a change must not be begun in this run, as one that
	// keeps failing; nil for all others. It counts as a failure: nothing is taken
	// away beside it. A nil Hold holds nothing.
	Hold func(model.Key) error
}

// The reasons of a step that was not begun.
var (
	ErrStopped     = errors.New("stopped before it began")
	errUnreachable = errors.New("the server cannot be reached any more")
	errBroken      = errors.New("something before it failed, and nothing is taken away after a failure")
)

// Run carries out the plan. It always returns a whole result: what went wrong
// stands in the outcomes.
func Run(ctx context.Context, p *plan.Plan, t Target, o Options) *Result {
	r := &run{ctx: ctx, plan: p, target: t, o: o, clerk: &clerk{journal: o.Journal}, steps: make([]stepState, len(p.Steps)), ended: make(chan finished)}
	r.outcomes = make(map[model.Key]*Outcome, len(p.Changes))
	for _, c := range p.Changes {
		r.outcomes[c.Key] = &Outcome{Change: c}
		r.broken = r.broken || o.Hold != nil && o.Hold(c.Key) != nil
	}
	r.proofs = newProofs(p, o.Prove)
	r.prepare()
	r.loop()
	res := &Result{Outcomes: make([]Outcome, 0, len(p.Changes)), Lost: r.lost, JournalErr: r.clerk.trouble()}
	for _, c := range p.Changes {
		res.Outcomes = append(res.Outcomes, *r.outcomes[c.Key])
	}
	return res
}

type run struct {
	ctx    context.Context
	plan   *plan.Plan
	target Target
	o      Options
	clerk  *clerk
	steps  []stepState
	next   [][]int // step -> steps that wait for it
	ready  *queue  // of the steps that may begin, the plan's first goes first
	held   []int   // deletes that are ready and wait for all else to end
	fresh  []int   // steps that made what may spread, not surveyed yet
	proofs *proofs
	open   int // steps that are not deletes of the end and have not ended
	flight int
	// spreading counts the steps in flight that make what may spread.
	spreading int
	broken    bool // something failed or is unknown
	stopped   bool
	lost      bool // the server cannot be reached
	outcomes  map[model.Key]*Outcome
	ended     chan finished
}

type stepState struct {
	waits  int
	status Status
}

type finished struct {
	step int
	id   string
	done []string
	err  error
}

func (r *run) prepare() {
	r.next, r.ready = make([][]int, len(r.steps)), newQueue(len(r.steps))
	for i, s := range r.plan.Steps {
		for _, list := range [][]int{s.After, s.Behind} {
			for _, before := range list {
				r.next[before] = append(r.next[before], i)
				r.steps[i].waits++
			}
		}
		if !s.Last {
			r.open++
		}
	}
	for i := range r.plan.Steps {
		if r.steps[i].waits == 0 {
			r.enqueue(i)
		}
	}
}

func (r *run) enqueue(i int) {
	if r.plan.Steps[i].Last && r.open > 0 {
		r.held = append(r.held, i)
		return
	}
	r.ready.add(i)
}

func (r *run) loop() {
	for r.ready.len()+len(r.fresh) > 0 || r.flight > 0 {
		for r.ready.len() > 0 && r.flight < max(r.o.Parallelism, 1)+r.o.Ahead {
			i := r.pick()
			if i < 0 || r.flight >= r.room(i) {
				break
			}
			r.ready.remove(i)
			r.begin(i)
		}
		if r.flight == 0 {
			switch {
			case len(r.fresh) > 0:
				r.survey()
			case r.ready.len() > 0:
				r.lookBack()
			}
			continue
		}
		select {
		case f := <-r.ended:
			r.flight--
			r.settle(f)
		case <-r.o.Stop:
			r.stopped, r.o.Stop = true, nil
		}
	}
}

// room is how many steps may be in flight when this one begins.
func (r *run) room(i int) int {
	room := max(r.o.Parallelism, 1)
	if s := r.plan.Steps[i]; !s.Takes() && len(s.TakesFrom()) == 0 {
		room += r.o.Ahead
	}
	return room
}

// begin starts a step, or skips it when something before it has not succeeded.
func (r *run) begin(i int) {
	s := r.plan.Steps[i]
	if why := r.skip(s); why != nil {
		r.skipped(i, why)
		return
	}
	r.tell(Event{Change: s.Change, Half: s.Half, Status: Running})
	r.flight++
	if spreads(s) {
		r.spreading++
	}
	go func() {
		f := finished{step: i}
		f.id, f.done, f.err = r.do(s)
		r.ended <- f
	}()
}

func (r *run) skip(s plan.Step) error {
	if r.ctx.Err() != nil || r.stopRequested() && !r.begun(s) {
		return ErrStopped
	}
	for _, before := range s.After {
		if r.steps[before].status != Done {
			b := r.plan.Steps[before].Change
			return fmt.Errorf("%s %s did not succeed", b.Action, b.Key)
		}
	}
	if r.lost {
		return errUnreachable
	}
	if r.begun(s) {
		return nil
	}
	if r.o.Hold != nil {
		if err := r.o.Hold(s.Change.Key); err != nil {
			return err
		}
	}
	if err := r.proofs.forbids(s); err != nil {
		return err
	}
	if r.broken && s.Takes() {
		return errBroken
	}
	return nil
}

// begun tells whether the step continues a replace of which something was
// already removed: that chain is in flight, and leaving it halfway would take
// more than ending it.
func (r *run) begun(s plan.Step) bool {
	return slices.ContainsFunc(s.After, func(before int) bool {
		return r.plan.Steps[before].Half != plan.All && r.steps[before].status == Done
	})
}

func (r *run) stopRequested() bool {
	if !r.stopped && r.o.Stop != nil {
		select {
		case <-r.o.Stop:
			r.stopped = true
		default:
		}
	}
	return r.stopped
}

func (r *run) skipped(i int, why error) {
	s := r.plan.Steps[i]
	o := r.outcomes[s.Change.Key]
	switch {
	case o.Status != "": // the removing half has spoken for the change
	case s.Half == plan.Make:
		// The removing half was done: this is no skip but a change left half done.
		o.Status, o.Err = Failed, r.halfway(s, why)
		r.broken = true
	default:
		o.Status, o.Err = Skipped, why
	}
	r.end(i, o.Status, why)
}

// do carries out one step against the target.
func (r *run) do(s plan.Step) (id string, done []string, err error) {
	c := s.Change
	ctx := r.clerk.step(r.ctx, s)
	switch {
	case s.Half == plan.Remove:
		for _, e := range c.Release {
			if err := r.target.Delete(r.clerk.disabling(r.ctx, e.Key), e); err != nil {
				return "", done, fmt.Errorf("disable %s: %w", e.Key, err)
			}
			done = append(done, "disable "+e.Key.Name)
		}
		if err := r.target.Delete(ctx, c.From); err != nil {
			return "", done, err
		}
		return "", append(done, "delete"), nil
	case s.Half == plan.Make || c.Action == plan.Create:
		id, err = r.target.Create(ctx, c.To)
		return id, partsDone(err), err
	case c.Action == plan.Update:
		err = r.target.Update(ctx, c.From, c.To)
		return c.From.ID, partsDone(err), err
	default:
		err = r.target.Delete(ctx, c.From)
		return c.From.ID, partsDone(err), err
	}
}

func partsDone(err error) []string {
	var p interface{ PartsDone() []string }
	if errors.As(err, &p) {
		return p.PartsDone()
	}
	return nil
}

func notKept(err error) []string {
	var n interface{ NotKept() []string }
	if errors.As(err, &n) {
		return n.NotKept()
	}
	return nil
}

// statusOf is what an error of the target makes of a request.
func statusOf(err error) Status {
	var u interface{ Unknown() bool }
	switch {
	case err == nil || len(notKept(err)) > 0:
		return Done
	case errors.As(err, &u) && u.Unknown():
		return Unknown
	}
	return Failed
}

func (r *run) settle(f finished) {
	s := r.plan.Steps[f.step]
	if spreads(s) {
		r.spreading--
	}
	o := r.outcomes[s.Change.Key]
	o.PartsDone = append(o.PartsDone, f.done...)
	if f.id != "" {
		o.ID = f.id
	}
	status := Done
	if paths := notKept(f.err); len(paths) > 0 {
		// Accepted, and not all of it stored: the end tells which paths (IDP0503).
		// Only a way to log in that is missing now forbids to take others away.
		r.broken = r.broken || slices.ContainsFunc(paths, func(p string) bool { return slices.Contains(s.Change.Key.Kind.Trait().Ways, p) })
		o.NotKept, f.err, f.done = paths, nil, nil
	}
	if f.err != nil {
		status = statusOf(f.err)
		o.Err, r.broken = r.halfway(s, f.err), true
		var lost interface{ Unreachable() bool }
		r.lost = r.lost || errors.As(f.err, &lost) && lost.Unreachable()
	}
	if status != Done || s.Half != plan.Remove {
		o.Status = status
	}
	if status == Done && spreads(s) {
		r.fresh = append(r.fresh, f.step)
	}
	if status == Done {
		r.proofs.gave(f.step, s)
	}
	if status == Done && s.Half != plan.Remove {
		o.PartsDone = nil // nothing is partial about a change that is done
	}
	r.end(f.step, status, f.err)
}

// end frees the steps that waited for this one.
func (r *run) end(i int, status Status, err error) {
	s := r.plan.Steps[i]
	r.steps[i].status = status
	e := Event{Change: s.Change, Half: s.Half, Status: status, Err: err}
	if status == Done {
		e.ID = r.outcomes[s.Change.Key].ID
	}
	r.tell(e)
	if !s.Last {
		r.open--
	}
	for _, n := range r.next[i] {
		if r.steps[n].waits--; r.steps[n].waits == 0 {
			r.enqueue(n)
		}
	}
	if r.open == 0 && len(r.held) > 0 {
		for _, n := range r.held {
			r.ready.add(n)
		}
		r.held = nil
	}
}

// halfway says what a replace that was removed and not made again has taken:
// nobody else remembers which buttons were on.
func (r *run) halfway(s plan.Step, err error) error {
	if s.Half != plan.Make {
		return err
	}
	if len(s.Change.Release) == 0 {
		return fmt.Errorf("removed, but not made again: %w", err)
	}
	buttons := make([]string, len(s.Change.Release))
	for i, e := range s.Change.Release {
		buttons[i] = e.Key.Name
	}
	return fmt.Errorf("removed, but not made again, and these login buttons are off since: %s: %w", strings.Join(buttons, ", "), err)
}

func (r *run) tell(e Event) {
	if r.o.Observe != nil {
		r.o.Observe(e)
	}
}
