package cli

import (
	"cmp"
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/schema"
)

// watchFlags are those of spec 9, with those of plan that a watch can take.
type watchFlags struct {
	planFlags
	interval                    time.Duration
	mode                        string
	git, ref, path              string
	requireSigned, once         bool
	listen, tokenFile, hookFile string
	notify                      []string
	token, hookSecret           []byte
	outs                        outputs
}

func (a *app) watchCommand() *cobra.Command {
	var f watchFlags
	cmd := &cobra.Command{
		Use: "watch", Short: "keep looking, and tell or repair what drifts",
		Long: `Look at the files and the pool whenever a file changes and once in every
interval, tell what differs, and with --mode apply carry it out as apply does.
Nobody is asked: a plan that a guard refuses waits until a person carries it out
or changes the files. SIGHUP looks at once; Ctrl-C or SIGTERM finishes the step
in flight and ends. With --git, -C names the folder that keeps the ledger.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.note(cmd)
			return a.watch(cmd.Context(), cmd, &f)
		},
	}
	f.register(cmd)
	return cmd
}

func (f *watchFlags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.DurationVar(&f.interval, "interval", 5*time.Minute, "look this often, whatever changes: a `duration`")
	fs.StringVar(&f.mode, "mode", string(reconcile.Detect), "detect only tells; apply carries out what no guard refuses")
	fs.StringVar(&f.git, "git", "", "take the files from the repository at this `URL`, or env:NAME for one with a login")
	fs.StringVar(&f.ref, "ref", "", "`branch` or tag of --git (default: the repository's own)")
	fs.StringVar(&f.path, "path", "", "project `folder` inside of --git")
	fs.BoolVar(&f.requireSigned, "require-signed", false, "take only commits of --git with a good signature")
	fs.StringVar(&f.listen, "listen", "", "serve the status page and metrics at this `address`, such as 127.0.0.1:8484")
	fs.StringVar(&f.tokenFile, "auth-token-file", "", "`file` with the token that --listen asks for")
	fs.StringVar(&f.hookFile, "hook-secret-file", "", "`file` with the secret of POST /hooks/git")
	fs.StringArrayVar(&f.notify, "notify", nil, "tell this endpoint of drift: `[PRESET=]URL|env:NAME|@FILE[,secret=..][,template=FILE]`; may be repeated")
	fs.BoolVar(&f.once, "once", false, "look once and end, with the exit code of drift or apply")
	fs.StringArrayVar(&f.selected, "select", nil, "only keys that fit the `glob`, such as 'application/*'; may be repeated")
	fs.StringArrayVar(&f.excluded, "exclude", nil, "all keys but those that fit the `glob`; may be repeated")
	fs.StringVar(&f.prune, "prune", "", "delete what no file declares: off, owned or all (default off, or the project's policy)")
	fs.IntVar(&f.maxDeletes, "max-deletes", 0, "allow `n` deletes and replaces (default 5, or the project's policy)")
	fs.BoolVar(&f.allowReplace, "allow-replace", false, "allow to delete and create anew what cannot be changed in place")
	fs.BoolVar(&f.noSecrets, "no-secrets", false, "compare without any secret value")
	fs.IntVar(&f.parallelism, "parallelism", 8, "how many requests run at once")
	fs.Float64Var(&f.maxRPS, "max-rps", 50, "most `requests` a second; 0 is no limit, as for a sandbox")
	fs.StringArrayVar(&f.overrides, "override", nil, "")
	_ = fs.MarkHidden("override") // known, so that it is told why there is none
}

// note remembers which flags were given.
func (f *watchFlags) note(cmd *cobra.Command) {
	f.pruneSet = cmd.Flags().Changed("prune")
	f.maxDeletesSet = cmd.Flags().Changed("max-deletes")
	f.rpsSet = cmd.Flags().Changed("max-rps")
}

// shortestInterval keeps a watch from doing nothing but looking.
const shortestInterval = time.Second

// check refuses flags that contradict each other, before anything is read.
func (f *watchFlags) check(a *app) (reconcile.Options, error) {
	o, err := f.options(a)
	errs := []error{err, oneOf("--mode", f.mode, string(reconcile.Detect), string(reconcile.Apply))}
	if f.interval < shortestInterval {
		errs = append(errs, usage("", "--interval: want at least %s, got %s", shortestInterval, f.interval))
	}
	if len(f.overrides) > 0 {
		errs = append(errs, usage("apply takes it, and asks", "--override: a watch passes no guard, since nobody reads the plan first"))
	}
	if f.noSecrets && f.mode == string(reconcile.Apply) {
		errs = append(errs, usage("--mode detect takes it", "--no-secrets: apply needs the secrets it sends"))
	}
	needs := func(given bool, flag, other string, there bool) {
		if given && !there {
			errs = append(errs, usage("", "%s means nothing without %s", flag, other))
		}
	}
	needs(f.ref != "", "--ref", "--git", f.git != "")
	needs(f.path != "", "--path", "--git", f.git != "")
	needs(f.requireSigned, "--require-signed", "--git", f.git != "")
	needs(f.hookFile != "", "--hook-secret-file", "--git", f.git != "")
	needs(f.hookFile != "", "--hook-secret-file", "--listen", f.listen != "")
	needs(f.tokenFile != "", "--auth-token-file", "--listen", f.listen != "")
	if f.once && f.listen != "" {
		errs = append(errs, usage("", "--once ends before anybody could look at --listen"))
	}
	if f.outs, err = a.outputs(textFormat, jsonFormat); err == nil && (len(f.outs) > 1 || f.outs[0].file != "") {
		err = usage("redirect stdout", "-o: a watch writes a line a pass to stdout, and no file")
	}
	return o, errors.Join(append(errs, err)...)
}

func (a *app) watch(parent context.Context, cmd *cobra.Command, f *watchFlags) (err error) {
	options, err := f.check(a)
	if err != nil {
		return err
	}
	f.token, err = a.secretFile(cmd, "auth-token-file", f.tokenFile)
	if err == nil {
		f.hookSecret, err = a.secretFile(cmd, "hook-secret-file", f.hookFile)
	}
	if err != nil {
		return err
	}
	if !f.once { // one pass is made whether or not somebody reads on
		a.missReaders()
	}
	w := &watching{app: a, f: f, cache: config.NewCache(), catalog: schema.Bundled(), stop: make(chan struct{})}
	defer func() { err = errors.Join(err, w.close()) }()
	if w.telemetry, err = a.startTelemetry(); err != nil {
		return err
	}
	if err := w.prepare(); err != nil {
		return err
	}
	w.loop = reconcile.NewLoop(w.loopOptions(options))
	ctx, release := w.untilAsked(parent)
	defer release()
	if f.once {
		return w.once(ctx)
	}
	return w.run(ctx)
}

// loopbackAddress tells whether only this machine reaches an address that was checked.
func loopbackAddress(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// bind listens where the page is to be served. An address that others reach
// needs a token: the page tells how people log in to everything.
func (w *watching) bind() error {
	f := w.f
	if f.listen == "" {
		return nil
	}
	if err := checkListen(f.listen); err != nil {
		return err
	}
	if !loopbackAddress(f.listen) && len(f.token) == 0 {
		return usage("--auth-token-file FILE names the token that is asked for", "--listen %s: other machines reach it, so it needs a token", f.listen)
	}
	var err error
	if w.listener, err = net.Listen("tcp", f.listen); err != nil {
		return watchListenError(f.listen, err)
	}
	return nil
}

// name is what the target is called before the files were read.
func (w *watching) name() string { return cmp.Or(w.target, w.app.flags.target, "watch") }
