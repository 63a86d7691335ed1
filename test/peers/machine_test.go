package peers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// installed installs the Node programs of package-lock.json once in a run.
var installed = sync.OnceValue(install)

// node gives the path of Node on a machine that has it, with the pinned
// programs installed.
func node(t *testing.T) string {
	t.Helper()
	bin := program(t, "node")
	program(t, "npm")
	if err := installed(); err != nil {
		t.Fatal(err)
	}
	return bin
}

// program gives the path of a program, or skips the test where there is none;
// in a pipeline it fails, since there nobody reads what was skipped.
func program(t *testing.T, name string) string {
	t.Helper()
	bin, err := exec.LookPath(name)
	if err == nil {
		return bin
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed, and %s needs it", name, t.Name())
	}
	fmt.Fprintf(os.Stderr, "SKIPPED: %s, because %s is not installed\n", t.Name(), name)
	t.Skipf("SKIPPED: %s is not installed", name)
	return ""
}

// install makes node_modules what package-lock.json says, unless it already is.
// It asks up to three times, as registries have bad moments.
func install() error {
	if fresh() {
		return nil
	}
	var err error
	for range 3 {
		if _, err = run(5*time.Minute, exec.Command("npm", "ci")); err == nil {
			return nil
		}
	}
	return fmt.Errorf("npm ci failed three times: %w", err)
}

// fresh tells whether npm finished an installation after the lock was written:
// the file it looks at is the last that npm writes.
func fresh() bool {
	lock, err := os.Stat("package-lock.json")
	if err != nil {
		return false
	}
	done, err := os.Stat(filepath.Join("node_modules", ".package-lock.json"))
	return err == nil && !done.ModTime().Before(lock.ModTime())
}

// run gives what a program prints. After the limit the program is killed; an
// error carries the end of its stderr.
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

// files lists, as absolute paths in a fixed order, what below a folder has one
// of the extensions; hidden folders are left out.
func files(t *testing.T, dir string, extensions ...string) []string {
	t.Helper()
	root, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && d.Name()[0] == '.':
			return filepath.SkipDir
		case d.Type().IsRegular() && hasSuffix(path, extensions):
			found = append(found, path)
		}
		return nil
	})
	if err == nil && len(found) == 0 {
		err = errors.New("found nothing to judge below " + root)
	}
	if err != nil {
		t.Fatal(err)
	}
	return found
}
