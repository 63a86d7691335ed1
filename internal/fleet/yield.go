package fleet

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// yielding is River's driver for a replica that lets others go first while it is
// late: while there are sources of which it does not have the version in force,
// and others do. River hands a job to whoever asks first, and one that is idle
// would take the same jobs again and again, only to give them back.
type yielding struct {
	*riverpgxv5.Driver
	late *lateness
}

// GetExecutor implements riverdriver.Driver.
func (d yielding) GetExecutor() riverdriver.Executor {
	return yieldingExecutor{d.Driver.GetExecutor(), d.late}
}

type yieldingExecutor struct {
	riverdriver.Executor
	late *lateness
}

// JobGetAvailable implements riverdriver.Executor.
func (e yieldingExecutor) JobGetAvailable(ctx context.Context, params *riverdriver.JobGetAvailableParams) (*riverdriver.JobGetAvailableResult, error) {
	if params.Queue == passQueue && e.late.yields(time.Now()) {
		return &riverdriver.JobGetAvailableResult{}, nil
	}
	return e.Executor.JobGetAvailable(ctx, params)
}

// lateness is whether a replica is late, and when it last asked for jobs all the
// same: the others may be late on other sources, or busy.
type lateness struct {
	is   atomic.Bool
	last atomic.Int64 // nanoseconds since 1970
}

// yieldFor is how long a late replica leaves what there is to others.
const yieldFor = 4 * time.Second

func (l *lateness) yields(now time.Time) bool {
	if !l.is.Load() {
		return false
	}
	last := l.last.Load()
	if past := now.UnixNano() - last; past >= 0 && past < int64(yieldFor) {
		return true
	}
	return !l.last.CompareAndSwap(last, now.UnixNano())
}

// lateOn tells whether others have a version in force that this replica has not.
func (o *Overview) lateOn(f *Fleet) bool {
	others := func(source, version string) bool {
		for _, r := range o.Replicas {
			if !r.Self && !r.Gone && r.Holds[source] == version {
				return true
			}
		}
		return false
	}
	if !f.working("") && others("", f.self.inForce()) {
		return true
	}
	for _, s := range o.Sources {
		if of := f.source(s.Name); of != nil && of.fetch == nil && !f.working(s.Name) && others(s.Name, s.Version) {
			return true
		}
	}
	return false
}
