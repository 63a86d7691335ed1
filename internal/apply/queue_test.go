package apply

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestQueue: whatever comes and goes, the queue holds what a sorted list does.
func TestQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "steps")
		q, want := newQueue(n), []int{}
		for range rapid.IntRange(0, 200).Draw(t, "moves") {
			i := rapid.IntRange(0, n-1).Draw(t, "step")
			at, in := slices.BinarySearch(want, i)
			if rapid.Bool().Draw(t, "add") {
				q.add(i)
				if !in {
					want = slices.Insert(want, at, i)
				}
			} else {
				q.remove(i)
				if in {
					want = slices.Delete(want, at, at+1)
				}
			}
			got := []int{}
			for i := q.from(0); i >= 0; i = q.from(i + 1) {
				got = append(got, i)
			}
			if !slices.Equal(got, want) || q.len() != len(want) {
				t.Fatalf("the queue holds %v, %d of them, want %v", got, q.len(), want)
			}
		}
	})
}
