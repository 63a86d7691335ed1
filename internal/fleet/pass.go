package fleet

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/reconcile"
)

const passQueue = "pass"

// passArgs is the job of one target, by its name: "source/target".
type passArgs struct {
	Target string `json:"target"`
}

// Kind implements river.JobArgs.
func (passArgs) Kind() string { return "idpsync_pass" }

// alive are the states in which a job keeps another one of its kind away.
var alive = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
}

// InsertOpts implements river.JobArgsWithInsertOpts.
func (passArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: passQueue, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: alive}}
}

type passWorker struct {
	river.WorkerDefaults[passArgs]
	fleet *Fleet
}

// What a job that failed says in River's tables: why stands in the target's row.
var (
	errClock = errors.New("the clock could not be read")
	errPass  = errors.New("the pass failed: its row in idpsync_target says why")
)

// NextRetry implements river.Worker: the loop knows how long to wait.
func (w *passWorker) NextRetry(job *river.Job[passArgs]) time.Time {
	w.fleet.mu.Lock()
	defer w.fleet.mu.Unlock()
	pause, known := w.fleet.again[job.ID]
	delete(w.fleet.again, job.ID)
	if !known {
		pause = again
	}
	return time.Now().Add(pause)
}

// Work implements river.Worker: one pass of one target.
func (w *passWorker) Work(ctx context.Context, job *river.Job[passArgs]) error {
	f := w.fleet
	f.hold(job.ID, true)
	defer f.hold(job.ID, false)
	p := &pass{ctx: ctx, fleet: f, job: job, name: job.Args.Target}
	return p.work(ctx)
}

func (f *Fleet) hold(id int64, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if on {
		f.passes[id] = true
	} else {
		delete(f.passes, id)
	}
}

// pass is one look at one target.
type pass struct {
	ctx   context.Context // of the job, for what the loop asks back
	fleet *Fleet
	job   *river.Job[passArgs]
	name  string
	pick  config.Picked
	from  *source
	held  *held
	row   passRow
	loop  *reconcile.Loop
	// before is the status that the last pass left; nil for none.
	before *reconcile.Status
}

// passRow is what the row of a target gives to a pass.
type passRow struct {
	Token, Wanted int64
	Failures      int
	Version, Pool string
	Whole, Kept   []byte
}

func (p *pass) work(ctx context.Context) (err error) {
	name, target, _ := strings.Cut(p.name, "/")
	var known bool
	if p.pick, known = p.fleet.pick(name, target); known {
		p.from = p.fleet.source(name)
	}
	if p.from == nil || !p.fleet.working("") {
		return p.later(ctx, again, "") // another replica may know it
	}
	there, err := p.begin(ctx)
	if err != nil {
		p.fleet.o.Log.Debug("a pass cannot begin", "target", p.name, "error", err)
		return river.JobSnooze(again)
	}
	if !there {
		return nil // taken out of the fleet
	}
	if p.row.Version == "" {
		return p.unready(ctx)
	}
	if p.held, err = p.from.at(ctx, p.row.Version); err != nil {
		return p.later(ctx, again, err.Error())
	}
	defer func() {
		if x := recover(); x != nil {
			err = p.broke(ctx, x)
		}
	}()
	end := p.once(ctx)
	return p.end(ctx, end)
}

// later leaves the pass to another replica, or to a better moment, and says why.
func (p *pass) later(ctx context.Context, pause time.Duration, why string) error {
	ctx, cancel := context.WithTimeout(ctx, p.fleet.o.Lease)
	defer cancel()
	_, _ = p.fleet.db.Exec(ctx, `update idpsync_target set state = 'waiting', since = clock_timestamp(), next_at = clock_timestamp() + $2::interval,
		reason = $4, seq = nextval('idpsync_change') where name = $1 and token = $3`, p.name, recheck, p.row.Token, why)
	return river.JobSnooze(pause + time.Duration(p.job.ID%1000)*time.Millisecond)
}

// begin takes a new token and reads what the last pass left.
func (p *pass) begin(ctx context.Context) (there bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.fleet.o.Lease)
	defer cancel()
	rows, err := query[passRow](ctx, p.fleet.db, `update idpsync_target t set token = nextval('idpsync_change'), seq = nextval('idpsync_change'),
			state = 'running', since = clock_timestamp(), replica = $2, next_at = clock_timestamp() + $3::interval
		from idpsync_source s where t.name = $1 and s.name = t.source
		returning t.token, t.wanted, t.failures, s.version, t.pool, coalesce(t.whole, ''), coalesce(t.kept, '')`, p.name, p.fleet.id, recheck)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	p.row = rows[0]
	return true, nil
}

// once makes the pass.
func (p *pass) once(ctx context.Context) reconcile.Ending {
	o := p.fleet.o.Loop(p.name, p.pick)
	o.Target, o.Mode, o.Interval, o.Stop = p.pick.Target, reconcile.Mode(p.pick.Mode), p.pick.Interval, p.fleet.stop
	o.Fetch = func(context.Context) (reconcile.Source, error) { return p.held.source, nil }
	o.Load = p.load
	o.Connect = func(files *reconcile.Files) (*reconcile.Connection, error) {
		return p.fleet.o.Connect(p.pick, p.held.home, files)
	}
	o.Good = p.good
	o.Resume = p.remembered()
	p.loop = reconcile.NewLoop(o)
	return p.loop.Once(ctx)
}

// remembered is what the last pass left; what cannot be read is only forgotten.
func (p *pass) remembered() *reconcile.Carried {
	if len(p.row.Kept) == 0 {
		return nil
	}
	if len(p.row.Whole) > 0 {
		if status, err := reconcile.DecodeStatus(p.row.Whole); err == nil {
			p.before = status
		}
	}
	return reconcile.DecodeCarried(p.row.Kept, p.before)
}

// load gives the files of the version, which all targets of the source share.
func (p *pass) load(string) (*reconcile.Files, error) {
	return p.filesOf(p.held, p.missing()...)
}

func (p *pass) filesOf(h *held, more ...diagnostic.Diagnostic) (*reconcile.Files, error) {
	files := &reconcile.Files{Project: h.project, Found: append(h.found[:len(h.found):len(h.found)], more...), Stats: h.stats}
	if h.project.Targets[p.pick.Target] == nil {
		return files, nil
	}
	files.Target = p.pick.Target
	if diagnostic.HasErrors(files.Found) { // nothing is sent anywhere
		return files, nil
	}
	at := p.fleet.o.Place(files.Project.Targets[files.Target])
	if err := p.fleet.trust(p.ctx, p.pick, at); err != nil {
		return nil, err
	}
	if err := p.claim(p.ctx, at); err != nil {
		return nil, err
	}
	return files, nil
}

// good are the files of earlier versions.
func (p *pass) good() []*reconcile.Files {
	var out []*reconcile.Files
	for _, h := range p.from.earlier() {
		if files, err := p.filesOf(h); err == nil && files.Target != "" {
			out = append(out, files)
		}
	}
	return out
}

// end stores what came of the pass and settles what becomes of its job.
func (p *pass) end(ctx context.Context, end reconcile.Ending) error {
	var held *ledger.HeldError
	switch {
	case p.fleet.stopping() && end.Err != nil:
		return p.interrupted(ctx)
	case errors.As(end.Err, &held):
		if err := p.store(ctx, end, stored{state: "waiting", next: recheck}); err != nil {
			return p.unstored(err)
		}
		return river.JobSnooze(max(end.Next, held.Wait, time.Second))
	case ours(end.Err):
		return p.later(ctx, again, end.Err.Error())
	case end.Err != nil:
		return p.failed(ctx, end, end.Err.Error())
	}
	next := max(end.Next, 0)
	if p.fleet.stopping() {
		next = 0 // it may have been cut short
	}
	err := p.store(ctx, end, stored{next: next, done: true})
	if err != nil {
		return p.unstored(err)
	}
	return nil
}

// ours tells that the database ended a pass, which says nothing of its target.
func ours(err error) bool {
	var lost *ledger.LostError
	var away *ledger.Error
	if errors.As(err, &lost) {
		return true
	}
	return errors.As(err, &away) && (away.Unavailable() || away.Problem == ledger.Unreadable || away.Problem == ledger.Unwritable)
}

// interrupted gives the pass back at once: this replica ends.
func (p *pass) interrupted(ctx context.Context) error {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_ = p.later(late, 0, "")
	return river.JobSnooze(0)
}

// failed lets River try it again, until it is given up.
func (p *pass) failed(ctx context.Context, end reconcile.Ending, reason string) error {
	dead := p.job.Attempt >= p.job.MaxAttempts
	s := stored{state: "retrying", next: end.Next + recheck, failed: true, reason: reason}
	if dead {
		s.state, s.next = "dead", deadTime
	}
	if err := p.store(ctx, end, s); err != nil {
		return p.unstored(err)
	}
	if !dead {
		p.fleet.mu.Lock()
		p.fleet.again[p.job.ID] = max(end.Next, 0)
		p.fleet.mu.Unlock()
	}
	return errPass
}

// broke is a pass that ran into a mistake of ours: it fails by itself, and no
// other one.
func (p *pass) broke(ctx context.Context, x any) error {
	reason := "a mistake in idpsync ended the pass"
	var known runtime.Error
	if err, ok := x.(error); ok && errors.As(err, &known) { // other values may hold anything
		reason = fmt.Sprintf("%s: %s", reason, known)
	}
	p.fleet.o.Log.Error(reason, "target", p.name, "stack", string(debug.Stack()))
	return p.failed(ctx, reconcile.Ending{Next: min(again, p.pick.Interval) << min(p.row.Failures, 6)}, reason)
}
