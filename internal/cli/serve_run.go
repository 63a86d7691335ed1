package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/fleet"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/schema"
	"github.com/idpsync/idpsync/internal/secret"
	"github.com/idpsync/idpsync/internal/source"
	"github.com/idpsync/idpsync/internal/watch"
	"github.com/idpsync/idpsync/internal/web"
)

// serving is one run of serve.
type serving struct {
	app       *app
	f         *serveFlags
	telemetry *telemetry
	listener  net.Listener
	fleet     *fleet.Fleet
	catalog   *schema.Catalog
	home      string // keeps what is fetched

	mu sync.Mutex
	// unwritten is why a line could not be written; nil when all could.
	unwritten error
	pages     pages
}

func (s *serving) run(parent context.Context) error {
	a := s.app
	s.catalog, s.home = schema.Bundled(), a.path(a.flags.dir)
	if _, err := a.fleetFile(s.f.fleet); err != nil {
		return a.saidWhole(err) // before anything is begun
	}
	if err := s.bind(); err != nil {
		return err
	}
	led, err := a.openLedger(s.f.database, "")
	if err != nil {
		return err
	}
	host, _ := os.Hostname()
	s.fleet = fleet.New(fleet.Options{
		Database: s.f.database, Ledger: led, Workers: s.f.workers, Version: thisBuild().Version, Host: host,
		File: func() (*config.Fleet, error) { return a.fleetFile(s.f.fleet) }, FileDir: filepath.Dir(a.path(s.f.fleet)),
		Git: s.git, Watch: s.watch, Load: s.load, Place: placeOfTarget, AcceptMoves: s.f.acceptMoves, Loop: s.loop, Connect: s.connect, Told: s.told, Warn: s.warn, Log: a.log,
		Judge: func(projects []*config.Project) error { return a.checkVariables(projects...) },
	})
	s.pages.of = s.fleet
	a.missReaders()
	a.say("this is replica %s, with %d workers", s.fleet.ID(), s.f.workers)
	if a.variable(secret.LedgerKeyVariable) == "" {
		a.warn("IDPSYNC_LEDGER_KEY is not set: secrets that a server hides cannot be compared")
	}
	ctx, release := s.untilAsked(parent)
	defer release()
	pages, stopPages := context.WithCancel(ctx)
	served, err := s.serve(pages)
	if err == nil {
		err = s.fleet.Run(ctx)
	}
	stopPages()
	if served != nil {
		err = errors.Join(err, <-served)
	}
	return errors.Join(s.whole(err), s.unwritten)
}

// whole tells in diagnostics what they can tell.
func (s *serving) whole(err error) error {
	var misfit *fleet.MisfitError
	var damage *ledger.Error
	switch {
	case errors.As(err, &misfit):
		err = &diagnosed{misfit.Found}
	case errors.As(err, &damage):
		err = s.app.refuseLedger(err, nil)
	}
	return s.app.saidWhole(err)
}

// load reads a project of the fleet; only files that changed are parsed.
func (s *serving) load(cache *config.Cache, dir string) (*config.Project, []diagnostic.Diagnostic, config.Stats, error) {
	project, found, stats, err := cache.Load(dir, config.Options{Catalog: s.catalog})
	if err != nil {
		err = &quit{code: Failure, err: err, hint: "a project is a folder with idpsync.yaml"}
	}
	return project, found, stats, err
}

func (s *serving) git(at *config.FleetSource) (fleet.Fetch, string, error) {
	g, err := s.app.gitOf(at, filepath.Join(s.home, ".idpsync", "git"), filepath.Dir(s.app.path(s.f.fleet)))
	if err != nil {
		return nil, "", err
	}
	return g.fetch, g.name, nil
}

func (s *serving) watch(dir string) (<-chan struct{}, func()) {
	w := watch.Start(dir, watch.Options{Warn: s.app.warnOf})
	return w.Changes(), w.Close
}

// loop gives the options of a pass.
func (s *serving) loop(name string, _ config.Picked) reconcile.LoopOptions {
	a := s.app
	return reconcile.LoopOptions{
		Grace: grace, Observe: s.telemetry.observe(name),
		Plan: reconcile.Options{
			LookupEnv: a.env.LookupEnv, Now: a.env.Now, // without Waiting: a lock that is soon free keeps no worker
		},
		Apply: reconcile.ApplyOptions{
			Parallelism: serveParallelism, Tool: thisBuild().tool(), Explain: explain, Now: a.env.Now,
			Exit: func(out *reconcile.Outcome) int { return int(exitOf(out)) },
		},
	}
}

// serveParallelism is how many requests a pass has in flight at most.
const serveParallelism = 8

// connect prepares the pool of a pass. Its ledger is the database of the fleet,
// whatever the project says: the locks of all replicas are there.
func (s *serving) connect(p config.Picked, home string, files *reconcile.Files) (*reconcile.Connection, error) {
	a := s.app
	target := *files.Project.Targets[files.Target]
	if target.Sandbox != nil {
		return nil, &quit{
			code: Failure, err: fmt.Errorf("target %s is the embedded sandbox, which lives in one process and not in a fleet", target.Name),
			hint: "start \"idpsync sandbox\" and name its address as the host of the target",
		}
	}
	if target.Ledger != "" && target.Ledger != s.f.database && a.ledgers.first(target.Ledger) {
		a.warn("the project names a ledger of its own, and serve keeps it in --database: other runs on these pools should name that one too")
	}
	target.Ledger = s.f.database
	pool := &pool{app: a, telemetry: s.telemetry, project: files.Project, target: &target, parallelism: serveParallelism}
	if home != "" {
		pool.home = s.home
	}
	if p.MaxRPSSet {
		pool.maxRPS = &p.MaxRPS
	}
	led, err := a.openLedger(target.Ledger, "")
	if err != nil {
		return nil, err
	}
	return pool.connection(led), nil
}

// told writes what came of a pass. A serve whose lines get lost ends: nobody
// would learn what it does.
func (s *serving) told(name string, before, now *reconcile.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Verdict == reconcile.Looking && now.Trouble != nil { // a lock kept it from its first look, which is no failure
		if s.app.ledgers.first(name) {
			s.app.say("%s waits for its first look: %s", name, now.Trouble.Message)
		}
		return
	}
	shown := *now
	shown.Target = name
	if err := s.app.tellStatus(&shown, s.f.outs, tellerAfter(before)); err != nil && s.unwritten == nil {
		s.unwritten = err
		s.fleet.Stop()
	}
}

// warn tells of what ends nothing.
func (s *serving) warn(err error) {
	var found *diagnosed
	var damage *ledger.Error
	switch {
	case errors.As(err, &found):
		_ = s.app.tell(reportOf(found.found, s.app))
	case errors.As(err, &damage):
		_ = s.app.tell(reportOf([]diagnostic.Diagnostic{s.app.ledgerTrouble(damage)}, s.app))
	default:
		s.app.warnOf(err)
	}
}

// untilAsked gives a context that a second interrupt ends, or the first one when
// the steps in flight take too long. SIGHUP reads everything again.
func (s *serving) untilAsked(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	hangup := s.app.hangups()
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangup:
				s.fleet.Reload()
			case sig := <-s.app.env.Interrupt:
				switch {
				case sig == syscall.SIGHUP && hangup != nil: // told there
				case sig == syscall.SIGHUP:
					s.fleet.Reload()
				case s.halt():
					time.AfterFunc(patience, cancel)
				default:
					cancel()
					return
				}
			}
		}
	}()
	return ctx, cancel
}

func (s *serving) halt() bool {
	first := s.fleet.Stop()
	if first {
		s.app.say("ending: the steps in flight are finished, no other is begun; once more stops at once")
	}
	return first
}

func (s *serving) bind() error {
	w := &watching{app: s.app, f: &watchFlags{listen: s.f.listen, token: s.f.token}}
	err := w.bind()
	s.listener = w.listener
	return err
}

// serve shows the fleet; what it gives receives once, when that has ended.
func (s *serving) serve(ctx context.Context) (<-chan error, error) {
	if s.listener == nil {
		return nil, nil
	}
	o := web.Options{
		List: s.pages.list, Fleet: s.pages.overview, Ready: s.fleet.Ready, Subscribe: s.fleet.Subscribe,
		Token: s.f.token, Metrics: s.telemetry.metrics, Version: thisBuild().Version, Now: s.app.env.Now, Log: s.app.log,
	}
	if len(s.f.hookSecret) > 0 {
		o.Hook = source.Hook(s.f.hookSecret, func() {
			go func() {
				if err := s.fleet.LookAtRepositories(ctx); err != nil {
					s.app.warnOf(err)
				}
			}()
		})
	}
	page, err := web.New(o)
	if err != nil {
		return nil, err
	}
	s.app.say("the status page is at http://%s/", s.listener.Addr())
	ended := make(chan error, 1)
	go func() {
		err := page.Serve(ctx, s.listener)
		if err != nil {
			s.halt()
		}
		ended <- err
	}()
	return ended, nil
}

func (s *serving) close() error {
	s.telemetry.close()
	if s.listener == nil {
		return nil
	}
	if err := s.listener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
