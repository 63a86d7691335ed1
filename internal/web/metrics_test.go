package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"gopkg.in/yaml.v3"

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
	fleet := fleetOf(8).fleet
	s, err := New(Options{Targets: []Target{{Name: "local", Status: f.status}}, Metrics: m, Fleet: func() *Fleet { return &fleet }})
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
	if _, err := New(Options{Metrics: m}); err == nil {
		t.Error("two servers count in one place")
	}
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

// TestDeployedQueriesFindTheirSeries: every series that the dashboard and the
// alerts ask for is there, with the labels and the values that they name.
func TestDeployedQueriesFindTheirSeries(t *testing.T) {
	_, m := measuredServer(t)
	there := names(t, m)
	labels := map[string]map[string]bool{} // of a series: its labels, and name=value of each
	all, err := m.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		known := map[string]bool{}
		for _, one := range f.GetMetric() {
			for _, l := range one.GetLabel() {
				known[l.GetName()], known[l.GetName()+"="+l.GetValue()] = true, true
			}
		}
		labels[f.GetName()] = known
	}
	for file, asked := range map[string]int{"prometheus/idpsync.rules.yml": 17, "grafana/idpsync.json": 27} {
		text, err := os.ReadFile(filepath.Join("..", "..", "deploy", file))
		if err != nil {
			t.Fatal(err)
		}
		exprs := expressions(t, file, text)
		if len(exprs) < asked {
			t.Errorf("%s: only %d expressions were found", file, len(exprs))
		}
		for _, e := range exprs {
			used := series.FindAllString(e, -1)
			if len(used) == 0 || strings.Count(e, "(") != strings.Count(e, ")") || strings.Count(e, "{") != strings.Count(e, "}") {
				t.Errorf("%s: %s", file, e)
			}
			for _, name := range used {
				if !there[name] {
					t.Errorf("%s asks for %s, which there is not: %s", file, name, e)
				}
			}
			for _, sel := range selector.FindAllStringSubmatch(e, -1) {
				for _, l := range label.FindAllStringSubmatch(sel[2], -1) {
					known := labels[strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(sel[1], "_bucket"), "_sum"), "_count")]
					if l[1] != "job" && !known[l[1]] || l[2] == "=" && !known[l[1]+"="+l[3]] {
						t.Errorf("%s asks %s for %s, which it never has", file, sel[1], l[0])
					}
				}
			}
		}
	}
}

var (
	selector = regexp.MustCompile(`([a-z_]+)\{([^}]*)\}`)
	label    = regexp.MustCompile(`([a-z]+)(=~?)"([^"]*)"`)
)

// expressions finds what a file of Grafana or Prometheus asks for.
func expressions(t *testing.T, file string, text []byte) []string {
	t.Helper()
	var found []string
	if strings.HasSuffix(file, ".yml") {
		var rules struct {
			Groups []struct {
				Rules []struct{ Alert, Expr, For string }
			}
		}
		if err := yaml.Unmarshal(text, &rules); err != nil {
			t.Fatal(err)
		}
		for _, g := range rules.Groups {
			for _, r := range g.Rules {
				if r.Alert == "" || r.For == "" {
					t.Errorf("%s: %+v", file, r)
				}
				found = append(found, r.Expr)
			}
		}
		return found
	}
	var board struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	for _, p := range board.Panels {
		for _, q := range p.Targets {
			found = append(found, q.Expr)
		}
	}
	return found
}
