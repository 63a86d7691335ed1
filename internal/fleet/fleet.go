package fleet

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/reconcile"
)

// Fetch gives the newest files of a repository; with an error the last good ones,
// or none.
type Fetch func(context.Context) (reconcile.Source, error)

// Options are the world around a fleet.
type Options struct {
	// Database is the URL of the database, which holds Ledger too.
	Database string
	Ledger   ledger.Ledger
	Workers  int
	// Version is the program's, Host the machine's name.
	Version, Host string
	// File reads the fleet file; an error says that it cannot be used.
	File func() (*config.Fleet, error)
	// FileDir is the folder of the fleet file.
	FileDir string
	// Git prepares a repository; nothing is fetched yet. place names it for people.
	Git func(s *config.FleetSource) (fetch Fetch, place string, err error)
	// Watch tells of changes below a folder until stop is called.
	Watch func(dir string) (changes <-chan struct{}, stop func())
	// Load reads a project.
	Load func(cache *config.Cache, dir string) (*config.Project, []diagnostic.Diagnostic, config.Stats, error)
	// Place tells where a target leads.
	Place func(*config.Target) Place
	// AcceptMoves takes the servers that the files name at the begin for those that
	// are meant, whatever they named before.
	AcceptMoves bool
	// Loop gives the options of a pass; Fetch, Load, Target, Mode, Interval, Resume
	// and Stop are filled in.
	Loop func(name string, p config.Picked) reconcile.LoopOptions
	// Connect prepares the pool of a pass.
	Connect func(p config.Picked, home string, files *reconcile.Files) (*reconcile.Connection, error)
	// Told hears the status after each pass of this replica, and the one before it,
	// of whatever replica; nil for none. It is called from many goroutines.
	Told func(name string, before, now *reconcile.Status)
	// Judge looks at the projects of a replica that begins, where all are folders.
	Judge func([]*config.Project) error
	// Warn hears of what ends nothing.
	Warn func(error)
	// Log hears the details.
	Log *slog.Logger
	// Lease is how long a silent replica is waited for; 0 is that of the ledger.
	Lease time.Duration
	// attempts is how often a pass may fail in a row before its target is given up
	// until somebody asks, something changes or half an hour has passed; 0 is twelve.
	attempts int
	// tick is how often the clock and the view look; 0 is a second.
	tick time.Duration
}

// The times of a fleet.
const (
	lease    = 30 * time.Second
	beat     = 5 * time.Second
	tick     = time.Second
	recheck  = time.Minute      // when a pass that was asked for is looked for
	again    = 5 * time.Second  // after a snooze
	deadTime = 30 * time.Minute // between looks at a target that was given up
	mostTime = time.Hour        // of a pass
	patience = 8 * time.Second  // of the steps in flight at the end
	forget   = 10 * time.Minute // completed jobs
	longest  = 365 * 24 * time.Hour
)

// mostAttempts: with the pauses between them that is half an hour or less.
const mostAttempts = 12

// Fleet is one replica.
type Fleet struct {
	o    Options
	id   string
	db   *pgxpool.Pool
	jobs *river.Client[pgx.Tx]
	view view
	late lateness

	mu      sync.Mutex
	file    *config.Fleet
	named   map[[2]string]*config.FleetTarget // entries of file, by source and target
	digest  string                            // of file
	unread  string                            // why the fleet file is wrong as it is now; "" when it is not
	self    source                            // the fleet file, as if it were one
	sources map[string]*source
	passes  map[int64]bool    // jobs in hand
	trusted map[string]string // where targets lead, as far as it was looked up
	again   map[int64]time.Duration

	failed  error // why Run ends by itself
	unheard error // why the last beat was lost; nil when it was heard

	reload   chan struct{}
	stop     chan struct{}
	stopOnce sync.Once
	beside   sync.WaitGroup
}

// New makes a replica; nothing is connected to before Run.
func New(o Options) *Fleet {
	var b [4]byte
	_, _ = rand.Read(b[:])
	o.Lease, o.tick, o.attempts = cmp.Or(o.Lease, lease), cmp.Or(o.tick, tick), cmp.Or(o.attempts, mostAttempts)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Warn == nil {
		o.Warn = func(error) {}
	}
	if o.Told == nil {
		o.Told = func(string, *reconcile.Status, *reconcile.Status) {}
	}
	host := strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r
		}
		return '-'
	}, cmp.Or(o.Host, "replica"))
	f := &Fleet{
		o: o, id: fmt.Sprintf("%.80s-%d-%s", host, os.Getpid(), hex.EncodeToString(b[:])), sources: map[string]*source{},
		passes: map[int64]bool{}, trusted: map[string]string{}, again: map[int64]time.Duration{}, reload: make(chan struct{}, 1), stop: make(chan struct{}),
	}
	f.view.init(f)
	return f
}

// ID names this replica, as its row in the database does.
func (f *Fleet) ID() string { return f.id }

// Run works until Stop is called or ctx ends. An error is one of the begin: later
// ones are told, and tried again.
func (f *Fleet) Run(ctx context.Context) error {
	if err := f.open(ctx); err != nil {
		return err
	}
	defer f.close()
	if err := f.begin(ctx); err != nil {
		return err
	}
	jobs, hurry := context.WithCancel(context.WithoutCancel(ctx))
	defer hurry()
	if err := f.jobs.Start(jobs); err != nil {
		return ledger.Trouble(f.o.Ledger, err)
	}
	beside, end := context.WithCancel(ctx)
	defer end()
	f.beside.Go(func() { f.keepBeating(beside) })
	f.beside.Go(func() { f.view.run(beside) })
	f.beside.Go(func() { f.keepReading(beside) })
	select {
	case <-f.stop:
	case <-ctx.Done():
		f.Stop()
	}
	err := f.finish(ctx)
	end()
	f.beside.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.failed, err)
}

// fail ends Run with an error, after the steps in flight.
func (f *Fleet) fail(err error) {
	f.mu.Lock()
	f.failed = err
	f.mu.Unlock()
	f.Stop()
}

// finish lets the steps in flight end, and no longer than a person would wait.
func (f *Fleet) finish(ctx context.Context) error {
	soft, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := f.jobs.Stop(soft)
	if err == nil {
		return nil
	}
	hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := f.jobs.StopAndCancel(hard); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return ledger.Trouble(f.o.Ledger, err)
	}
	return nil
}

// Stop ends Run after the steps in flight; first tells that nobody asked before.
func (f *Fleet) Stop() (first bool) {
	f.stopOnce.Do(func() {
		first = true
		close(f.stop)
	})
	return first
}

func (f *Fleet) stopping() bool {
	select {
	case <-f.stop:
		return true
	default:
		return false
	}
}

// Reload reads the fleet file and the folders again, and looks at every target.
func (f *Fleet) Reload() {
	select {
	case f.reload <- struct{}{}:
	default:
	}
}

// pick finds how this replica's fleet file wants a target to be looked after. It
// decides as the file itself does when it is asked for all targets at once.
func (f *Fleet) pick(source, target string) (config.Picked, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if t := f.named[[2]string{source, target}]; t != nil {
		return picked(t, target), true
	}
	for i := range f.file.Targets {
		t := &f.file.Targets[i]
		if fits, err := path.Match(t.Match, target); t.Source == source && t.Match != "" && err == nil && fits {
			return picked(t, target), true
		}
	}
	return config.Picked{}, false
}

func picked(t *config.FleetTarget, name string) config.Picked {
	return config.Picked{
		Source: t.Source, Target: name, Interval: min(t.Interval, longest), Mode: t.Mode, MaxRPS: t.MaxRPS, MaxRPSSet: t.MaxRPSSet, At: t.At,
	}
}

// namedIn lists the entries that name one target each.
func namedIn(file *config.Fleet) map[[2]string]*config.FleetTarget {
	out := map[[2]string]*config.FleetTarget{}
	for i := range file.Targets {
		if t := &file.Targets[i]; t.Target != "" {
			out[[2]string{t.Source, t.Target}] = t
		}
	}
	return out
}

// source finds a source of this replica; nil when there is none of that name.
func (f *Fleet) source(name string) *source {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sources[name]
}
