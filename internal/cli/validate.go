package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

func (a *app) validateCommand() *cobra.Command {
	var strict bool
	cmd := &cobra.Command{
		Use: "validate [PATH...]", Short: "check the files, without a network",
		Long: `Check the files of the project for every target (or the one of -t): syntax,
schemas, references and rules. No network, credentials or secret values are
needed. With PATHs, the projects that these files and folders belong to.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return a.validate(args, strict) },
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "warnings fail too")
	return cmd
}

func (a *app) validate(paths []string, strict bool) error {
	outs, err := a.outputs(diagnosticsFormats()...)
	if err != nil {
		return err
	}
	dirs, err := a.projectsOf(paths)
	if err != nil {
		return err
	}
	var found []diagnostic.Diagnostic
	var projects []*config.Project
	for _, dir := range dirs {
		w, err := a.load(dir)
		if err != nil {
			return err
		}
		ds, err := a.checkTargets(w)
		if err != nil {
			return err
		}
		found = append(found, a.fromHere(dir, ds)...)
		projects = append(projects, w.project)
	}
	// A file that cannot be read may be the one that reads a variable.
	if !diagnostic.HasErrors(found) {
		if err := a.checkVariables(projects...); err != nil {
			return err
		}
	}
	diagnostic.Sort(found)
	found = diagnostic.Compact(found)
	doc := report.NewDiagnostics(found, a.flags.lang)
	if strict {
		doc.Strict()
	}
	if err := a.emit(outs, doc); err != nil {
		return err
	}
	a.saySummary(found)
	if diagnostic.HasErrors(found) || strict && len(found) > 0 {
		return silent(Failure)
	}
	return nil
}

// checkTargets checks the project for the target that was named, or for each.
func (a *app) checkTargets(w *workspace) ([]diagnostic.Diagnostic, error) {
	names := w.project.TargetNames()
	if t := a.flags.target; t != "" {
		if !slices.Contains(names, t) {
			_, err := a.chooseTarget(w.project)
			return nil, err
		}
		names = []string{t}
	}
	if len(names) == 0 {
		names = []string{""} // which is an error; the documents are checked all the same
	}
	found := w.found
	for _, name := range names {
		_, ds := reconcile.Prepare(w.project, name, time.Now())
		found = append(found, ds...)
	}
	return found, nil
}

// projectsOf finds the project of each path, each once, in order.
func (a *app) projectsOf(paths []string) ([]string, error) {
	if len(paths) == 0 || a.flags.dir != "" {
		dir, err := a.projectDir()
		return []string{dir}, err
	}
	var dirs []string
	for _, p := range paths {
		start := a.path(p)
		info, err := os.Stat(start)
		if err != nil {
			return nil, fmt.Errorf("%s: no such file or folder", p)
		}
		if !info.IsDir() {
			start = filepath.Dir(start)
		}
		dir, err := a.findProject(start)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}

// saySummary counts what was found.
func (a *app) saySummary(ds []diagnostic.Diagnostic) {
	errs, warnings, files := 0, 0, map[string]bool{}
	for _, d := range ds {
		files[d.File] = true
		if d.Severity == diagnostic.Error {
			errs++
		} else {
			warnings++
		}
	}
	if len(ds) == 0 {
		a.say("no errors, no warnings")
		return
	}
	a.say("%s, %s in %s", count(errs, "error"), count(warnings, "warning"), count(len(files), "file"))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
