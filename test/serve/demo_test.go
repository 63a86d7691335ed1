package serve

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDemo: the story of "make serve-demo" is told to its end, with fewer pools.
func TestDemo(t *testing.T) {
	t.Parallel()
	demo := filepath.Join(t.TempDir(), "serve-demo")
	build := exec.Command("go", "build", "-o", demo, "./examples/serve-demo")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the demo does not build: %v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, demo, "-targets", "6")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env = append(os.Environ(), "IDPSYNC="+programFile)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the demo ended: %v\n%s", err, out)
	}
	for _, want := range []string{"all 6 pools are as the files say", "kill -9", "looks after all 6 targets", "all of them are repaired", "exit code 0"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the demo does not tell %q:\n%s", want, out)
		}
	}
}
