package fleet

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/idpsync/idpsync/internal/ledger"
)

// connections is how many a replica opens for the fleet at most, beside those of
// the ledger: one of them listens for River.
const connections = 8

// open connects, brings the tables to this version, and prepares River.
func (f *Fleet) open(ctx context.Context) error {
	o, err := pgxpool.ParseConfig(f.o.Database)
	if err != nil {
		return &ledger.Error{Problem: ledger.Foreign, Path: "--database", Reason: "the address cannot be read"}
	}
	o.MaxConns = connections
	o.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement // a URL could name one that the program is built without
	o.ConnConfig.ConnectTimeout = max(o.ConnConfig.ConnectTimeout, 5*time.Second)
	o.ConnConfig.RuntimeParams["application_name"] = "idpsync"
	o.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		// A replica that was stopped in a transaction must not keep the others waiting.
		_, err := c.Exec(ctx, `set idle_in_transaction_session_timeout = '10s'`)
		return err
	}
	if f.db, err = pgxpool.NewWithConfig(ctx, o); err != nil {
		return ledger.Trouble(f.o.Ledger, err)
	}
	if err := f.alone(ctx); err != nil {
		f.db.Close()
		return err
	}
	quiet := slog.New(lowered{f.o.Log.Handler()})
	if err := ledger.Prepare(ctx, f.o.Ledger, func(ctx context.Context) error { return f.migrateJobs(ctx, quiet) }); err != nil {
		f.db.Close()
		return err
	}
	if f.jobs, err = river.NewClient[pgx.Tx](yielding{riverpgxv5.New(f.db), &f.late}, f.riverConfig(quiet)); err != nil {
		f.db.Close()
		return err
	}
	return nil
}

// SharedError is a schema in which another program has its jobs. River deletes and
// rescues what it finds, whoever made it.
type SharedError struct{}

func (*SharedError) Error() string {
	return "the database holds jobs of another program in the same schema"
}

// Hint tells what next.
func (*SharedError) Hint() string {
	return "give idpsync a database of its own, or a schema: ?search_path=NAME in the URL, after create schema NAME"
}

// alone refuses River's tables that are not ours.
func (f *Fleet) alone(ctx context.Context) error {
	var jobs, queues, ours bool
	var err error
	// Another replica may be making River's tables at this moment, after ours and one
	// after another.
	for range 50 {
		err = f.db.QueryRow(ctx, `select to_regclass('river_job') is not null, to_regclass('river_queue') is not null,
			to_regclass('idpsync_source') is not null`).Scan(&jobs, &queues, &ours)
		if half := ours && jobs && !queues; err != nil || !half {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
	ours = ours && queues
	if err == nil && jobs && ours {
		// Our tables may be there because of a ledger alone. A program that has no job at
		// the moment still has its queues.
		err = f.db.QueryRow(ctx, `select not exists (select 1 from river_job where left(kind, 8) <> 'idpsync_')
			and not exists (select 1 from river_queue where name <> all($1::text[]))`, []string{clockQueue, sourceQueue, passQueue}).Scan(&ours)
	}
	if err == nil && jobs && !ours {
		return &SharedError{}
	}
	return ledger.Trouble(f.o.Ledger, err)
}

// migrateJobs makes River's own tables, which come with its version.
func (f *Fleet) migrateJobs(ctx context.Context, log *slog.Logger) error {
	m, err := rivermigrate.New(riverpgxv5.New(f.db), &rivermigrate.Config{Logger: log})
	if err != nil {
		return err
	}
	if ok, err := m.Validate(ctx, nil); err == nil && ok.OK {
		return nil // a role that may not make tables can work on them
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func (f *Fleet) riverConfig(log *slog.Logger) *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, &clockWorker{fleet: f})
	river.AddWorker(workers, &sourceWorker{fleet: f})
	river.AddWorker(workers, &passWorker{fleet: f})
	return &river.Config{
		ID: f.id, Logger: log, Workers: workers,
		Queues: map[string]river.QueueConfig{
			clockQueue:  {MaxWorkers: 1},
			sourceQueue: {MaxWorkers: 4},
			passQueue:   {MaxWorkers: f.o.Workers, FetchCooldown: 20 * time.Millisecond},
		},
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(f.o.tick), func() (river.JobArgs, *river.InsertOpts) {
			return clockArgs{}, nil
		}, &river.PeriodicJobOpts{ID: clockArgs{}.Kind(), RunOnStart: true})},
		MaxAttempts: f.o.attempts, JobTimeout: mostTime, RescueStuckJobsAfter: mostTime + 10*time.Minute,
		CompletedJobRetentionPeriod: forget,
	}
}

// close says farewell, so that others need not wait for the lease.
func (f *Fleet) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = f.db.Exec(ctx, `delete from idpsync_replica where id = $1`, f.id)
	closed := make(chan struct{})
	go func() {
		f.db.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-ctx.Done(): // somebody holds on to one; the process ends anyway
	}
}

// inTx runs statements as one transaction, and waits for a database that does not
// answer no longer than for a replica.
func (f *Fleet) inTx(ctx context.Context, do func(pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, f.o.Lease)
	defer cancel()
	return pgx.BeginFunc(ctx, f.db, do)
}

// query reads all rows of a statement into structs by position.
func query[T any](ctx context.Context, q interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}, sql string, args ...any,
) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}

// lowered lets River's words through at the lowest level only: what of them
// matters to people is told by the fleet in its own.
type lowered struct{ next slog.Handler }

func (h lowered) Enabled(ctx context.Context, _ slog.Level) bool {
	return h.next.Enabled(ctx, slog.LevelDebug)
}

func (h lowered) Handle(ctx context.Context, r slog.Record) error {
	r.Level = slog.LevelDebug
	return h.next.Handle(ctx, r)
}

func (h lowered) WithAttrs(a []slog.Attr) slog.Handler { return lowered{h.next.WithAttrs(a)} }
func (h lowered) WithGroup(name string) slog.Handler   { return lowered{h.next.WithGroup(name)} }
