package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

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
			f.o.Warn(&sourceError{s.name, err})
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
			if err := f.publish(ctx, s, h, false); err != nil {
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

// tellFile publishes the fleet file. A new one asks for a look at everything.
func (f *Fleet) tellFile(ctx context.Context) error {
	f.mu.Lock()
	before, names := f.self.now, slices.Collect(maps.Keys(f.sources))
	f.mu.Unlock()
	if err := f.publish(ctx, &f.self, f.self.have(), false); err != nil || !f.working("") || before == f.self.inForce() {
		return err
	}
	return f.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `update idpsync_source set picked = '', next_at = clock_timestamp() where name <> ''`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from idpsync_source where name <> '' and name <> all($1::text[])`, names); err != nil {
			return err
		}
		if before == "" {
			return nil // every replica that begins comes here
		}
		_, err := tx.Exec(ctx, `update idpsync_target set wanted = wanted + 1, next_at = clock_timestamp()`)
		return err
	})
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

// beat says that this replica lives, and which versions it has.
func (f *Fleet) beat(ctx context.Context) error {
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
	text, err := json.Marshal(holds)
	if err != nil {
		return err
	}
	_, err = f.db.Exec(ctx, `insert into idpsync_replica (id, host, pid, version, holds) values ($1, $2, $3, $4, $5)
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

// retell publishes again where this replica is late, for when nobody has the
// version in force any more, and where what it has was never told.
func (f *Fleet) retell(ctx context.Context) {
	if !f.working("") {
		_ = f.tell(ctx)
		return
	}
	for _, s := range f.folders() {
		if h := s.have(); h != nil && !f.working(s.name) {
			_ = f.publish(ctx, s, h, false)
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

// keepReading follows the fleet file and the folders until ctx ends.
func (f *Fleet) keepReading(ctx context.Context) {
	changes, stop := f.o.Watch(f.o.FileDir)
	defer stop()
	for {
		again, end := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			f.follow(again)
			close(done)
		}()
		var reloaded bool
		for !reloaded && ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-f.reload:
				reloaded = f.readAgain(ctx, true)
			case <-changes:
				reloaded = f.readAgain(ctx, false)
			}
		}
		end()
		<-done
		if ctx.Err() != nil {
			return
		}
	}
}

// readAgain reads the fleet file; one that is wrong is told, and the last good one
// stays. Asked for by a person it looks at everything.
func (f *Fleet) readAgain(ctx context.Context, asked bool) (taken bool) {
	file, err := f.o.File()
	if err == nil && asked {
		err = ledger.Trouble(f.o.Ledger, f.acceptMoves(ctx))
	}
	if err == nil && (asked || f.differs(file)) {
		if err = f.adopt(file); err == nil {
			taken = true
			for _, s := range f.folders() {
				if _, err := s.refresh(ctx); err != nil {
					f.o.Warn(&sourceError{s.name, err})
				}
			}
			err = ledger.Trouble(f.o.Ledger, f.tell(ctx))
		}
	}
	if err != nil {
		f.o.Warn(err)
	}
	if asked {
		if _, err := f.db.Exec(ctx, `update idpsync_target set wanted = wanted + 1, next_at = clock_timestamp()`); err != nil {
			f.o.Warn(ledger.Trouble(f.o.Ledger, err))
		}
		_ = f.LookAtRepositories(ctx)
	}
	return taken
}

// differs tells whether a fleet file says something else than the one at work,
// also of this machine alone.
func (f *Fleet) differs(file *config.Fleet) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return digestOfFile(file) != f.digest || !slices.EqualFunc(file.Sources, f.file.Sources, func(a, b config.FleetSource) bool {
		return (&source{entry: a}).same(&source{entry: b})
	})
}

// LookAtRepositories asks for a look at every repository now, as after a push.
func (f *Fleet) LookAtRepositories(ctx context.Context) error {
	if f.Overview() == nil {
		return errors.New("there is no database yet")
	}
	_, err := f.db.Exec(ctx, `update idpsync_source set next_at = clock_timestamp() where git`)
	return ledger.Trouble(f.o.Ledger, err)
}

// follow watches the folders.
func (f *Fleet) follow(ctx context.Context) {
	done := make(chan struct{})
	folders := f.folders()
	for _, s := range folders {
		go func() {
			f.followFolder(ctx, s)
			done <- struct{}{}
		}()
	}
	for range folders {
		<-done
	}
}

// look is how often a folder is read although nobody tells of a change.
const look = time.Minute

func (f *Fleet) followFolder(ctx context.Context, s *source) {
	changes, stop := f.o.Watch(s.entry.Dir)
	defer stop()
	t := time.NewTicker(look)
	defer t.Stop()
	said := ""
	for first := s.have() == nil; ; first = false {
		if !first {
			select {
			case <-ctx.Done():
				return
			case <-changes:
			case <-t.C:
			}
		}
		h, err := s.refresh(ctx)
		if err == nil {
			said = ""
			err = ledger.Trouble(f.o.Ledger, f.publish(ctx, s, h, false))
		} else if ctx.Err() == nil {
			_ = f.ailing(ctx, s, err)
		}
		if err != nil && ctx.Err() == nil && err.Error() != said {
			said = err.Error()
			f.o.Warn(&sourceError{s.name, err})
		}
	}
}
