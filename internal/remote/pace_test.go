package remote

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// letOut counts what a pace lets out in a span, with many callers waiting.
func letOut(t *testing.T, p *pace, span time.Duration, answered func()) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	count := make(chan int)
	for range 16 {
		go func() {
			n := 0
			for p.wait(ctx) == nil {
				n++
				if answered != nil {
					answered()
				}
			}
			count <- n
		}()
	}
	total := 0
	for range 16 {
		total += <-count
	}
	return total
}

func within(t *testing.T, what string, got int, want, share float64) {
	t.Helper()
	if math.Abs(float64(got)-want) > want*share {
		t.Errorf("%s: %d requests, want %.0f within %.0f %%", what, got, want, share*100)
	}
}

// TestCapIsHeld: --max-rps within 5 % (spec 7), over the whole and in each second.
func TestCapIsHeld(t *testing.T) {
	for _, rps := range []float64{1, 5, 50, 300} {
		synctest.Test(t, func(t *testing.T) {
			p := newPace(rps)
			first := letOut(t, p, 20*time.Second, nil)
			within(t, "twenty seconds", first, 20*rps, 0.05)
			for range 3 {
				if n := letOut(t, p, time.Second, nil); float64(n) > rps*1.05+1 {
					t.Errorf("cap %v: %d requests in one second", rps, n)
				}
			}
			<-time.After(time.Hour) // idle: nothing is saved up for a burst
			if n := letOut(t, p, time.Second, nil); float64(n) > rps*1.05+1 {
				t.Errorf("cap %v: %d requests in the second after a pause", rps, n)
			}
		})
	}
}

// TestThrottledHalves: a 429 halves the rate, a volley of them once; good answers
// bring it back to the cap and not above.
func TestThrottledHalves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(100)
		for range 20 {
			p.throttled()
		}
		within(t, "after a volley", letOut(t, p, 2*time.Second, nil), 100, 0.05)
		<-time.After(2 * time.Second)
		p.throttled()
		within(t, "after the next", letOut(t, p, 2*time.Second, nil), 50, 0.05)
		letOut(t, p, time.Minute, p.accepted)
		within(t, "a minute later", letOut(t, p, 5*time.Second, p.accepted), 500, 0.05)
	})
}

// TestThrottledWithoutCap: the first 429 starts from what was really sent.
func TestThrottledWithoutCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(0)
		for range 80 {
			if err := p.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			<-time.After(10 * time.Millisecond)
		}
		p.throttled()
		within(t, "two seconds", letOut(t, p, 2*time.Second, nil), 80, 0.06)
		for range 20 {
			<-time.After(2 * time.Second)
			p.throttled()
		}
		if n := letOut(t, p, 10*time.Second, nil); n < 9 {
			t.Errorf("%d requests in ten seconds: slower than the slowest", n)
		}
	})
}
