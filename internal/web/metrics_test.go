package web

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/idpsync/idpsync/internal/reconcile"
)

type sent func(*http.Request) (*http.Response, error)

func (f sent) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// measuredServer has every series there is.
func measuredServer(t *testing.T) (*Server, *Metrics) {
	t.Helper()
	f := sample()
	f.publish(broken)
	f.publish(func(s *reconcile.Status) { s.Counters.Steps = map[string]uint64{"done": 3} })
	m := NewMetrics("1.2.3")
	s, err := New(Options{Targets: []Target{{"local", f.status}}, Metrics: m})
	if err != nil {
		t.Fatal(err)
	}
	answers := []func() (*http.Response, error){
		func() (*http.Response, error) { return &http.Response{StatusCode: 200}, nil },
		func() (*http.Response, error) { return &http.Response{StatusCode: 503}, nil },
		func() (*http.Response, error) { return nil, errors.New("cut") },
	}
	tr := m.Transport("local", sent(func(*http.Request) (*http.Response, error) {
		a := answers[0]
		answers = answers[1:]
		return a()
	}))
	for _, method := range []string{"GET", "POST", "BREW"} {
		r, _ := http.NewRequestWithContext(t.Context(), method, "http://x/api?secret=1", nil)
		if resp, err := tr.RoundTrip(r); err == nil && resp.Body != nil {
			resp.Body.Close()
		}
	}
	m.Retried("local")
	m.Observe("local", "pass", time.Second, nil)
	m.Observe("local", "plan", time.Second, errors.New("no"))
	return s, m
}

func TestMetrics(t *testing.T) {
	_, m := measuredServer(t)
	if problems, err := testutil.GatherAndLint(m.Gatherer()); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
	want := `
# HELP idpsync_drift_objects Objects that are not on the server as they were applied.
# TYPE idpsync_drift_objects gauge
idpsync_drift_objects{target="local"} 1
# HELP idpsync_last_success_timestamp_seconds When a pass last ended without trouble.
# TYPE idpsync_last_success_timestamp_seconds gauge
idpsync_last_success_timestamp_seconds{target="local"} 1.7953488e+09
# HELP idpsync_requests_total Requests sent to the server of a user pool, by the class of the answer; "none" where none came.
# TYPE idpsync_requests_total counter
idpsync_requests_total{code="2xx",method="GET",target="local"} 1
idpsync_requests_total{code="5xx",method="POST",target="local"} 1
idpsync_requests_total{code="none",method="other",target="local"} 1
# HELP idpsync_retries_total Requests that were sent once more.
# TYPE idpsync_retries_total counter
idpsync_retries_total{target="local"} 1
# HELP idpsync_targets Targets by what their last pass came to; "looking" before the first.
# TYPE idpsync_targets gauge
idpsync_targets{verdict="drifted"} 0
idpsync_targets{verdict="failing"} 0
idpsync_targets{verdict="in sync"} 0
idpsync_targets{verdict="invalid"} 1
idpsync_targets{verdict="looking"} 0
idpsync_targets{verdict="pending"} 0
idpsync_targets{verdict="refused"} 0
`
	if err := testutil.GatherAndCompare(m.Gatherer(), strings.NewReader(want), "idpsync_drift_objects", "idpsync_last_success_timestamp_seconds", "idpsync_requests_total", "idpsync_retries_total", "idpsync_targets"); err != nil {
		t.Error(err)
	}
}

// names lists every series that can be asked for, as a query writes them.
func names(t *testing.T, m *Metrics) map[string]bool {
	t.Helper()
	all, err := m.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, f := range all {
		out[f.GetName()] = true
		if f.GetType().String() == "HISTOGRAM" {
			for _, end := range []string{"_bucket", "_sum", "_count"} {
				out[f.GetName()+end] = true
			}
		}
	}
	return out
}

var series = regexp.MustCompile(`\b(idpsync|go|process)_[a-z_]+\b`)
