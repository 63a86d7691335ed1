package fleet

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
)

const clockQueue = "clock"

// clockArgs is the job of the leader's clock.
type clockArgs struct{}

// Kind implements river.JobArgs.
func (clockArgs) Kind() string { return "idpsync_clock" }

// InsertOpts implements river.JobArgsWithInsertOpts. One a second: a tick that
// hangs with its replica does not hold up the next one.
func (clockArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: clockQueue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: time.Second}}
}

type clockWorker struct {
	river.WorkerDefaults[clockArgs]
	fleet *Fleet
}

// Timeout implements river.Worker.
func (w *clockWorker) Timeout(*river.Job[clockArgs]) time.Duration { return 30 * time.Second }

// Work implements river.Worker: it frees what silent replicas had in hand and
// asks for what is due.
func (w *clockWorker) Work(ctx context.Context, _ *river.Job[clockArgs]) error {
	for _, do := range []func(context.Context) error{w.fleet.free, w.fleet.dueSources, w.fleet.dueTargets} {
		if err := do(ctx); err != nil {
			w.fleet.o.Log.Debug("the clock is held up", "error", err)
			return errClock
		}
	}
	return nil
}

// free gives the jobs of replicas that are gone to others. An attempt counts: a
// pass that ends its process again and again is given up like any other.
func (f *Fleet) free(ctx context.Context) error {
	return f.inTx(ctx, func(tx pgx.Tx) error {
		freed, err := query[struct {
			Kind, Target string
			Given        bool
		}](ctx, tx, `update river_job j set state = (case when attempt >= max_attempts then 'discarded' else 'available' end)::river_job_state,
				finalized_at = case when attempt >= max_attempts then now() end, scheduled_at = now()
			where state = 'running' and kind = any($2) and not exists (
				select 1 from idpsync_replica r where r.id = j.attempted_by[array_length(j.attempted_by, 1)]
					and r.beat > clock_timestamp() - $1::interval)
			returning kind, coalesce(args->>'target', ''), state = 'discarded'`,
			f.o.Lease, []string{clockArgs{}.Kind(), sourceArgs{}.Kind(), passArgs{}.Kind()})
		if err != nil {
			return err
		}
		var waiting, given []string
		for _, one := range freed {
			switch {
			case one.Kind != passArgs{}.Kind():
			case one.Given:
				given = append(given, one.Target)
			default:
				waiting = append(waiting, one.Target)
			}
		}
		if len(waiting) > 0 {
			if _, err := tx.Exec(ctx, `update idpsync_target set state = 'waiting', since = clock_timestamp(), token = nextval('idpsync_change'),
				seq = nextval('idpsync_change') where name = any($1)`, waiting); err != nil {
				return err
			}
		}
		if len(given) > 0 {
			if _, err := tx.Exec(ctx, `update idpsync_target set state = 'dead', since = clock_timestamp(), failures = failures + $2, reason = $3,
				next_at = clock_timestamp() + $4::interval, token = nextval('idpsync_change'), seq = nextval('idpsync_change')
				where name = any($1)`, given, f.o.attempts, endedReason, deadTime); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `delete from idpsync_replica where beat < clock_timestamp() - $1::interval`, 20*f.o.Lease)
		return err
	})
}

// endedReason is why a target is given up whose passes never came to an end.
const endedReason = "the program ended in the middle of each of its passes"

// batch is how many targets a tick asks for at most.
const batch = 2000

// dueTarget is a target whose time has come.
type dueTarget struct {
	Name, Source string
	Changed      bool
	Failures     int
}

// dueTargets asks for a pass of each target whose time has come. One that has its
// pass already keeps it, and is looked for again later; when a change waits for a
// pass that failed and is to be tried later, that time is now.
func (f *Fleet) dueTargets(ctx context.Context) error {
	return f.inTx(ctx, func(tx pgx.Tx) error {
		due, err := query[dueTarget](ctx, tx, `select name, source, wanted > done, failures from idpsync_target
			where next_at <= clock_timestamp() order by next_at limit $1 for update skip locked`, batch)
		if err != nil || len(due) == 0 {
			return err
		}
		jobs := make([]river.InsertManyParams, len(due))
		for i, d := range due {
			jobs[i] = river.InsertManyParams{Args: passArgs{d.Name}, InsertOpts: &river.InsertOpts{Priority: d.priority(), MaxAttempts: d.attempts(f.o.attempts)}}
		}
		results, err := f.jobs.InsertManyTx(ctx, tx, jobs)
		if err != nil {
			return err
		}
		names := make([]string, 0, len(due))
		var urgent []int64
		for i, r := range results {
			names = append(names, due[i].Name)
			if r.UniqueSkippedAsDuplicate && due[i].Changed {
				urgent = append(urgent, r.Job.ID)
			}
		}
		if _, err := tx.Exec(ctx, `update river_job set priority = 1, state = 'available', scheduled_at = now()
			where id = any($1) and state in ('available', 'retryable', 'scheduled')`, urgent); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update idpsync_target set next_at = clock_timestamp() + $2::interval,
				state = case when state in ('', 'dead') then 'waiting' else state end,
				since = case when state in ('', 'dead') then clock_timestamp() else since end,
				seq = case when state in ('', 'dead') then nextval('idpsync_change') else seq end
			where name = any($1)`, names, recheck)
		return err
	})
}

// priority: a change comes before a repetition, and that before the clock.
func (d dueTarget) priority() int {
	switch {
	case d.Failures > 0:
		return 2
	case d.Changed:
		return 1
	}
	return 3
}

// attempts: one that was given up is looked at once, unless something changed.
func (d dueTarget) attempts(most int) int {
	if d.Failures >= most && !d.Changed {
		return 1
	}
	return most
}

// dueSources asks for a look at each repository whose time has come.
func (f *Fleet) dueSources(ctx context.Context) error {
	return f.inTx(ctx, func(tx pgx.Tx) error {
		due, err := query[struct{ Name string }](ctx, tx, `update idpsync_source set next_at = clock_timestamp() + $1::interval
			where git and next_at <= clock_timestamp() returning name`, recheck)
		if err != nil || len(due) == 0 {
			return err
		}
		jobs := make([]river.InsertManyParams, len(due))
		for i, d := range due {
			jobs[i] = river.InsertManyParams{Args: sourceArgs{d.Name}}
		}
		_, err = f.jobs.InsertManyTx(ctx, tx, jobs)
		return err
	})
}
