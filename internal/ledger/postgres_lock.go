package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// pgWriter is the holder of a pool's lock. The lock is two things. An advisory
// lock of a session, which the server frees when the process or its connection
// dies: so a killed run is followed at once. And an epoch in the pool's row,
// which every statement that writes compares: so a holder that was paused,
// cut off or believed dead writes nothing after another one has come.
type pgWriter struct {
	pool   *pgPool
	holder Holder
	epoch  int64

	mu      sync.Mutex
	session *pgconn.PgConn // nil when it was given back
	lost    bool
	stop    context.CancelFunc
	beating chan struct{}
}

// lockKey is the advisory lock of a pool: the same in every process that sees
// the same tables.
const lockKey = `hashtextextended('idpsync:' || current_schema() || ':' || $1, 0)`

func (p *pgPool) Lock(ctx context.Context, holder Holder) (Writer, error) {
	if _, err := p.ready(ctx, true); err != nil {
		return nil, err
	}
	c, err := p.dial(ctx)
	if err != nil {
		return nil, p.trouble(Unreadable, err)
	}
	w := &pgWriter{pool: p, holder: holder, session: c}
	if err := w.take(ctx); err != nil {
		hangUp(c)
		return nil, p.trouble(Unwritable, err)
	}
	beat, stop := context.WithCancel(context.Background())
	w.stop, w.beating = stop, make(chan struct{})
	go w.keepBeating(beat)
	return w, nil
}

// take takes the lock, from a holder that was not heard of for the lease too.
func (w *pgWriter) take(ctx context.Context) error {
	got, err := w.try(ctx)
	if err == nil && !got {
		if err = w.replace(ctx); err == nil {
			got, err = w.try(ctx)
		}
	}
	if err != nil {
		return err
	}
	if !got {
		return w.held(ctx)
	}
	holder, err := json.Marshal(w.holder)
	if err != nil {
		return err
	}
	_, err = query(ctx, w.session, func(row [][]byte) (err error) {
		w.epoch, err = strconv.ParseInt(string(row[0]), 10, 64)
		return err
	}, `insert into idpsync_pool as p (id, epoch, holder, backend, seen) values ($1, 1, $2, pg_backend_pid(), clock_timestamp())
		on conflict (id) do update set epoch = p.epoch + 1, holder = excluded.holder, backend = excluded.backend, seen = excluded.seen
		returning epoch`, w.pool.id, holder)
	return err
}

func (w *pgWriter) try(ctx context.Context) (got bool, err error) {
	_, err = query(ctx, w.session, func(row [][]byte) error {
		got = string(row[0]) == "t"
		return nil
	}, `select pg_try_advisory_lock(`+lockKey+`)`, w.pool.id)
	return got, err
}

// replace ends the session of a holder that was silent for the lease, and waits
// a moment for the server to free what it held. It is no error that there is
// nobody to replace, or that the session is another role's: whoever may must end
// that one. Process numbers are used again, so only a session that holds the
// lock is ended.
func (w *pgWriter) replace(ctx context.Context) error {
	_, err := query(ctx, w.session, nil, `select pg_terminate_backend(p.backend, 5000) from idpsync_pool p
		join pg_locks l on l.pid = p.backend and l.locktype = 'advisory' and l.objsubid = 1
			and (l.classid::bigint << 32) | l.objid::bigint = `+lockKey+`
		where p.id = $1 and p.seen < clock_timestamp() - make_interval(secs => $2::float8)`,
		w.pool.id, strconv.FormatFloat(w.pool.lease.Seconds(), 'f', -1, 64))
	var said *pgconn.PgError
	if errors.As(err, &said) && said.Code == "42501" {
		return nil
	}
	return err
}

// held tells who holds the lock.
func (w *pgWriter) held(ctx context.Context) error {
	e := &HeldError{Path: fmt.Sprintf("the ledger of pool %s at %s", w.pool.id, w.pool.place), Asked: w.holder.Since}
	_, err := query(ctx, w.session, func(row [][]byte) error {
		if row[0] != nil {
			return json.Unmarshal(row[0], &e.Holder)
		}
		return nil
	}, `select holder from idpsync_pool where id = $1`, w.pool.id)
	if err != nil {
		return err
	}
	return e
}

// keepBeating says that the holder lives, until the lock is given back. When the
// session is gone the lock is gone, whoever has it now.
func (w *pgWriter) keepBeating(ctx context.Context) {
	defer close(w.beating)
	tick := time.NewTicker(w.pool.beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !w.beat(ctx) {
			return
		}
	}
}

func (w *pgWriter) beat(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, w.pool.lease/2)
	defer cancel()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session == nil {
		return false
	}
	n, err := query(ctx, w.session, nil, `update idpsync_pool set seen = clock_timestamp() where id = $1 and epoch = $2`, w.pool.id, w.epoch)
	if ctx.Err() == nil && (err != nil || n == 0) {
		w.lost = true
	}
	return !w.lost
}

func (w *pgWriter) Epoch() int64 { return w.epoch }

// Release frees the lock; the epoch stays.
func (w *pgWriter) Release() error {
	w.stop()
	<-w.beating
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), pgPatience)
	defer cancel()
	var err error
	if !w.lost && !w.session.IsClosed() {
		_, err = query(ctx, w.session, nil, `update idpsync_pool set holder = null, backend = null where id = $1 and epoch = $2`, w.pool.id, w.epoch)
	}
	hangUp(w.session)
	w.session = nil
	return w.pool.trouble(Unwritable, err)
}

// still tells whether the lock is ours, as far as this process knows.
func (w *pgWriter) still() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.session == nil:
		return errReleased
	case w.lost:
		return w.lostError()
	}
	return nil
}

func (w *pgWriter) lostError() error {
	return &LostError{fmt.Sprintf("of pool %s in %s", w.pool.id, w.pool.place)}
}

// fence begins every statement that writes: its one row is there while the epoch
// is the highest. It locks the pool's row against a new holder until the
// statement is done, so there is no moment between looking and writing.
const fence = `with fence as (select 1 from idpsync_pool where id = $1 and epoch = $2 for share) `

// write runs a statement that begins with the fence. $1 and $2 are the pool and
// the epoch. A statement that touches nothing, though it must, was fenced off.
func (w *pgWriter) write(ctx context.Context, sql string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.still(); err != nil {
		return err
	}
	n, err := w.pool.ask(ctx, nil, fence+sql, append([]any{w.pool.id, w.epoch}, args...)...)
	if err != nil {
		return w.pool.trouble(Unwritable, err)
	}
	if n == 0 {
		return w.fenced(ctx)
	}
	return nil
}

// fenced tells whether a newer holder is why a statement touched nothing.
func (w *pgWriter) fenced(ctx context.Context) error {
	mine := false
	_, err := w.pool.ask(ctx, func([][]byte) error {
		mine = true
		return nil
	}, `select 1 from idpsync_pool where id = $1 and epoch = $2`, w.pool.id, w.epoch)
	if err != nil || mine {
		return w.pool.trouble(Unwritable, err)
	}
	w.mu.Lock()
	w.lost = true
	w.mu.Unlock()
	return w.lostError()
}

// late is the context of what must be written although the run was interrupted.
func late(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), pgPatience)
}
