package cli_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// sentSpan is a span as a collector gets it.
type sentSpan struct {
	TraceID      string `json:"traceId"`
	SpanID       string `json:"spanId"`
	ParentSpanID string `json:"parentSpanId"`
	Name         string `json:"name"`
	Attributes   []struct {
		Key   string `json:"key"`
		Value struct {
			StringValue string `json:"stringValue"`
		} `json:"value"`
	} `json:"attributes"`
}

func (s sentSpan) at(key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.StringValue
		}
	}
	return ""
}

// collector takes spans in.
type collector struct {
	*httptest.Server
	mu    sync.Mutex
	raw   strings.Builder
	spans []sentSpan
}

func newCollector(t *testing.T) *collector {
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		var q struct {
			ResourceSpans []struct {
				ScopeSpans []struct {
					Spans []sentSpan `json:"spans"`
				} `json:"scopeSpans"`
			} `json:"resourceSpans"`
		}
		if err == nil {
			err = json.Unmarshal(text, &q)
		}
		if err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.raw.Write(text)
		for _, rs := range q.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				c.spans = append(c.spans, ss.Spans...)
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// parents writes the names of the spans above one, the nearest first.
func (c *collector) parents(s sentSpan) string {
	names := []string{s.Name}
	for s.ParentSpanID != "" {
		i := 0
		for i < len(c.spans) && c.spans[i].SpanID != s.ParentSpanID {
			i++
		}
		if i == len(c.spans) {
			return strings.Join(append(names, "?"), " < ")
		}
		s = c.spans[i]
		names = append(names, s.Name)
	}
	return strings.Join(names, " < ")
}

// TestTraces: a pass is one tree of spans, from the pass down to each request,
// and nothing in it is secret.
func TestTraces(t *testing.T) {
	c := newCollector(t)
	got := call{dir: project(t, files("https://api.example.com")), env: map[string]string{"CORP_SECRET": canary, "OTEL_EXPORTER_OTLP_ENDPOINT": c.URL}}.run(t, "watch", "--once", "--mode", "apply")
	if got.code != 0 {
		t.Fatalf("%d %s %s", got.code, got.stdout, got.stderr)
	}
	seen, steps, traces := map[string]int{}, map[string]bool{}, map[string]bool{}
	for _, s := range c.spans {
		seen[c.parents(s)]++
		if s.Name == "step" {
			steps[s.at("idpsync.action")+" "+s.at("idpsync.key")] = true
		}
		if s.Name != "files" { // read before it is known whether there will be a pass
			traces[s.TraceID] = true
		}
		if p := s.at("url.path"); strings.ContainsAny(p, "?=") {
			t.Errorf("an address with a query: %s", p)
		}
	}
	if len(traces) != 1 {
		t.Errorf("the pass stands in %d traces", len(traces))
	}
	for _, want := range []string{"pass", "plan < pass", "apply < pass", "read < plan < pass", "HTTP GET < read < plan < pass", "step < apply < pass", "HTTP POST < step < apply < pass", "verify < apply < pass"} {
		if seen[want] == 0 {
			t.Errorf("no span %q among %v", want, seen)
		}
	}
	for _, want := range []string{"create identityprovider/corp", "create connection/corp-oidc", "create application/portal", "create enablement/portal/corp-oidc"} {
		if !steps[want] {
			t.Errorf("no step %q among %v", want, steps)
		}
	}
	if strings.Contains(c.raw.String(), canary) || strings.Contains(strings.ToLower(c.raw.String()), "bearer") {
		t.Error("a secret is in the spans")
	}
}

// TestTracesThatCannotBeSent end nothing, and are told once.
func TestTracesThatCannotBeSent(t *testing.T) {
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	one := call{dir: project(t, files("https://api.example.com")), env: map[string]string{"CORP_SECRET": canary, "OTEL_EXPORTER_OTLP_ENDPOINT": dead.URL}}
	if got := one.run(t, "watch", "--once", "--mode", "apply"); got.code != 0 || strings.Count(got.stderr, "traces are not delivered") != 1 {
		t.Errorf("%d %s", got.code, got.stderr)
	}
	one.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = "collector:4318"
	if got := one.run(t, "watch", "--once"); got.code != 64 || !strings.Contains(got.stderr, "OTEL_EXPORTER_OTLP_ENDPOINT") {
		t.Errorf("%d %s", got.code, got.stderr)
	}
}
