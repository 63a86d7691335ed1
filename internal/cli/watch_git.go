package cli

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/source"
)

// fromVariable begins a value that stands in a variable, where the arguments of
// a process, which everybody can read, do not show it.
const fromVariable = "env:"

// gitSource gives what fetches the files of a branch. base is the folder that
// keeps what was fetched, in .idpsync/git.
func (a *app) gitSource(url, ref, path string, requireSigned bool, base string) (func(context.Context) (reconcile.Source, error), error) {
	g, err := a.gitFiles(url, ref, path, requireSigned, filepath.Join(base, ".idpsync", "git"), a.env.Dir)
	if err != nil {
		return nil, err
	}
	return g.fetch, nil
}

// gitFiles are the files of a branch.
type gitFiles struct {
	name   string // without credentials
	git    *source.Git
	app    *app
	commit string // of the last fetch
}

// gitFiles prepares a branch of a repository. dir keeps what was fetched, a
// relative URL begins at base.
func (a *app) gitFiles(url, ref, path string, requireSigned bool, dir, base string) (*gitFiles, error) {
	url, err := a.gitURL(url)
	if err != nil {
		return nil, err
	}
	g, err := source.New(source.Options{
		URL: url, Ref: ref, Path: path, RequireSigned: requireSigned,
		Dir: dir, Base: base, Env: a.env.Environ(), Now: a.env.Now,
	})
	if err != nil {
		return nil, usageOf("--git", err)
	}
	return &gitFiles{name: g.Name(), git: g, app: a}, nil
}

// fetch gives the newest commit. With an error the source is the last good one,
// if there is any: also that of an earlier process.
func (g *gitFiles) fetch(ctx context.Context) (reconcile.Source, error) {
	tree, err := g.git.Fetch(ctx)
	if err != nil {
		tree, _ = g.git.Last(ctx) // an empty one says that there is none
	}
	if err == nil && tree.Commit != g.commit {
		g.commit = tree.Commit
		g.app.log.Info("new commit", "source", tree.Name, "commit", tree.Commit, "made", tree.Time, "signer", tree.Signer)
	}
	return reconcile.Source{Dir: tree.Dir, Name: g.name, Commit: tree.Commit}, err
}

// gitURL resolves env:NAME. A login in the flag itself would be there for
// everybody to read.
func (a *app) gitURL(value string) (string, error) {
	if name, ok := strings.CutPrefix(value, fromVariable); ok {
		url, set := a.env.LookupEnv(name)
		if !set || url == "" {
			return "", usage("", "--git: the variable %s is not set", name)
		}
		return url, nil
	}
	if source.HasCredentials(value) {
		return "", usage("put the URL into a variable and write env:NAME in its place, or give git a credential helper", "--git: the URL holds a login, which every user of this machine could read")
	}
	return value, nil
}

// usageOf is an error of whoever typed a flag, with its hint.
func usageOf(flag string, err error) error {
	var h interface{ Hint() string }
	hint := ""
	if errors.As(err, &h) {
		hint = h.Hint()
	}
	return usage(hint, "%s: %w", flag, err)
}
