package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
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
	// applying is the room of an apply, which has no bound of memory, and of which
	// nearly all is garbage soon: of each request, and of each line of the journal.
	applying = 160 * mib
)

func init() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	least = room
	if slices.Contains(os.Args[1:], "apply") {
		least = applying
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(int64(goal(0, 0, least)))
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

// collections are counted by the finalizers' goroutine alone; least is the room
// of this run.
var (
	collections int
	least       uint64
)

func pace() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return
	}
	collections++
	live := max(1, sample[0].Value.Uint64())
	debug.SetGCPercent(int((goal(live, collections, least) - live) * 100 / live))
	debug.SetMemoryLimit(math.MaxInt64)
}

// goal is the size of the heap at which to collect again, after so many times,
// with at least so much room.
func goal(live uint64, times int, least uint64) uint64 {
	if live < firstGoal-room {
		return max(firstGoal, live+least)
	}
	more := room + (live-(firstGoal-room))/6
	if live > bounded {
		more += 2 * (live - bounded)
	}
	if times > long {
		more = live
	}
	return live + max(least, min(more, live, max(most, live*35/100)))
}
