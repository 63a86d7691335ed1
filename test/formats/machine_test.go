package formats

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// debian names the packages that hold the judges.
var debian = map[string]string{
	"chromium": "chromium", "cmark-gfm": "cmark-gfm", "dot": "graphviz", "xmllint": "libxml2-utils", "node": "nodejs", "npm": "npm",
}

// fonts holds Chinese; without it every such name is a row of empty boxes.
const fonts = "fonts-noto-cjk"

// program gives the path of a judge. One that is missing is installed where that
// is allowed; else the test is skipped, and fails in a pipeline, where nobody
// reads what was skipped.
func program(t *testing.T, name string) string {
	t.Helper()
	if bin, err := exec.LookPath(name); err == nil {
		return bin
	}
	err := installed()
	if bin, found := exec.LookPath(name); found == nil {
		return bin
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed, and %s needs it: %v", name, t.Name(), err)
	}
	fmt.Fprintf(os.Stderr, "SKIPPED: %s, because %s is not installed: %v\n", t.Name(), name, err)
	t.Skipf("SKIPPED: %s is not installed", name)
	return ""
}

// installed installs whatever is missing, once in a run.
var installed = sync.OnceValue(func() error {
	if os.Geteuid() != 0 {
		return errors.New("only root may install packages")
	}
	missing := []string{fonts}
	for name, pkg := range debian {
		if _, err := exec.LookPath(name); err != nil {
			missing = append(missing, pkg)
		}
	}
	if _, err := run(5*time.Minute, exec.Command("apt-get", "update", "-qq")); err != nil {
		return err
	}
	_, err := run(10*time.Minute, exec.Command("apt-get", append([]string{"install", "-y", "-qq", "--no-install-recommends"}, missing...)...))
	return err
})

// modules makes node_modules what package-lock.json says, once in a run.
var modules = sync.OnceValue(func() error {
	lock, err := os.Stat("package-lock.json")
	if err != nil {
		return err
	}
	if done, err := os.Stat(filepath.Join("node_modules", ".package-lock.json")); err == nil && !done.ModTime().Before(lock.ModTime()) {
		return nil
	}
	for range 3 { // registries have bad moments
		if _, err = run(5*time.Minute, exec.Command("npm", "ci", "--ignore-scripts")); err == nil {
			return nil
		}
	}
	return fmt.Errorf("npm ci failed three times: %w", err)
})

// run gives what a program prints. After the limit it is killed; an error
// carries the end of its stderr.
func run(limit time.Duration, cmd *exec.Cmd) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	c := exec.CommandContext(ctx, cmd.Path, cmd.Args[1:]...)
	c.Dir, c.Env, c.Stdin = cmd.Dir, cmd.Env, cmd.Stdin
	c.WaitDelay = 10 * time.Second
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if ctx.Err() != nil {
		err = fmt.Errorf("not done after %s", limit)
	}
	if err != nil {
		said := stderr.Bytes()
		return out, fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, said[max(0, len(said)-4000):])
	}
	return out, nil
}
