package reconcile

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// ApplyOptions steer how a plan is carried out.
type ApplyOptions struct {
	Parallelism int
	Observe     func(apply.Event)
	Stop        <-chan struct{}
	// Settle is how long a value that reads back otherwise may take to agree.
	Settle time.Duration
	// Tool is the program, and SavedPlan the digest of the plan file that is
	// applied, "" for none; both for the journal.
	Tool, SavedPlan string
	// Explain gives the code of an error and the server's id of its request.
	Explain func(error) (code, requestID string)
	// Exit is the exit code that an outcome stands for.
	Exit func(*Outcome) int
	// Hold gives the reason why a change must not be begun in this run; nil holds
	// nothing.
	Hold func(model.Key) error
	// Now tells the time; nil is time.Now.
	Now func() time.Time
}

func (o ApplyOptions) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

// Outcome is what an apply did, and what the server made of it.
type Outcome struct {
	RunID  string
	Result *apply.Result
	// NotKept lists what was accepted and reads back otherwise (IDP0503).
	NotKept []plan.At
	// Unverified lists what no read shows.
	Unverified []plan.At
	// VerifyErr says why the end could not be read back.
	VerifyErr error
	// Contradicted lists the traits that an earlier run learnt and that what was
	// read at the end contradicts.
	Contradicted []string
	// MemoryErr says why not all of it is in the ledger.
	MemoryErr error

	// state is what the last read showed; nil before.
	state *model.State
}

// Apply carries out the plan of the pass, reads back what it touched, and keeps
// what it learns. The error says that nothing was begun, because the journal
// cannot be written or the saved plan was used.
func (p *Pass) Apply(ctx context.Context, r Remote, o ApplyOptions) (*Outcome, error) {
	out := &Outcome{RunID: p.runID}
	log, err := p.begin(ctx, o)
	if err != nil {
		return nil, err
	}
	if log != nil {
		ctx = model.WithFence(ctx, p.memory.writer.Still)
	}
	k := p.keeping(ctx, o)
	opts := p.runOptions(o, log, k)
	opts.Prove = p.prover(r, o)
	for kind, shown := range p.Plan.SecretsClear {
		if shown {
			r.ShowsSecrets(kind)
		}
	}
	out.Result = apply.Run(ctx, p.Plan, r, opts)
	switch touched := out.Result.Touched(); {
	case len(touched) == 0:
	case out.Result.Lost:
		out.VerifyErr = errLost
	default:
		p.verify(ctx, r, o, log, out, touched)
		p.doubtSecrets(r, out)
	}
	if out.VerifyErr != nil {
		out.Unverified = wholly(out.Result)
	}
	out.MemoryErr = errors.Join(out.Result.JournalErr, k.finish(ctx, r, out))
	exit := 0
	if o.Exit != nil {
		exit = o.Exit(out)
	}
	out.MemoryErr = errors.Join(out.MemoryErr, log.close(ctx, out, exit))
	return out, nil
}

// runOptions are those of the run, with its events told to the memory too.
func (p *Pass) runOptions(o ApplyOptions, log *journal, k *keeping) apply.Options {
	opts := apply.Options{Parallelism: o.Parallelism, Ahead: ahead(o.Parallelism), Stop: o.Stop, Hold: o.Hold, Observe: func(e apply.Event) {
		k.event(e)
		if o.Observe != nil {
			o.Observe(e)
		}
	}}
	if log != nil {
		opts.Journal = log
	}
	return opts
}

// ahead is how many steps may wait for one of the parallel requests to end, with
// their intents written. One at a time means one after another.
func ahead(parallelism int) int {
	if parallelism <= 1 {
		return 0
	}
	return parallelism
}

var errLost = errors.New("the server does not answer any more")

// wholly lists what was done, each as a whole: nothing of it was read back.
func wholly(res *apply.Result) []plan.At {
	var at []plan.At
	for _, c := range succeeded(res) {
		at = append(at, plan.At{Key: c.Key})
	}
	return at
}

func runID(now time.Time) string {
	var b [3]byte
	_, _ = rand.Read(b[:])
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}

// verify reads back what was touched, once each; what disagrees is read again
// with growing pauses until it agrees or the time to settle has passed. Where
// reads may lag, what the server switches on by itself is looked for once more
// then: before, it may not have been seen.
func (p *Pass) verify(ctx context.Context, r Remote, o ApplyOptions, log *journal, out *Outcome, touched []*model.Resource) {
	begun, pause, swept := time.Now(), 100*time.Millisecond, o.Settle <= 0
	for {
		done := succeeded(out.Result)
		state, err := r.Reread(ctx, touched)
		if err != nil {
			out.VerifyErr = err
			return
		}
		out.state = state
		out.NotKept, out.Unverified = plan.Verify(p.semantics, done, state, p.secretsClear)
		out.told()
		left := o.Settle - time.Since(begun)
		switch agreed := len(out.NotKept) == 0 || left <= 0; {
		case ctx.Err() != nil || agreed && swept:
			return
		case agreed:
			swept = true
			if touched = p.sweep(ctx, r, o, log, out); len(touched) == 0 {
				return
			}
			begun = time.Now()
			continue
		}
		select {
		case <-time.After(min(pause, left)):
		case <-ctx.Done():
		}
		pause *= 2
		touched = disagreeing(done, out.NotKept)
	}
}

// told moves to what was not kept those of the paths that no read shows and of
// which the answer itself said so, as it does of factors.
func (out *Outcome) told() {
	said := map[plan.At]bool{}
	for _, o := range out.Result.Outcomes {
		for _, path := range o.NotKept {
			said[plan.At{Key: o.Change.Key, Path: path}] = true
		}
	}
	out.Unverified = slices.DeleteFunc(out.Unverified, func(at plan.At) bool {
		if said[at] {
			out.NotKept = append(out.NotKept, at)
		}
		return said[at]
	})
}

// sweep looks once more for what came along with what was made, and returns
// what it switched off.
func (p *Pass) sweep(ctx context.Context, r Remote, o ApplyOptions, log *journal, out *Outcome) []*model.Resource {
	var off []*model.Resource
	for k, s := range apply.Sweep(ctx, p.Plan, r, out.Result.Made(), p.runOptions(o, log, nil)) {
		off = append(off, s.Off...)
		out.Result.Brought(k, s)
	}
	return off
}

// succeeded lists the changes that were done, and what was switched off beside
// them as deletes.
func succeeded(res *apply.Result) []*plan.Change {
	var cs []*plan.Change
	for _, o := range res.Outcomes {
		if o.Status == apply.Done {
			cs = append(cs, o.Change)
		}
		for _, e := range o.SideEffects {
			cs = append(cs, &plan.Change{Key: e.Key, Action: plan.Delete, From: e})
		}
	}
	return cs
}

// disagreeing lists the resources of the changes that do not read back yet.
func disagreeing(done []*plan.Change, at []plan.At) []*model.Resource {
	open := map[model.Key]bool{}
	for _, a := range at {
		open[a.Key] = true
	}
	var rs []*model.Resource
	for _, c := range done {
		switch {
		case !open[c.Key]:
		case c.To != nil:
			rs = append(rs, c.To)
		default:
			rs = append(rs, c.From)
		}
	}
	return rs
}
