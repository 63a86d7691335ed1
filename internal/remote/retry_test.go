package remote

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var (
	down = raw{503, `{"statusCode":503,"message":"later"}`, nil}
	busy = raw{429, `{"statusCode":429,"message":"slow down"}`, nil}
)

func emptyList() any { return tree{"totalCount": 0, "list": []any{}} }

func TestRetries(t *testing.T) {
	connected := errors.New("read: connection reset by peer")
	tests := []struct {
		name    string
		read    bool
		answers []any
		sent    int
		ok      bool
	}{
		{"a read outlives outages", true, []any{down, connected, raw{200, `{"stat`, nil}, emptyList()}, 4, true},
		{"a read gives up", true, []any{down}, maxTries, false},
		{"a read of garbage is repeated", true, []any{raw{200, "%%", nil}, emptyList()}, 2, true},
		{"429 in the body counts", true, []any{raw{200, busy.body, nil}, emptyList()}, 2, true},
		{"a refusal is final", true, []any{raw{200, `{"statusCode":403}`, nil}}, 1, false},
		{"500 is final", true, []any{raw{500, `{"statusCode":500}`, nil}}, 1, false},
		{"a write is not repeated after 503", false, []any{down, done()}, 1, false},
		{"a write is not repeated after a cut line", false, []any{connected, done()}, 1, false},
		{"a write is not repeated after EOF", false, []any{io.EOF, done()}, 1, false},
		{"a write is repeated after 429", false, []any{busy, busy, done()}, 3, true},
		{"a write is repeated if never connected", false, []any{errDial, done()}, 2, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t).on("GET list-ext-idp", tt.answers...).on("POST delete-application", tt.answers...)
				c, _ := f.client()
				path, err := "delete-application", error(nil)
				if tt.read {
					path = "list-ext-idp"
					_, err = c.api.providers(t.Context())
				} else {
					_, err = c.api.write(t.Context(), deleteApplication, tree{"appId": "a"})
				}
				if f.count(path) != tt.sent || (err == nil) != tt.ok {
					t.Errorf("%d requests, err %v; want %d, ok %v", f.count(path), err, tt.sent, tt.ok)
				}
			})
		})
	}
}

func TestRetryAfter(t *testing.T) {
	asks := func(s string) raw { return raw{429, busy.body, []string{"Retry-After", s}} }
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t).on("GET list-ext-idp", asks("7"), emptyList())
		c, _ := f.client()
		start := time.Now()
		if _, err := c.api.providers(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d < 7*time.Second || d > 9*time.Second {
			t.Errorf("waited %s, was asked for 7s", d)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t).on("GET list-ext-idp", asks("3600"))
		c, _ := f.client()
		start := time.Now()
		_, err := c.api.providers(t.Context())
		if e := mustError(t, err); !e.Unavailable() || time.Since(start) > time.Second {
			t.Errorf("err %v after %s: want to give up at once", e, time.Since(start))
		}
	})
}

// The total pause of a dead server stays within a few seconds.
func TestBackoffIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newFake(t).on("GET list-ext-idp", down).client()
		start := time.Now()
		_, _ = c.api.providers(t.Context())
		if d := time.Since(start); d < 500*time.Millisecond || d > 6*time.Second {
			t.Errorf("gave up after %s", d)
		}
	})
}

func TestPaceKeepsTheCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t).on("GET list-ext-idp", emptyList())
		c, _ := f.client(func(c *Config) { c.MaxRPS = 10 })
		start := time.Now()
		for range 21 { // and one for the token
			if _, err := c.api.providers(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(start); d < 2*time.Second {
			t.Errorf("22 requests at 10/s took %s", d)
		}
	})
}

func TestPaceHalvesAndCreepsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(40)
		p.throttled()
		p.throttled() // of the same volley
		if got := p.limiter.Limit(); got != 20 {
			t.Errorf("after one volley of 429: %v/s, want 20", got)
		}
		for range 1000 {
			p.accepted()
		}
		if got := p.limiter.Limit(); got != 40 {
			t.Errorf("after many good answers: %v/s, want 40", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := newPace(0)
		for range 30 {
			_ = p.wait(t.Context())
		}
		p.throttled()
		if got := p.limiter.Limit(); got != 15 {
			t.Errorf("without a cap, after 30 requests in a second: %v/s, want 15", got)
		}
	})
}

// No more requests are on their way than Parallelism, whoever sends them.
func TestSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.routes["GET list-ext-idp"] = slowly(f)
		c, _ := f.client(func(c *Config) { c.Parallelism = 3 })
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { _, _ = c.api.providers(t.Context()) })
		}
		wg.Wait()
		if f.most != 3 {
			t.Errorf("%d at a time, want 3", f.most)
		}
	})
}

func TestRequestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c, _ := f.client(func(cfg *Config) { cfg.Transport = hanging{f} })
		start := time.Now()
		_, err := c.api.write(t.Context(), deleteApplication, tree{"appId": "a"})
		e := mustError(t, err)
		if !e.Unknown() || !e.Unavailable() || time.Since(start) != requestTimeout {
			t.Errorf("%v after %s: %s", e, time.Since(start), flags(e))
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-time.After(time.Second); cancel() }()
		_, err = c.api.write(ctx, deleteApplication, tree{"appId": "a"})
		if e := mustError(t, err); !e.Unknown() || !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted: %v, %s", e, flags(e))
		}
	})
}
