package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

func (a *app) exportCommand() *cobra.Command {
	var x export
	cmd := &cobra.Command{
		Use: "export", Short: "write the pool as files",
		Long: `Read the whole user pool and write it as documents whose plan is empty.
References are by name. A secret, and a text under a key that no template knows,
stays on the server: {secretFrom: {server: true}} stands in its place. Without
--out everything goes to stdout; with it each object has a file of its own, and
no file that says something else is ever overwritten.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			x.app = a
			return x.run(cmd.Context())
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&x.unmanaged, "unmanaged", false, "only what no document declares")
	fs.StringVar(&x.dir, "out", "", "write one file an object below a `folder`")
	fs.StringArrayVar(&x.reveal, "reveal", nil, "show the text at a `place` such as connection/corp/fields.foo, whose key no template knows; may be repeated")
	fs.StringVar(&x.secrets, "secrets", "server", "what stands for a secret: server, or env for the name of a variable, listed in .env.example")
	return cmd
}

// export is one run of the verb.
type export struct {
	app          *app
	unmanaged    bool
	dir, secrets string
	reveal       []string

	project *config.Project
	target  report.Target
	found   *reconcile.Export
}

func (x *export) run(ctx context.Context) (err error) {
	a := x.app
	outs, err := a.outputs(textFormat, jsonFormat)
	if err != nil {
		return err
	}
	o, err := x.options()
	if err != nil {
		return err
	}
	if x.dir != "" && slices.ContainsFunc(a.flags.outputs, func(o string) bool { return !strings.HasPrefix(o, jsonFormat) }) {
		return usage("", "--out writes the documents into files, and -o names no other place for them: give one of the two")
	}
	ctx, _, release := a.interruptible(ctx)
	defer release()
	p, target, dir, err := x.begin(outs)
	if err != nil {
		return err
	}
	var memory reconcile.Options
	if err := a.remembering(x.project, target, p, &memory); err != nil {
		return a.refuseLedger(err, outs)
	}
	o.Ledger = memory.Ledger
	found, ds, err := reconcile.ExportPool(ctx, x.project, target, p, o)
	if err = errors.Join(err, p.close()); err != nil {
		return a.refuseLedger(p.refuse(err, outs), outs)
	}
	if found == nil {
		return a.refuseFiles(dir, ds, outs)
	}
	x.found, x.target = found, report.Target{Name: target, Host: p.host(), UserPoolID: found.UserPoolID}
	if len(found.Refusals) > 0 {
		return x.refused()
	}
	if err := x.checkReveal(o.Reveal); err != nil {
		return err
	}
	return x.write(outs)
}

// options checks the flags before anything is read.
func (x *export) options() (reconcile.ExportOptions, error) {
	o := reconcile.ExportOptions{Unmanaged: x.unmanaged, Env: x.secrets == "env", Now: x.app.env.Now()}
	errs := []error{oneOf("--secrets", x.secrets, "server", "env")}
	for _, s := range x.reveal {
		kind, rest, _ := strings.Cut(s, "/")
		handle, path, ok := strings.Cut(rest, "/")
		key, err := model.ParseKey(kind + "/" + handle)
		if !ok || path == "" || err != nil || !slices.Contains(model.Documented, key.Kind) {
			errs = append(errs, usage("", "--reveal: want a place such as connection/corp/fields.foo, got %q", s))
			continue
		}
		o.Reveal = append(o.Reveal, config.Place{Key: key, Path: path})
	}
	return o, errors.Join(errs...)
}

// begin reads the project and chooses the pool.
func (x *export) begin(outs outputs) (*pool, string, string, error) {
	a := x.app
	dir, err := a.projectDir()
	if err != nil {
		return nil, "", "", err
	}
	w, err := a.load(dir)
	if err != nil {
		return nil, "", "", err
	}
	if diagnostic.HasErrors(w.found) {
		return nil, "", "", a.refuseFiles(dir, w.found, outs)
	}
	target, err := a.chooseTarget(w.project)
	if err = errors.Join(err, a.checkVariables(w.project)); err != nil {
		return nil, "", "", err
	}
	x.project = w.project
	return &pool{app: a, project: w.project, target: w.project.Targets[target], parallelism: 8}, target, dir, nil
}

// refused tells that the pool was not read whole: half of it would be a lie.
func (x *export) refused() error {
	for _, r := range x.found.Refusals {
		x.app.say("refused: %s %s: %s", r.Code, r.Name, r.Message)
	}
	return silent(Refused)
}

// checkReveal refuses a --reveal that showed nothing.
func (x *export) checkReveal(wanted []config.Place) error {
	shown, kept, could := map[string]bool{}, map[string]bool{}, []string{}
	for _, d := range x.found.Documents {
		for _, p := range d.Revealed {
			shown[p] = true
		}
		for _, p := range d.Kept {
			kept[p] = true
		}
		could = append(could, d.Unknown...)
	}
	var errs []error
	for _, p := range wanted {
		switch s := p.String(); {
		case kept[s]:
			errs = append(errs, usage("", "--reveal %s: this is a secret, and an export never shows one", s))
		case !shown[s]:
			errs = append(errs, usage(cmp.Or(didYouMean(s, could), "an export without --reveal lists what it does not show"),
				"--reveal %s: nothing is kept from the files there", s))
		}
	}
	return errors.Join(errs...)
}

// write writes the documents where they were asked for, then tells about them.
func (x *export) write(outs outputs) error {
	a := x.app
	if x.dir == "" {
		if err := a.emit(outs, x.document()); err != nil {
			return err
		}
		x.tell("stdout")
		return nil
	}
	made, err := x.files()
	if err != nil {
		return err
	}
	if err := a.report(outs, x.document()); err != nil {
		return err
	}
	x.tell(fmt.Sprintf("%s (%d files written, %d were there already)", x.dir, made.written, made.same))
	if made.schema != "" {
		a.say("%s written: editors check the files by it", a.relative(made.schema))
	}
	return nil
}

// stream has no modeline: nobody knows in which folder it will lie.
func (x *export) stream() []byte {
	var b bytes.Buffer
	for i, d := range x.found.Documents {
		if i > 0 {
			b.WriteString("---\n")
		}
		b.Write(d.Text)
	}
	if env := x.envExample(); env != nil {
		b.WriteString("# .env.example:\n")
		for line := range strings.Lines(string(env)) {
			b.WriteString("#   " + line)
		}
	}
	return b.Bytes()
}

// envExample lists the variables that the documents ask for; nil for none.
func (x *export) envExample() []byte {
	names := map[string]bool{}
	for _, d := range x.found.Documents {
		for _, n := range d.Env {
			names[n] = true
		}
	}
	if len(names) == 0 {
		return nil
	}
	var b bytes.Buffer
	for _, n := range slices.Sorted(maps.Keys(names)) {
		fmt.Fprintf(&b, "%s=put-the-value-here\n", n)
	}
	return b.Bytes()
}
