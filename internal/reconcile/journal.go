package reconcile

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/ledger"
)

// journal tells the ledger what a run does.
type journal struct {
	ledger.Journal
	now     func() time.Time
	explain func(error) (code, requestID string)

	// outcomes are on their way to the disk: no step waits for that, because one
	// that is lost is an intent that the next run settles.
	outcomes sync.WaitGroup
	mu       sync.Mutex
	err      error
}

// begin opens the journal of a run that has something to do; nil without a
// ledger to write to.
func (p *Pass) begin(ctx context.Context, o ApplyOptions) (*journal, error) {
	w := p.memory.writerOrNil()
	if w == nil || p.Plan.Empty() {
		return nil, nil
	}
	if o.SavedPlan != "" {
		if err := w.UsePlan(ctx, o.SavedPlan, p.runID); err != nil {
			return nil, err
		}
	}
	j, err := w.Begin(ctx, ledger.RunHead{
		ID: p.runID, Time: o.now(), Tool: o.Tool, Target: p.Target.Name, Host: p.Host,
		ConfigDigest: p.ConfigDigest, StateDigest: p.StateDigest, Plan: o.SavedPlan, Holder: ledger.Here(p.runID, o.now()),
	})
	if err != nil {
		return nil, err
	}
	for _, guard := range slices.Sorted(maps.Keys(p.Overridden)) {
		if err := j.Override(ctx, guard, p.Overridden[guard]); err != nil {
			return nil, err
		}
	}
	return &journal{Journal: j, now: o.now, explain: o.Explain}, nil
}

func (m *memory) writerOrNil() ledger.Writer {
	if m == nil {
		return nil
	}
	return m.writer
}

// Intent implements apply.Journal.
func (j *journal) Intent(ctx context.Context, e apply.Entry) (int, error) {
	return j.Journal.Intent(ctx, ledger.Entry{Time: j.now(), Key: e.Key, Action: e.Action, Part: e.Name, ID: e.ID, Seen: e.Seen})
}

var fates = map[apply.Status]ledger.Fate{apply.Done: ledger.Done, apply.Failed: ledger.Failed, apply.Unknown: ledger.Unknown}

// Outcome implements apply.Journal. What cannot be written is told by close.
func (j *journal) Outcome(ctx context.Context, n int, e apply.Ending) error {
	o := ledger.Outcome{Time: j.now(), Fate: fates[e.Status], ID: e.ID}
	if e.Err != nil {
		o.Message = e.Err.Error()
		if j.explain != nil {
			o.Code, o.RequestID = j.explain(e.Err)
		}
	}
	j.outcomes.Go(func() {
		if err := j.Journal.Outcome(ctx, n, o); err != nil {
			j.mu.Lock()
			defer j.mu.Unlock()
			j.err = err
		}
	})
	return nil
}

// close ends the journal with the counts of the run.
func (j *journal) close(ctx context.Context, out *Outcome, exit int) error {
	if j == nil {
		return nil
	}
	j.outcomes.Wait()
	r := out.Result
	err := j.Close(ctx, ledger.Summary{
		Time: j.now(), Done: r.Count(apply.Done), Failed: r.Count(apply.Failed),
		Skipped: r.Count(apply.Skipped), Unknown: r.Count(apply.Unknown), NotKept: len(out.NotKept), Exit: exit,
	})
	return errors.Join(j.err, err)
}
