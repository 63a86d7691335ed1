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
	firstGoal = 90 * mib
	// room is what a heap gets at least beside what lives in it.
	room = 22 * mib
	// A heap that is larger than the bound is about gets as much room as it fills
	// itself, up to most, so that the collector's part of the work does not grow
	// with the pool; beyond that it gets a share.
	bounded = 110 * mib
	most    = 400 * mib
	// long is how often a plan of 10,000 objects does not collect: what goes on, as
	// an apply and a watch do, gets the room that Go gives by itself.
	long = 16
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

// collections are counted by the finalizers' goroutine alone.
var collections int

func pace() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return
	}
	collections++
	live := max(1, sample[0].Value.Uint64())
	debug.SetGCPercent(int((goal(live, collections) - live) * 100 / live))
	debug.SetMemoryLimit(math.MaxInt64)
}

// goal is the size of the heap at which to collect again, after so many times.
func goal(live uint64, times int) uint64 {
	if live < firstGoal-room {
		return firstGoal
	}
	more := room + (live-(firstGoal-room))/6
	if live > bounded {
		more += 2 * (live - bounded)
	}
	if times > long {
		more = live
	}
	return live + min(more, live, max(most, live*35/100))
}
