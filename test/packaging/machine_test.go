package packaging

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// root is the project.
var root = func() string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return dir
}()

// result is what a program did.
type result struct {
	out, err string
	code     int
}

// job is a program about to run.
type job struct {
	dir   string
	env   []string // the whole environment; nil is that of the test
	stdin string
	limit time.Duration // 0 is ten minutes
}

// run runs a program to its end. One that cannot be started, or does not end
// within the limit, fails the test.
func (j job) run(t *testing.T, name string, args ...string) result {
	t.Helper()
	limit := j.limit
	if limit == 0 {
		limit = 10 * time.Minute
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = j.dir, j.env, strings.NewReader(j.stdin)
	cmd.WaitDelay = 10 * time.Second
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("%s is not done after %s\n%s", name, limit, tail(stderr.String()))
	}
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return result{out.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must is run for a program that has to succeed.
func (j job) must(t *testing.T, name string, args ...string) string {
	t.Helper()
	r := j.run(t, name, args...)
	if r.code != 0 {
		t.Fatalf("%s %s ended with %d\n%s\n%s", filepath.Base(name), strings.Join(args, " "), r.code, tail(r.out), tail(r.err))
	}
	return r.out
}

func tail(s string) string { return s[max(0, len(s)-4000):] }

var refreshed = sync.OnceValue(func() error { return apt("update", "-qq") })

// apt asks up to three times, as mirrors have bad moments.
func apt(args ...string) error {
	var err error
	for range 3 {
		cmd := exec.Command("apt-get", append([]string{"-o", "DPkg::Lock::Timeout=300"}, args...)...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		var out []byte
		if out, err = cmd.CombinedOutput(); err == nil {
			return nil
		}
		err = fmt.Errorf("apt-get %s: %w\n%s", strings.Join(args, " "), err, tail(string(out)))
	}
	return err
}

// program gives the path of a program of Debian, which is installed where it is
// missing and we may. Else the test is skipped, or fails in a pipeline, since
// there nobody reads what was skipped.
func program(t *testing.T, name, pkg string) string {
	t.Helper()
	path := os.Getenv("PATH") + ":/usr/sbin:/sbin"
	find := func() string {
		for _, dir := range filepath.SplitList(path) {
			if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode()&0o111 != 0 && !info.IsDir() {
				return filepath.Join(dir, name)
			}
		}
		return ""
	}
	if bin := find(); bin != "" {
		return bin
	}
	why := "we are not root"
	if _, err := exec.LookPath("apt-get"); err != nil {
		why = "there is no apt-get"
	} else if os.Geteuid() == 0 {
		err := refreshed()
		if err == nil {
			err = apt("install", "-y", "-qq", "--no-install-recommends", pkg)
		}
		if bin := find(); err == nil && bin != "" {
			return bin
		}
		why = fmt.Sprint(err)
	}
	missing(t, "%s is not installed (Debian: %s), and %s", name, pkg, why)
	return ""
}

// missing ends a test for what the machine lacks.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	why := fmt.Sprintf(format, args...)
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	fmt.Fprintf(os.Stderr, "SKIPPED: %s: %s\n", t.Name(), why)
	t.Skip("SKIPPED: " + why)
}

var toolsMade = sync.OnceValue(func() string {
	cmd := exec.Command("make", "tools")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Sprintf("make tools: %v\n%s", err, tail(string(out)))
	}
	return ""
})

// tool gives the path of a program that "make tools" makes.
func tool(t *testing.T, name string) string {
	t.Helper()
	bin := filepath.Join(root, ".cache", "tools", "bin", name)
	if _, err := os.Stat(bin); err == nil {
		return bin
	}
	if said := toolsMade(); said != "" {
		missing(t, "%s", said)
	}
	return bin
}

// scratch is the folder of the built program; "" when nobody asked for it.
var scratch string

var built = sync.OnceValues(func() (string, error) {
	var err error
	if scratch, err = os.MkdirTemp("", "idpsync-packaging"); err != nil {
		return "", err
	}
	bin := filepath.Join(scratch, "idpsync")
	for range 3 { // the cache of the compiler is everybody's
		cmd := exec.Command("go", "build", "-trimpath", "-o", bin, "./cmd/idpsync")
		cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
		var out []byte
		if out, err = cmd.CombinedOutput(); err == nil {
			return bin, nil
		}
		err = fmt.Errorf("%w\n%s", err, tail(string(out)))
	}
	return "", err
})

// idpsync gives the path of the program, built once.
func idpsync(t *testing.T) string {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

func TestMain(m *testing.M) {
	code := m.Run()
	if scratch != "" {
		_ = os.RemoveAll(scratch)
	}
	os.Exit(code)
}

// bare is an environment as a fresh machine has it: no settings of git, no
// settings of idpsync, a home of its own.
func bare(t *testing.T, more ...string) []string {
	t.Helper()
	home := t.TempDir()
	env := []string{"HOME=" + home, "LANG=C.UTF-8", "GIT_CONFIG_NOSYSTEM=1", "TMPDIR=" + t.TempDir(), "no_proxy=127.0.0.1", "NO_PROXY=127.0.0.1"}
	for _, name := range []string{"PATH", "GOPROXY", "GOSUMDB", "GOFLAGS", "GOTOOLCHAIN"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return append(env, more...)
}

// write writes files below a folder.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// glob lists what fits a pattern in the project; nothing is a failure, since a
// judge that sees nothing finds nothing.
func glob(t *testing.T, patterns ...string) []string {
	t.Helper()
	var all []string
	for _, p := range patterns {
		found, err := filepath.Glob(filepath.Join(root, p))
		if err != nil || len(found) == 0 {
			t.Fatalf("nothing fits %s", p)
		}
		all = append(all, found...)
	}
	slices.Sort(all)
	return all
}
