package fleet

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/ledger"
)

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
	if again := f.cannotRead(err); again && !asked {
		return false
	}
	if err == nil && asked {
		err = ledger.Trouble(f.o.Ledger, f.acceptMoves(ctx))
	}
	if err == nil && (asked || f.differs(file)) {
		if err = f.adopt(file); err == nil {
			taken = true
			for _, s := range f.folders() {
				if _, err := s.refresh(ctx); err != nil {
					f.complain(ctx, s, err)
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

// cannotRead keeps why the fleet file is wrong, for the page; again tells that it
// was told already: a folder changes more often than the one file in it.
func (f *Fleet) cannotRead(err error) (again bool) {
	why := ""
	if err != nil {
		why = err.Error()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	again = why != "" && why == f.unread
	f.unread = why
	return again
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
	// The first look comes at once: what changed between the start and the watch
	// nobody would tell of.
	for first := true; ; first = false {
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
			s.mu.Lock()
			s.said = ""
			s.mu.Unlock()
			_, err = f.publish(ctx, s, h, false) // the next beat tries again
		} else if ctx.Err() == nil {
			f.complain(ctx, s, err)
		}
		if err != nil {
			f.o.Log.Debug("a folder was not taken", "source", s.name, "error", err)
		}
	}
}
