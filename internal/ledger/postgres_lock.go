package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// pgWriter is the holder of a pool's lock. The lock is two things. An advisory
// lock of a session, which the server frees when the process or its connection
// dies: so a killed run is followed at once. And an epoch in the pool's row,
// which every statement that writes compares: so a holder that was paused,
// cut off or believed dead writes nothing after another one has come. What the
// database cannot fence, a request to the user pool, is fenced by time
// (postgres_still.go).
type pgWriter struct {
	pool   *pgPool
	holder Holder
	epoch  int64

	// heard is when the database was asked for the last time of those in which it
	// has said that the lock is ours; never after the time that it keeps itself.
	heard atomic.Pointer[time.Time]
	// lost: another holder has come, or may come.
	lost atomic.Bool

	mu      sync.Mutex
	session *pgconn.PgConn // nil when it was given back
	stop    context.CancelFunc
	beating chan struct{}
}

// errLent: the lock is a session's, and the next statement was not in it.
var errLent = errors.New("what stands in between changes sessions between two statements")

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
	if err = p.known(ctx, c); err == nil {
		err = w.take(ctx)
	}
	if err == nil && w.say() != nil {
		err = &Error{Problem: Unwritable, Path: p.place, Reason: errLent.Error(), Err: errLent}
	}
	if err != nil {
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
	asked := time.Now()
	holder, err := json.Marshal(w.holder)
	if err != nil {
		return err
	}
	_, err = query(ctx, w.session, func(row [][]byte) (err error) {
		w.epoch, err = strconv.ParseInt(string(row[0]), 10, 64)
		return err
	}, `insert into idpsync_pool as p (id, epoch, holder, backend, seen) values ($1, 1, $2, pg_backend_pid(), clock_timestamp())
		on conflict (id) do update set epoch = p.epoch + 1, holder = excluded.holder, backend = excluded.backend, seen = excluded.seen
		where p.holder is null or p.seen is null or p.seen < clock_timestamp() - make_interval(secs => $3::float8)
		returning epoch`, w.pool.id, holder, seconds(w.pool.silence()))
	if err == nil && w.epoch == 0 {
		return errors.Join(w.held(ctx), w.unlock(ctx))
	}
	w.heard.Store(&asked)
	return err
}

func (w *pgWriter) try(ctx context.Context) (got bool, err error) {
	_, err = query(ctx, w.session, func(row [][]byte) error {
		got = string(row[0]) == "t"
		return nil
	}, `select pg_try_advisory_lock(`+lockKey+`)`, w.pool.id)
	return got, err
}

// unlock lets go of the lock by a word. The end of the session would do it too,
// but a moment after whoever ended it has gone on, and asks again.
func (w *pgWriter) unlock(ctx context.Context) error {
	_, err := query(ctx, w.session, nil, `select pg_advisory_unlock_all()`)
	return err
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
		w.pool.id, seconds(w.pool.lease))
	var said *pgconn.PgError
	if errors.As(err, &said) && said.Code == "42501" {
		return nil
	}
	return err
}

// held tells who holds the lock, or held it and may still believe so.
func (w *pgWriter) held(ctx context.Context) error {
	e := &HeldError{Path: fmt.Sprintf("the ledger of pool %s at %s", w.pool.id, w.pool.place), Asked: w.holder.Since}
	_, err := query(ctx, w.session, func(row [][]byte) error {
		if left, err := strconv.ParseFloat(string(row[1]), 64); err == nil && row[2] == nil {
			e.Wait = max(time.Duration(left*float64(time.Second)), time.Millisecond)
		}
		if row[0] != nil {
			return json.Unmarshal(row[0], &e.Holder)
		}
		return nil
	}, `select holder, extract(epoch from seen - clock_timestamp()) + $2::float8,
		(select min(l.pid) from pg_locks l where l.pid = p.backend and l.locktype = 'advisory' and l.objsubid = 1
			and (l.classid::bigint << 32) | l.objid::bigint = `+lockKey+`)
		from idpsync_pool p where id = $1`, w.pool.id, seconds(w.pool.silence()))
	if err != nil {
		return err
	}
	return e
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

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
	w.lost.Store(true)
	return w.lostError()
}

// late is the context of what must be written although the run was interrupted.
func late(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), pgPatience)
}
