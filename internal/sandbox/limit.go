package sandbox

import (
	"sync"
	"time"
)

// limiter is a token bucket that holds one second's worth of requests.
// The contract gives a rate per second and not how it is counted (3.4): INFERRED.
type limiter struct {
	perSecond int // 0 is no limit

	mu     sync.Mutex
	tokens float64
	last   time.Time
}

func (l *limiter) allow(now time.Time) bool {
	if l.perSecond <= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	full := float64(l.perSecond)
	if l.last.IsZero() {
		l.tokens = full
	} else {
		l.tokens = min(full, l.tokens+now.Sub(l.last).Seconds()*full)
	}
	l.last = now
	if l.tokens < 1 {
		return false
	}
	l.tokens--
	return true
}
