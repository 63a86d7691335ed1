package ledger_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
	"github.com/idpsync/idpsync/internal/model"
)

// lease is short, and long enough for a server on a busy machine to answer.
const lease = 3 * time.Second

func openDatabase(t *testing.T, location string) ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(location, "", ledger.Options{Lease: lease})
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// TestPostgres holds a database to the same contract as files, and to what only
// a database must stand.
func TestPostgres(t *testing.T) {
	s := pg{ledgertest.Start(t)}
	t.Run("conforms", s.conforms)
	t.Run("killed", s.killed)
	t.Run("fences a paused holder", s.fencesAPausedHolder)
	t.Run("the epoch ends", s.epochEnds)
	t.Run("a send ends before the next holder", s.sendEndsFirst)
	t.Run("a dead session is waited for", s.deadSessionWaits)
	t.Run("a session that is lent", s.lentSession)
	t.Run("recent", s.recent)
	t.Run("begins once", s.beginsOnce)
	t.Run("reads without tables", s.readsWithoutTables)
	t.Run("trouble", s.trouble)
	t.Run("sessions die", s.sessionsDie)
}

type pg struct{ *ledgertest.Server }

func (s pg) conforms(t *testing.T) {
	conformance(t, func(t *testing.T) place {
		location := s.Database(t)
		return place{func(t *testing.T) ledger.Ledger { return openDatabase(t, location) }}
	})
}

// after takes the lock as soon as it can be had: a server needs a moment to see
// that a session has died, and a lease a while to end.
func after(t *testing.T, p ledger.Pool) ledger.Writer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		w, err := p.Lock(ctx, ledger.Holder{Host: "next", PID: 1, Run: "next", Since: noon})
		var held *ledger.HeldError
		if err == nil {
			t.Cleanup(func() { _ = w.Release() })
			return w
		} else if !errors.As(err, &held) {
			t.Fatal(err)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatal("the lock was never free")
		}
	}
}

// steps is how much the run has told.
func steps(t *testing.T, p ledger.Pool) (all, open int) {
	t.Helper()
	r, err := p.Run(t.Context(), "child")
	must(t, err)
	return len(r.Steps), len(r.Open())
}

// killed: a run that is killed is followed soon, and what it was promised is
// there.
func (s pg) killed(t *testing.T) {
	for kill := 1; kill <= 7; kill++ {
		t.Run(fmt.Sprint(kill), func(t *testing.T) { t.Parallel(); s.killedAt(t, kill) })
	}
}

func (s pg) killedAt(t *testing.T, kill int) {
	location := s.Database(t)
	counts, failure := promised(t, location, `exec "$0"`, kill)
	if failure != "" || counts["intent"] == 0 {
		t.Fatalf("%v %s", counts, failure)
	}
	p := openDatabase(t, location).Pool(poolID)
	w := after(t, p)
	all, open := steps(t, p)
	objects, err := p.Objects(t.Context())
	must(t, err)
	if all < counts["intent"] || all-open < counts["outcome"] || open > 1 || len(objects) < counts["object"] {
		t.Errorf("promised %v; kept %d steps, %d open, %d objects", counts, all, open, len(objects))
	}
	fates := map[int]ledger.Outcome{}
	r, err := p.Run(t.Context(), "child")
	must(t, err)
	for _, s := range r.Open() {
		fates[s.N] = ledger.Outcome{Time: noon, Fate: ledger.Absent}
	}
	must(t, w.Settle(t.Context(), "child", fates))
	if left, err := p.Unfinished(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	must(t, w.Release())
}

// fencesAPausedHolder stops a run in the middle, lets another one
// take its place after the lease, and lets the first one go on: it must write
// nothing more.
func (s pg) fencesAPausedHolder(t *testing.T) {
	location := s.Database(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+location)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewScanner(out)
	for n := 0; n < 7 && lines.Scan(); n++ {
	}
	must(t, cmd.Process.Signal(syscall.SIGSTOP))

	p := openDatabase(t, location).Pool(poolID)
	w := after(t, p)
	before, _ := steps(t, p)
	objects, err := p.Objects(t.Context())
	must(t, err)
	must(t, cmd.Process.Signal(syscall.SIGCONT))
	failure := ""
	for lines.Scan() {
		failure = lines.Text()
	}
	_ = cmd.Wait()
	if !strings.HasPrefix(failure, "error ") {
		t.Errorf("the paused run ended with %q", failure)
	}
	now, err := p.Objects(t.Context())
	must(t, err)
	if all, _ := steps(t, p); all != before || len(now) != len(objects) || before == 0 {
		t.Errorf("before %d steps and %d objects, then %d and %d", before, len(objects), all, len(now))
	}
	must(t, w.Save(t.Context(), example(portal)))
}

// epochEnds takes the lock away behind the back of a holder whose
// own session lives on: the epoch alone must stop every kind of write.
func (s pg) epochEnds(t *testing.T) {
	location := s.Database(t)
	p, ctx := openDatabase(t, location).Pool(poolID), t.Context()
	writes := map[string]func(w ledger.Writer, j ledger.Journal, n int) error{
		"save":     func(w ledger.Writer, _ ledger.Journal, _ int) error { return w.Save(ctx, example(portal)) },
		"forget":   func(w ledger.Writer, _ ledger.Journal, _ int) error { return w.Forget(ctx, corp) },
		"use plan": func(w ledger.Writer, _ ledger.Journal, _ int) error { return w.UsePlan(ctx, "sha256:new", "r9") },
		"begin": func(w ledger.Writer, _ ledger.Journal, _ int) error {
			_, err := w.Begin(ctx, head("another"))
			return err
		},
		"settle": func(w ledger.Writer, _ ledger.Journal, n int) error {
			return w.Settle(ctx, "r1", map[int]ledger.Outcome{n: {Time: noon, Fate: ledger.Absent}})
		},
		"intent": func(_ ledger.Writer, j ledger.Journal, _ int) error {
			_, err := j.Intent(ctx, ledger.Entry{Time: noon, Key: corp, Action: "create"})
			return err
		},
		"outcome": func(_ ledger.Writer, j ledger.Journal, n int) error {
			return j.Outcome(ctx, n, ledger.Outcome{Time: noon, Fate: ledger.Done})
		},
		"override": func(_ ledger.Writer, j ledger.Journal, _ int) error { return j.Override(ctx, "lockout", "x") },
		"close":    func(_ ledger.Writer, j ledger.Journal, _ int) error { return j.Close(ctx, ledger.Summary{Time: noon}) },
	}
	w := lock(t, p)
	must(t, w.Save(ctx, example(corp)))
	j, err := w.Begin(ctx, head("r1"))
	must(t, err)
	n, err := j.Intent(ctx, ledger.Entry{Time: noon, Key: corp, Action: "update"})
	must(t, err)
	must(t, w.Release())
	for name, write := range writes {
		w := lock(t, p)
		j, err := w.Begin(ctx, head("run-"+strings.ReplaceAll(name, " ", "-")))
		must(t, err)
		m, err := j.Intent(ctx, ledger.Entry{Time: noon, Key: corp, Action: "update"})
		must(t, err)
		if name == "settle" {
			m = n
		}
		ledgertest.Statement(t, location, "update idpsync_pool set epoch = epoch + 1, holder = null")
		var lost *ledger.LostError
		if err := write(w, j, m); !errors.As(err, &lost) {
			t.Errorf("%s after the epoch: %v", name, err)
		}
		_ = w.Release()
	}
	sameObjects(t, p, example(corp))
	if r, err := p.Run(ctx, "r1"); err != nil || len(r.Open()) != 1 || r.SettledBy != "" {
		t.Errorf("%+v, %v", r, err)
	}
}

// cut ends every session of the program.
func cut(t *testing.T, location string) {
	t.Helper()
	ledgertest.Statement(t, location, `select pg_terminate_backend(pid, 5000) from pg_stat_activity
		where pid <> pg_backend_pid() and application_name = 'idpsync'`)
}

// sendEndsFirst: a holder whose line is cut may send for a while, since it cannot
// know. As soon as the next one has the lock, it may not.
func (s pg) sendEndsFirst(t *testing.T) {
	location := s.Database(t)
	p := openDatabase(t, location).Pool(poolID)
	for range 3 {
		w := lock(t, p)
		must(t, w.Still(t.Context()))
		cut(t, location)
		next := after(t, p)
		var lost *ledger.LostError
		if err := w.Still(t.Context()); !errors.As(err, &lost) {
			t.Errorf("a holder that was followed may send: %v", err)
		}
		must(t, next.Still(t.Context()))
		must(t, w.Release()) // and takes nothing from the next one
		var held *ledger.HeldError
		if _, err := p.Lock(t.Context(), ledger.Holder{}); !errors.As(err, &held) || held.Wait != 0 {
			t.Errorf("the lock of the next one: %v", err)
		}
		must(t, next.Release())
	}
}

// deadSessionWaits: how long a holder that was cut off is in the way is told, and
// one that gives the lock back is not waited for.
func (s pg) deadSessionWaits(t *testing.T) {
	location := s.Database(t)
	l, err := ledger.Open(location, "", ledger.Options{Lease: 10 * time.Minute})
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	p := l.Pool(poolID)
	w := lock(t, p)
	cut(t, location)
	var held *ledger.HeldError
	if _, err := p.Lock(t.Context(), ledger.Holder{}); !errors.As(err, &held) || held.Wait <= 0 || held.Wait > 5*time.Minute || held.Holder.Run != "r-later" && held.Holder.PID != 42 {
		t.Fatalf("the lock of a holder that was cut off: %v", err)
	}
	if !strings.Contains(held.Error(), "not heard of any more: it is free in ") {
		t.Error(held)
	}
	must(t, w.Release())
	must(t, lock(t, p).Release())
}

// lentSession: a pooler gave the session of the lock to somebody else. The holder
// finds out when it says that it is there, or wants to send.
func (s pg) lentSession(t *testing.T) {
	location := s.Database(t)
	p := openDatabase(t, location).Pool(poolID)
	w := lock(t, p)
	ledgertest.Statement(t, location, "update idpsync_pool set backend = pg_backend_pid()")
	eventually(t, "the holder finds out", func() bool {
		var lost *ledger.LostError
		return errors.As(w.Still(t.Context()), &lost)
	})
}

// eventually waits for what comes by itself.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

// recent lists the newest runs alone.
func (s pg) recent(t *testing.T) {
	p := openDatabase(t, s.Database(t)).Pool(poolID)
	w := lock(t, p)
	for _, id := range []string{"r1", "r2", "r3"} {
		_, err := w.Begin(t.Context(), head(id))
		must(t, err)
	}
	few, err := p.(interface {
		Recent(context.Context, int) ([]ledger.RunInfo, error)
	}).Recent(t.Context(), 2)
	if err != nil || len(few) != 2 || few[0].ID != "r3" || few[1].ID != "r2" {
		t.Errorf("%+v, %v", few, err)
	}
}

// beginsOnce: many programs find an empty database at once.
func (s pg) beginsOnce(t *testing.T) {
	location := s.Database(t)
	var wg sync.WaitGroup
	for range 8 {
		l := openDatabase(t, location)
		wg.Go(func() {
			if err := l.Pool(poolID).LearnTraits(t.Context(), map[string]string{"a": "b"}, noon); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	traits, err := openDatabase(t, location).Pool(poolID).Traits(t.Context())
	if err != nil || traits["a"] != "b" {
		t.Error(traits, err)
	}
}

// readsWithoutTables: to look never makes anything.
func (s pg) readsWithoutTables(t *testing.T) {
	location := s.Database(t)
	emptyPool(t, place{func(t *testing.T) ledger.Ledger { return openDatabase(t, location) }})
	ledgertest.Statement(t, location, "create table idpsync_pool (nothing integer)") // fails when there is one
}

// refused opens the database and expects the problem from reads and writes, or
// from writes alone.
func refused(t *testing.T, location string, problem ledger.Problem, reads bool) *ledger.Error {
	t.Helper()
	p := openDatabase(t, location).Pool(poolID)
	var e *ledger.Error
	_, err := p.Objects(t.Context())
	if reads && (!errors.As(err, &e) || e.Problem != problem) || !reads && err != nil {
		t.Errorf("objects: %v", err)
	}
	if _, err = p.Lock(t.Context(), ledger.Holder{}); !errors.As(err, &e) || e.Problem != problem {
		t.Errorf("lock: %v, want %s", err, problem)
	}
	return e
}

func (s pg) trouble(t *testing.T) {
	t.Run("newer tables", func(t *testing.T) {
		location := s.Database(t)
		must(t, openDatabase(t, location).Pool(poolID).LearnTraits(t.Context(), map[string]string{"a": "b"}, noon))
		ledgertest.Statement(t, location, "insert into idpsync_migration (version, name) values (99, 'tomorrow')")
		refused(t, location, ledger.Newer, true)
	})
	t.Run("tables that are carried forward under a running program", func(t *testing.T) {
		location := s.Database(t)
		p := openDatabase(t, location).Pool(poolID)
		must(t, lock(t, p).Release())
		ledgertest.Statement(t, location, "insert into idpsync_migration (version, name) values (99, 'tomorrow')")
		var e *ledger.Error
		if _, err := p.Lock(t.Context(), ledger.Holder{}); !errors.As(err, &e) || e.Problem != ledger.Newer {
			t.Errorf("lock: %v", err)
		}
	})
	t.Run("read only", func(t *testing.T) {
		location := s.Database(t)
		must(t, openDatabase(t, location).Pool(poolID).LearnTraits(t.Context(), map[string]string{"a": "b"}, noon))
		refused(t, location+"&default_transaction_read_only=on", ledger.Unwritable, false)
	})
	t.Run("read only and empty", func(t *testing.T) {
		refused(t, s.Database(t)+"&default_transaction_read_only=on", ledger.Unwritable, false)
	})
	t.Run("nobody there", func(t *testing.T) {
		port, err := ledgertest.FreePort()
		must(t, err)
		e := refused(t, "postgres://somebody:canary@127.0.0.1:"+port+"/nowhere?password=canary&sslmode=disable", ledger.Unreachable, true)
		if e != nil && strings.Contains(e.Error()+e.Hint(), "canary") {
			t.Errorf("a password is told: %v", e)
		}
	})
	t.Run("no such database", func(t *testing.T) {
		u, err := url.Parse(s.Database(t))
		must(t, err)
		u.Path = "/nowhere"
		refused(t, u.String(), ledger.Unreachable, true)
	})
	t.Run("no connection free", func(t *testing.T) {
		location := s.Database(t)
		ledgertest.Statement(t, location, `create role few login connection limit 0`)
		u, err := url.Parse(location)
		must(t, err)
		u.User = url.User("few")
		refused(t, u.String(), ledger.Unreachable, true)
	})
	t.Run("no address", func(t *testing.T) {
		var e *ledger.Error
		_, err := ledger.Open("postgres://u:canary@[::1", "", ledger.Options{})
		if !errors.As(err, &e) || e.Problem != ledger.Foreign || strings.Contains(err.Error(), "canary") {
			t.Error(err)
		}
	})
	t.Run("a strange row", func(t *testing.T) {
		location := s.Database(t)
		p := openDatabase(t, location).Pool(poolID)
		w := lock(t, p)
		must(t, w.Save(t.Context(), example(corp)))
		ledgertest.Statement(t, location, `update idpsync_object set body = '{"key":"nothing"}'`)
		var e *ledger.Error
		if _, err := p.Objects(t.Context()); !errors.As(err, &e) || e.Problem != ledger.Damaged {
			t.Error(err)
		}
	})
}

// sessionsDie cuts every connection: readers come back by
// themselves, a holder has lost its lock and says so.
func (s pg) sessionsDie(t *testing.T) {
	location := s.Database(t)
	p := openDatabase(t, location).Pool(poolID)
	w := lock(t, p)
	must(t, w.Save(t.Context(), example(corp)))
	cut(t, location)
	sameObjects(t, p, example(corp))
	next := after(t, p)
	must(t, next.Save(t.Context(), example(portal)))
	var lost *ledger.LostError
	if err := w.Forget(t.Context(), model.Key{Kind: model.Connection, Name: "corp"}); !errors.As(err, &lost) {
		t.Errorf("a holder without its session: %v", err)
	}
}
