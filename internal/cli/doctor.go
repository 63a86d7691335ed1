package cli

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/remote"
	"github.com/idpsync/idpsync/internal/report"
)

func (a *app) doctorCommand() *cobra.Command {
	var v visit
	cmd := &cobra.Command{
		Use: "doctor", Short: "check credentials, host, clock and rights, and how the tenant behaves",
		Long: `Check credentials, host, clock and rights with a handful of reads, and tell which
variants of the API this tenant shows. With --probe, learn the other variants
from scratch objects that are made and removed again. What an earlier probe
was killed before it could remove is removed by the next doctor.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v.app = a
			return v.run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&v.probe, "probe", false, "try on scratch objects what no read shows")
	cmd.Flags().BoolVarP(&v.yes, "yes", "y", false, "do not ask before --probe")
	return cmd
}

// visit is one run of the verb.
type visit struct {
	app        *app
	probe, yes bool

	pool    *pool
	cfg     remote.Config
	memory  ledger.Pool
	doctor  *remote.Doctor
	found   *remote.Diagnosis
	known   map[string]string // traits that the ledger remembers
	probed  bool
	removed int
}

func (v *visit) run(ctx context.Context) (err error) {
	a := v.app
	outs, err := a.outputs(textFormat, jsonFormat)
	if err != nil {
		return err
	}
	if v.probe && !v.yes && !(a.terminal(a.in) && a.terminal(a.err)) {
		return usage("--yes answers the question", "doctor --probe asks on a terminal only, and there is none")
	}
	ctx, b, release := a.interruptible(ctx)
	defer release()
	if err := v.begin(outs); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.pool.close()) }()
	if err := v.prepare(ctx); err != nil {
		return v.pool.refuse(err, outs)
	}
	if v.found, err = v.doctor.Examine(ctx); err != nil {
		return err
	}
	troubles := v.treat(ctx, b)
	if known := v.found.Known(); len(known) > 0 {
		troubles = errors.Join(troubles, v.memory.LearnTraits(ctx, known, a.env.Now()))
	}
	if err := errors.Join(a.emit(outs, v.document()), troubles); err != nil {
		return err
	}
	if v.found.Failed() || len(v.contradicted()) > 0 {
		return silent(Failure)
	}
	return nil
}

// begin reads the project. Only idpsync.yaml has to be good: a doctor does not
// look at what the other files declare.
func (v *visit) begin(outs outputs) error {
	a := v.app
	dir, err := a.projectDir()
	if err != nil {
		return err
	}
	w, err := a.load(dir)
	if err != nil {
		return err
	}
	var found []diagnostic.Diagnostic
	for _, d := range w.found {
		if d.File == config.ProjectFile {
			found = append(found, d)
		}
	}
	if diagnostic.HasErrors(found) {
		return a.refuseFiles(dir, found, outs)
	}
	name, err := a.chooseTarget(w.project)
	if err != nil {
		return err
	}
	if !diagnostic.HasErrors(w.found) {
		if err := a.checkVariables(w.project); err != nil {
			return err
		}
	}
	v.pool = &pool{app: a, project: w.project, target: w.project.Targets[name]}
	return nil
}

// refuse tells of credentials that are not set as of any fault of the files.
func (p *pool) refuse(err error, outs outputs) error {
	var found *diagnosed
	if errors.As(err, &found) {
		return p.app.refuseFiles(p.project.Dir, found.found, outs)
	}
	return err
}

// prepare makes the doctor, and opens the ledger it writes into.
func (v *visit) prepare(ctx context.Context) error {
	var err error
	if v.cfg, err = v.pool.config(); err != nil {
		return err
	}
	if v.doctor, err = remote.NewDoctor(v.cfg); err != nil {
		return err
	}
	if v.memory, err = v.pool.memory(v.cfg.UserPoolID); err != nil {
		return err
	}
	v.known, err = v.memory.Traits(ctx)
	return err
}

// memory is what the target's ledger knows of a pool.
func (p *pool) memory(poolID string) (ledger.Pool, error) {
	l, err := p.app.openLedger(p.target.Ledger, p.keptIn())
	if err != nil {
		return nil, err
	}
	return l.Pool(poolID), nil
}

// treat removes what an earlier probe left, and probes if that was asked for,
// while no other run writes to the pool.
func (v *visit) treat(ctx context.Context, b *brake) error {
	if v.probe && v.found.Failed() {
		v.app.warn("nothing is probed, because a check failed")
		v.probe = false
	}
	if v.found.Leftovers == 0 && !v.probe {
		return nil
	}
	if v.probe && !v.yes {
		if err := v.ask(ctx); err != nil {
			return err
		}
	}
	host, _ := os.Hostname()
	lock, err := v.memory.Lock(ctx, ledger.Holder{Host: host, PID: os.Getpid(), Since: v.app.env.Now()})
	var held *ledger.HeldError
	if errors.As(err, &held) && !v.probe {
		v.app.warn("scratch objects of a probe are in the pool and were left alone: %v", err)
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(v.treatAlone(model.WithFence(ctx, lock.Still), b), lock.Release())
}

func (v *visit) treatAlone(ctx context.Context, b *brake) (err error) {
	if v.removed, err = v.doctor.Clean(ctx); err != nil || !v.probe {
		return err
	}
	b.gentle.Store(true)
	v.probed = true
	return v.doctor.Probe(ctx, b.stop, v.tell)
}

// tell says on a terminal what is being tried.
func (v *visit) tell(what string) {
	if v.app.terminal(v.app.err) {
		v.app.say("probe: %s", what)
	}
}

// ask says exactly what will be made. Only "yes" is an answer.
func (v *visit) ask(ctx context.Context) error {
	s := v.doctor.Scratch()
	a := v.app
	a.ask(`
This makes in pool %s at %s, and removes again:
  up to %d applications, %d providers and %d connections, all named %s...
They are used by no application but the scratch one. Where this tenant switches
a new connection on by itself, it shows on login pages for a moment.
Go on? Only "yes" is accepted: `,
		report.Clean(v.cfg.UserPoolID), report.Clean(v.pool.host()), s.Applications, s.Providers, s.Connections, s.Head)
	return a.yes(ctx, "not confirmed; nothing was made")
}
