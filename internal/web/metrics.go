package web

import (
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is what Prometheus is told: what snapshots say, read when it asks, and
// what is measured as it happens. Its labels are bounded: targets, HTTP methods,
// classes of answers, and words of our own; no name of an object is one.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	retries  *prometheus.CounterVec
	passes   *prometheus.HistogramVec
	streams  prometheus.Gauge

	mu    sync.Mutex
	names map[string]bool // of the targets that have series of their own
}

// NewMetrics begins with nothing measured.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), names: map[string]bool{},
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "idpsync_requests_total",
			Help: "Requests sent to the server of a user pool, by the class of the answer; \"none\" where none came.",
		}, []string{"target", "method", "code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "idpsync_request_duration_seconds",
			Help: "How long the server took to begin its answer.", Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"target", "method"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "idpsync_retries_total",
			Help: "Requests that were sent once more.",
		}, []string{"target"}),
		passes: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "idpsync_pass_duration_seconds",
			Help: "How long a pass took, and its parts: reading files, comparing, applying.", Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"target", "part", "outcome"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{Name: "idpsync_page_streams", Help: "Status pages that listen for news."}),
	}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "idpsync_build_info", Help: "Always 1; the labels tell which program runs.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	}, func() float64 { return 1 })
	m.registry.MustRegister(m.requests, m.took, m.retries, m.passes, m.streams, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// watch adds what the snapshots of the targets say; that can be done once.
func (m *Metrics) watch(targets func() []*shown, fleet func() *Fleet) error {
	if fleet != nil {
		if err := m.registry.Register(&fleetNumbers{fleet}); err != nil {
			return err
		}
	}
	return m.registry.Register(&snapshots{targets: targets})
}

func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 20 * time.Second})
}

// Gatherer gives the numbers to who wants them without HTTP.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// Observe measures a part of a pass: "files", "plan", "apply", or "pass" for the
// whole of it, and whether it ended with an error.
func (m *Metrics) Observe(target, part string, took time.Duration, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "error"
	}
	m.passes.WithLabelValues(m.label(target), part, outcome).Observe(took.Seconds())
}

// Retried counts a request of the target that is sent once more.
func (m *Metrics) Retried(target string) { m.retries.WithLabelValues(m.label(target)).Inc() }

// Transport measures what goes through next for the target.
func (m *Metrics) Transport(target string, next http.RoundTripper) http.RoundTripper {
	return &measured{m, m.label(target), next}
}

// label is the target's name for the first so many, and one name for the rest: a
// fleet may have more of them than a Prometheus should keep series for.
func (m *Metrics) label(target string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.names[target] {
		if len(m.names) >= labelled {
			return otherTargets
		}
		m.names[target] = true
	}
	return target
}

type measured struct {
	*Metrics
	target string
	next   http.RoundTripper
}

// CloseIdleConnections is what http.Client asks of its transport.
func (t *measured) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip implements http.RoundTripper.
func (t *measured) RoundTrip(r *http.Request) (*http.Response, error) {
	begun, method := time.Now(), methodLabel(r.Method)
	resp, err := t.next.RoundTrip(r)
	code := "none"
	if err == nil {
		code = strconv.Itoa(resp.StatusCode/100) + "xx"
	}
	t.requests.WithLabelValues(t.target, method, code).Inc()
	t.took.WithLabelValues(t.target, method).Observe(time.Since(begun).Seconds())
	return resp, err
}

func methodLabel(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch:
		return m
	}
	return "other"
}
