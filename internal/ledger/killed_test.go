package ledger_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/ledger"
)

// begun is a pool whose first run was killed: nothing was released.
func begun(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	p, _ := opened(t, dir)
	w := lock(t, p)
	run(t, w, "r1")
	must(t, w.Save(t.Context(), example(corp), example(portal)))
	return dir
}

// TestKilledWhileWriting leaves each log of a first run as a kill in the middle
// of a write does: cut in the middle and at the edges of lines, with
// IDPSYNC_TORTURE at every byte. The next run goes on from there.
func TestKilledWhileWriting(t *testing.T) {
	dir, cases := begun(t), 0
	for _, path := range files(t, dir) {
		name, err := filepath.Rel(dir, path)
		must(t, err)
		if !strings.HasSuffix(name, ".jsonl") {
			continue // replaced in one piece
		}
		whole, err := os.ReadFile(path)
		must(t, err)
		for n := range len(whole) {
			edge := n < 2 || n > len(whole)-2 || whole[n] == '\n' || whole[n-1] == '\n'
			if !edge && n%97 > 0 && os.Getenv("IDPSYNC_TORTURE") == "" {
				continue // every byte takes half a minute
			}
			cases++
			copied := t.TempDir()
			must(t, os.CopyFS(copied, os.DirFS(dir)))
			must(t, os.WriteFile(filepath.Join(copied, name), whole[:n], 0o600))
			if problem := goesOn(t, copied); problem != nil {
				t.Fatalf("%s cut to %d of %d bytes: %v", name, n, len(whole), problem)
			}
		}
	}
	t.Logf("cuts: %d", cases)
}

// goesOn settles what was left open and makes another run.
func goesOn(t *testing.T, dir string) error {
	t.Helper()
	ctx := t.Context()
	p, _ := opened(t, dir)
	left, err := p.Unfinished(ctx)
	if err != nil {
		return err
	}
	w, err := p.Lock(ctx, ledger.Holder{Host: "ci-7", PID: 42, Run: "r2", Since: noon})
	if err != nil {
		return err
	}
	for _, r := range left {
		fates := map[int]ledger.Outcome{}
		for _, s := range r.Open() {
			fates[s.N] = ledger.Outcome{Time: noon, Fate: ledger.Absent}
		}
		if err := w.Settle(ctx, r.ID, fates); err != nil {
			return err
		}
	}
	j := run(t, w, "r2")
	must(t, w.Save(ctx, example(corp)))
	must(t, j.Close(ctx, ledger.Summary{Time: noon, Done: 1}))
	must(t, w.Release())
	again, _ := opened(t, dir)
	if left, err := again.Unfinished(ctx); err != nil || len(left) > 0 {
		t.Errorf("unfinished after it: %v, %v", left, err)
	}
	runs, err := again.Runs(ctx)
	must(t, err)
	for _, r := range runs {
		if r.Err != nil {
			return r.Err
		}
	}
	objects, err := again.Objects(ctx)
	if err == nil && objects[corp].ID == "" {
		t.Error("what was saved after it is not there")
	}
	return err
}
