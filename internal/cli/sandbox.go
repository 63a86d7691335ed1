package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/sandbox"
)

// sandboxFlags are the flags of spec 8.
type sandboxFlags struct {
	listen, data, seed, requestLog string
	latency                        time.Duration
	rps, pageMax                   int
	dialect, faults                []string
}

func (a *app) sandboxCommand() *cobra.Command {
	var f sandboxFlags
	cmd := &cobra.Command{
		Use: "sandbox", Short: "serve the vendor's API from memory or a folder",
		Long: `Serve the vendor's API from memory or a folder, for tests and for trying out.
The first line on stdout tells the address and the credentials as JSON.
docs/sandbox.md has every switch of --dialect, every fault and the control calls.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.sandboxCommons(cmd); err != nil {
				return err
			}
			return a.serveSandbox(cmd.Context(), f)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&f.listen, "listen", "127.0.0.1:4010", "`address` to listen on; port 0 takes a free one")
	fs.StringVar(&f.data, "data", "", "`folder` that keeps the state; else it is in memory only")
	fs.StringVar(&f.seed, "seed", "", "`file` with a state to begin with, as /_sandbox/state prints it")
	fs.DurationVar(&f.latency, "latency", 0, "`time` added to every answer")
	fs.IntVar(&f.rps, "rps", 0, "requests a second above which 429 is answered; 0 is no limit")
	fs.StringSliceVar(&f.dialect, "dialect", nil, "how the server answers: `switch=value,...`")
	fs.StringArrayVar(&f.faults, "fault", nil, "what goes wrong: `'METHOD PATH #n ACTION'`; may be repeated")
	fs.StringVar(&f.requestLog, "request-log", "", "`file` that gets one JSON line a request")
	fs.IntVar(&f.pageMax, "page-max", 50, "largest page of a list")
	return cmd
}

// sandboxCommons refuses those flags of every verb that would do nothing here,
// and flags that are given as nothing. A target of the environment is not meant
// for this verb.
func (a *app) sandboxCommons(cmd *cobra.Command) error {
	if cmd.Flags().Changed("target") {
		return usage("--data names the folder that keeps its state", "-t: sandbox serves a pool of its own and no target")
	}
	if cmd.Flags().Changed("output") {
		return usage("", "-o is not built yet for sandbox: its first line is always JSON")
	}
	for _, name := range []string{"listen", "data", "seed", "request-log"} {
		if f := cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
			return usage("", "--%s: want a value, got none", name)
		}
	}
	if dir := a.flags.dir; dir != "" {
		if info, err := os.Stat(a.path(dir)); err != nil || !info.IsDir() {
			return fmt.Errorf("-C: no folder %s", a.path(dir))
		}
	}
	return nil
}

func (a *app) serveSandbox(ctx context.Context, f sandboxFlags) error {
	if err := checkListen(f.listen); err != nil {
		return err
	}
	o, err := a.sandboxOptions(f)
	if err != nil {
		return err
	}
	if f.requestLog != "" {
		log, err := os.OpenFile(a.path(f.requestLog), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("--request-log: %w", err)
		}
		defer log.Close()
		o.RequestLog = log
	}
	killed := make(chan struct{})
	o.Exit = sync.OnceFunc(func() { close(killed) })
	ctx, _, release := a.interruptible(ctx)
	defer release()
	s, err := a.startSandbox(o, f.listen)
	if err != nil {
		return err
	}
	if !s.loopback() {
		a.warn("the sandbox listens on %s, where other machines can reach it; its pool is not for real users", s.address())
	}
	if err := s.announce(a.out); err != nil {
		return errors.Join(err, s.end())
	}
	select {
	case <-ctx.Done():
		s.drain()
		return s.end()
	case err := <-s.broken:
		return errors.Join(err, s.end())
	case <-killed:
		s.kill()
		return errors.New("the sandbox was killed by a fault")
	}
}

// sandboxOptions checks the flags; what they say wrongly is wrong usage.
func (a *app) sandboxOptions(f sandboxFlags) (sandbox.Options, error) {
	o := sandbox.Options{Latency: f.latency, RPS: f.rps, PageMax: f.pageMax, Faults: f.faults}
	if f.latency < 0 || f.rps < 0 || f.pageMax < 1 {
		return o, usage("", "--latency and --rps cannot be negative, and --page-max must be at least 1")
	}
	var err error
	if o.Dialect, err = pairs("--dialect", f.dialect); err != nil {
		return o, err
	}
	// Made once in memory, so that a wrong switch or fault is told from a
	// folder that cannot be read.
	trial, err := sandbox.New(o)
	if err != nil {
		return o, usage(nearestPath(err), "%w", err)
	}
	_ = trial.Close()
	if f.data != "" {
		o.DataDir = a.path(f.data)
	}
	if f.seed != "" {
		if o.Seed, err = os.ReadFile(a.path(f.seed)); err != nil {
			return o, fmt.Errorf("--seed: %w", err)
		}
		if err := sandbox.CheckSeed(o.Seed); err != nil {
			return o, fmt.Errorf("--seed %s: %w", f.seed, err)
		}
	}
	return o, nil
}

// nearestPath suggests a path of the API to a fault that names none of them, by
// the whole path or else by its last part.
func nearestPath(err error) string {
	var unknown *sandbox.UnknownPathError
	if !errors.As(err, &unknown) {
		return ""
	}
	paths := sandbox.Paths()
	if hint := didYouMean(unknown.Path, paths); hint != "" {
		return hint
	}
	names, full := make([]string, len(paths)), map[string]string{}
	for i, p := range paths {
		names[i] = path.Base(p)
		full[names[i]] = p
	}
	if name := model.Nearest(path.Base(unknown.Path), names); name != "" {
		return fmt.Sprintf("did you mean %s?", full[name])
	}
	return "paths are those of the API, such as " + paths[0]
}

// runningSandbox is a sandbox that listens.
type runningSandbox struct {
	sandbox  *sandbox.Server
	server   *http.Server
	listener net.Listener
	lock     *ledger.Held // nil in memory
	broken   chan error
}

// startSandbox locks the folder, opens it and listens.
func (a *app) startSandbox(o sandbox.Options, listen string) (*runningSandbox, error) {
	s := &runningSandbox{broken: make(chan error, 1)}
	var err error
	if o.DataDir != "" {
		if s.lock, err = a.lockFolder(o.DataDir); err != nil {
			return nil, err
		}
	}
	if s.sandbox, err = sandbox.New(o); err != nil {
		return nil, errors.Join(fmt.Errorf("sandbox: %w", err), s.unlock())
	}
	if s.listener, err = net.Listen("tcp", listen); err != nil {
		return nil, errors.Join(listenError(err), s.sandbox.Close(), s.unlock())
	}
	s.server = &http.Server{
		Handler: s.sandbox, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			s.broken <- err
		}
	}()
	return s, nil
}

func (a *app) lockFolder(dir string) (*ledger.Held, error) {
	host, _ := os.Hostname()
	return ledger.Lock(filepath.Join(dir, "lock"), ledger.Holder{Host: host, PID: os.Getpid(), Since: a.env.Now()})
}

func (s *runningSandbox) address() string { return s.listener.Addr().String() }

func (s *runningSandbox) url() string { return "http://" + s.address() }

func (s *runningSandbox) loopback() bool {
	tcp, ok := s.listener.Addr().(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// announce writes the first line of spec 8.
func (s *runningSandbox) announce(w io.Writer) error {
	c := s.sandbox.Credentials()
	return json.NewEncoder(w).Encode(struct {
		Listening       string `json:"listening"`
		AccessKeyID     string `json:"accessKeyId"`
		AccessKeySecret string `json:"accessKeySecret"`
		UserPoolID      string `json:"userPoolId"`
	}{s.url(), c.AccessKeyID, c.AccessKeySecret, c.UserPoolID})
}

// drain gives requests in flight a moment to finish. It is short because a
// connection on which nothing was ever asked counts as busy for seconds.
func (s *runningSandbox) drain() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.server.Shutdown(ctx)
}

// end closes every connection, keeps the state and lets go of the folder.
func (s *runningSandbox) end() error {
	_ = s.server.Close()
	return errors.Join(s.sandbox.Close(), s.unlock())
}

// kill cuts every line and writes nothing more, as a real kill would.
func (s *runningSandbox) kill() {
	_ = s.server.Close()
	_ = s.unlock()
}

func (s *runningSandbox) unlock() error {
	if s.lock == nil {
		return nil
	}
	return s.lock.Release()
}
