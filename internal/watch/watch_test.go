package watch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a system that tells what a test says.
type fake struct {
	mu      sync.Mutex
	watched map[string]bool
	full    error // what Add answers
	events  chan fsnotify.Event
	errs    chan error
}

func newFake() *fake {
	return &fake{watched: map[string]bool{}, events: make(chan fsnotify.Event), errs: make(chan error)}
}

func (f *fake) Add(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.full != nil {
		return f.full
	}
	f.watched[dir] = true
	return nil
}

func (f *fake) Remove(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.watched, dir)
	return nil
}

func (f *fake) fill(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.full = err
}

func (f *fake) has(dir string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.watched[dir]
}

func (f *fake) Events() <-chan fsnotify.Event { return f.events }
func (f *fake) Errors() <-chan error          { return f.errs }
func (f *fake) Close() error                  { return nil }

func (f *fake) write(path string) { f.events <- fsnotify.Event{Name: path, Op: fsnotify.Write} }

// begun starts a watcher on a fake system; it must be closed in the same bubble.
func begun(t *testing.T, dir string, f *fake, o Options) *Watcher {
	t.Helper()
	o.open = func() (system, error) { return f, nil }
	return Start(dir, o)
}

// told takes the signals that are there, at most one.
func told(w *Watcher) bool {
	select {
	case <-w.Changes():
		return true
	default:
		return false
	}
}

func folder(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestOneSaveIsOneSignalAfterQuiet(t *testing.T) {
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		w := begun(t, dir, f, Options{})
		defer w.Close()
		for range 5 {
			f.write(filepath.Join(dir, "a.yaml"))
			time.Sleep(250 * time.Millisecond)
			if told(w) {
				t.Fatal("told while it was not quiet")
			}
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if !told(w) {
			t.Fatal("not told after quiet")
		}
		time.Sleep(time.Hour)
		if told(w) {
			t.Fatal("told twice")
		}
	})
}

func TestChangesWithoutEndAreToldOnceAMinute(t *testing.T) {
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		w := begun(t, dir, f, Options{})
		defer w.Close()
		n := 0
		for range 5 * 60 * 10 { // five minutes of ten writes a second
			f.write(filepath.Join(dir, "a.yaml"))
			time.Sleep(100 * time.Millisecond)
			if told(w) {
				n++
			}
		}
		if n < 4 || n > 5 {
			t.Fatalf("told %d times in five minutes", n)
		}
	})
}

func TestAStormIsOneSignal(t *testing.T) {
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		w := begun(t, dir, f, Options{})
		defer w.Close()
		e := fsnotify.Event{Name: filepath.Join(dir, "a.yaml"), Op: fsnotify.Write}
		for range 1_000_000 {
			f.events <- e
		}
		f.errs <- fsnotify.ErrEventOverflow
		time.Sleep(time.Second)
		synctest.Wait()
		if !told(w) || told(w) {
			t.Fatal("want one signal")
		}
	})
}

func TestHiddenNamesAreNoise(t *testing.T) {
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		w := begun(t, dir, f, Options{})
		defer w.Close()
		for name, want := range map[string]bool{".a.yaml.swp": false, ".git": false, "..data": true, ".env.example": true, "a.yaml": true} {
			f.write(filepath.Join(dir, name))
			time.Sleep(time.Second)
			synctest.Wait()
			if told(w) != want {
				t.Errorf("%s: want %v", name, want)
			}
		}
	})
}

// TestLostEventsAreFoundByWalking: after an overflow nobody told of a new folder.
func TestLostEventsAreFoundByWalking(t *testing.T) {
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		w := begun(t, dir, f, Options{})
		defer w.Close()
		deep := filepath.Join(dir, "a", "b")
		must(t, os.MkdirAll(deep, 0o755))
		f.errs <- fsnotify.ErrEventOverflow
		time.Sleep(time.Second)
		synctest.Wait()
		if !told(w) || !f.has(deep) {
			t.Fatal("the new folder is not watched")
		}
	})
}

// TestANewFolderIsWatchedAtOnce: what is written into it may not be quiet yet.
func TestANewFolderIsWatchedAtOnce(t *testing.T) {
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		w := begun(t, dir, f, Options{})
		defer w.Close()
		sub := filepath.Join(dir, "sub")
		must(t, os.Mkdir(sub, 0o755))
		f.events <- fsnotify.Event{Name: sub, Op: fsnotify.Create}
		synctest.Wait()
		if !f.has(sub) || told(w) {
			t.Fatal("not watched before quiet")
		}
	})
}

// TestAFullTableMeansLooking: no watch can be had, at the begin or later.
func TestAFullTableMeansLooking(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprint("late ", late), func(t *testing.T) {
			dir := folder(t)
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				if !late {
					f.full = syscall.ENOSPC
				}
				var warned []error
				w := begun(t, dir, f, Options{Warn: func(err error) { warned = append(warned, err) }})
				defer w.Close()
				synctest.Wait()
				sub := filepath.Join(dir, "sub")
				must(t, os.Mkdir(sub, 0o755))
				if late {
					f.fill(syscall.ENOSPC)
					f.events <- fsnotify.Event{Name: sub, Op: fsnotify.Create}
				}
				time.Sleep(5 * time.Second)
				synctest.Wait()
				if !told(w) {
					t.Error("not told of the folder")
				}
				must(t, os.WriteFile(filepath.Join(sub, "x.yaml"), []byte("a"), 0o644))
				time.Sleep(5 * time.Second)
				synctest.Wait()
				if !told(w) {
					t.Error("not told of the file in it")
				}
				time.Sleep(time.Minute)
				if told(w) {
					t.Error("told although nothing changed")
				}
				var p *PollingError
				if len(warned) != 1 || !errors.As(warned[0], &p) || p.Hint() == "" || !errors.Is(p, syscall.ENOSPC) {
					t.Errorf("warned of %v", warned)
				}
			})
		})
	}
}

func TestASystemThatEndsMeansLooking(t *testing.T) {
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		warned := 0
		w := begun(t, dir, f, Options{Warn: func(error) { warned++ }})
		defer w.Close()
		close(f.events)
		must(t, os.WriteFile(filepath.Join(dir, "x.yaml"), []byte("a"), 0o644))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if !told(w) || warned != 1 {
			t.Fatalf("warned %d times", warned)
		}
	})
}

// TestAnotherFolderOfTheSameName is noticed although no event tells of it.
func TestAnotherFolderOfTheSameName(t *testing.T) {
	dir := filepath.Join(folder(t), "config")
	must(t, os.Mkdir(dir, 0o755))
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		w := begun(t, dir, f, Options{})
		defer w.Close()
		step := func(what string, do func()) {
			t.Helper()
			do()
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if !told(w) {
				t.Errorf("%s: not told", what)
			}
		}
		step("away", func() { must(t, os.Rename(dir, dir+".old")) })
		step("back", func() { must(t, os.Rename(dir+".old", dir)) })
		step("another", func() { must(t, os.Rename(dir, dir+".old"), os.Mkdir(dir, 0o755)) })
		step("a link", func() { must(t, os.Remove(dir), os.Symlink(dir+".old", dir)) })
		if !f.has(dir + ".old") {
			t.Error("what the link leads to is not watched")
		}
		time.Sleep(time.Minute)
		if told(w) {
			t.Error("told although nothing changed")
		}
	})
}
