package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Options name a folder of a branch of a repository.
type Options struct {
	// URL is https, ssh, file, a folder or USER@HOST:PATH; http and git to this
	// machine, or with RequireSigned.
	URL string
	// Ref is a branch, a full reference or a commit; "" is the host's own choice.
	Ref string
	// Path is the folder in the repository; "" is its root.
	Path string
	// RequireSigned accepts only commits with a good signature of a known key.
	RequireSigned bool
	// Dir is the folder for what is fetched; Base is where a relative URL begins.
	Dir, Base string
	// Env is the environment of git.
	Env []string
	// Timeout bounds each fetch; 0 is a minute, and five for the first one.
	Timeout time.Duration
	// Now tells the time; nil is time.Now.
	Now func() time.Time
}

// Tree is a folder at a commit. Its files do not change any more.
type Tree struct {
	// Dir holds the files of the path that was asked for.
	Dir string
	// Name is the repository, branch and path without credentials.
	Name string
	// Commit is the id, Signer who signed it; "" where nobody asked.
	Commit, Signer string
	// Time is when the commit was made, as it says itself.
	Time time.Time
}

// Git is one branch of one repository.
type Git struct {
	o    Options
	at   location
	ref  string
	path string
	name string
	home string
	run  *runner

	mu    sync.Mutex
	trees map[string]string // commit -> folder, of this process
	last  *Tree
}

// New checks what the options name. It asks nobody.
func New(o Options) (*Git, error) {
	at, err := locate(o.URL, o.Base, o.RequireSigned)
	if err != nil {
		return nil, err
	}
	g := &Git{o: o, at: at, trees: map[string]string{}}
	if g.ref, err = fullRef(o.Ref); err != nil {
		return nil, err
	}
	if g.path, err = folder(o.Path); err != nil {
		return nil, err
	}
	if g.o.Now == nil {
		g.o.Now = time.Now
	}
	g.name = g.label()
	sum := sha256.Sum256([]byte(at.url + "\x00" + g.ref + "\x00" + g.path))
	g.home = filepath.Join(o.Dir, hex.EncodeToString(sum[:8]))
	g.run = &runner{limit: time.Minute, gitDir: filepath.Join(g.home, "mirror"), more: at.credentials(), secrets: at.secrets()}
	return g, nil
}

// label is URL#BRANCH:PATH, as container builders write it.
func (g *Git) label() string {
	name := g.at.url
	if ref := strings.TrimPrefix(g.ref, "refs/heads/"); ref != "HEAD" || g.path != "" {
		name += "#" + ref
	}
	if g.path != "" {
		name += ":" + g.path
	}
	return printable(name)
}

// Name is the repository, branch and path without credentials.
func (g *Git) Name() string { return g.name }

// Fetch gives the folder at the newest commit. An error leaves the last good one
// as it is. One fetch at a time.
func (g *Git) Fetch(ctx context.Context) (Tree, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.prepare(ctx); err != nil {
		return Tree{}, err
	}
	t, err := g.newest(ctx)
	if err != nil && g.ailing(ctx, err) {
		// The mirror has lost something, or a process that was killed has locked it.
		if err := g.discard(ctx); err != nil {
			return Tree{}, err
		}
		t, err = g.newest(ctx)
	}
	if err != nil {
		return Tree{}, g.explain(err)
	}
	if err := g.remember(t); err != nil {
		return Tree{}, err
	}
	if g.last == nil || g.last.Commit != t.Commit {
		_, _ = g.run.run(ctx, "gc", "--auto", "--quiet", "--prune=now") // it only saves room
	}
	g.last = &t
	g.sweep()
	return t, nil
}

func (g *Git) newest(ctx context.Context) (Tree, error) {
	commit, err := g.tip(ctx)
	if err != nil {
		return Tree{}, err
	}
	return g.accept(ctx, commit)
}

// Last gives the folder at the last good commit, of this process or an earlier
// one; no host is asked.
func (g *Git) Last(ctx context.Context) (Tree, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last != nil {
		g.touch(g.last.Dir)
		return *g.last, true
	}
	commit, _ := g.remembered()
	if commit == "" || g.prepare(ctx) != nil {
		return Tree{}, false
	}
	t, err := g.accept(ctx, commit)
	if err != nil {
		return Tree{}, false
	}
	g.last = &t
	return t, true
}

// prepare makes the mirror, anew where it is none.
func (g *Git) prepare(ctx context.Context) error {
	if g.run.env == nil {
		quiet := !namesSSH(g.o.Env)
		g.run.env = environment(g.o.Env, g.at, false)
		if out, err := g.config(ctx, "core.sshCommand"); err == nil && len(out) == 0 {
			g.run.env = environment(g.o.Env, g.at, quiet)
		}
	}
	if err := os.MkdirAll(filepath.Join(g.home, "trees"), 0o700); err != nil {
		return &Error{Message: "the folder for what is fetched", Next: "make it writable", Err: err}
	}
	if _, err := g.run.run(ctx, "rev-parse", "--git-dir"); err == nil {
		return nil
	} else if ctx.Err() != nil {
		return ctx.Err()
	} else if errors.Is(err, exec.ErrNotFound) {
		return &Error{Message: "there is no git program", Next: "install git 2.34 or newer", Err: err}
	}
	return g.discard(ctx)
}

// config asks for a setting of the user's; "" when there is none.
func (g *Git) config(ctx context.Context, key string) (string, error) {
	out, err := g.run.run(ctx, "config", "--get", key)
	var f *failure
	var exit *exec.ExitError
	if errors.As(err, &f) && errors.As(f.err, &exit) && exit.ExitCode() == 1 {
		return "", nil
	}
	return strings.TrimSpace(string(out)), err
}

// discard throws the mirror away and makes an empty one: everything in it can be
// fetched again.
func (g *Git) discard(ctx context.Context) error {
	if err := os.RemoveAll(g.run.gitDir); err != nil {
		return &Error{Message: "the folder for what is fetched", Next: "make it writable", Err: err}
	}
	_, err := g.run.run(ctx, "init", "--quiet", "--bare")
	return g.explain(err)
}

const ourRef = "refs/idpsync/tip"

// tip asks the host for the newest commit.
func (g *Git) tip(ctx context.Context) (string, error) {
	if _, err := g.run.within(g.patience()).run(ctx, "fetch", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head",
		"--no-auto-maintenance", "--force", "--quiet", "--", g.at.url, "+"+g.ref+":"+ourRef); err != nil {
		return "", err
	}
	out, err := g.run.run(ctx, "rev-parse", "--verify", "--quiet", ourRef+"^{commit}")
	if id := strings.TrimSpace(string(out)); err == nil && commitID().MatchString(id) {
		return id, nil
	}
	return "", refuse("name a branch", "%s is no commit", g.name)
}

// patience is how long a host may take for its answer: the first one holds more.
func (g *Git) patience() time.Duration {
	commit, _ := g.remembered()
	switch {
	case g.o.Timeout > 0:
		return g.o.Timeout
	case commit == "":
		return 5 * time.Minute
	}
	return time.Minute
}

// ailing tells that an error may come from a mirror that has lost something, or
// that a process which was killed has left locked. What the host says, and what
// we refuse ourselves, does not.
func (g *Git) ailing(ctx context.Context, err error) bool {
	switch {
	case ctx.Err() != nil, errors.As(err, new(*Error)):
		return false
	case errors.Is(err, errDamaged), strings.Contains(err.Error(), ".lock'"):
		return true
	}
	if r := reasonOf(err); r != nil && !r.vague {
		return false
	}
	_, bad := g.run.run(ctx, "fsck", "--no-progress", "--no-dangling")
	return bad != nil && ctx.Err() == nil
}

// accept judges a commit that is in the mirror and writes its files.
func (g *Git) accept(ctx context.Context, commit string) (Tree, error) {
	t := Tree{Name: g.name, Commit: commit}
	made, err := g.date(ctx, commit)
	if err != nil {
		return t, err
	}
	t.Time = made
	if g.o.RequireSigned {
		if t.Signer, err = g.signer(ctx, commit); err != nil {
			return t, err
		}
		if err := g.notOlder(t); err != nil {
			return t, err
		}
	}
	t.Dir, err = g.folder(ctx, commit)
	return t, err
}
