package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

// Target is one user pool that a watch keeps in line.
type Target struct {
	Name string
	// Status gives the newest snapshot; nil before the first. It is called often,
	// from several goroutines.
	Status func() *reconcile.Status
	// Whole gives the newest snapshot with everything in it where Status is brief;
	// nil: Status is whole. It is asked when somebody looks at the target.
	Whole func(context.Context) (*reconcile.Status, error)
	// Job tells how a fleet works on it; nil outside of one.
	Job func() Job
}

// Options say what is shown, and to whom.
type Options struct {
	// Targets are shown in this order. Their names differ.
	Targets []Target
	// List gives the targets where they come and go, instead of Targets. It is
	// called often: the same slice again says that nothing came or went. What it
	// gave is not changed afterwards.
	List func() []Target
	// Fleet tells how the replicas stand; nil outside of a fleet. It is called often.
	Fleet func() *Fleet
	// Ready tells why the program is not ready yet, nil that it is; nil: it is when
	// every target was read whole once. A fleet has one of its own, since one
	// customer that cannot be read must not hold up an update.
	Ready func() error
	// Subscribe gives a channel that has something in it after a snapshot was
	// published, until cancel is called; nil: a page has to be loaded again.
	Subscribe func() (news <-chan struct{}, cancel func())
	// Hook answers POST /hooks/git; it checks the signature itself. nil: there is
	// no such path. Its body is cut at 1 MiB.
	Hook http.Handler
	// Token is what has to be shown to see anything; empty asks for nothing.
	Token []byte
	// Metrics is what else /metrics tells; nil: what the snapshots say.
	Metrics *Metrics
	// Version is the program's.
	Version string
	// Now tells the time; nil is time.Now.
	Now func() time.Time
	// Log hears of what went wrong inside; nil is silent.
	Log *slog.Logger
}

const (
	hookPath = "/hooks/git"
	// connections is how many may be open at a time, streams among them.
	connections = 512
	// farewell is how long Serve waits for answers under way.
	farewell = 5 * time.Second
)

// Server answers for one watch.
type Server struct {
	opts    Options
	token   []byte
	epoch   string // of this process: the numbers of views begin again in the next
	cookie  string // its name: one of each token, since cookies know no ports
	targets rolls
	desk    desk
	sums    sums
	slow    slowdown
	// laziest is how long a reader may take to read an update.
	laziest time.Duration
	streams chan struct{} // one for each open stream
	metrics *Metrics
	handler http.Handler
	log     *slog.Logger

	closing   chan struct{}
	closeOnce sync.Once
}

// New makes a server; nothing listens before Serve.
func New(o Options) (*Server, error) {
	s := &Server{
		opts: o, token: bytes.TrimSpace(o.Token), epoch: newEpoch(), targets: rolls{list: o.List},
		streams: make(chan struct{}, maxStreams), laziest: slowest, metrics: o.Metrics, log: o.Log, closing: make(chan struct{}),
	}
	s.cookie = cookieName + hex.EncodeToString(s.sign("name")[:4])
	if len(o.Token) > 0 && len(s.token) == 0 {
		return nil, errors.New("the token is blank")
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.metrics == nil {
		s.metrics = NewMetrics(o.Version)
	}
	s.targets.now = newRoll(o.Targets, nil)
	for i, t := range o.Targets {
		if len(s.targets.now.order) <= i || s.targets.now.order[i].name != t.Name {
			return nil, fmt.Errorf("target %q cannot be shown: it has no status, or is there twice", t.Name)
		}
	}
	if err := s.metrics.watch(func() []*shown { return s.targets.call().order }, o.Fleet); err != nil {
		return nil, fmt.Errorf("metrics of another server: %w", err)
	}
	s.handler = s.guarded(s.authorized(s.routes()))
	return s, nil
}

func newEpoch() string {
	var b [6]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func (s *Server) now() time.Time {
	if s.opts.Now == nil {
		return time.Now()
	}
	return s.opts.Now()
}

func (s *Server) routes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /{$}", s.home)
	m.HandleFunc("GET /t/{target}", s.objectsPage)
	m.HandleFunc("GET /t/{target}/object", s.objectPage)
	m.HandleFunc("GET /t/{target}/plan", s.planPage)
	m.HandleFunc("GET /t/{target}/graph", s.graphPage)
	m.HandleFunc("GET /t/{target}/runs", s.runsPage)
	m.HandleFunc("GET /events", s.events)
	m.HandleFunc("GET /api/v1/status", s.api)
	m.Handle("GET /metrics", s.metrics.handler())
	m.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	m.HandleFunc("GET /readyz", s.ready)
	m.HandleFunc("GET /assets/{name}", s.asset)
	m.HandleFunc("GET /login", s.loginPage)
	m.HandleFunc("POST /login", s.login)
	if s.opts.Hook != nil {
		m.Handle("POST "+hookPath, s.opts.Hook)
	}
	return m
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// ready says no until every target was read whole once.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.opts.Ready != nil {
		if err := s.opts.Ready(); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, "not yet: "+report.Clean(err.Error()))
			return
		}
		fmt.Fprintln(w, "ready")
		return
	}
	for _, t := range s.targets.call().order {
		if st := t.status(); st == nil || !st.Ready {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, "not yet: files and server were not read whole so far")
			return
		}
	}
	fmt.Fprintln(w, "ready")
}

// Serve answers on the listener until ctx ends; then streams are closed, what
// is under way gets some seconds, and nil is returned. It may be called once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(netutil.LimitListener(l, connections)) }()
	select {
	case err := <-ended:
		s.end()
		return err
	case <-ctx.Done():
	}
	s.end()
	rest, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if srv.Shutdown(rest) != nil {
		_ = srv.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// find gives the target of a name, written as it is or as in an address.
func (s *Server) find(name string) *shown {
	by := s.targets.call().by
	if t := by[name]; t != nil {
		return t
	}
	return by[named(name)]
}

// single is the only target of a watch; nil where there are several, or may be.
func (s *Server) single() *shown {
	if all := s.targets.call().order; len(all) == 1 && s.opts.List == nil {
		return all[0]
	}
	return nil
}

// look gives the newest view of a target.
func (s *Server) look(ctx context.Context, t *shown) *view {
	v := t.look(ctx)
	if s.opts.List != nil {
		s.desk.touch(t)
	}
	return v
}

// end closes every stream, so that a shutdown need not wait for them.
func (s *Server) end() { s.closeOnce.Do(func() { close(s.closing) }) }
