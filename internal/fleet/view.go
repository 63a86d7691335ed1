package fleet

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/reconcile"
)

// Target is how one target stands, as the last look at the database showed.
type Target struct {
	Name, Source string
	// Status is brief: Whole has the rest. nil before the first pass.
	Status *reconcile.Status
	// State is "", waiting, running, retrying or dead, since Since.
	State, Replica, Reason string
	Failures               int
	Since, Next            time.Time

	seq int64
}

// Replica is one process of the fleet.
type Replica struct {
	ID, Host, Version  string
	PID                int
	Started, Beat      time.Time
	Leader, Gone, Self bool
	Holds              map[string]string
	Works              []string
}

// Source is where files come from, and which version of them is in force.
type Source struct {
	Name, Place, Version, Error, Hint string
	Since, Checked                    time.Time
	Stale                             []string
}

// Overview is how the fleet stands.
type Overview struct {
	Read time.Time
	// Lost is why the database could not be asked since; nil while it answers.
	Lost                             error
	Waiting, Running, Retrying, Dead int
	Oldest                           time.Time
	Replicas                         []Replica
	Sources                          []Source
	Troubles                         []string
}

// view is what this replica has read of the others.
type view struct {
	fleet *Fleet

	mu      sync.Mutex
	targets map[string]*Target // an entry is replaced, never changed
	names   []string           // sorted; the same slice while none came or went
	now     *Overview
	subs    map[chan struct{}]struct{}

	// The rest belongs to run.
	last    int64
	checked time.Time
	rested  bool // for a fleet file that is not in force
}

func (v *view) init(f *Fleet) {
	v.fleet, v.targets, v.subs = f, map[string]*Target{}, map[chan struct{}]struct{}{}
}

// run reads until ctx ends.
func (v *view) run(ctx context.Context) {
	t := time.NewTicker(v.fleet.o.tick)
	defer t.Stop()
	for {
		if err := v.read(ctx); err != nil && ctx.Err() == nil {
			v.lose(ledger.Trouble(v.fleet.o.Ledger, err))
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// lose says that what is shown is old.
func (v *view) lose(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	o := Overview{}
	if v.now != nil {
		o = *v.now
	}
	if o.Lost == nil {
		v.fleet.o.Warn(err)
	}
	o.Lost = err
	v.now = &o
	v.signal()
}

// rowOf is a row of idpsync_target.
type rowOf struct {
	Name, Source, State, Replica, Reason string
	Failures                             int
	Since, Next                          time.Time
	Brief                                []byte
	Seq                                  int64
}

const selectRows = `select name, source, state, replica, reason, failures, since, next_at, coalesce(brief, ''), seq from idpsync_target
	where seq > $1 or name = any($2)`

// wholeCheck is how often all rows are compared by their numbers: a number may
// become visible after a higher one, and a row that is gone has none.
const wholeCheck = 15 * time.Second

// read asks for what is new.
func (v *view) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, v.fleet.o.Lease/2)
	defer cancel()
	o, err := v.overview(ctx)
	if err != nil {
		return err
	}
	rows, err := query[rowOf](ctx, v.fleet.db, selectRows, v.last, []string{})
	if err != nil {
		return err
	}
	v.fleet.late.is.Store(o.lateOn(v.fleet))
	rests := !v.fleet.working("")
	if rests && !v.rested {
		v.fleet.o.Warn(errLateFile)
	}
	v.rested = rests
	v.fleet.mu.Lock()
	o.Lost = v.fleet.unheard // who cannot write does not work, whatever it can read
	v.fleet.mu.Unlock()
	var gone []string
	if settled := v.settled(o); settled || time.Since(v.checked) > wholeCheck {
		missed, absent, err := v.compare(ctx, rows)
		if err != nil {
			return err
		}
		rows, gone = append(rows, missed...), absent
		v.checked = time.Now()
	}
	v.take(o, rows, gone)
	return nil
}

// settled tells that targets may have come or gone.
func (v *view) settled(o *Overview) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now == nil || len(v.now.Sources) != len(o.Sources) || !slices.EqualFunc(v.now.Sources, o.Sources, func(a, b Source) bool {
		return a.Name == b.Name && a.Version == b.Version
	})
}

// compare finds rows that the numbers did not show.
func (v *view) compare(ctx context.Context, have []rowOf) (missed []rowOf, gone []string, err error) {
	all, err := query[struct {
		Name string
		Seq  int64
	}](ctx, v.fleet.db, `select name, seq from idpsync_target`)
	if err != nil {
		return nil, nil, err
	}
	fresh := make(map[string]int64, len(have))
	for _, r := range have {
		fresh[r.Name] = r.Seq
	}
	there := make(map[string]bool, len(all))
	var want []string
	v.mu.Lock()
	for _, r := range all {
		there[r.Name] = true
		old := v.targets[r.Name]
		if fresh[r.Name] < r.Seq && (old == nil || old.seq != r.Seq) {
			want = append(want, r.Name)
		}
	}
	for name := range v.targets {
		if !there[name] {
			gone = append(gone, name)
		}
	}
	v.mu.Unlock()
	if len(want) > 0 {
		missed, err = query[rowOf](ctx, v.fleet.db, selectRows, int64(math.MaxInt64), want)
	}
	return missed, gone, err
}

// take puts what was read before the readers.
func (v *view) take(o *Overview, rows []rowOf, gone []string) {
	fresh := make([]*Target, len(rows))
	for i, r := range rows {
		fresh[i] = r.target()
		v.last = max(v.last, r.Seq)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	came := len(gone) > 0 || v.names == nil
	for _, name := range gone {
		delete(v.targets, name)
	}
	for _, t := range fresh {
		old := v.targets[t.Name]
		came = came || old == nil
		if old != nil && old.Status != nil && t.Status != nil && old.Status.Seq == t.Status.Seq && old.Status.LastPass.Equal(t.Status.LastPass) {
			t.Status = old.Status // the same pointer says that nothing is new
		}
		v.targets[t.Name] = t
	}
	if came {
		v.names = slices.Sorted(maps.Keys(v.targets))
	}
	at := make(map[string]int, len(o.Replicas))
	for i, r := range o.Replicas {
		at[r.ID] = i
	}
	for _, name := range v.names {
		if t := v.targets[name]; t.State == "running" {
			if i, known := at[t.Replica]; known {
				o.Replicas[i].Works = append(o.Replicas[i].Works, name)
			}
		}
	}
	if v.now != nil && v.now.Lost != nil && o.Lost == nil {
		v.fleet.o.Log.Info("the database answers again")
	}
	news := len(rows) > 0 || len(gone) > 0 || v.now == nil || !o.like(v.now)
	v.now = o
	if news {
		v.signal()
	}
}

func (r rowOf) target() *Target {
	t := &Target{
		Name: r.Name, Source: r.Source, State: r.State, Replica: r.Replica, Reason: r.Reason,
		Failures: r.Failures, Since: r.Since, Next: r.Next, seq: r.Seq,
	}
	if len(r.Brief) > 0 {
		var err error
		if t.Status, err = reconcile.DecodeStatus(r.Brief); err != nil {
			t.Status, t.Reason = nil, err.Error()
		}
	}
	return t
}

// signal tells whoever subscribed; mu is held.
func (v *view) signal() {
	for c := range v.subs {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Subscribe gives a channel that receives after each look at the database.
func (f *Fleet) Subscribe() (news <-chan struct{}, cancel func()) {
	v := &f.view
	c := make(chan struct{}, 1)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.subs[c] = struct{}{}
	return c, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		delete(v.subs, c)
	}
}

// Names lists the targets, sorted: the same slice while none came or went.
func (f *Fleet) Names() []string {
	f.view.mu.Lock()
	defer f.view.mu.Unlock()
	return f.view.names
}

// Target gives one of them; nil when it is gone. What it gives is not changed.
func (f *Fleet) Target(name string) *Target {
	f.view.mu.Lock()
	defer f.view.mu.Unlock()
	return f.view.targets[name]
}

// Overview gives how the fleet stands; nil before the first look.
func (f *Fleet) Overview() *Overview {
	f.view.mu.Lock()
	defer f.view.mu.Unlock()
	return f.view.now
}

// Whole reads the whole status of a target; nil before its first pass.
func (f *Fleet) Whole(ctx context.Context, name string) (*reconcile.Status, error) {
	rows, err := query[struct{ Whole []byte }](ctx, f.db, `select coalesce(whole, '') from idpsync_target where name = $1`, name)
	if err != nil || len(rows) == 0 || len(rows[0].Whole) == 0 {
		return nil, ledger.Trouble(f.o.Ledger, err)
	}
	return reconcile.DecodeStatus(rows[0].Whole)
}

// Ready tells why this replica cannot be relied on, nil that it can.
func (f *Fleet) Ready() error {
	switch o := f.Overview(); {
	case o == nil:
		return errors.New("not yet: the database was not read so far")
	case o.Lost != nil:
		return o.Lost
	case !f.working(""):
		return errLateFile
	}
	return nil
}

// overview reads all but the targets in one go.
func (v *view) overview(ctx context.Context) (*Overview, error) {
	b := &pgx.Batch{}
	b.Queue(`select id, host, pid, version, started, beat, clock_timestamp() - beat > $1::interval, holds::text from idpsync_replica order by host, started, id`, v.fleet.o.Lease)
	b.Queue(`select name, version, error, hint, since, coalesce(checked, '-infinity') from idpsync_source where name <> '' order by name`)
	b.Queue(`select leader_id from river_leader where expires_at > now() limit 1`)
	b.Queue(`select state::text, count(*), min(scheduled_at) from river_job where queue = $1 and state in ('available', 'running', 'retryable', 'scheduled') group by state`, passQueue)
	b.Queue(`select count(*) from idpsync_target where state = 'dead'`)
	b.Queue(`select version from idpsync_source where name = ''`)
	r := v.fleet.db.SendBatch(ctx, b)
	o := &Overview{Read: time.Now()}
	err := o.scan(r, v.fleet)
	return o, errors.Join(err, r.Close())
}
