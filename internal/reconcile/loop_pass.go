package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
)

// pass compares the good files with the pool and, in mode apply, carries out what
// no guard refuses. It settles when the next one is due.
func (l *Loop) pass(ctx context.Context) Ending {
	var end Ending
	begun := time.Now()
	can := l.files.good != nil && !l.files.gone
	if can {
		ctx, gentle, release := l.stoppable(ctx)
		l.draft.Running, l.draft.Phase, l.draft.Note = true, Planning, ""
		l.publish()
		ctx, seen := l.o.Observe(ctx, "pass")
		end = l.meet(ctx, gentle)
		seen(end.Err)
		release()
		l.count(begun, end.Err)
	} else {
		end.Err = l.files.err
	}
	l.last = time.Now()
	l.schedule(end)
	l.draft.Running, l.draft.Phase = false, Waiting
	if l.stopped() && errors.Is(end.Err, context.Canceled) {
		end.Status = l.Status()
		return end // it was asked to stop, which is no trouble
	}
	l.ended = l.trouble(end.Err)
	l.judge()
	if can {
		l.draft.Counters.Passes[l.draft.Verdict]++
	}
	l.publish()
	end.Status = l.Status()
	l.o.Told(end.Status)
	return end
}

// count keeps what a pass took.
func (l *Loop) count(begun time.Time, err error) {
	took := time.Since(begun)
	c := &l.draft.Counters
	c.Seconds += took.Seconds()
	c.Last = took
	l.draft.LastPass = l.now()
	if err == nil && !l.planWrong() {
		l.draft.LastSuccess, l.draft.Ready = l.draft.LastPass, true
	}
}

// stoppable gives a context that ends with Stop, until gentle is set: then Stop
// is left to the steps in flight.
func (l *Loop) stoppable(parent context.Context) (ctx context.Context, gentle *atomic.Bool, release context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	gentle = new(atomic.Bool)
	go func() {
		select {
		case <-ctx.Done():
		case <-l.o.Stop:
			if !gentle.Load() {
				cancel()
			}
		}
	}()
	return ctx, gentle, cancel
}

// meet is one meeting of the files and the pool.
func (l *Loop) meet(ctx context.Context, gentle *atomic.Bool) (end Ending) {
	conn, err := l.o.Connect(l.files.good)
	if err != nil {
		end.Err = err
		return end
	}
	defer func() { end.Err = errors.Join(end.Err, conn.Close()) }()
	planCtx, seen := l.o.Observe(ctx, "plan")
	pass, found, err := planPrepared(planCtx, l.files.good.Project, l.files.desired, slices.Clip(l.files.notes), conn.Remote, l.planOptions(conn))
	seen(err)
	l.hold.wrong = nil
	if pass == nil {
		if err == nil {
			l.hold.wrong = found
		}
		end.Err = err
		return end
	}
	defer func() { end.Err = errors.Join(end.Err, pass.Close()) }()
	l.notes(found)
	l.draft.Host, l.draft.UserPoolID, l.draft.Target = conn.Host(), pass.UserPoolID, pass.Target.Name
	if end.Err = l.o.Judge(pass); end.Err != nil {
		return end
	}
	end.Pass = pass
	l.assess(pass, nil)
	end.Differs = l.draft.Drift != "" || differs(pass)
	if l.o.Mode == Apply {
		end.Outcome, end.Err = l.carryOut(ctx, gentle, pass, conn)
	}
	l.history(ctx, pass, end.Outcome != nil)
	return end
}

// differs tells whether anything is not as the files say, as drift counts it.
func differs(p *Pass) bool {
	return slices.ContainsFunc(p.Drift(), func(d driftOf) bool { return !d.Idle })
}

func (l *Loop) planOptions(conn *Connection) Options {
	o := l.o.Plan
	o.Ledger, o.Settle, o.Apply = conn.Ledger, conn.Settle, l.o.Mode == Apply
	return o
}

// notes keeps the warnings that only a plan can tell.
func (l *Loop) notes(found []diagnostic.Diagnostic) { l.hold.notes = found }

// planWrong tells that the files are right and do not fit the server.
func (l *Loop) planWrong() bool { return l.hold.wrong != nil }

// patience is how many passes in a row a newer change may end.
const patience = 5

// carryOut applies the plan, unless something speaks against it; then the note of
// the status says what.
func (l *Loop) carryOut(ctx context.Context, gentle *atomic.Bool, p *Pass, conn *Connection) (*Outcome, error) {
	ended := l.superseded
	l.superseded = 0
	switch {
	case p.Plan.Empty():
		l.hold.forgetAll()
		return nil, nil
	case len(p.Refusals) > 0:
		l.draft.Note = fmt.Sprintf("refused, and waits for a person: %s", p.Refusals[0].Message)
		return nil, nil
	case l.tooSoon(p):
		l.draft.Note = fmt.Sprintf("something would be taken away: it is done when the files are still the same in %s", l.o.Grace)
		return nil, nil
	case len(l.wake) > 0 && ended < patience:
		l.superseded = ended + 1
		l.draft.Counters.Superseded++
		l.draft.Note = "the files changed again, and are read first"
		return nil, nil
	case !l.hold.anyRunnable(p.Plan, l.now()):
		l.draft.Note = "only steps are left that failed before; they are tried again later"
		l.assess(p, nil)
		return nil, nil
	}
	l.draft.Phase = Applying
	if l.draft.Drift != "" {
		l.ended = nil // this pass has read the server
		l.judge()
	}
	l.publish()
	if l.draft.Drift != "" {
		l.o.Told(l.Status()) // drift that is repaired at once was drift all the same
	}
	gentle.Store(true)
	o := l.o.Apply
	o.Settle, o.Stop, o.Hold = conn.Settle, l.o.Stop, l.hold.back(l.now())
	ctx, seen := l.o.Observe(ctx, "apply")
	out, err := p.Apply(ctx, conn.Remote, o)
	seen(err)
	if err != nil {
		return nil, err
	}
	l.learn(out)
	l.assess(p, out)
	return out, afterwards(out)
}

// tooSoon tells that the files may be half there: a plan that takes something
// away waits until they have said the same for a while. A commit is whole.
func (l *Loop) tooSoon(p *Pass) bool {
	return takes(p.Plan) && l.files.source.Commit == "" && time.Since(l.files.seen) < l.o.Grace
}

// afterwards is what went wrong with an apply as a whole.
func afterwards(out *Outcome) error {
	var errs []error
	if out.VerifyErr != nil {
		errs = append(errs, fmt.Errorf("what was written could not be read back: %w", out.VerifyErr))
	}
	if out.MemoryErr != nil {
		errs = append(errs, fmt.Errorf("not all that was done is in the ledger: %w", out.MemoryErr))
	}
	for _, o := range out.Result.Outcomes {
		if unavailable(o.Err) && o.Status != apply.Skipped {
			errs = append(errs, o.Err)
			break
		}
	}
	return errors.Join(errs...)
}

func unavailable(err error) bool {
	var gone interface{ Unavailable() bool }
	return errors.As(err, &gone) && gone.Unavailable()
}

// The pauses after a pass that the server ended: they double from the first, and
// the last one is no longer than the interval, within these bounds.
const (
	firstPause = 5 * time.Second
	shortest   = time.Minute
	longest    = 5 * time.Minute
)

// schedule settles when the next pass is due.
func (l *Loop) schedule(end Ending) {
	var held *ledger.HeldError
	pause := l.o.Interval
	switch {
	case errors.As(end.Err, &held): // somebody else works; no failure
		pause = min(l.o.Interval, firstPause)
	case end.Err != nil:
		l.failures++
		pause = min(min(l.o.Interval, firstPause)<<min(l.failures-1, 16), max(shortest, min(l.o.Interval, longest)))
	default:
		l.failures = 0
	}
	l.next = l.last.Add(l.o.Jitter(pause))
	if end.Pass == nil || end.Err != nil {
		return
	}
	if until, waits := l.hold.earliest(); waits {
		l.next = earlier(l.next, l.last.Add(until.Sub(l.now())))
	}
	if l.o.Mode == Apply && l.tooSoon(end.Pass) {
		l.next = earlier(l.next, l.files.seen.Add(l.o.Grace))
	}
	if l.superseded > 0 {
		l.next = l.last
	}
}
