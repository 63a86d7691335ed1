package fleet

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/reconcile"
)

// Place is where a target leads, without any secret.
type Place struct {
	// Server names the server with how it is trusted, Host the same for people.
	Server, Host string
	// Pool names the user pool among those of all servers.
	Pool string
	// Keys are the variables whose values are shown to it.
	Keys []string
	// Whole names all of it, the pool too.
	Whole string
}

// MovedError keeps a target at the server that it began with, and the keys at the
// servers that they belong to: keys are in the environment of the replicas, and
// whoever can write to the files could have them sent to a host of his own.
type MovedError struct {
	Target, Host string
	// New: nobody led there when the source began. Key is a variable that belongs to
	// another server; "" where the target itself led elsewhere.
	New bool
	Key string
}

func (e *MovedError) Error() string {
	switch {
	case e.Key != "":
		return fmt.Sprintf("target %s would show the value of %s to another server than the one that it belongs to: %s", e.Target, e.Key, e.Host)
	case e.New:
		return fmt.Sprintf("target %s leads to a server that is new to this source: %s", e.Target, e.Host)
	}
	return fmt.Sprintf("the files lead elsewhere now: target %s names another host, pool or other credentials than when it was first looked at", e.Target)
}

// Hint tells what next.
func (e *MovedError) Hint() string {
	return "if that is meant, send SIGHUP to a replica, or start one with --accept-moves"
}

// trust tells whether a target may lead where it leads. Variables that nobody used
// before belong to that server from then on.
func (f *Fleet) trust(ctx context.Context, p config.Picked, at Place) error {
	f.mu.Lock()
	known := f.trusted[p.Name()] == at.Whole
	f.mu.Unlock()
	if known {
		return nil
	}
	err := f.inTx(ctx, func(tx pgx.Tx) error { return trustIn(ctx, tx, p, at) })
	if err == nil {
		f.mu.Lock()
		f.trusted[p.Name()] = at.Whole
		f.mu.Unlock()
	}
	return err
}

func trustIn(ctx context.Context, tx pgx.Tx, p config.Picked, at Place) error {
	type row struct{ Source, What, Place string }
	want := []row{{p.Source, "server:" + at.Server, ""}, {p.Source, "target:" + p.Target, at.Whole}}
	for _, key := range at.Keys {
		want = append(want, row{"", "key:" + key, at.Host}) // of the whole fleet
	}
	var sources, whats, places []string
	for _, w := range want {
		sources, whats, places = append(sources, w.Source), append(whats, w.What), append(places, w.Place)
	}
	rows, err := query[row](ctx, tx, `select source, what, place from idpsync_trust where (source, what) in (select * from unnest($1::text[], $2::text[]))`, sources, whats)
	if err != nil {
		return err
	}
	have := make(map[string]string, len(rows))
	for _, r := range rows {
		have[r.What] = r.Place
	}
	for _, w := range want {
		if place, bound := have[w.What]; bound && place != w.Place {
			key, _ := strings.CutPrefix(w.What, "key:")
			if w.Source != "" {
				key = ""
			}
			return &MovedError{Target: p.Target, Host: at.Host, Key: key}
		}
	}
	if _, known := have[want[0].What]; !known {
		return &MovedError{Target: p.Target, Host: at.Host, New: true}
	}
	_, err = tx.Exec(ctx, `insert into idpsync_trust (source, what, place) select * from unnest($1::text[], $2::text[], $3::text[])
		on conflict (source, what) do nothing`, sources, whats, places)
	return err
}

// meet takes the servers that the targets of a source name for the ones that are
// meant: when it begins, and when a person says so.
func (f *Fleet) meet(ctx context.Context, tx pgx.Tx, s *source, h *held) error {
	var trusted bool
	if err := tx.QueryRow(ctx, `select trusted from idpsync_source where name = $1`, s.name).Scan(&trusted); err != nil || trusted {
		return err
	}
	var whats []string
	for _, name := range h.project.TargetNames() {
		if _, picked := f.pick(s.name, name); picked && !unspeakable(name) {
			whats = append(whats, "server:"+f.o.Place(h.project.Targets[name]).Server)
		}
	}
	if len(whats) == 0 {
		return nil // it has not begun yet
	}
	if _, err := tx.Exec(ctx, `insert into idpsync_trust (source, what, place) select distinct $1, w, '' from unnest($2::text[]) w
		on conflict (source, what) do nothing`, s.name, whats); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `update idpsync_source set trusted = true where name = $1`, s.name)
	return err
}

// acceptMoves forgets where everything led, so that what the files name now is met
// anew.
func (f *Fleet) acceptMoves(ctx context.Context) error {
	f.mu.Lock()
	clear(f.trusted)
	f.mu.Unlock()
	return f.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `update idpsync_source set trusted = false, picked = '', next_at = clock_timestamp()`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update idpsync_target set pool = '' where pool <> ''`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from idpsync_trust`)
		return err
	})
}

// TwiceError tells of two targets that would change one user pool: each would undo
// what the other one does.
type TwiceError struct{ Target, Other string }

func (e *TwiceError) Error() string {
	return fmt.Sprintf("targets %s and %s are the same user pool, and both would apply", e.Target, e.Other)
}

// Hint tells what next.
func (e *TwiceError) Hint() string {
	return "take one of them out of the fleet file, or let it only detect"
}

// claim makes a target the one that may change its pool; one that only detects
// claims none.
func (p *pass) claim(ctx context.Context, at Place) error {
	pool := at.Pool
	if p.pick.Mode != string(reconcile.Apply) {
		pool = ""
	}
	if p.row.Pool == pool {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.fleet.o.Lease)
	defer cancel()
	_, err := p.fleet.db.Exec(ctx, `update idpsync_target set pool = $2 where name = $1`, p.name, pool)
	var said *pgconn.PgError
	if !errors.As(err, &said) || said.Code != "23505" {
		return ledger.Trouble(p.fleet.o.Ledger, err)
	}
	rows, err := query[struct{ Name string }](ctx, p.fleet.db, `select name from idpsync_target where pool = $1`, pool)
	if err != nil || len(rows) == 0 {
		return errors.Join(ledger.Trouble(p.fleet.o.Ledger, err), &TwiceError{p.name, "another one"})
	}
	return &TwiceError{p.name, rows[0].Name}
}

// Twice finds two targets of projects that would change one pool; nil for none.
func Twice(picked []config.Picked, target func(config.Picked) *config.Target, place func(*config.Target) Place) error {
	seen := map[string]string{}
	for _, p := range picked {
		t := target(p)
		if t == nil || p.Mode != string(reconcile.Apply) || t.Sandbox != nil {
			continue
		}
		pool := place(t).Pool
		if other, twice := seen[pool]; twice {
			return &TwiceError{p.Name(), other}
		}
		seen[pool] = p.Name()
	}
	return nil
}
