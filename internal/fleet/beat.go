package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/idpsync/idpsync/internal/ledger"
)

// beat says that this replica lives, and which versions it has.
func (f *Fleet) beat(ctx context.Context) error { return f.beatIn(ctx, f.db, "", "") }

// beatIn does so with a version of a source that is about to be in force, so that
// nobody takes it for one that nobody has.
func (f *Fleet) beatIn(ctx context.Context, db interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}, source, version string,
) error {
	holds := map[string]string{}
	f.mu.Lock()
	if h := f.self.have(); h != nil {
		holds[""] = h.version
	}
	for name, s := range f.sources {
		if h := s.have(); h != nil {
			holds[name] = h.version
		}
	}
	f.mu.Unlock()
	if version != "" {
		holds[source] = version
	}
	text, err := json.Marshal(holds)
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, `insert into idpsync_replica (id, host, pid, version, holds) values ($1, $2, $3, $4, $5)
		on conflict (id) do update set beat = clock_timestamp(), holds = excluded.holds`, f.id, f.o.Host, os.Getpid(), f.o.Version, string(text))
	return err
}

// keepBeating beats, looks after jobs that this replica lost, and tries again to
// be in force where it is late.
func (f *Fleet) keepBeating(ctx context.Context) {
	pause := min(beat, f.o.Lease/6)
	t := time.NewTicker(pause)
	defer t.Stop()
	suspects := map[int64]bool{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		one, cancel := context.WithTimeout(ctx, f.o.Lease/3)
		err := f.beat(one)
		f.heard(ledger.Trouble(f.o.Ledger, err))
		var newer *ledger.Error
		if out := ledger.Outgrown(one, f.o.Ledger); errors.As(out, &newer) && newer.Problem == ledger.Newer {
			cancel()
			f.fail(out) // what a newer program wrote is not ours to touch
			return
		}
		if err == nil {
			suspects = f.lost(one, suspects)
			f.retell(one)
		}
		cancel()
		if err != nil {
			f.o.Log.Debug("a beat was lost", "error", err)
		}
	}
}

// heard keeps why this replica could not say that it lives; nil when it could.
func (f *Fleet) heard(err error) {
	f.mu.Lock()
	news := err != nil && f.unheard == nil
	f.unheard = err
	f.mu.Unlock()
	if news {
		f.o.Warn(err)
	}
}

// retell publishes again where this replica is late, for when nobody has the
// version in force any more, and where what it has was never told.
func (f *Fleet) retell(ctx context.Context) {
	if !f.working("") {
		_ = f.tell(ctx)
		return
	}
	for _, s := range f.folders() {
		if h := s.have(); h != nil && !f.working(s.name) {
			_, _ = f.publish(ctx, s, h, false)
		}
	}
}

// lost frees passes that the database has in this replica's hand and that it does
// not know of, as after a connection that broke at the wrong moment. It gives
// those that may be such next time.
func (f *Fleet) lost(ctx context.Context, suspects map[int64]bool) map[int64]bool {
	mine, err := query[struct{ ID int64 }](ctx, f.db, `select id from river_job where state = 'running' and kind = $2
		and attempted_by[array_length(attempted_by, 1)] = $1 and attempted_at < now() - interval '5 seconds'`, f.id, passArgs{}.Kind())
	if err != nil {
		return suspects
	}
	next := map[int64]bool{}
	f.mu.Lock()
	for _, one := range mine {
		if !f.passes[one.ID] {
			next[one.ID] = true
		}
	}
	f.mu.Unlock()
	var free []int64
	for id := range next {
		if suspects[id] {
			free = append(free, id)
			delete(next, id)
		}
	}
	if len(free) > 0 {
		_, _ = f.db.Exec(ctx, `update river_job set state = 'available', scheduled_at = now() where id = any($1) and state = 'running'
			and attempted_by[array_length(attempted_by, 1)] = $2`, free, f.id)
	}
	return next
}
