package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sync"
)

// A command reads everything, looks at it once and ends, so most of what it
// holds lives until the end: collecting at every doubling, as Go does by itself,
// walks the same objects again and again. Here the heap may fill a goal before
// the first collection; from then on each collection sets the goal of the next
// (docs/performance.md has what that saves). The goal grows with the project, so
// that an object costs the same in a large one. Who sets GOGC or GOMEMLIMIT is
// obeyed.

const (
	mib = 1 << 20
	// firstGoal keeps a command on 10,000 objects below its bound of memory.
	firstGoal = 98 * mib
	// perFile is what each file beyond the first 10,000 adds to it: more than the
	// share of one of those, since walking a large heap takes longer for each byte.
	perFile = 13 << 10
	// largest is a first goal that no project exceeds, but in an apply: what lives
	// in larger ones asks for more by itself.
	largest = 1400 * mib
	// most is how much room a heap gets at least, however large, before it is a
	// share of what lives.
	most = 400 * mib
	// long is how often a plan of 10,000 objects does not collect: what goes on, as
	// an apply and a watch do, gets the room that Go gives by itself.
	long = 16
	// applying is the least room of an apply, which has no bound of memory, and of
	// which nearly all is garbage soon: of each request, and of each line of the
	// journal. One that needs more gets one and a half times what lives, and what
	// perFile adds to its first goal counts two and a half times: on 100,000
	// objects that saves 4 % of the processor time for 1.2 GiB more.
	applying = 160 * mib
)

// pace says when to collect.
type pace struct {
	first    uint64 // the goal of a heap of which little lives
	room     uint64 // that a heap gets at least beside what lives in it
	limit    uint64 // of the memory that the system has for it; 0 when there is none
	applying bool
}

// paced is the pace of this run. The finalizers' goroutine and whoever reads a
// project ask it.
var paced struct {
	sync.Mutex
	pace
	on          bool
	collections int
}

func init() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	paced.on, paced.pace = true, newPace(0, memoryLimit(), slices.Contains(os.Args[1:], "apply"))
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(int64(paced.goal(0, 0)))
	afterNextCollection()
}

// newPace is the pace for a project of so many files; a limit of 0 is none.
func newPace(files int, limit uint64, apply bool) pace {
	more := min(uint64(max(0, files-10_000))*perFile, largest-firstGoal)
	first := firstGoal + more
	if apply {
		first += more * 3 / 2
	}
	if limit > 0 {
		first = min(first, max(firstGoal, limit/2))
	}
	return pace{first: first, room: first / 4, limit: limit, applying: apply}
}

// listed makes the goal fit the size of the project that is about to be read.
func listed(files int) {
	paced.Lock()
	defer paced.Unlock()
	if paced.on && paced.collections == 0 {
		limit := paced.limit
		if free := memoryAvailable(); free > 0 && (limit == 0 || free < limit) {
			limit = free
		}
		paced.pace = newPace(files, limit, paced.applying)
		debug.SetMemoryLimit(int64(paced.goal(0, 0)))
	}
}

// sentinel is dead as soon as it is made: its end tells that the collector ran.
type sentinel struct{ _ [16]byte }

func afterNextCollection() {
	runtime.SetFinalizer(&sentinel{}, func(*sentinel) {
		setNextGoal()
		afterNextCollection()
	})
}

func setNextGoal() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return
	}
	paced.Lock()
	defer paced.Unlock()
	paced.collections++
	live := max(1, sample[0].Value.Uint64())
	debug.SetGCPercent(int((paced.goal(live, paced.collections) - live) * 100 / live))
	// The goal above knows nothing of the limit; close to it the collector works
	// harder rather than be killed.
	debug.SetMemoryLimit(paced.ceiling())
}

func (p pace) ceiling() int64 {
	if p.limit == 0 {
		return math.MaxInt64
	}
	return int64(p.limit / 10 * 9)
}

// goal is the size of the heap at which to collect again, after so many times.
func (p pace) goal(live uint64, times int) uint64 {
	if p.applying {
		return max(p.first, live+max(applying, live*3/2))
	}
	if live+p.room < p.first {
		return p.first
	}
	// A heap that outgrows the first goal gets about as much room as it fills
	// itself, so that the collector's part of the work does not grow with the
	// pool; beyond most it gets a share.
	more := p.room + (live-(p.first-p.room))/6
	if bounded := p.first * 11 / 9; live > bounded {
		more += 2 * (live - bounded)
	}
	if times > long {
		more = live
	}
	return live + max(p.room, min(more, live, max(most, live*35/100)))
}
