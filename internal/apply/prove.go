package apply

import (
	"context"
	"fmt"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// A server may accept a step and store nothing. So what a run gave an
// application to log in with is read back before the same run takes another way
// from it: one look for all that was given since the last one, when nothing else
// is left to do. What the look does not show stops the taking.

// Prover reads back what changes were to bring about. It returns, for those that
// the server does not show, what is wrong; a change without an entry is proven.
type Prover func(ctx context.Context, given []*plan.Change) map[model.Key]error

// UnprovenError is why a way to log in was not taken: one that was to make up
// for it was accepted and does not read back.
type UnprovenError struct {
	Given model.Key
	Err   error
}

func (e *UnprovenError) Error() string {
	return fmt.Sprintf("%s was to make up for it, and %v", e.Given, e.Err)
}

func (e *UnprovenError) Unwrap() error { return e.Err }

// proofs keeps what was given to each application and what became of the look.
type proofs struct {
	prove  Prover
	taken  map[model.Key]bool  // the applications that this plan takes a way from
	unseen map[model.Key][]int // application -> steps that gave it a way, not looked at
	failed map[model.Key]error // application -> why nothing may be taken from it
}

func newProofs(p *plan.Plan, prove Prover) *proofs {
	s := &proofs{prove: prove, taken: map[model.Key]bool{}, unseen: map[model.Key][]int{}, failed: map[model.Key]error{}}
	if prove == nil {
		return s
	}
	for _, step := range p.Steps {
		for _, app := range step.TakesFrom() {
			s.taken[app] = true
		}
	}
	return s
}

// gave remembers a step that is done and gave something.
func (s *proofs) gave(i int, step plan.Step) {
	if len(s.taken) == 0 {
		return
	}
	for _, app := range step.GivesTo() {
		if s.taken[app] {
			s.unseen[app] = append(s.unseen[app], i)
		}
	}
}

// guarded lists the applications of which the step needs a proof.
func (s *proofs) guarded(step plan.Step) []model.Key {
	if len(s.unseen)+len(s.failed) == 0 {
		return nil
	}
	return append(step.TakesFrom(), step.LeansOn()...)
}

// waits tells whether the step must wait for a look: for what its applications
// were given, and at the end for all that was given, since whatever is not there
// then forbids every taking.
func (s *proofs) waits(step plan.Step) bool {
	if step.Last && len(s.unseen) > 0 {
		return true
	}
	for _, app := range s.guarded(step) {
		if len(s.unseen[app]) > 0 {
			return true
		}
	}
	return false
}

// forbids says why the step must not be done; nil when it may.
func (s *proofs) forbids(step plan.Step) error {
	for _, app := range s.guarded(step) {
		if err := s.failed[app]; err != nil {
			return err
		}
	}
	return nil
}

// lookBack reads back what was given since the last look. What reads back
// otherwise counts as a failure: nothing at all is taken away after it.
func (r *run) lookBack() {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	if stop := r.o.Stop; stop != nil {
		go func() {
			select {
			case <-stop:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	unseen := r.proofs.unseen
	r.proofs.unseen = map[model.Key][]int{}
	wrong := r.proofs.prove(ctx, r.given(unseen))
	for app, steps := range unseen {
		for _, i := range steps {
			k := r.plan.Steps[i].Change.Key
			if err := wrong[k]; err != nil {
				r.proofs.failed[app] = &UnprovenError{Given: k, Err: err}
				r.broken = true
			}
		}
	}
}

// given lists the changes of steps, each once and in the order of the plan.
func (r *run) given(unseen map[model.Key][]int) []*plan.Change {
	var steps []int
	for _, list := range unseen {
		steps = append(steps, list...)
	}
	slices.Sort(steps)
	var cs []*plan.Change
	for _, i := range slices.Compact(steps) {
		cs = append(cs, r.plan.Steps[i].Change)
	}
	return cs
}
