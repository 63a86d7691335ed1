package fleet

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/idpsync/idpsync/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestPickIsResolve: asked for one target, a replica decides as the file does for
// all of them.
func TestPickIsResolve(t *testing.T) {
	names := []string{"a", "b", "ab", "ba", "abc"}
	rapid.Check(t, func(t *rapid.T) {
		file := &config.Fleet{}
		for i, n := range rapid.SliceOfN(rapid.IntRange(0, 5), 0, 6).Draw(t, "entries") {
			e := config.FleetTarget{Source: rapid.SampledFrom([]string{"s", "t"}).Draw(t, "source"), Interval: time.Duration(i + 1)}
			if e.Target = rapid.SampledFrom(names).Draw(t, "target"); n > 2 {
				e.Target, e.Match = "", rapid.SampledFrom([]string{"a*", "*b", "*", "?"}).Draw(t, "match")
			}
			if !slices.ContainsFunc(file.Targets, func(o config.FleetTarget) bool {
				return e.Target != "" && o.Source == e.Source && o.Target == e.Target
			}) {
				file.Targets = append(file.Targets, e)
			}
		}
		f := &Fleet{file: file, named: namedIn(file)}
		want := map[string]config.Picked{}
		all, _ := file.Resolve("s", names)
		for _, p := range all {
			want[p.Target] = p
		}
		for _, name := range names {
			got, known := f.pick("s", name)
			if p, picks := want[name]; picks != known || got != p {
				t.Fatalf("%s of %+v: %+v (%t), want %+v (%t)", name, file.Targets, got, known, p, picks)
			}
		}
	})
}

// TestWhichVersionCounts: what those who have the version in force move to counts,
// and what is late does not.
func TestWhichVersionCounts(t *testing.T) {
	for _, row := range []struct {
		name             string
		r                inForce
		before, now      string
		git, good, moves bool
	}{
		{"the first one", inForce{}, "", "1", false, true, true},
		{"the first one, though it is wrong", inForce{}, "", "1", false, false, true},
		{"it is in force", inForce{Version: "1", Known: true}, "1", "1", false, true, false},
		{"a change in a running replica", inForce{Version: "1"}, "1", "2", false, true, true},
		{"a change for the worse", inForce{Version: "1"}, "1", "2", false, false, true},
		{"a new replica with new files", inForce{Version: "1"}, "", "2", false, true, true},
		{"a new replica with files that are wrong", inForce{Version: "1"}, "", "2", false, false, false},
		{"a new replica with old files", inForce{Version: "2", Known: true}, "", "1", false, true, false},
		{"the same, and nobody else has newer ones", inForce{Version: "2", Known: true, Orphaned: true}, "", "1", false, true, true},
		{"back to what was before, on purpose", inForce{Version: "2", Known: true}, "2", "1", false, true, true},
		{"a late one that passes through what others left", inForce{Version: "3", Known: true}, "1", "2", false, true, false},
		{"a late one with half of what it is given", inForce{Version: "3"}, "1", "4", false, true, false},
		{"a host that goes back", inForce{Version: "2", Known: true}, "2", "1", true, true, true},
	} {
		if got := row.r.moves(row.before, row.now, row.git, row.good); got != row.moves {
			t.Errorf("%s: %t", row.name, got)
		}
	}
}

// TestDigestOfFolder: what Kubernetes does with links is the same folder while the
// files are the same, and another one when one byte is.
func TestDigestOfFolder(t *testing.T) {
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	digest := func(dir string) string {
		t.Helper()
		d, err := digestOf(dir)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	plain, mounted := t.TempDir(), t.TempDir()
	write(filepath.Join(plain, "idpsync.yaml"), "one")
	write(filepath.Join(plain, "sub", "app.yaml"), "two")
	write(filepath.Join(plain, ".git", "HEAD"), "noise")
	for i, text := range []string{"one", "other"} {
		write(filepath.Join(mounted, fmt.Sprint("..2026_", i), "idpsync.yaml"), text)
		write(filepath.Join(mounted, fmt.Sprint("..2026_", i), "sub", "app.yaml"), "two")
	}
	link := func(to, name string) {
		t.Helper()
		_ = os.Remove(filepath.Join(mounted, name))
		if err := os.Symlink(to, filepath.Join(mounted, name)); err != nil {
			t.Skip("no links here:", err)
		}
	}
	link("..2026_0", "..data")
	link(filepath.Join("..data", "idpsync.yaml"), "idpsync.yaml")
	if err := os.Mkdir(filepath.Join(mounted, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	link(filepath.Join("..", "..data", "sub", "app.yaml"), filepath.Join("sub", "app.yaml"))
	first := digest(plain)
	if got := digest(mounted); got != first {
		t.Errorf("links: %s, files: %s", got, first)
	}
	link("..2026_1", "..data")
	if digest(mounted) == first {
		t.Error("another file, and the same digest")
	}
	if _, err := digestOf(filepath.Join(plain, "idpsync.yaml")); err == nil {
		t.Error("a file is taken for a folder")
	}
	if _, err := digestOf(filepath.Join(plain, "nothing")); err == nil {
		t.Error("nothing is taken for a folder")
	}
}
