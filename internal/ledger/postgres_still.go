package ledger

import (
	"context"
	"fmt"
	"time"
)

// How a request to the user pool is fenced, which no database can refuse. The
// holder says every beat that it is there, on the session that has the lock. For
// a third of the lease after it was last heard it may send; nobody takes its
// place before half of the lease has passed, however its session ended, unless
// it gave the lock back. So a request that Still lets out has a sixth of the
// lease to leave this machine.
//
// The clocks only measure how long ago something was. The one of the database is
// never compared with ours.

// sure is how long one word of the database counts.
func (l *pgLedger) sure() time.Duration { return l.lease / 3 }

// silence is how long a holder whose session is gone keeps its place.
func (l *pgLedger) silence() time.Duration { return l.lease / 2 }

// Still implements Writer.
func (w *pgWriter) Still(ctx context.Context) error {
	for ctx.Err() == nil {
		if w.lost.Load() {
			return w.lostError()
		}
		if w.fresh() {
			return nil
		}
		if err := w.beat(); err != nil {
			return err
		}
	} // the answer may be old already: a process can be stopped anywhere
	return ctx.Err()
}

// fresh tells whether the database was heard of a moment ago, by the clock on
// the wall and by the one that only ever goes on: that one stands still while a
// machine sleeps, and the other may be set back.
func (w *pgWriter) fresh() bool {
	heard := *w.heard.Load()
	now := time.Now()
	ran, passed := now.Sub(heard), now.Round(0).Sub(heard.Round(0))
	return ran < w.pool.sure() && passed < w.pool.sure() && passed >= 0
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
		if w.say() != nil {
			return
		}
	}
}

// beat says that the holder lives, unless somebody has just said it.
func (w *pgWriter) beat() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fresh() && !w.lost.Load() {
		return nil
	}
	return w.sayLocked()
}

func (w *pgWriter) say() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sayLocked()
}

// sayLocked says it, with w.mu held, in the session that has the lock: behind a
// pooler that lends sessions out it may be another one by now. No caller can
// interrupt it: the driver closes a session whose statement is interrupted, and
// the lock goes with it.
func (w *pgWriter) sayLocked() error {
	if w.session == nil {
		return errReleased
	}
	ctx, cancel := context.WithTimeout(context.Background(), w.pool.silence())
	defer cancel()
	asked := time.Now()
	n, err := query(ctx, w.session, nil, `update idpsync_pool set seen = clock_timestamp()
		where id = $1 and epoch = $2 and backend = pg_backend_pid()`, w.pool.id, w.epoch)
	if err != nil || n == 0 {
		w.lost.Store(true)
		return w.lostError()
	}
	w.heard.Store(&asked)
	return nil
}

func (w *pgWriter) Epoch() int64 { return w.epoch }

// Release frees the lock; the epoch stays. A holder that has lost its session
// says so on another connection, if there is one to be had: whoever comes next
// need not wait then.
func (w *pgWriter) Release() error {
	w.stop()
	<-w.beating
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session == nil {
		return nil
	}
	const free = `update idpsync_pool set holder = null, backend = null where id = $1 and epoch = $2`
	ctx, cancel := context.WithTimeout(context.Background(), pgPatience)
	defer cancel()
	var err error
	if !w.lost.Load() && !w.session.IsClosed() {
		_, err = query(ctx, w.session, nil, free, w.pool.id, w.epoch)
		if err == nil {
			err = w.unlock(ctx)
		}
	}
	if w.lost.Load() || err != nil {
		brief, cancel := context.WithTimeout(ctx, w.pool.beat)
		defer cancel()
		if _, again := w.pool.ask(brief, nil, free, w.pool.id, w.epoch); again == nil {
			err = nil
		}
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
	case w.lost.Load():
		return w.lostError()
	}
	return nil
}

func (w *pgWriter) lostError() error {
	return &LostError{fmt.Sprintf("of pool %s in %s", w.pool.id, w.pool.place)}
}
