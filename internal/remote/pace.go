package remote

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// slowest is the rate below which throttling never goes, in requests a second.
const slowest = 1.0

// pace is how fast requests may leave. A 429 halves the rate, at most once a
// second so that a volley of refusals counts once; every good answer gives a
// little back. Without a cap the first 429 starts from what was really sent.
type pace struct {
	limiter *rate.Limiter
	top     rate.Limit

	mu     sync.Mutex
	halved time.Time
	window time.Time // start of the second being counted
	sent   int       // requests in it
	before int       // requests in the second before
}

// newPace makes a pace of at most perSecond requests; 0 means no cap.
func newPace(perSecond float64) *pace {
	top := rate.Inf
	if perSecond > 0 {
		top = rate.Limit(perSecond)
	}
	return &pace{limiter: rate.NewLimiter(top, 1), top: top}
}

// wait blocks until a request may leave.
func (p *pace) wait(ctx context.Context) error {
	if err := p.limiter.Wait(ctx); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if d := now.Sub(p.window); d >= time.Second {
		p.before, p.sent, p.window = p.sent, 0, now
		if d >= 2*time.Second {
			p.before = 0
		}
	}
	p.sent++
	return nil
}

// throttled halves the rate.
func (p *pace) throttled() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if !p.halved.IsZero() && now.Sub(p.halved) < time.Second {
		return
	}
	p.halved = now
	limit := p.limiter.Limit()
	if limit == rate.Inf {
		limit = rate.Limit(max(p.sent, p.before))
	}
	p.limiter.SetLimit(max(limit/2, slowest))
}

// accepted gives back a fifth of a request a second, up to the cap: at any rate
// that is about 20 % more each second.
func (p *pace) accepted() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if limit := p.limiter.Limit(); limit < p.top && limit != rate.Inf {
		p.limiter.SetLimit(min(limit+0.2, p.top))
	}
}
