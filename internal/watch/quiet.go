package watch

import (
	"path/filepath"
	"strings"
	"time"
)

// quiet is when a change may be told: a pause after the last one, and at the
// latest some time after the first.
type quiet struct {
	pause, longest time.Duration
	first, last    time.Time // zero while nothing changed
}

func (q *quiet) touch(now time.Time) {
	if q.first.IsZero() {
		q.first = now
	}
	q.last = now
}

func (q *quiet) waiting() bool { return !q.first.IsZero() }

func (q *quiet) due() time.Time {
	due, latest := q.last.Add(q.pause), q.first.Add(q.longest)
	if latest.Before(due) {
		return latest
	}
	return due
}

// Hidden tells that a name is hidden, unless it begins with two dots as those do
// that Kubernetes swaps, or is an example of an environment, which is read.
func Hidden(name string) bool {
	name = filepath.Base(name)
	return strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "..") && name != ".env.example"
}
