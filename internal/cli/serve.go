package cli

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/report"
)

// serveFlags are those of spec 10.
type serveFlags struct {
	database, fleet             string
	listen, tokenFile, hookFile string
	workers                     int
	check, acceptMoves          bool
	token, hookSecret           []byte
	outs                        outputs
}

// mostWorkers is more than one machine could feed.
const mostWorkers = 1000

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use: "serve", Short: "keep many targets in line, with any number of replicas on PostgreSQL",
		Long: `Look after every target that the fleet file names, each at its own interval and
whenever its files change, and carry out what no guard refuses where the fleet
file says so. Any number of replicas may share one database: it holds the ledger,
the locks and the queue, and whatever replica ends, others take over. SIGHUP reads
the fleet file again and looks at everything; Ctrl-C or SIGTERM finishes the steps
in flight and ends. -C names the folder that keeps what is fetched by git.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), cmd, &f) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.database, "database", "", "`URL` of the PostgreSQL, or env:NAME for one with a password (IDPSYNC_DATABASE)")
	fs.StringVar(&f.fleet, "fleet", "", "`file` that names the sources and targets")
	fs.IntVar(&f.workers, "workers", 8, "how many targets this replica looks at at once: `n`")
	fs.StringVar(&f.listen, "listen", "", "serve the status page and metrics at this `address`, such as 127.0.0.1:8484")
	fs.StringVar(&f.tokenFile, "auth-token-file", "", "`file` with the token that --listen asks for")
	fs.StringVar(&f.hookFile, "hook-secret-file", "", "`file` with the secret of POST /hooks/git")
	fs.BoolVar(&f.acceptMoves, "accept-moves", false, "the servers that the files name now are meant, also where they named others before")
	fs.BoolVar(&f.check, "check", false, "read the fleet file and what it names, list the targets, and end")
	return cmd
}

// settle refuses flags that contradict each other, before anything is read.
func (f *serveFlags) settle(a *app, cmd *cobra.Command) error {
	var errs []error
	needs := func(given bool, flag, other string, there bool) {
		if given && !there {
			errs = append(errs, usage("", "%s means nothing without %s", flag, other))
		}
	}
	if f.fleet == "" {
		errs = append(errs, usage("it is a file of kind Fleet, see docs/serve.md", "serve needs --fleet FILE"))
	}
	if cmd.Flags().Changed("target") {
		errs = append(errs, usage("name the target in the fleet file", "--target: serve looks after the targets of the fleet file"))
	}
	if f.workers < 1 || f.workers > mostWorkers {
		errs = append(errs, usage("", "--workers: want 1 to %d, got %d", mostWorkers, f.workers))
	}
	needs(f.hookFile != "", "--hook-secret-file", "--listen", f.listen != "")
	needs(f.tokenFile != "", "--auth-token-file", "--listen", f.listen != "")
	var err error
	if f.outs, err = a.outputs(textFormat, jsonFormat); err == nil && (len(f.outs) > 1 || f.outs[0].file != "") {
		err = usage("redirect stdout", "-o: serve writes a line a pass to stdout, and no file")
	}
	errs = append(errs, err)
	if f.check && err == nil && f.outs[0].format == jsonFormat {
		errs = append(errs, usage("without -o it lists the targets as text", "-o json: --check has no JSON"))
	}
	if !f.check || f.database != "" {
		f.database, err = a.databaseURL(f.database)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// databaseURL resolves --database. A password in the flag itself would be there
// for everybody to read.
func (a *app) databaseURL(value string) (string, error) {
	const hint = "--database postgres://USER@HOST/DATABASE, or put the URL into the variable IDPSYNC_DATABASE"
	from := "--database"
	switch name, ok := strings.CutPrefix(value, fromVariable); {
	case ok:
		from, value = value, a.variable(name)
		if value == "" {
			return "", usage("", "--database: the variable %s is not set", name)
		}
	case value == "":
		from, value = "IDPSYNC_DATABASE", a.variable("IDPSYNC_DATABASE")
		if value == "" {
			return "", usage(hint, "serve needs a database")
		}
	case hasPassword(value):
		return "", usage("put the URL into IDPSYNC_DATABASE or another variable and write --database env:NAME, or use a password file",
			"--database: the URL holds a password, which every user of this machine could read")
	}
	if scheme, _, _ := strings.Cut(value, "://"); scheme != "postgres" && scheme != "postgresql" {
		return "", usage(hint, "%s: it is no postgres:// URL", from)
	}
	_, err := url.Parse(value)
	if err == nil {
		_, err = a.openLedger(value, "") // nothing is connected to
	}
	if err != nil { // what is wrong may stand beside a password
		return "", usage("in a name or a password write # / ? % @ : as %23 %2F %3F %25 %40 %3A; sslmode is disable, allow, prefer, require, verify-ca or verify-full",
			"%s: the postgres:// URL cannot be read", from)
	}
	return value, nil
}

// hasPassword tells whether a URL, or another way to write it, holds a password.
func hasPassword(value string) bool {
	u, err := url.Parse(value)
	if err != nil {
		return strings.Contains(strings.ToLower(value), "password") || strings.Contains(value, "@")
	}
	_, has := u.User.Password()
	for key := range u.Query() {
		has = has || strings.EqualFold(key, "password") || strings.EqualFold(key, "sslpassword")
	}
	return has || strings.Contains(strings.ToLower(value), "password=")
}

func (a *app) serve(ctx context.Context, cmd *cobra.Command, f *serveFlags) (err error) {
	if err := f.settle(a, cmd); err != nil {
		return err
	}
	f.token, err = a.secretFile(cmd, "auth-token-file", f.tokenFile)
	if err == nil {
		f.hookSecret, err = a.secretFile(cmd, "hook-secret-file", f.hookFile)
	}
	if err != nil {
		return err
	}
	if f.check {
		return a.checkFleet(f)
	}
	s := &serving{app: a, f: f}
	defer func() { err = errors.Join(err, s.close()) }()
	if s.telemetry, err = a.startTelemetry(); err != nil {
		return err
	}
	return s.run(ctx)
}

// fleetFile reads the fleet file. What is wrong with it is told whole, and ends
// what wanted it.
func (a *app) fleetFile(name string) (*config.Fleet, error) {
	file, found, err := config.LoadFleet(a.path(name))
	if err != nil {
		return nil, &quit{code: Failure, err: err, hint: "--fleet FILE names it"}
	}
	if diagnostic.HasErrors(found) {
		return nil, &diagnosed{found}
	}
	if len(found) > 0 {
		a.sayOnce(found)
	}
	return file, nil
}

// sayOnce tells complaints that end nothing, each only once.
func (a *app) sayOnce(found []diagnostic.Diagnostic) {
	var fresh []diagnostic.Diagnostic
	for _, d := range found {
		if a.ledgers.first(d.Line(diagnostic.English)) {
			fresh = append(fresh, d)
		}
	}
	if len(fresh) > 0 {
		_ = a.tell(report.NewDiagnostics(fresh, a.flags.lang))
	}
}

// saidWhole tells what a fleet file is refused for, all of it.
func (a *app) saidWhole(err error) error {
	var found *diagnosed
	if !errors.As(err, &found) {
		return err
	}
	if writing := a.tell(report.NewDiagnostics(found.found, a.flags.lang)); writing != nil {
		return writing
	}
	return silent(Failure)
}
