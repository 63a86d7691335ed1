package fleet

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
)

// TestSharedSchema: a schema that holds a ledger of ours and the queue of another
// program, which is idle, is refused before anything is changed. Without that
// program's marks it is ours.
func TestSharedSchema(t *testing.T) {
	location := ledgertest.Start(t).Database(t)
	led, err := ledger.Open(location, "", ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = led.Close() }()
	if err := led.Pool("one").LearnTraits(t.Context(), map[string]string{"v3": "on"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	f := New(Options{Database: location, Ledger: led, Workers: 1})
	if f.db, err = pgxpool.New(context.WithoutCancel(t.Context()), location); err != nil {
		t.Fatal(err)
	}
	defer f.db.Close()
	alone := func(want bool) {
		t.Helper()
		var shared *SharedError
		if err := f.alone(t.Context()); want != (err == nil) || !want && !errors.As(err, &shared) {
			t.Errorf("it is ours alone: %v, want %v", err, want)
		}
	}
	alone(true)
	if err := f.migrateJobs(t.Context(), slog.New(slog.NewTextHandler(io.Discard, nil))); err != nil {
		t.Fatal(err)
	}
	alone(true)
	ledgertest.Statement(t, location, `insert into river_queue (name, updated_at) values ('pass', now()), ('clock', now()), ('source', now())`)
	alone(true)
	ledgertest.Statement(t, location, `insert into river_queue (name, updated_at) values ('mail', now())`)
	alone(false)
	ledgertest.Statement(t, location, `delete from river_queue; insert into river_job (args, kind, queue, max_attempts) values ('{}', 'their_mail', 'mail', 3)`)
	alone(false)
}

// afterFirst tells when the first query has ended.
type afterFirst struct {
	once  sync.Once
	ended chan struct{}
}

func (*afterFirst) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (a *afterFirst) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {
	a.once.Do(func() { close(a.ended) })
}

// TestTablesInTheMaking: a replica that sees half of the tables, which another one
// makes at this moment, waits for the rest.
func TestTablesInTheMaking(t *testing.T) {
	location := ledgertest.Start(t).Database(t)
	ledgertest.Statement(t, location, `create table idpsync_source (); create table river_job (kind text)`)
	o, err := pgxpool.ParseConfig(location)
	if err != nil {
		t.Fatal(err)
	}
	looked := &afterFirst{ended: make(chan struct{})}
	o.ConnConfig.Tracer = looked
	f := New(Options{Database: location, Workers: 1})
	if f.db, err = pgxpool.NewWithConfig(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	defer f.db.Close()
	answer := make(chan error, 1)
	go func() { answer <- f.alone(t.Context()) }()
	<-looked.ended
	ledgertest.Statement(t, location, `create table river_queue (name text)`)
	if err := <-answer; err != nil {
		t.Error(err)
	}
}
