package main

import "testing"

// TestGoal: the heap is never asked to be smaller than what lives in it, never
// shrinks as that grows, and stays below the bounds of docs/performance.md.
func TestGoal(t *testing.T) {
	for _, times := range []int{1, long + 1} {
		before := uint64(0)
		for live := uint64(1); live < 2048*mib; live += mib {
			g := goal(live, times, room)
			if g < live+room || g < before || g > max(2*live, firstGoal) {
				t.Fatalf("goal(%d MiB, %d) = %d MiB, before it %d MiB", live/mib, times, g/mib, before/mib)
			}
			before = g
		}
	}
	for _, c := range []struct{ live, most uint64 }{{40, 90}, {85, 112}, {1150, 1560}} {
		if g := goal(c.live*mib, 1, room) / mib; g > c.most {
			t.Errorf("goal(%d MiB) = %d MiB, want %d at most", c.live, g, c.most)
		}
	}
}
