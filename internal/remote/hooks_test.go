package remote

import (
	"net/http"
	"testing"
	"testing/synctest"
)

// measure counts what goes through it.
type measure struct {
	next http.RoundTripper
	n    *int
}

func (m measure) RoundTrip(r *http.Request) (*http.Response, error) {
	*m.n++
	return m.next.RoundTrip(r)
}

// TestWhoMeasuresSeesEachAttempt: Wrap sees every request that leaves, the token's
// too, and Retried those that leave once more.
func TestWhoMeasuresSeesEachAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t).on("GET list-ext-idp", down, down, emptyList())
		sent, again := 0, 0
		c, _ := f.client(func(cfg *Config) {
			cfg.Wrap = func(next http.RoundTripper) http.RoundTripper { return measure{next, &sent} }
			cfg.Retried = func() { again++ }
		})
		if err := c.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Providers(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := f.tokens + 3; sent != want || again != 2 {
			t.Errorf("%d were sent and %d of them again, want %d and 2", sent, again, want)
		}
	})
}
