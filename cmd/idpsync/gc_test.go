package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestGoal: the heap is never asked to be smaller than what lives in it, never
// shrinks as that grows, and stays below the bounds of docs/performance.md.
func TestGoal(t *testing.T) {
	for _, files := range []int{0, 11_000, 30_000, 110_000, 1_000_000} {
		for _, times := range []int{1, long + 1} {
			p, before := newPace(files, 0, false), uint64(0)
			for live := uint64(1); live < 4096*mib; live += mib {
				g := p.goal(live, times)
				if g < live+p.room || g < before || g > max(2*live, p.first+p.room) {
					t.Fatalf("%d files: goal(%d MiB, %d) = %d MiB, before it %d MiB", files, live/mib, times, g/mib, before/mib)
				}
				before = g
			}
		}
	}
	for _, c := range []struct {
		files      int
		live, most uint64
	}{{0, 40, 98}, {10_000, 85, 112}, {11_000, 85, 124}, {110_000, 900, 1400}, {110_000, 1150, 1560}, {1_000_000, 0, 1400}} {
		if g := newPace(c.files, 0, false).goal(c.live*mib, 1) / mib; g > c.most {
			t.Errorf("%d files: goal(%d MiB) = %d MiB, want %d at most", c.files, c.live, g, c.most)
		}
	}
}

// TestGoalInAContainer: a small container is not filled before anything is
// collected, and its limit is where the collector works hardest.
func TestGoalInAContainer(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		says  string
		limit uint64
	}{{"536870912\n", 512 * mib}, {"max\n", 0}, {"9223372036854771712\n", 0}, {"", 0}, {"-1", 0}} {
		name := filepath.Join(dir, "limit")
		if err := os.WriteFile(name, []byte(c.says), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := limitIn(filepath.Join(dir, "absent"), name); got != c.limit {
			t.Errorf("%q is a limit of %d, want %d", c.says, got, c.limit)
		}
	}
	if g := newPace(10_000, 0, true).goal(1000*mib, 20); g != 2500*mib {
		t.Errorf("an apply whose heap holds 1000 MiB collects at %d MiB", g/mib)
	}
	p := newPace(110_000, 512*mib, false)
	if g := p.goal(0, 0); g > 256*mib {
		t.Errorf("the first goal in 512 MiB is %d MiB", g/mib)
	}
	if c := p.ceiling(); c < 400*mib || c >= 512*mib {
		t.Errorf("the ceiling in 512 MiB is %d MiB", c/mib)
	}
	if g := newPace(110_000, 700*mib, true).goal(0, 0); g > 350*mib {
		t.Errorf("the first goal with 700 MiB left is %d MiB", g/mib)
	}
	name := filepath.Join(dir, "meminfo")
	if err := os.WriteFile(name, []byte("MemTotal:       24684084 kB\nMemFree:        22313984 kB\nMemAvailable:   23932928 kB\nBuffers:  1 kB\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := availableIn(name); got != 23932928<<10 {
		t.Errorf("%d bytes are available", got)
	}
	if got := availableIn(filepath.Join(dir, "absent")); got != 0 {
		t.Errorf("%d bytes are available where nobody tells", got)
	}
	if small := newPace(10, 0, false); newPace(10, 64*mib, false).goal(0, 0) != small.goal(0, 0) {
		t.Error("a small project has another goal in a small container")
	}
}
