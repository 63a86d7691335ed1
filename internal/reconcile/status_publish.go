package reconcile

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// Status gives the newest snapshot. It never waits for a pass.
func (l *Loop) Status() *Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status
}

// Subscribe gives a channel that receives after every new snapshot, at most one
// at a time, until cancel is called.
func (l *Loop) Subscribe() (news <-chan struct{}, cancel func()) {
	c := make(chan struct{}, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.subs[c] = struct{}{}
	return c, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.subs, c)
	}
}

// publish makes a snapshot of the draft. What the draft refers to is never
// changed afterwards but for the counters, which are copied.
func (l *Loop) publish() {
	l.draft.Seq++
	s := l.draft
	s.Counters.Passes, s.Counters.Steps = maps.Clone(s.Counters.Passes), maps.Clone(s.Counters.Steps)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status = &s
	for c := range l.subs {
		signal(c)
	}
}

// judge settles the verdict by the files, the last pass and what it compared. It
// tells whether the verdict, or what is wrong with the files, is new.
func (l *Loop) judge() (news bool) {
	d := &l.draft
	verdict := l.compared
	found := slices.Concat(l.files.notes, l.hold.notes)
	d.Trouble = l.ended
	var held *ledger.HeldError
	switch {
	case l.files.wrong != nil:
		verdict, found = Invalid, l.files.wrong
	case l.hold.wrong != nil:
		verdict, found = Invalid, l.hold.wrong
	case l.files.err != nil:
		verdict = Failing
		d.Trouble = l.trouble(l.files.err)
	case d.Trouble != nil && !errors.As(d.Trouble.err, &held):
		verdict = Failing
	}
	diagnostic.Sort(found)
	found = diagnostic.Compact(found)
	news = verdict != d.Verdict || !sameDiagnostics(found, d.Diagnostics)
	if verdict != d.Verdict || d.Since.IsZero() {
		d.Since = l.now()
	}
	d.Verdict, d.Diagnostics = verdict, found
	return news
}

func sameDiagnostics(a, b []diagnostic.Diagnostic) bool {
	return slices.EqualFunc(a, b, func(x, y diagnostic.Diagnostic) bool {
		return x.Severity == y.Severity && x.Line(diagnostic.English) == y.Line(diagnostic.English)
	})
}

// trouble is the error of a pass as a status tells it; nil for none.
func (l *Loop) trouble(err error) *Trouble {
	if err == nil {
		return nil
	}
	t := &Trouble{Message: err.Error(), Retry: l.now().Add(time.Until(l.next)), err: err}
	if l.o.Apply.Explain != nil {
		t.Code, _ = l.o.Apply.Explain(err)
	}
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		t.Hint = h.Hint()
	}
	return t
}

// assess takes over what a pass showed, and what an apply made of it; out is nil
// before one.
func (l *Loop) assess(p *Pass, out *Outcome) {
	pic := draw(p, out, l.hold.of, l.now())
	d := &l.draft
	d.Objects, l.changes = pic.objects(l.changes)
	d.Counts = count(d.Objects)
	d.Drift = pic.digest()
	d.Pending = &PendingPlan{
		Plan: left(p.Plan, pic.isDone), Refusals: p.Refusals, PlannedAt: l.now(),
		ReadScope: p.ReadScope, Ledger: p.Ledger, ConfigDigest: p.ConfigDigest, StateDigest: p.StateDigest,
	}
	switch {
	case d.Counts.Failing > 0:
		l.compared = Failing
	case len(p.Refusals) > 0:
		l.compared = Held
	case d.Counts.Drifted > 0:
		l.compared = Differs
	case d.Counts.Pending > 0 || len(d.Pending.Plan.Changes) > 0:
		l.compared = Pending
	default:
		l.compared = InSync
	}
}

func count(objects []ObjectStatus) Counts {
	var c Counts
	for _, o := range objects {
		switch o.State {
		case ObjectInSync:
			c.InSync++
		case ObjectPending:
			c.Pending++
		case ObjectDrifted:
			c.Drifted++
		case ObjectFailing:
			c.Failing++
		case ObjectUnmanaged:
			c.Unmanaged++
		}
	}
	return c
}

// left is the plan without what was done, without the states it was made of and
// without any secret: what a status may keep.
func left(p *plan.Plan, done func(model.Key) bool) *plan.Plan {
	out := *p
	out.Desired, out.Actual, out.Steps, out.Changes = nil, nil, nil, nil
	for _, c := range p.Changes {
		if done(c.Key) {
			discount(&out.Summary, c.Action)
			continue
		}
		out.Changes = append(out.Changes, slimChange(c))
	}
	return &out
}

func slimChange(c *plan.Change) *plan.Change {
	slim := *c
	slim.From, slim.To, slim.Release = nil, nil, nil
	slim.Found = slices.Clone(c.Fields())
	for i, f := range slim.Found {
		slim.Found[i].Before, slim.Found[i].After = masked(f.Before, f.Sensitive), masked(f.After, f.Sensitive)
	}
	return &slim
}

func discount(s *plan.Summary, a plan.Action) {
	switch a {
	case plan.Create:
		s.Create--
		s.Unchanged++
	case plan.Update:
		s.Update--
		s.Unchanged++
	case plan.Replace:
		s.Replace--
		s.Unchanged++
	case plan.Delete:
		s.Delete--
	}
}

// The history: how many runs a status has, and how often those of others are
// looked for; each look reads as many journals.
const (
	mostRuns     = 100
	historyPause = 30 * time.Second
)

// recent lists the newest runs; a ledger that can reads no others.
func recent(ctx context.Context, p ledger.Pool) ([]ledger.RunInfo, error) {
	if r, ok := p.(interface {
		Recent(ctx context.Context, n int) ([]ledger.RunInfo, error)
	}); ok {
		return r.Recent(ctx, mostRuns)
	}
	return p.Runs(ctx)
}

// history reads the newest runs of the journal.
func (l *Loop) history(ctx context.Context, p *Pass, wrote bool) {
	if p.memory.pool == nil || !wrote && !l.journal.IsZero() && time.Since(l.journal) < historyPause {
		return
	}
	infos, err := recent(ctx, p.memory.pool)
	if err != nil {
		return // the ledger complains where it matters: before an apply
	}
	l.journal = time.Now()
	runs := make([]RunStatus, 0, min(len(infos), mostRuns))
	for _, i := range infos[:min(len(infos), mostRuns)] {
		r := RunStatus{ID: i.ID, Target: i.Target, Tool: i.Tool, Time: i.Time, Steps: i.Steps, Open: i.Open, SettledBy: i.SettledBy, Damaged: i.Err != nil}
		if s := i.Summary; s != nil {
			r.Finished, r.Ended = true, s.Time
			r.Done, r.Failed, r.Skipped, r.Unknown, r.NotKept, r.Exit = s.Done, s.Failed, s.Skipped, s.Unknown, s.NotKept, s.Exit
		}
		runs = append(runs, r)
	}
	l.draft.Runs = runs
}
