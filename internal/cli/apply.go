package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

func (a *app) applyCommand() *cobra.Command {
	var f planFlags
	var yes bool
	cmd := &cobra.Command{
		Use: "apply [PLANFILE]", Short: "change the pool as the files say",
		Long: `Show the plan, ask, and carry it out. Without a terminal --yes must answer the
question. A plan file is carried out as it is or not at all, and nothing is
asked: it holds its own options, so that beside a PLANFILE only --yes and the
flags of every verb may stand.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(cmd.CommandPath()+" --help tells the usage", "%s takes one plan file at most, got %d", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if err := onlySaved(cmd, args[0]); err != nil {
					return err
				}
				return a.applySaved(cmd.Context(), args[0])
			}
			if f.out != "" {
				return usage("plan takes it", "--out: apply carries the plan out at once")
			}
			f.note(cmd)
			return a.apply(cmd.Context(), &f, yes)
		},
	}
	f.register(cmd)
	for _, name := range []string{"out", "no-secrets"} { // plan's alone; here they are told so
		_ = cmd.Flags().MarkHidden(name)
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func (a *app) apply(ctx context.Context, f *planFlags, yes bool) (err error) {
	outs, err := a.outputs(resultFormats()...)
	if err != nil {
		return err
	}
	options, err := f.options(a)
	if err != nil {
		return err
	}
	if f.noSecrets {
		return usage("plan takes it", "--no-secrets: apply needs the secrets it sends")
	}
	if !yes && !(a.terminal(a.in) && a.terminal(a.err)) {
		return usage("--yes answers the question", "apply asks on a terminal only, and there is none")
	}
	ctx, b, release := a.interruptible(ctx)
	defer release()
	options.Apply = true
	l, err := a.look(ctx, f, options, outs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	for {
		if err := a.showPlan(l, outs); err != nil {
			return err
		}
		a.remarks(l.pass)
		if len(l.pass.Refusals) > 0 {
			a.say("Refused; nothing was changed.")
			return errors.Join(a.report(outs, l.document(a)), silent(Refused))
		}
		if yes || l.pass.Plan.Empty() {
			break
		}
		if err := l.pass.Close(); err != nil { // a question may be open for hours
			return err
		}
		if err := a.confirm(ctx, l); err != nil {
			return err
		}
		same, err := a.lookAgain(ctx, l, f, options, outs)
		if err != nil {
			return err
		}
		if same {
			break
		}
		a.warn("the pool or the files changed while the question was open; this is the plan now")
	}
	b.gentle.Store(true)
	return a.carryOut(ctx, l, f, b.stop, outs)
}

// lookAgain looks once more after a question that may have been open for hours,
// and tells whether the plan is still the one that was agreed to.
func (a *app) lookAgain(ctx context.Context, l *look, f *planFlags, o reconcile.Options, outs outputs) (same bool, err error) {
	agreed := l.document(a)
	if err := l.pool.close(); err != nil {
		return false, err
	}
	l.pool = &pool{} // closed
	now, err := a.look(ctx, f, o, outs)
	if err != nil {
		return false, err
	}
	*l = *now
	current := l.document(a)
	current.CreatedAt = agreed.CreatedAt
	var was, is strings.Builder
	if err := errors.Join(report.JSON(&was, agreed), report.JSON(&is, current)); err != nil {
		return false, err
	}
	return was.String() == is.String(), nil
}

// showPlan writes the plan before the question; stdout is left to the result
// when that goes to a machine.
func (a *app) showPlan(l *look, outs outputs) error {
	doc := l.document(a)
	if outs.takesStdout() {
		return a.tell(doc)
	}
	return a.emit(outputs{{format: textFormat}}, doc)
}

// confirm asks. Only "yes" is an answer.
func (a *app) confirm(ctx context.Context, l *look) error {
	t := l.target()
	a.ask("\nChange pool %s at %s? Only \"yes\" is accepted: ", report.Clean(t.UserPoolID), report.Clean(t.Host))
	return a.yes(ctx, "not confirmed; nothing was changed")
}

// yes waits for the answer to a question; otherwise says what any other answer
// comes to.
func (a *app) yes(ctx context.Context, otherwise string) error {
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(io.LimitReader(a.in, 1024)).ReadString('\n')
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.err)
		return ctx.Err()
	case s := <-answer:
		if s == "yes" {
			return nil
		}
	}
	return errors.New(otherwise)
}

func (a *app) carryOut(ctx context.Context, l *look, f *planFlags, stop <-chan struct{}, outs outputs) error {
	style := a.errStyle()
	bars, total, done := a.progress(), len(l.pass.Plan.Changes), 0
	out, err := l.pass.Apply(ctx, l.pool, reconcile.ApplyOptions{
		Parallelism: f.parallelism, Stop: stop, Settle: l.pool.settle(), Tool: thisBuild().tool(), SavedPlan: l.saved, Now: a.env.Now,
		Explain: explain, Exit: func(out *reconcile.Outcome) int { return int(exitOf(out)) },
		Observe: func(e apply.Event) { // progress; the result tells all again
			_ = report.NewEvent(e).Text(a.err, style)
			if e.Status != apply.Running {
				done++
			}
			bars.tell("applying", min(done, total), total)
		},
	})
	bars.end()
	if err != nil {
		return a.refuseLedger(err, outs)
	}
	doc := report.NewResult(report.ResultInput{
		RunID: out.RunID, Target: l.target(), Result: out.Result,
		NotKept: out.NotKept, Unverified: out.Unverified, Explain: explain,
	})
	if l.pass.Plan.Empty() {
		outs = outs.reports() // the plan has said "No changes."
	}
	if err := a.emit(outs, doc); err != nil {
		code := max(exitOf(out), Failure)
		if out.Result.Wrote() {
			code = Partial
		}
		return &quit{code: code, err: err, hint: "the pool was changed as the lines above say; only the report of it is missing"}
	}
	a.remarkPins(l, out)
	a.remarkTraits(out.Contradicted)
	if out.VerifyErr != nil {
		a.sayError(fmt.Errorf("what was written could not be read back: %w", out.VerifyErr))
	}
	if out.MemoryErr != nil {
		a.sayError(fmt.Errorf("not all that was done is in the ledger: %w", out.MemoryErr))
	}
	return silent(exitOf(out))
}

// remarkPins gives the new line for a pin whose object was replaced: the id it
// names is gone.
func (a *app) remarkPins(l *look, out *reconcile.Outcome) {
	for _, o := range out.Result.Outcomes {
		if id, pinned := l.pass.Target.Pin[o.Change.Key]; pinned && o.ID != "" && o.ID != id {
			a.warn("the pin of %s is outdated; write in idpsync.yaml: targets.%s.pin: {%s: %s}", o.Change.Key, l.pass.Target.Name, o.Change.Key, o.ID)
		}
	}
}

// exitOf judges an apply: partial as soon as anything was written, else by the
// first thing that went wrong.
func exitOf(out *reconcile.Outcome) Exit {
	r := out.Result
	bad := r.Count(apply.Done) < len(r.Outcomes) || len(out.NotKept) > 0 || out.VerifyErr != nil || out.MemoryErr != nil
	switch {
	case !bad:
		return OK
	case r.Wrote():
		return Partial
	}
	for _, o := range r.Outcomes {
		if codeOf(o.Err) == Unavailable {
			return Unavailable
		}
	}
	return Failure
}
