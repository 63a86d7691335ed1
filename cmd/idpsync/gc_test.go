package main

import "testing"

// TestGoal: the heap is never asked to be smaller than what lives in it, never
// shrinks as that grows, and stays below the bounds of docs/performance.md.
func TestGoal(t *testing.T) {
	before := uint64(0)
	for live := uint64(1); live < 2048*mib; live += mib {
		g := goal(live)
		if g < live+room || g < before {
			t.Fatalf("goal(%d MiB) = %d MiB, before it %d MiB", live/mib, g/mib, before/mib)
		}
		before = g
	}
	for _, c := range []struct{ live, most uint64 }{{40, 102}, {120, 155}, {1150, 1600}} {
		if g := goal(c.live*mib) / mib; g > c.most {
			t.Errorf("goal(%d MiB) = %d MiB, want %d at most", c.live, g, c.most)
		}
	}
}
