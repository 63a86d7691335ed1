package watch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Options steer a Watcher; what is zero has a default.
type Options struct {
	// Quiet is how long nothing must change before a change is told: 300ms.
	Quiet time.Duration
	// Longest is how long a change waits for quiet that does not come: 1m.
	Longest time.Duration
	// Look is how often the folder is looked at by its name, and how often all of
	// it where the system cannot watch: 2s.
	Look time.Duration
	// Skip tells which names are noise; nil skips those of Hidden.
	Skip func(name string) bool
	// Warn hears what is wrong, and that it goes on all the same; nil is nobody.
	Warn func(error)

	open func() (system, error)
}

// Watcher tells that something below a folder changed.
type Watcher struct {
	o       Options
	dir     string
	changes chan struct{}
	stop    chan struct{}
	done    sync.WaitGroup

	// The rest belongs to the goroutine of run.
	tree tree
	// stale tells that the tree must be walked before the next change is told.
	stale bool
	quiet quiet
	print uint64 // of what was there at the last poll
}

// Start watches the folder, which need not be there yet. It never fails: where
// the system cannot watch, it warns and looks for itself.
func Start(dir string, o Options) *Watcher {
	o = o.filled()
	w := &Watcher{
		o: o, dir: dir, changes: make(chan struct{}, 1), stop: make(chan struct{}),
		quiet: quiet{pause: o.Quiet, longest: o.Longest},
	}
	w.tree.skip = o.Skip
	if err := w.begin(); err != nil {
		w.fall(err)
	}
	w.done.Go(w.run)
	return w
}

func (o Options) filled() Options {
	if o.Quiet <= 0 {
		o.Quiet = 300 * time.Millisecond
	}
	if o.Longest <= 0 {
		o.Longest = time.Minute
	}
	if o.Look <= 0 {
		o.Look = 2 * time.Second
	}
	if o.Skip == nil {
		o.Skip = Hidden
	}
	if o.Warn == nil {
		o.Warn = func(error) {}
	}
	if o.open == nil {
		o.open = openSystem
	}
	return o
}

// Changes receives once, and not more often than somebody listens, after every
// change; the first one may be told for a change that was seen before.
func (w *Watcher) Changes() <-chan struct{} { return w.changes }

// Close ends the watching and waits for its end.
func (w *Watcher) Close() {
	close(w.stop)
	w.done.Wait()
}

// begin opens the system's watch and walks the tree for the first time.
func (w *Watcher) begin() error {
	s, err := w.o.open()
	if err != nil {
		return err
	}
	w.tree.system = s
	return w.tree.walk(w.dir)
}

// PollingError tells that the system does not watch, and why.
type PollingError struct {
	Dir   string
	Every time.Duration
	Err   error
}

func (e *PollingError) Error() string {
	return fmt.Sprintf("the system cannot watch %s (%v); it is looked at every %s instead", e.Dir, e.Err, e.Every)
}

func (e *PollingError) Unwrap() error { return e.Err }

// Hint tells what to do next.
func (e *PollingError) Hint() string {
	return "on Linux a higher fs.inotify.max_user_watches and fs.inotify.max_user_instances help"
}

// fall goes over to looking.
func (w *Watcher) fall(why error) {
	if w.tree.system != nil {
		_ = w.tree.system.Close()
		w.tree.system = nil
	}
	w.o.Warn(&PollingError{w.dir, w.o.Look, why})
	w.print = w.tree.fingerprint(w.dir)
}

func (w *Watcher) run() {
	defer func() {
		if w.tree.system != nil {
			_ = w.tree.system.Close()
		}
	}()
	look := time.NewTicker(w.o.Look)
	defer look.Stop()
	told := time.NewTimer(time.Hour)
	told.Stop()
	for {
		var events <-chan fsnotify.Event
		var errs <-chan error
		if s := w.tree.system; s != nil {
			events, errs = s.Events(), s.Errors()
		}
		before := w.quiet
		select {
		case <-w.stop:
			return
		case e, open := <-events:
			w.hear(e, open)
		case err, open := <-errs:
			w.trouble(err, open)
		case <-look.C:
			w.look()
		case <-told.C:
			w.tell()
		}
		if w.quiet != before {
			if w.quiet.waiting() {
				told.Reset(time.Until(w.quiet.due()))
			} else {
				told.Stop()
			}
		}
	}
}

// hear takes one event.
func (w *Watcher) hear(e fsnotify.Event, open bool) {
	if !open {
		w.fall(errors.New("it stopped telling"))
		w.touch()
		return
	}
	own := w.tree.watched(e.Name)
	if e.Name == "" || !own && w.o.Skip(filepath.Base(e.Name)) {
		return
	}
	switch {
	case e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename):
		if own {
			w.tree.forget(e.Name)
			w.stale = true
		}
	case e.Has(fsnotify.Create) || e.Has(fsnotify.Chmod):
		info, err := os.Lstat(e.Name)
		if err != nil || info.Mode().IsRegular() {
			break
		}
		// A folder, or a link that may stand for one, or that others lead through.
		w.stale = true
		if info.IsDir() {
			if err := w.tree.add(e.Name); err != nil {
				w.fall(err)
			}
		}
	}
	w.touch()
}

// trouble takes an error of the system; after one, anything may have changed.
func (w *Watcher) trouble(err error, open bool) {
	switch {
	case !open:
		w.fall(errors.New("it stopped telling"))
	case err == nil:
		return
	case !errors.Is(err, fsnotify.ErrEventOverflow): // that one is only a storm
		w.o.Warn(fmt.Errorf("watching %s: %w", w.dir, err))
	}
	w.stale = true
	w.touch()
}

func (w *Watcher) touch() { w.quiet.touch(time.Now()) }

// look finds out what nobody tells.
func (w *Watcher) look() {
	if w.tree.system == nil {
		if print := w.tree.fingerprint(w.dir); print != w.print {
			w.print = print
			w.touch()
		}
		return
	}
	if w.tree.moved(w.dir) {
		w.stale = true
		w.touch()
	}
}

// tell gives the signal, after walking the tree where that was due.
func (w *Watcher) tell() {
	w.quiet = quiet{pause: w.o.Quiet, longest: w.o.Longest}
	if w.stale && w.tree.system != nil {
		w.stale = false
		if err := w.tree.walk(w.dir); err != nil {
			w.fall(err)
		}
	}
	select {
	case w.changes <- struct{}{}:
	default: // the last signal was not taken yet, and stands for this one too
	}
}
