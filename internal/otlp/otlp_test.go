package otlp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// collector is a receiver that decodes what it gets.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	got    []request
	raw    strings.Builder
	header http.Header
}

func newCollector(t *testing.T) *collector {
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		text, err := io.ReadAll(r.Body)
		d := json.NewDecoder(strings.NewReader(string(text)))
		d.DisallowUnknownFields()
		var q request
		if err == nil {
			err = d.Decode(&q)
		}
		if err != nil || r.URL.Path != "/v1/traces" || r.Method != http.MethodPost {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		c.got, c.header = append(c.got, q), r.Header.Clone()
		c.raw.Write(text)
	}))
	t.Cleanup(c.Close)
	return c
}

func env(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func TestSpansArrive(t *testing.T) {
	c := newCollector(t)
	p, err := Start(env(endpointVar, c.URL+"/", headersVar, "x-api-key=k%20ey, other=1", serviceVar, "mine", resourcesVar, "env=test"), "1.2.3", func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	tr := p.TracerProvider().Tracer("idpsync")
	begun := time.Date(2026, 11, 22, 12, 0, 0, 5, time.UTC)
	ctx, parent := tr.Start(t.Context(), "pass", trace.WithTimestamp(begun), trace.WithAttributes(attribute.String("idpsync.target", "本地"), attribute.Int("idpsync.objects", 3), attribute.Bool("idpsync.ready", true)))
	_, child := tr.Start(ctx, "GET", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("url.full", "https://user:pass@api.example.com/api/v3/x?secret=s3cr3t"), attribute.String("http.request.header.authorization", "Bearer s3cr3t"), attribute.Int("http.response.status_code", 503)))
	child.SetStatus(codes.Error, "the server said s3cr3t")
	child.RecordError(errors.New("s3cr3t"))
	child.End()
	parent.End(trace.WithTimestamp(begun.Add(time.Second)))
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(c.got) != 1 || len(c.got[0].ResourceSpans) != 1 || len(c.got[0].ResourceSpans[0].ScopeSpans) != 1 {
		t.Fatalf("%s", c.raw.String())
	}
	rs := c.got[0].ResourceSpans[0]
	if f := flat(rs.Resource.Attributes); f != "env=test service.name=mine service.version=1.2.3" {
		t.Errorf("resource: %s", f)
	}
	spans := rs.ScopeSpans[0].Spans
	get, pass := spans[0], spans[1]
	if pass.Name != "pass" || pass.Start != "1795348800000000005" || pass.End != "1795348801000000005" || pass.Kind != 1 || pass.ParentSpanID != "" || flat(pass.Attributes) != "idpsync.target=本地 idpsync.objects=3 idpsync.ready=true" {
		t.Errorf("%+v", pass)
	}
	if get.ParentSpanID != pass.SpanID || get.TraceID != pass.TraceID || get.Kind != 3 || get.Status.Code != 2 || flat(get.Attributes) != "url.path=/api/v3/x http.response.status_code=503" {
		t.Errorf("%+v", get)
	}
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(get.TraceID) || !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(get.SpanID) {
		t.Errorf("ids %s %s", get.TraceID, get.SpanID)
	}
	if strings.Contains(c.raw.String(), "s3cr3t") || strings.Contains(c.raw.String(), "user:pass") {
		t.Errorf("what must not leave left: %s", c.raw.String())
	}
	if c.header.Get("X-Api-Key") != "k ey" || c.header.Get("Content-Type") != "application/json" {
		t.Errorf("headers: %v", c.header)
	}
}

func flat(kvs []keyValue) string {
	var parts []string
	for _, kv := range kvs {
		v := kv.Key + "="
		switch {
		case kv.Value.String != nil:
			v += *kv.Value.String
		case kv.Value.Int != nil:
			v += *kv.Value.Int
		case kv.Value.Bool != nil && *kv.Value.Bool:
			v += "true"
		}
		parts = append(parts, v)
	}
	return strings.Join(parts, " ")
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		env  []string
		want string // the address, an error, or "" for nothing to send
	}{
		{nil, ""},
		{[]string{endpointVar, " "}, ""},
		{[]string{endpointVar, "http://127.0.0.1:4318", disabledVar, "TRUE"}, ""},
		{[]string{endpointVar, "http://127.0.0.1:4318"}, "http://127.0.0.1:4318/v1/traces"},
		{[]string{endpointVar, "https://collector.example/otlp/"}, "https://collector.example/otlp/v1/traces"},
		{[]string{endpointVar, "127.0.0.1:4318"}, "error OTEL_EXPORTER_OTLP_ENDPOINT"},
		{[]string{endpointVar, "ftp://x"}, "error OTEL_EXPORTER_OTLP_ENDPOINT"},
		{[]string{endpointVar, "http://user:s3cr3t@x"}, "error OTEL_EXPORTER_OTLP_ENDPOINT"},
		{[]string{endpointVar, "http://x/?key=s3cr3t"}, "error OTEL_EXPORTER_OTLP_ENDPOINT"},
		{[]string{endpointVar, "http://x", protocolVar, "grpc"}, "error OTEL_EXPORTER_OTLP_PROTOCOL"},
		{[]string{endpointVar, "http://x", protocolVar, "http/protobuf"}, "http://x/v1/traces"},
		{[]string{endpointVar, "http://x", timeoutVar, "soon"}, "error OTEL_EXPORTER_OTLP_TIMEOUT"},
		{[]string{endpointVar, "http://x", headersVar, "s3cr3t"}, "error OTEL_EXPORTER_OTLP_HEADERS"},
		{[]string{endpointVar, "http://x", headersVar, "a=%0ds3cr3t"}, "error OTEL_EXPORTER_OTLP_HEADERS"},
	} {
		s, err := settingOf(env(c.env...))
		var got string
		switch {
		case err != nil:
			var wrong *SettingError
			if got = err.Error(); errors.As(err, &wrong) {
				got = "error " + wrong.Variable
			}
			if strings.Contains(err.Error(), "s3cr3t") || wrong == nil || wrong.Hint() == "" {
				t.Errorf("%v: %v", c.env, err)
			}
		case s != nil:
			got = s.url
		}
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.env, got, c.want)
		}
	}
}

// TestNothingIsSentUnasked: without the variable there is no provider at all,
// and what is asked of it is harmless.
func TestNothingIsSentUnasked(t *testing.T) {
	p, err := Start(env(), "", nil)
	if p != nil || err != nil || p.TracerProvider() != nil || p.Close(t.Context()) != nil {
		t.Error(p, err)
	}
}

// hanging is a collector that never answers.
type hanging struct{}

func (hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestADeadCollectorCostsNothing: spans beyond the queue are dropped, nobody
// waits for them, and the end waits only as long as it is allowed.
func TestADeadCollectorCostsNothing(t *testing.T) {
	before := http.DefaultTransport
	http.DefaultTransport = hanging{}
	defer func() { http.DefaultTransport = before }()
	synctest.Test(t, func(t *testing.T) {
		var lost int
		p, err := Start(env(endpointVar, "http://collector.example"), "", func(error) { lost++ })
		if err != nil {
			t.Fatal(err)
		}
		tr := p.TracerProvider().Tracer("idpsync")
		begun := time.Now()
		for range 10 * waiting {
			_, s := tr.Start(t.Context(), "step")
			s.End()
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("the spans took %s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		begun = time.Now()
		_ = p.Close(ctx)
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("the end took %s", took)
		}
		<-time.After(time.Minute) // of the bubble: what is under way gives up by itself
		synctest.Wait()
	})
}
