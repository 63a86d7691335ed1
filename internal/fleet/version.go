package fleet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
)

// inForce is the row of a source as publish found it.
type inForce struct {
	Version, Picked string
	// Known: the version of this replica was in force before. Orphaned: no replica
	// that lives has the version in force, which is not a new one either.
	Known, Orphaned bool
}

// moves tells whether the version that a replica has becomes the one in force.
// A repository says itself what is newest. Folders of several machines change one
// after the other, and one that is late must not bring back what another one has
// left behind, nor half of what it is being given: so it is the replicas that have
// the version in force that move on. One that begins has the word when nobody has
// seen its version and nothing is wrong with it, any one when nobody is left.
func (r inForce) moves(before, now string, git, good bool) bool {
	switch {
	case r.Version == now:
		return false
	case git, r.Version == "", r.Orphaned, before == r.Version:
		return true
	}
	return before == "" && !r.Known && good
}

// publish tells the others which version this replica has, and puts it in force
// where it is the newest; then every target of the source is due.
// moved tells that another one was in force.
func (f *Fleet) publish(ctx context.Context, s *source, h *held, git bool) (moved bool, err error) {
	var now string
	var gone []string
	err = f.inTx(ctx, func(tx pgx.Tx) error {
		moved, gone = false, nil
		if err := f.beatIn(ctx, tx, s.name, h.version); err != nil {
			return err
		}
		r, err := f.enter(ctx, tx, s.name, h.version, git)
		if err != nil {
			return err
		}
		s.mu.Lock()
		before := s.told
		s.mu.Unlock()
		now = r.Version
		if r.moves(before, h.version, git, !diagnostic.HasErrors(h.found)) {
			now, moved = h.version, r.Version != ""
			if err := putInForce(ctx, tx, s.name, now); err != nil {
				return err
			}
		}
		if now != h.version {
			return nil
		}
		if _, err := tx.Exec(ctx, `update idpsync_source set checked = clock_timestamp(), error = '', hint = '' where name = $1`, s.name); err != nil {
			return err
		}
		gone, err = f.settle(ctx, tx, s, h, r.Picked)
		return err
	})
	if err != nil {
		return false, err
	}
	f.depart(gone)
	s.mu.Lock()
	s.now, s.told = now, h.version
	s.mu.Unlock()
	return moved, nil
}

// enter locks the row of a source and tells how it stands.
func (f *Fleet) enter(ctx context.Context, tx pgx.Tx, name, version string, git bool) (inForce, error) {
	if _, err := tx.Exec(ctx, `insert into idpsync_source (name, git) values ($1, $2) on conflict (name) do update set git = excluded.git`, name, git); err != nil {
		return inForce{}, err
	}
	rows, err := query[inForce](ctx, tx, `select s.version, s.picked,
			exists (select 1 from idpsync_version v where v.source = s.name and v.version = $2),
			s.since < clock_timestamp() - $4::interval and not exists (select 1 from idpsync_replica r where r.id <> $3 and r.beat > clock_timestamp() - $4::interval and r.holds->>s.name = s.version)
		from idpsync_source s where s.name = $1`, name, version, f.id, f.o.Lease)
	if err != nil {
		return inForce{}, err
	}
	if len(rows) == 0 {
		return inForce{}, errors.New("a source vanished")
	}
	return rows[0], nil
}

func putInForce(ctx context.Context, tx pgx.Tx, name, version string) error {
	_, err := tx.Exec(ctx, `with news as (update idpsync_source set version = $2, since = clock_timestamp() where name = $1),
			due as (update idpsync_target set wanted = wanted + 1, next_at = clock_timestamp() where source = $1)
		insert into idpsync_version (source, version) values ($1, $2) on conflict (source, version) do update set at = clock_timestamp()`, name, version)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `delete from idpsync_version where source = $1 and version in (
		select version from idpsync_version where source = $1 order by at desc offset 200)`, name)
	return err
}

// settle makes a row of each target that the fleet file picks out of the project,
// and takes away the others. A project that cannot be read keeps its rows.
func (f *Fleet) settle(ctx context.Context, tx pgx.Tx, s *source, h *held, before string) (gone []string, err error) {
	if h.project == nil || len(h.project.TargetNames()) == 0 && len(h.found) > 0 || !f.working("") {
		return nil, nil
	}
	if err := f.meet(ctx, tx, s, h); err != nil {
		return nil, err
	}
	names := f.names(s.name, h.project.TargetNames())
	text, err := json.Marshal(names)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	picked := hex.EncodeToString(sum[:])
	if picked == before {
		return nil, nil
	}
	if _, err := tx.Exec(ctx, `insert into idpsync_target (name, source) select n, $1 from unnest($2::text[]) n on conflict (name) do nothing`, s.name, names); err != nil {
		return nil, err
	}
	if gone, err = departing(ctx, tx, `delete from idpsync_target where source = $1 and name <> all($2::text[]) returning name`, s.name, names); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `update idpsync_source set picked = $2 where name = $1`, s.name, picked)
	return gone, err
}

// names are the rows that a source should have.
func (f *Fleet) names(source string, targets []string) []string {
	f.mu.Lock()
	picked, troubles := f.file.Resolve(source, targets)
	f.mu.Unlock()
	for _, t := range troubles {
		if t.Picked.Target != "" {
			picked = append(picked, t.Picked)
		}
	}
	names := make([]string, 0, len(picked))
	for _, p := range picked {
		if !unspeakable(p.Target) {
			names = append(names, p.Name())
		}
	}
	return names
}

// unspeakable tells that no database and no page could hold a name.
func unspeakable(name string) bool {
	return !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl)
}

// ailing tells why a source could not be looked at.
func (f *Fleet) ailing(ctx context.Context, s *source, why error) error {
	var h interface{ Hint() string }
	hint := ""
	if errors.As(why, &h) {
		hint = h.Hint()
	}
	_, err := f.db.Exec(ctx, `insert into idpsync_source (name, git, error, hint, checked) values ($1, $2, $3, $4, clock_timestamp())
		on conflict (name) do update set error = excluded.error, hint = excluded.hint, checked = excluded.checked`, s.name, s.fetch != nil, why.Error(), hint)
	if err == nil {
		err = f.unseen(ctx, s, why, hint)
	}
	return err
}

// digestOfFile names what a fleet file asks for. Folders are left out: they may
// lie elsewhere on another machine.
func digestOfFile(file *config.Fleet) string {
	type target struct{ Source, Target, Match, Interval, Mode, RPS string }
	sum := sha256.New()
	e := json.NewEncoder(sum)
	for _, s := range file.Sources {
		_ = e.Encode([]any{s.Name, s.Git})
	}
	for _, t := range file.Targets {
		rps := ""
		if t.MaxRPSSet {
			text, _ := json.Marshal(t.MaxRPS)
			rps = string(text)
		}
		_ = e.Encode(target{t.Source, t.Target, t.Match, t.Interval.String(), t.Mode, rps})
	}
	return "sha256:" + strings.ToLower(hex.EncodeToString(sum.Sum(nil)))
}

// errUnread is what a replica says whose fleet file became wrong.
var errUnread = errors.New("the fleet file of this replica cannot be used as it is now: the last good one stays in force")

// errLateFile is why a replica rests altogether.
var errLateFile = errors.New("the fleet file of this replica is not the one in force: it does not work until it is")

// troubles are what is wrong with the fleet file beside what its sources have, as
// this replica sees it.
func (f *Fleet) troubles() []string {
	var out []string
	f.mu.Lock()
	if f.unread != "" {
		out = append(out, errUnread.Error())
	}
	f.mu.Unlock()
	if !f.working("") {
		out = append(out, errLateFile.Error())
	}
	for _, s := range f.all() {
		out = append(out, s.misfits()...)
	}
	return out
}

// misfits are the entries of the fleet file that do not fit the project.
func (s *source) misfits() []string {
	s.fleet.mu.Lock()
	file := s.fleet.file
	s.fleet.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil || s.held.project == nil {
		return nil
	}
	if of := [2]any{file, s.held}; s.troubleOf != of {
		s.troubles, s.troubleOf = nil, of
		_, found := file.Resolve(s.name, s.held.project.TargetNames())
		for _, t := range found {
			s.troubles = append(s.troubles, t.Diagnostic.Line(diagnostic.English))
		}
		if n := len(slices.DeleteFunc(s.held.project.TargetNames(), func(name string) bool { return !unspeakable(name) })); n > 0 {
			s.troubles = append(s.troubles, fmt.Sprintf("source %s: targets with control characters in their names are left out: %d", s.name, n))
		}
	}
	return s.troubles
}
