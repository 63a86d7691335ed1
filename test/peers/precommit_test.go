package peers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPreCommit lets Debian's pre-commit run the hooks that this project offers
// in a repository with two projects: built by it from a clone of this one, and
// as they are installed.
func TestPreCommit(t *testing.T) {
	packaged(t, "pre-commit", "pre-commit")
	packaged(t, "git", "git")
	hooks := t.TempDir()
	cloneTree(t, hooks)
	bin := filepath.Join(t.TempDir(), "idpsync")
	if _, err := run(5*time.Minute, goCommand("../..", "build", "-o", bin, "./cmd/idpsync")); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, suffix, path string }{
		{"golang", "", ""},
		{"system", "-system", filepath.Dir(bin)},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRepository(t, row.path)
			r.put(".pre-commit-config.yaml", fmt.Sprintf(
				"repos:\n  - repo: %s\n    rev: v0.1.0\n    hooks:\n      - id: idpsync-validate%s\n      - id: idpsync-fmt%s\n", hooks, row.suffix, row.suffix))
			r.project("staff", "Staff")
			r.project("guests", "Guests")
			r.git("add", ".")
			r.git("commit", "-m", "begin")
			if out, err := r.try("pre-commit", "install"); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			hookLife(t, r)
		})
	}
}

// hookLife commits what is good, and tries to commit what is not.
func hookLife(t *testing.T, r *repository) {
	good := r.read("staff/logins.yaml")

	r.put("staff/logins.yaml", strings.Replace(good, "type: oidc", "typ: oidc", 1))
	out := r.refused("a key that is none")
	if !strings.Contains(out, "staff/logins.yaml:4:") || !strings.Contains(out, "IDP0") {
		t.Errorf("the complaint does not tell the place:\n%s", out)
	}
	// The broken project is nobody's business who changes another one.
	r.git("commit", "--no-verify", "-am", "broken all the same")
	r.put("guests/logins.yaml", strings.Replace(r.read("guests/logins.yaml"), "Guests", "Visitors", 1))
	if out := r.taken("a good change"); strings.Contains(out, "staff") {
		t.Errorf("another project than the changed one was looked at:\n%s", out)
	}
	// A file that is laid out otherwise is laid out, and may be added then.
	r.put("guests/logins.yaml", "kind: IdentityProvider\napiVersion: idpsync/v1\nmetadata:\n    name: guests   # kept\nspec: {type: oidc, name: Guests}\n")
	if out := r.refused("another layout"); !strings.Contains(out, "files were modified by this hook") {
		t.Errorf("not told that the layout was changed:\n%s", out)
	}
	want := "apiVersion: idpsync/v1\nkind: IdentityProvider\nmetadata:\n  name: guests   # kept\nspec: {name: Guests, type: oidc}\n"
	if got := r.read("guests/logins.yaml"); got != want {
		t.Errorf("laid out as\n%s\nwant\n%s", got, want)
	}
	r.taken("the same in the one layout")
	// What is not YAML, and files for other programs in hidden folders, are not
	// for idpsync.
	r.put(".github/workflows/ci.yaml", "on: push\n")
	r.put("notes.txt", "x\n")
	r.taken("files of others")
	r.put("staff/logins.yaml", good)
	r.taken("mended")
}

// repository is a scratch one, with a home of its own.
type repository struct {
	t   *testing.T
	dir string
	env []string
}

func newRepository(t *testing.T, path string) *repository {
	home := t.TempDir()
	r := &repository{t: t, dir: t.TempDir()}
	r.env = append(gitEnv(home), "PRE_COMMIT_HOME="+filepath.Join(home, "pre-commit"),
		"PATH="+path+string(os.PathListSeparator)+os.Getenv("PATH"))
	r.git("init", "-q", "-b", "main")
	return r
}

// gitEnv is a machine on which nobody has set up git, and whose Go builds from
// what the test machine has fetched already.
func gitEnv(home string) []string {
	env := []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com",
		"GOFLAGS=-mod=mod", "GOTOOLCHAIN=local",
	}
	for _, name := range []string{"GOMODCACHE", "GOCACHE", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOSUMCHECK", "GOROOT"} {
		out, err := exec.Command("go", "env", name).Output()
		if v := strings.TrimSpace(string(out)); err == nil && v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func (r *repository) try(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = r.dir, r.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (r *repository) git(args ...string) {
	r.t.Helper()
	if out, err := r.try("git", args...); err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func (r *repository) put(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repository) read(name string) string {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

func (r *repository) project(dir, name string) {
	r.put(dir+"/idpsync.yaml", "apiVersion: idpsync/v1\nkind: Project\ntargets: {local: {sandbox: {}}}\n")
	r.put(dir+"/logins.yaml", fmt.Sprintf("apiVersion: idpsync/v1\nkind: IdentityProvider\nmetadata: {name: %s}\nspec: {name: %s, type: oidc}\n", dir, name))
}

func (r *repository) commit() (string, error) {
	r.git("add", ".")
	return r.try("git", "commit", "-m", "change")
}

func (r *repository) refused(what string) string {
	r.t.Helper()
	out, err := r.commit()
	if err == nil {
		r.t.Fatalf("%s could be committed:\n%s", what, out)
	}
	return out
}

func (r *repository) taken(what string) string {
	r.t.Helper()
	out, err := r.commit()
	if err != nil {
		r.t.Fatalf("%s could not be committed: %v\n%s", what, err, out)
	}
	return out
}

// cloneTree puts this project, as it lies in its folder, into a repository with
// the tag v0.1.0.1.0.
func cloneTree(t *testing.T, to string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	env := gitEnv(t.TempDir())
	git := func(dir string, args ...string) string {
		cmd := exec.Command("git", append([]string{"-c", "safe.directory=*"}, args...)...)
		cmd.Dir, cmd.Env = dir, env
		out, err := run(time.Minute, cmd)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	for name := range strings.SplitSeq(git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"), "\x00") {
		text, err := os.ReadFile(filepath.Join(root, name))
		if name == "" || err != nil {
			continue // a file that was removed and not yet from the index
		}
		path := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git(to, "init", "-q", "-b", "main")
	git(to, "add", "-A", "-f")
	git(to, "commit", "-q", "-m", "the tree")
	git(to, "tag", "v0.1.0")
}
