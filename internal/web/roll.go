package web

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/idpsync/idpsync/internal/reconcile"
)

// shown is one target with the newest view of it, as long as somebody looks.
type shown struct {
	name string
	from atomic.Pointer[Target]

	mu   sync.Mutex
	n    uint64 // the number of the newest view, also of one that is forgotten
	view atomic.Pointer[view]
}

func (t *shown) status() *reconcile.Status { return t.from.Load().Status() }

// job is how a fleet works on the target; zero outside of one.
func (t *shown) job() Job {
	if from := t.from.Load(); from.Job != nil {
		return from.Job()
	}
	return Job{}
}

// roll is the list of targets at a moment. It is not changed once it is made.
type roll struct {
	order []*shown
	by    map[string]*shown
}

// rolls makes the newest roll; a target that stays keeps what is known of it.
type rolls struct {
	list func() []Target // nil: the first roll is the only one

	mu    sync.Mutex
	given []Target
	now   *roll
}

// call gives the newest roll.
func (r *rolls) call() *roll {
	if r.list == nil {
		return r.now
	}
	given := r.list()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil || !sameSlice(given, r.given) {
		r.given, r.now = given, newRoll(given, r.now)
	}
	return r.now
}

func sameSlice(a, b []Target) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// newRoll leaves out what cannot be shown: a target without a status, and a
// second one of a name.
func newRoll(given []Target, before *roll) *roll {
	r := &roll{order: make([]*shown, 0, len(given)), by: make(map[string]*shown, len(given))}
	for i := range given {
		from := &given[i]
		if from.Status == nil || r.by[from.Name] != nil {
			continue
		}
		one := &shown{name: from.Name}
		if before != nil && before.by[from.Name] != nil {
			one = before.by[from.Name]
		}
		one.from.Store(from)
		r.by[from.Name] = one
		r.order = append(r.order, one)
	}
	return r
}

const (
	// mostViews and mostRows bound the views that are kept where targets are many:
	// one that nobody has looked at for longest goes first, and is made again when
	// somebody does.
	mostViews, mostRows = 64, 50_000
	// patience is how long the whole of a status may take to come, and pause how
	// long it is not asked for again after it did not.
	patience, pause = 5 * time.Second, 2 * time.Second
)

// desk holds the targets that somebody looks at, the one of longest ago first.
type desk struct {
	mu     sync.Mutex
	recent []*shown
}

// touch notes that somebody looks at a target, and forgets views beyond the bounds.
func (d *desk) touch(t *shown) {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept := d.recent[:0]
	rows := 0
	for _, o := range d.recent {
		if v := o.view.Load(); o != t && v != nil {
			kept, rows = append(kept, o), rows+len(v.rows)
		}
	}
	clear(d.recent[len(kept):])
	if v := t.view.Load(); v != nil {
		rows += len(v.rows)
	}
	kept = append(kept, t)
	d.recent = kept
	for len(d.recent) > 1 && (len(d.recent) > mostViews || rows > mostRows) {
		if v := d.recent[0].view.Swap(nil); v != nil {
			rows -= len(v.rows)
		}
		d.recent[0] = nil
		d.recent = d.recent[1:]
	}
}
