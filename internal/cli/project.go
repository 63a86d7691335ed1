package cli

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/schema"
)

// workspace is a project that was read, with what was found on the way.
type workspace struct {
	project *config.Project
	found   []diagnostic.Diagnostic
}

// projectDir is the folder that was named, else the nearest one upwards.
func (a *app) projectDir() (string, error) {
	if a.flags.dir != "" {
		return a.path(a.flags.dir), nil
	}
	return a.findProject(a.env.Dir)
}

func (a *app) findProject(start string) (string, error) {
	dir, err := config.Find(start)
	if err != nil {
		return "", &quit{code: Failure, err: err, hint: "-C FOLDER names the project folder"}
	}
	return dir, nil
}

// load reads the project in the folder with its own connection templates.
func (a *app) load(dir string) (*workspace, error) {
	project, found, err := config.Load(dir, config.Options{Catalog: schema.Bundled(), Listed: a.env.Listed})
	if err != nil {
		return nil, &quit{code: Failure, err: err, hint: "a project is a folder with idpsync.yaml; -C FOLDER names another one"}
	}
	return &workspace{project, found}, nil
}

// catalogOf puts the project's own templates over the bundled ones. They are
// read through a root, so that no link leads out of the project.
func catalogOf(dir string) (*schema.Catalog, error) {
	if _, err := os.Stat(filepath.Join(dir, "schemas", "templates")); err != nil {
		return schema.Bundled(), nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return schema.Bundled().WithTemplates(root.FS())
}

// chooseTarget: the flag or the variable, else the project's default, else the
// only one there is.
func (a *app) chooseTarget(p *config.Project) (string, error) {
	names := p.TargetNames()
	wanted := a.flags.target
	if wanted == "" {
		wanted = p.DefaultTarget
	}
	switch {
	case wanted != "":
		if p.Targets[wanted] == nil {
			return "", usage(didYouMean(wanted, names), "no target %q in %s; there is %s", wanted, config.ProjectFile, listed(names))
		}
		return wanted, nil
	case len(names) == 1:
		return names[0], nil
	case len(names) == 0:
		return "", usage("name one under targets:", "%s has no target", config.ProjectFile)
	}
	return "", usage("name one with -t, or with defaultTarget in "+config.ProjectFile, "the project has several targets: %s", listed(names))
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// fromHere tells the places of diagnostics as seen from the working folder.
func (a *app) fromHere(dir string, ds []diagnostic.Diagnostic) []diagnostic.Diagnostic {
	out := make([]diagnostic.Diagnostic, len(ds))
	for i, d := range ds {
		if d.File != "" {
			d.File = a.relative(filepath.Join(dir, filepath.FromSlash(d.File)))
		}
		out[i] = d
	}
	return out
}

func (a *app) relative(path string) string {
	rel, err := filepath.Rel(a.env.Dir, path)
	if err != nil {
		rel = path
	}
	return filepath.ToSlash(rel)
}

// ours are the variables that idpsync reads itself.
var ours = []string{
	"IDPSYNC_TARGET", "IDPSYNC_LANG", config.DefaultAccessKeyID, config.DefaultAccessKeySecret,
	"IDPSYNC_SECRET_DIRS", "IDPSYNC_ALLOW_EXEC", "IDPSYNC_LEDGER_KEY", "IDPSYNC_DATABASE",
}

// checkVariables refuses IDPSYNC_* variables that nobody reads: one that is
// misspelt would be taken for one that is not set.
func (a *app) checkVariables(projects ...*config.Project) error {
	known := append([]string(nil), ours...)
	for _, p := range projects {
		known = append(known, p.EnvNames()...)
	}
	read := make(map[string]bool, len(known))
	for _, name := range known {
		read[name] = true
	}
	var errs []error
	for _, entry := range a.env.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "IDPSYNC_") && value != "" && !read[name] {
			errs = append(errs, usage(cmp.Or(didYouMean(name, known), "unset it: names that begin with IDPSYNC_ are idpsync's own"), "nothing reads the variable %s", name))
		}
	}
	return errors.Join(errs...)
}
