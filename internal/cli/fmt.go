package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/report"
)

func (a *app) fmtCommand() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use: "fmt [PATH...]", Short: "lay the files out in one way",
		Long: `Lay out the files of the project: keys in their canonical order, two columns a
level. Comments, blank lines and quotes stay as they are, and so does what the
files mean. Prints the files that it changes. With PATHs only these files, or
the files in these folders. A file that is no valid YAML is left alone.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return a.format(args, check) },
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing; exit 1 if a file is laid out otherwise")
	return cmd
}

// formatResult is the document of fmt.
type formatResult struct {
	report.Header
	Check bool `json:"check"`
	// Unchanged counts the files that are not listed.
	Unchanged   int                 `json:"unchanged"`
	Files       []formatFile        `json:"files"`
	Diagnostics []report.Diagnostic `json:"diagnostics"`
}

type formatFile struct {
	File string `json:"file"`
	// State is formatted, different (--check), invalid, or failed.
	State string `json:"state"`
}

// Text lists the files that were, or would be, changed.
func (r *formatResult) Text(w io.Writer, _ report.Style) error {
	for _, f := range r.Files {
		if f.State == "formatted" || f.State == "different" {
			if _, err := fmt.Fprintln(w, report.Clean(f.File)); err != nil {
				return err
			}
		}
	}
	return nil
}

// formatting is one run of fmt.
type formatting struct {
	app    *app
	check  bool
	result *formatResult
	found  []diagnostic.Diagnostic
	errs   []error
}

func (a *app) format(paths []string, check bool) error {
	outs, err := a.outputs(textFormat, jsonFormat)
	if err != nil {
		return err
	}
	dirs, err := a.projectsOf(paths)
	if err != nil {
		return err
	}
	run := &formatting{app: a, check: check, result: &formatResult{Header: report.NewHeader("fmt"), Check: check, Files: []formatFile{}}}
	for _, p := range paths {
		if !slices.ContainsFunc(dirs, func(dir string) bool { _, inside := below(dir, a.path(p)); return inside }) {
			return fmt.Errorf("%s is not in the project folder %s", p, a.flags.dir)
		}
	}
	for _, dir := range dirs {
		if err := run.project(dir, paths); err != nil {
			return err
		}
	}
	diagnostic.Sort(run.found)
	complaints := report.NewDiagnostics(run.found, a.lang())
	run.result.Diagnostics = complaints.Diagnostics
	if err := errors.Join(a.tell(complaints), a.emit(outs, run.result)); err != nil {
		return err
	}
	return run.end()
}

// project lays out the files of one project that the paths name.
func (r *formatting) project(dir string, paths []string) error {
	f, found, err := config.OpenFormatter(dir)
	if err != nil {
		return &quit{code: Failure, err: err, hint: "a project is a folder with idpsync.yaml; -C FOLDER names another one"}
	}
	defer func() { _ = f.Close() }() // a folder that was only read
	names := f.Names()
	if len(paths) > 0 {
		names, found = r.named(dir, names, paths), r.about(dir, found, paths)
	}
	r.found = append(r.found, r.app.fromHere(dir, found)...)
	for _, file := range f.Check(names) {
		r.file(f, dir, file)
	}
	return nil
}

func (r *formatting) file(f *config.Formatter, dir string, file config.FormatFile) {
	name := r.app.relative(filepath.Join(dir, filepath.FromSlash(file.Name)))
	r.found = append(r.found, r.app.fromHere(dir, file.Found)...)
	state := ""
	switch {
	case len(file.Found) > 0:
		state = "invalid"
	case file.Changed && r.check:
		state = "different"
	case file.Changed:
		state = "formatted"
		if err := f.Write(file); err != nil {
			state = "failed"
			r.errs = append(r.errs, fmt.Errorf("%s: not written: %w", name, plainCause(err)))
		}
	}
	if file.Left {
		r.app.warn("%s: some of it stays as it is, because no other layout is proven to mean the same", name)
	}
	if state == "" {
		r.result.Unchanged++
		return
	}
	r.result.Files = append(r.result.Files, formatFile{name, state})
}

// plainCause is why a file could not be written, without a path in it.
func plainCause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// named picks the files of a project that the paths name, or that lie in a
// folder they name.
func (r *formatting) named(dir string, names, paths []string) []string {
	picked := map[string]bool{}
	for _, p := range paths {
		at, inside := below(dir, r.app.path(p))
		if !inside {
			continue // another project's
		}
		some := false
		for _, name := range names {
			if name == at || at == "." || strings.HasPrefix(name, at+"/") {
				picked[name], some = true, true
			}
		}
		if !some {
			r.app.warn("%s: the project reads no such file, so it is left alone", p)
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return !picked[name] })
}

// about keeps the complaints about files that the paths name.
func (r *formatting) about(dir string, found []diagnostic.Diagnostic, paths []string) []diagnostic.Diagnostic {
	return slices.DeleteFunc(found, func(d diagnostic.Diagnostic) bool {
		return d.File != config.ProjectFile && !slices.ContainsFunc(paths, func(p string) bool {
			at, inside := below(dir, r.app.path(p))
			return inside && (d.File == at || at == "." || strings.HasPrefix(d.File, at+"/"))
		})
	})
}

// below is the slash-separated name of a path in a folder.
func below(dir, path string) (string, bool) {
	rel, err := filepath.Rel(dir, path)
	if err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel), true
	}
	// The one may be written with a link, and the other without.
	rel, err = filepath.Rel(real(dir), filepath.Join(real(filepath.Dir(path)), filepath.Base(path)))
	return filepath.ToSlash(rel), err == nil && filepath.IsLocal(rel)
}

// end says how many files there were, and is the exit code.
func (r *formatting) end() error {
	changed := 0
	for _, f := range r.result.Files {
		if f.State == "formatted" || f.State == "different" {
			changed++
		}
	}
	total := plural(r.result.Unchanged+len(r.result.Files), "file")
	switch {
	case changed == 0:
		r.app.say("%s, nothing to change", total)
	case r.check:
		r.app.say("%d of %s would be laid out otherwise: idpsync fmt does it", changed, total)
	default:
		r.app.say("%d of %s laid out", changed, total)
	}
	if len(r.errs) > 0 {
		return errors.Join(r.errs...)
	}
	if len(r.found) > 0 || r.check && changed > 0 {
		return silent(Failure)
	}
	return nil
}
