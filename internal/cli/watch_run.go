package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/remote"
	"github.com/idpsync/idpsync/internal/schema"
	"github.com/idpsync/idpsync/internal/source"
	"github.com/idpsync/idpsync/internal/watch"
	"github.com/idpsync/idpsync/internal/web"
)

// watching is one run of watch.
type watching struct {
	app      *app
	f        *watchFlags
	cache    *config.Cache
	catalog  *schema.Catalog
	dir      string // the project folder, or with --git the one that keeps things
	target   string // as it was at the begin
	fetch    func(context.Context) (reconcile.Source, error)
	listener net.Listener
	loop     *reconcile.Loop
	teller   teller
	// telemetry is told of every pass and request; nil tells nobody.
	telemetry *telemetry
	anchor    anchor
	// notify is told of every pass; nil tells nobody.
	notify *notifications
	// unwritten is why a line of a pass could not be written; nil when all could.
	unwritten error

	stop     chan struct{}
	stopOnce sync.Once
}

// most is the largest file of a token that is read.
const mostToken = 4 << 10

// secretFile reads a token. One that is empty would let everybody in.
func (a *app) secretFile(cmd *cobra.Command, flag, file string) ([]byte, error) {
	if file == "" {
		if cmd.Flags().Changed(flag) {
			return nil, usage("", "--%s: want a file, got none", flag)
		}
		return nil, nil
	}
	r, err := os.Open(a.path(file))
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, mostToken+1))
	switch token := bytes.TrimSpace(text); {
	case err != nil:
		return nil, fmt.Errorf("--%s: %w", flag, err)
	case len(text) > mostToken:
		return nil, usage("", "--%s %s: larger than %d KiB, which is no token", flag, file, mostToken>>10)
	case len(token) == 0:
		return nil, usage("write a long random text into it", "--%s %s: the file is empty", flag, file)
	default:
		return token, nil
	}
}

// prepare finds the files and takes the address. What is wrong with how it was
// called ends here; what is wrong with the files does not end a watch.
func (w *watching) prepare() error {
	if err := w.bind(); err != nil {
		return err
	}
	find := w.findFolder
	if w.f.git != "" {
		find = w.prepareGit
	}
	if err := find(); err != nil {
		return err
	}
	var err error
	w.notify, err = w.app.notifiers(w.f.notify, w.dir)
	return err
}

// findFolder finds the project, and its target: a name that is not there is no
// news that a watch should wait for.
func (w *watching) findFolder() error {
	dir, err := w.app.projectDir()
	if err != nil {
		return err
	}
	w.dir = dir
	w.fetch = func(context.Context) (reconcile.Source, error) {
		return reconcile.Source{Dir: dir, Name: dir}, nil
	}
	files, err := w.load(dir)
	if err != nil {
		return err
	}
	w.target = files.Target
	return nil
}

// prepareGit settles where what is fetched and remembered is kept. Nothing is
// fetched yet: a repository that is away must not keep the page from starting.
func (w *watching) prepareGit() error {
	w.dir = w.app.path(w.app.flags.dir)
	if info, err := os.Stat(w.dir); err != nil || !info.IsDir() {
		return &quit{code: Failure, err: fmt.Errorf("no folder %s to keep the ledger in", w.dir), hint: "with --git, -C FOLDER names it"}
	}
	f := w.f
	var err error
	w.fetch, err = w.app.gitSource(f.git, f.ref, f.path, f.requireSigned, w.dir)
	return err
}

// load reads the project; only files that changed are parsed.
func (w *watching) load(dir string) (*reconcile.Files, error) {
	project, found, stats, err := w.cache.Load(dir, config.Options{Catalog: w.catalog})
	if err != nil {
		return nil, &quit{code: Failure, err: err, hint: "a project is a folder with idpsync.yaml; -C FOLDER names another one"}
	}
	files := &reconcile.Files{Project: project, Found: found, Stats: stats}
	if len(project.TargetNames()) == 0 && len(found) > 0 {
		return files, nil // idpsync.yaml itself is broken, which is told
	}
	if files.Target, err = w.app.chooseTarget(project); err != nil {
		return nil, err
	}
	if !diagnostic.HasErrors(found) { // else nothing is sent anywhere
		if err := w.anchor.holds(files); err != nil {
			return nil, err
		}
	}
	return files, w.app.checkVariables(project)
}

// connect prepares the pool of one pass.
func (w *watching) connect(files *reconcile.Files) (*reconcile.Connection, error) {
	a, f := w.app, w.f
	p := &pool{app: a, telemetry: w.telemetry, project: files.Project, target: files.Project.Targets[files.Target], parallelism: f.parallelism}
	if f.git != "" {
		p.home = w.dir
	}
	if f.rpsSet {
		p.maxRPS = &f.maxRPS
	}
	l, err := a.openLedger(p.target.Ledger, p.keptIn())
	if err != nil {
		return nil, err
	}
	return p.connection(l), nil
}

// connection is the pool as a pass of a loop takes it.
func (p *pool) connection(l ledger.Ledger) *reconcile.Connection {
	return &reconcile.Connection{Remote: p.telemetry.steps(p), Host: p.host, Ledger: l, Settle: p.settle(), Close: func() error {
		if c, ok := p.Remote.(*remote.Client); ok {
			c.CloseIdle()
		}
		return p.close()
	}}
}

// grace is how long files must stay as they are before a plan that takes
// something away is carried out.
const grace = 10 * time.Second

func (w *watching) loopOptions(o reconcile.Options) reconcile.LoopOptions {
	a := w.app
	o.Now = a.env.Now
	o.Waiting = func(d time.Duration) { a.log.Info("waiting for a step of a run that was cut off", "time", d) }
	lo := reconcile.LoopOptions{
		Mode: reconcile.Mode(w.f.mode), Interval: w.f.interval, Grace: grace, Stop: w.stop,
		Target: w.target, Judge: func(p *reconcile.Pass) error { return idleScope(p, o.Scope) },
		Fetch: w.fetch, Load: w.load, Connect: w.connect, Plan: o, Told: w.told, Observe: w.telemetry.observe(w.name()),
		Apply: reconcile.ApplyOptions{
			Parallelism: w.f.parallelism, Tool: thisBuild().tool(), Explain: explain, Now: a.env.Now,
			Exit: func(out *reconcile.Outcome) int { return int(exitOf(out)) },
		},
	}
	if w.f.once { // whoever asks for one pass has the files ready
		lo.Grace = 0
	}
	return lo
}

// told writes what came of a pass. A watch whose lines get lost ends: nobody would
// learn what it finds, or does.
func (w *watching) told(s *reconcile.Status) {
	if err := w.app.tellStatus(s, w.f.outs, &w.teller); err != nil && w.unwritten == nil {
		w.unwritten = err
		if !w.f.once { // one pass ends anyway, and is not cut for it
			w.stopOnce.Do(func() { close(w.stop) })
		}
	}
	w.notify.tell(s)
}

// end is how long a stop waits for the step in flight.
const patience = 9 * time.Second

// untilAsked gives a context that a second interrupt ends, or the first one when
// the step in flight takes too long. SIGHUP only makes the loop look.
func (w *watching) untilAsked(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	hangup := w.app.hangups()
	onTerminal := w.app.terminal(w.app.out)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangup:
			case s := <-w.app.env.Interrupt:
				if s != syscall.SIGHUP {
					if w.halt() {
						time.AfterFunc(patience, cancel)
						continue
					}
					cancel()
					return
				}
				if hangup != nil {
					continue // told there
				}
			}
			if onTerminal && !w.app.terminal(w.app.out) { // the terminal is gone, not the settings new
				w.halt()
				time.AfterFunc(patience, cancel)
				continue
			}
			w.loop.Reload()
		}
	}()
	return ctx, cancel
}

// hangups are the SIGHUPs of a process that would not be told of them otherwise.
func (a *app) hangups() <-chan os.Signal {
	if a.env.Hangup == nil {
		return nil
	}
	return a.env.Hangup()
}

// halt asks the loop to end; false when it was asked before.
func (w *watching) halt() (first bool) {
	w.stopOnce.Do(func() {
		first = true
		close(w.stop)
		w.app.say("ending: the step in flight is finished, no other is begun; once more stops at once")
	})
	return first
}

// once makes one pass and ends as drift or apply would.
func (w *watching) once(ctx context.Context) error {
	verdict := w.verdictOf(w.loop.Once(ctx))
	return ended(verdict, w.unwritten)
}

// verdictOf is what one pass ends with; why is told with the status.
func (w *watching) verdictOf(end reconcile.Ending) Exit {
	switch {
	case end.Err != nil:
		return codeOf(end.Err)
	case end.Pass == nil:
		return Failure
	case w.f.mode == string(reconcile.Apply) && end.Outcome != nil:
		return exitOf(end.Outcome)
	case w.f.mode == string(reconcile.Apply) && len(end.Pass.Refusals) > 0, len(incomplete(end.Pass.Refusals)) > 0:
		return Refused
	case w.f.mode == string(reconcile.Detect) && end.Differs:
		return Changes
	}
	return OK
}

// run watches until it is asked to end.
func (w *watching) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var beside sync.WaitGroup
	if w.f.git == "" {
		beside.Go(func() { w.listenToFolder(ctx) })
	}
	serving := make(chan error, 1)
	if w.listener != nil {
		if err := w.serve(ctx, serving); err != nil {
			return err
		}
	} else {
		close(serving)
	}
	w.loop.Run(ctx)
	cancel()
	beside.Wait()
	return errors.Join(w.unwritten, <-serving)
}

// listenToFolder passes on what changes in the project folder.
func (w *watching) listenToFolder(ctx context.Context) {
	seen := watch.Start(w.dir, watch.Options{Warn: w.app.warnOf})
	defer seen.Close()
	for {
		select {
		case <-ctx.Done():
			return
		case <-seen.Changes():
			w.loop.Wake()
		}
	}
}

// warnOf tells of an error that ends nothing.
func (a *app) warnOf(err error) {
	a.warn("%v", err)
	var h interface{ Hint() string }
	if errors.As(err, &h) && h.Hint() != "" {
		a.hint(h.Hint())
	}
}

// serve shows the loop. When that breaks the watch ends: nobody would notice.
func (w *watching) serve(ctx context.Context, ended chan<- error) error {
	o := web.Options{
		Targets:   []web.Target{{Name: w.name(), Status: w.loop.Status}},
		Subscribe: w.loop.Subscribe, Token: w.f.token, Metrics: w.telemetry.metrics, Version: thisBuild().Version, Now: w.app.env.Now, Log: w.app.log,
	}
	if len(w.f.hookSecret) > 0 {
		o.Hook = source.Hook(w.f.hookSecret, w.loop.Wake)
	}
	s, err := web.New(o)
	if err != nil {
		return err
	}
	w.app.say("the status page is at http://%s/", w.listener.Addr())
	go func() {
		err := s.Serve(ctx, w.listener)
		if err != nil {
			w.halt()
		}
		ended <- err
	}()
	return nil
}

// farewellNotes is how long the end waits for what is on its way to webhooks.
const farewellNotes = 5 * time.Second

// close gives back the address, where nobody served it.
func (w *watching) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), farewellNotes)
	defer cancel()
	w.notify.close(ctx)
	w.telemetry.close()
	if w.listener == nil {
		return nil
	}
	if err := w.listener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func watchListenError(address string, err error) error {
	hint := ""
	if errors.Is(err, syscall.EADDRINUSE) {
		hint = "another program listens there; 127.0.0.1:0 takes a free port"
	}
	return &quit{code: Failure, err: fmt.Errorf("--listen %s: %w", filepath.ToSlash(address), err), hint: hint}
}
