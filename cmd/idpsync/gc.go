package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// A command reads everything, looks at it once and ends, so most of what it
// holds lives until the end: collecting at every doubling, as Go does by itself,
// walks the same objects again and again. Here the heap may fill firstGoal
// before the first collection; from then on each collection sets the goal of
// the next (docs/performance.md has what that saves). Who sets GOGC or
// GOMEMLIMIT is obeyed.

const (
	mib = 1 << 20
	// firstGoal keeps a command on 10,000 objects below its bound of memory.
	firstGoal = 102 * mib
	// room is what a heap gets at least beside what lives in it.
	room = 22 * mib
	// large heaps get a share of what lives in them, so that the collector's part
	// of the work does not grow with the pool.
	large = 400 * mib
)

func init() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(firstGoal)
	afterNextCollection()
}

// sentinel is dead as soon as it is made: its end tells that the collector ran.
type sentinel struct{ _ [16]byte }

func afterNextCollection() {
	runtime.SetFinalizer(&sentinel{}, func(*sentinel) {
		pace()
		afterNextCollection()
	})
}

func pace() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return
	}
	live := max(1, sample[0].Value.Uint64())
	debug.SetGCPercent(int((goal(live) - live) * 100 / live))
	debug.SetMemoryLimit(math.MaxInt64)
}

// goal is the size of the heap at which to collect again.
func goal(live uint64) uint64 {
	switch {
	case live < firstGoal-room:
		return firstGoal
	case live < large:
		return live + room + (live-(firstGoal-room))/6
	}
	return live + live*35/100
}
