package source_test

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/idpsync/idpsync/internal/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a repository with an environment of its own: no user's settings, no
// keys, no home.
type world struct {
	t    *testing.T
	repo string
	env  []string
	dir  string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("git is not installed")
	}
	home := t.TempDir()
	w := &world{t: t, repo: filepath.Join(home, "repo"), dir: filepath.Join(home, "cache"), env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + filepath.Join(home, "gitconfig"),
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.com", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.com",
	}}
	w.run("init", "--quiet", "--initial-branch=main", w.repo)
	return w
}

// run runs git as the people who write to the repository do.
func (w *world) run(args ...string) string {
	w.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Env = w.env
	if _, err := os.Stat(w.repo); err == nil {
		cmd.Dir = w.repo
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit commits files and gives the id.
func (w *world) commit(files map[string]string, flags ...string) string {
	w.t.Helper()
	for name, text := range files {
		w.put(filepath.Join(w.repo, name), text)
	}
	w.run("add", "--all")
	w.run(append([]string{"commit", "--quiet", "--allow-empty", "--message", "change"}, flags...)...)
	return w.run("rev-parse", "HEAD")
}

func (w *world) put(name, text string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) options() source.Options {
	return source.Options{URL: w.repo, Ref: "main", Dir: w.dir, Env: w.env}
}

func (w *world) open(o source.Options) *source.Git {
	w.t.Helper()
	g, err := source.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

func fetch(t *testing.T, g *source.Git) source.Tree {
	t.Helper()
	tree, err := g.Fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// backend serves the repository over HTTP by git's own program, to those who
// know the password.
func (w *world) backend(user, password string) *httptest.Server {
	w.t.Helper()
	program := filepath.Join(w.run("--exec-path"), "git-http-backend")
	h := &cgi.Handler{Path: program, Dir: w.repo, Env: append([]string{"GIT_PROJECT_ROOT=" + filepath.Dir(w.repo), "GIT_HTTP_EXPORT_ALL=1"}, w.env...), Stderr: &discard{}}
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if u, p, _ := r.BasicAuth(); u != user || p != password {
			rw.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(rw, "who are you", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(rw, r)
	}))
	w.t.Cleanup(s.Close)
	return s
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
