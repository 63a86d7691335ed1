package reconcile

import (
	"fmt"
	"time"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// holds are the objects whose steps keep failing, and what the last plan
// complained of.
type holds struct {
	of map[model.Key]*holding
	// wrong is why the files and the server do not fit together; nil when they do.
	wrong []diagnostic.Diagnostic
	// notes are the warnings of the last plan.
	notes []diagnostic.Diagnostic
}

// holding is how often a change failed in a row, and until when it is left.
type holding struct {
	failures int
	until    time.Time
	err      string
}

// The pauses of one object: they double from the first to the last.
const (
	firstHold = 10 * time.Second
	lastHold  = time.Hour
)

// failed leaves an object alone for a while.
func (h *holds) failed(k model.Key, err error, now time.Time) {
	one := h.of[k]
	if one == nil {
		one = &holding{}
		h.of[k] = one
	}
	one.failures++
	one.until = now.Add(min(firstHold<<min(one.failures-1, 16), lastHold))
	one.err = err.Error()
}

func (h *holds) forgetAll() { clear(h.of) }

// lift lets every step be tried again; how often it failed is not forgotten.
func (h *holds) lift() {
	for _, one := range h.of {
		one.until = time.Time{}
	}
}

// back gives the reason not to begin a change yet; nil begins it.
func (h *holds) back(now time.Time) func(model.Key) error {
	return func(k model.Key) error {
		one := h.of[k]
		if one == nil || !one.until.After(now) {
			return nil
		}
		return &HeldBackError{Failures: one.failures, Until: one.until, Last: one.err}
	}
}

// HeldBackError is why a step was not begun: it failed before.
type HeldBackError struct {
	Failures int
	Until    time.Time
	Last     string
}

func (e *HeldBackError) Error() string {
	return fmt.Sprintf("it failed before (%s) and is tried again at %s", e.Last, e.Until.Format(time.TimeOnly))
}

// earliest is when the first of them may be tried again.
func (h *holds) earliest() (until time.Time, waits bool) {
	for _, one := range h.of {
		if !waits || one.until.Before(until) {
			until, waits = one.until, true
		}
	}
	return until, waits
}

// anyRunnable tells whether an apply would begin any step at all. While something
// is held back nothing is taken away, and what depends on it waits.
func (h *holds) anyRunnable(p *plan.Plan, now time.Time) bool {
	back := h.back(now)
	stuck := map[model.Key]bool{}
	for _, c := range p.Changes { // dependencies come first
		held := back(c.Key) != nil
		for _, k := range c.DependsOn {
			held = held || stuck[k]
		}
		if held {
			stuck[c.Key] = true
		}
	}
	if len(stuck) == 0 {
		return true
	}
	for _, c := range p.Changes {
		if !stuck[c.Key] && c.Action != plan.Delete && c.Action != plan.Replace {
			return true
		}
	}
	return false
}

// learn keeps what an apply says of each object. What the server as a whole did
// is no object's fault.
func (l *Loop) learn(out *Outcome) {
	l.draft.Counters.Applies++
	for _, o := range out.Result.Outcomes {
		l.draft.Counters.Steps[string(o.Status)]++
		switch {
		case o.Status == apply.Done:
			delete(l.hold.of, o.Change.Key)
		case o.Status == apply.Skipped || unavailable(o.Err):
		case o.Err != nil:
			l.hold.failed(o.Change.Key, o.Err, l.now())
		}
	}
}
