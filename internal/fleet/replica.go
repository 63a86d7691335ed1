package fleet

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
)

// MisfitError is a fleet file that asks for what its sources do not have.
type MisfitError struct{ Found []diagnostic.Diagnostic }

func (e *MisfitError) Error() string { return "the fleet file names what is not there" }

// begin reads the fleet file and the folders that it names. What is wrong with
// them ends a replica that begins; later it is only told.
func (f *Fleet) begin(ctx context.Context) error {
	file, err := f.o.File()
	if err != nil {
		return err
	}
	if err := f.beat(ctx); err != nil {
		return ledger.Trouble(f.o.Ledger, err)
	}
	if err := f.adopt(file); err != nil {
		return err
	}
	for _, s := range f.folders() {
		if _, err := s.refresh(ctx); err != nil {
			f.complain(ctx, s, err)
		}
	}
	if found := f.misfits(); len(found) > 0 {
		return &MisfitError{found}
	}
	if err := f.twice(); err != nil {
		return err
	}
	if err := f.judge(); err != nil {
		return err
	}
	if f.o.AcceptMoves {
		if err := f.acceptMoves(ctx); err != nil {
			return ledger.Trouble(f.o.Ledger, err)
		}
	}
	return ledger.Trouble(f.o.Ledger, f.tell(ctx))
}

func (f *Fleet) judge() error {
	var projects []*config.Project
	for _, s := range f.all() {
		h := s.have()
		if h == nil || h.project == nil {
			return nil // what it will say is not known yet
		}
		projects = append(projects, h.project)
	}
	if f.o.Judge == nil {
		return nil
	}
	return f.o.Judge(projects)
}

// sourceError is why a source could not be looked at.
type sourceError struct {
	name string
	err  error
}

func (e *sourceError) Error() string { return "source " + e.name + ": " + e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

// complain tells why a source could not be looked at, once while it stays so.
func (f *Fleet) complain(ctx context.Context, s *source, err error) {
	s.mu.Lock()
	again := s.said == err.Error()
	s.said = err.Error()
	s.mu.Unlock()
	_ = f.ailing(ctx, s, err)
	if !again {
		f.o.Warn(&sourceError{s.name, err})
	}
}

// adopt takes over a fleet file that was read.
func (f *Fleet) adopt(file *config.Fleet) error {
	sources := map[string]*source{}
	for i := range file.Sources {
		at := &file.Sources[i]
		s := &source{name: at.Name, entry: *at, place: at.Dir, fleet: f, cache: config.NewCache()}
		if at.Git != nil {
			var err error
			if s.fetch, s.place, err = f.o.Git(at); err != nil {
				return err
			}
		}
		sources[at.Name] = s
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, s := range sources {
		switch old := f.sources[name]; {
		case old == nil:
		case old.same(s):
			sources[name] = old
		case s.fetch == nil: // it moves on from what it had
			s.told = old.published()
		}
	}
	f.file, f.named, f.digest, f.sources = file, namedIn(file), digestOfFile(file), sources
	f.self.fleet = f
	f.self.keep(&held{version: f.digest})
	return nil
}

// same tells that what was read of a source is still what is asked for.
func (s *source) same(o *source) bool {
	a, b := s.entry, o.entry
	if (a.Git == nil) != (b.Git == nil) || a.Dir != b.Dir {
		return false
	}
	return a.Git == nil || *a.Git == *b.Git && s.place == o.place
}

func (s *source) published() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told
}

// all gives the sources in the order of their names.
func (f *Fleet) all() []*source {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]*source, 0, len(f.sources))
	for _, name := range slices.Sorted(maps.Keys(f.sources)) {
		out = append(out, f.sources[name])
	}
	return out
}

func (f *Fleet) folders() []*source {
	return slices.DeleteFunc(f.all(), func(s *source) bool { return s.fetch != nil })
}

// misfits are the targets that the fleet file names and a folder that can be read
// does not have.
func (f *Fleet) misfits() []diagnostic.Diagnostic {
	var found []diagnostic.Diagnostic
	for _, s := range f.folders() {
		h := s.have()
		if h == nil || diagnostic.HasErrors(h.found) && len(h.project.TargetNames()) == 0 {
			continue
		}
		f.mu.Lock()
		_, troubles := f.file.Resolve(s.name, h.project.TargetNames())
		f.mu.Unlock()
		for _, t := range troubles {
			if t.Diagnostic.Severity == diagnostic.Error {
				found = append(found, t.Diagnostic)
			}
		}
	}
	diagnostic.Sort(found)
	return found
}

// twice finds two targets of the folders that would change one pool.
func (f *Fleet) twice() error {
	var all []config.Picked
	targets := map[string]*config.Target{}
	for _, s := range f.folders() {
		h := s.have()
		if h == nil {
			continue
		}
		for _, name := range h.project.TargetNames() {
			if p, picks := f.pick(s.name, name); picks {
				all = append(all, p)
				targets[p.Name()] = h.project.Targets[name]
			}
		}
	}
	return Twice(all, func(p config.Picked) *config.Target { return targets[p.Name()] }, f.o.Place)
}

// tell publishes what this replica has: the fleet file first, since only one that
// has the newest settles what its targets are.
func (f *Fleet) tell(ctx context.Context) error {
	if err := f.tellFile(ctx); err != nil {
		return err
	}
	for _, s := range f.all() {
		h := s.have()
		switch {
		case s.fetch == nil && h != nil:
			if _, err := f.publish(ctx, s, h, false); unfit(err) { // the others go on
				f.complain(ctx, s, ledger.Trouble(f.o.Ledger, err))
			} else if err != nil {
				return err
			}
		case h == nil:
			if _, err := f.db.Exec(ctx, `insert into idpsync_source (name, git) values ($1, $2) on conflict (name) do update set git = excluded.git,
				next_at = clock_timestamp()`, s.name, s.fetch != nil); err != nil {
				return err
			}
		}
	}
	return f.beat(ctx)
}

// unfit tells that the database does not take a value, whoever sends it.
func unfit(err error) bool {
	var said *pgconn.PgError
	return errors.As(err, &said) && (strings.HasPrefix(said.Code, "22") || strings.HasPrefix(said.Code, "23"))
}

// tellFile publishes the fleet file. A new one asks for a look at everything.
func (f *Fleet) tellFile(ctx context.Context) error {
	f.mu.Lock()
	before, names := f.self.now, slices.Collect(maps.Keys(f.sources))
	f.mu.Unlock()
	moved, err := f.publish(ctx, &f.self, f.self.have(), false)
	if err != nil || !f.working("") || !moved && before == f.self.inForce() {
		return err
	}
	var gone []string
	err = f.inTx(ctx, func(tx pgx.Tx) (err error) {
		if _, err = tx.Exec(ctx, `update idpsync_source set picked = '', next_at = clock_timestamp() where name <> ''`); err != nil {
			return err
		}
		if gone, err = departing(ctx, tx, `delete from idpsync_target where source <> all($1::text[]) returning name`, names); err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, `delete from idpsync_source where name <> '' and name <> all($1::text[])`, names); err != nil {
			return err
		}
		if !moved {
			return nil // every replica that begins comes here
		}
		_, err = tx.Exec(ctx, `update idpsync_target set wanted = wanted + 1, next_at = clock_timestamp()`)
		return err
	})
	if err == nil { // else they are all there still
		f.depart(gone)
	}
	return err
}

func (s *source) inForce() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// working tells whether this replica has the version in force of a source, or of
// the fleet file ("").
func (f *Fleet) working(name string) bool {
	s := &f.self
	if name != "" {
		s = f.source(name)
	}
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held != nil && s.held.version == s.now
}
