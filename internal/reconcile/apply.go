package reconcile

import (
	"context"
	"crypto/rand"
	"encoding/hex"
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
}

// Apply carries out the plan of the pass, and reads back what it touched.
func (p *Pass) Apply(ctx context.Context, r Remote, o ApplyOptions) *Outcome {
	out := &Outcome{RunID: runID(time.Now())}
	out.Result = apply.Run(ctx, p.Plan, r, apply.Options{Parallelism: o.Parallelism, Observe: o.Observe, Stop: o.Stop})
	if touched := out.Result.Touched(); len(touched) > 0 {
		p.verify(ctx, r, o, out, touched)
	}
	return out
}

func runID(now time.Time) string {
	var b [3]byte
	_, _ = rand.Read(b[:])
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}

// verify reads back what was touched, once each; what disagrees is read again
// with growing pauses until it agrees or the time to settle has passed.
func (p *Pass) verify(ctx context.Context, r Remote, o ApplyOptions, out *Outcome, touched []*model.Resource) {
	done := succeeded(out.Result)
	begun, pause := time.Now(), 100*time.Millisecond
	for {
		state, err := r.Reread(ctx, touched)
		if err != nil {
			out.VerifyErr = err
			return
		}
		out.NotKept, out.Unverified = plan.Verify(p.semantics, done, state, p.secretsClear)
		left := o.Settle - time.Since(begun)
		if len(out.NotKept) == 0 || left <= 0 || ctx.Err() != nil {
			return
		}
		select {
		case <-time.After(min(pause, left)):
		case <-ctx.Done():
		}
		pause *= 2
		touched = disagreeing(done, out.NotKept)
	}
}

func succeeded(res *apply.Result) []*plan.Change {
	var cs []*plan.Change
	for _, o := range res.Outcomes {
		if o.Status == apply.Done {
			cs = append(cs, o.Change)
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
