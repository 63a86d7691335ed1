package cli

import (
	"context"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/otlp"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/web"
)

// telemetry is what a running watch tells to machines: numbers for Prometheus,
// and spans for a collector where OTEL_EXPORTER_OTLP_ENDPOINT names one. A nil
// telemetry tells nothing.
type telemetry struct {
	metrics *web.Metrics
	spans   *otlp.Provider
	tracer  trace.Tracer
	// provider is the one of spans, or one that makes none.
	provider trace.TracerProvider
}

// farewellSpans is how long the end waits for spans to be delivered.
const farewellSpans = 2 * time.Second

// startTelemetry reads the environment. Nothing is sent before the first span.
func (a *app) startTelemetry() (*telemetry, error) {
	version := thisBuild().Version
	var once sync.Once
	spans, err := otlp.Start(a.env.LookupEnv, version, func(err error) {
		a.log.Debug("spans were lost", "error", err)
		once.Do(func() { a.warn("traces are not delivered: %v", err) })
	})
	if err != nil {
		return nil, &quit{code: Usage, err: err}
	}
	t := &telemetry{metrics: web.NewMetrics(version), spans: spans, provider: spans.TracerProvider()}
	if t.provider == nil {
		t.provider = noop.NewTracerProvider()
	}
	t.tracer = t.provider.Tracer("idpsync", trace.WithInstrumentationVersion(version))
	return t, nil
}

// close delivers what waits.
func (t *telemetry) close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), farewellSpans)
	defer cancel()
	_ = t.spans.Close(ctx) // what could not be delivered was told
}

// observe measures the parts of a pass of the target and makes a span of each.
func (t *telemetry) observe(target string) func(ctx context.Context, part string) (context.Context, func(error)) {
	if t == nil {
		return func(ctx context.Context, _ string) (context.Context, func(error)) { return ctx, func(error) {} }
	}
	return func(ctx context.Context, part string) (context.Context, func(error)) {
		begun := time.Now()
		ctx, end := t.span(ctx, part, attribute.String("idpsync.target", target))
		return ctx, func(err error) {
			end(err)
			t.metrics.Observe(target, part, time.Since(begun), err)
		}
	}
}

// span begins a span; what it returns ends it. Of an error only is told that
// there was one: its text may come from a server.
func (t *telemetry) span(ctx context.Context, name string, facts ...attribute.KeyValue) (context.Context, func(error)) {
	ctx, s := t.tracer.Start(ctx, name, trace.WithAttributes(facts...))
	return ctx, func(err error) {
		if err != nil {
			s.SetStatus(codes.Error, "")
			if code, id := explain(err); code != "" || id != "" {
				s.SetAttributes(attribute.String("idpsync.code", code), attribute.String("idpsync.request_id", id))
			}
		}
		s.End()
	}
}

// wrap measures the requests to the server of the target, each attempt by
// itself. No header is added to them: the server is none of ours.
func (t *telemetry) wrap(target string) func(http.RoundTripper) http.RoundTripper {
	if t == nil {
		return nil
	}
	return func(next http.RoundTripper) http.RoundTripper {
		next = t.metrics.Transport(target, next)
		if t.spans == nil {
			return next
		}
		return &traced{next, otelhttp.NewTransport(next, otelhttp.WithTracerProvider(t.provider), otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()))}
	}
}

// traced lets connections that nobody uses be closed through otelhttp.
type traced struct {
	next http.RoundTripper
	http.RoundTripper
}

// CloseIdleConnections is what http.Client asks of its transport.
func (t *traced) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// retried counts requests that are sent once more.
func (t *telemetry) retried(target string) func() {
	if t == nil {
		return nil
	}
	return func() { t.metrics.Retried(target) }
}

// steps makes a span of each step of an apply, and of what a pass reads.
func (t *telemetry) steps(r reconcile.Remote) reconcile.Remote {
	if t == nil || t.spans == nil {
		return r
	}
	return &steppedRemote{r, t}
}

// steppedRemote is a pool of which the requests are told in spans.
type steppedRemote struct {
	reconcile.Remote
	*telemetry
}

func (s *steppedRemote) step(ctx context.Context, action string, k model.Key) (context.Context, func(error)) {
	return s.span(ctx, "step", attribute.String("idpsync.action", action), attribute.String("idpsync.key", k.String()))
}

// Create implements apply.Target.
func (s *steppedRemote) Create(ctx context.Context, to *model.Resource) (id string, err error) {
	ctx, end := s.step(ctx, "create", to.Key)
	defer func() { end(err) }()
	return s.Remote.Create(ctx, to)
}

// Update implements apply.Target.
func (s *steppedRemote) Update(ctx context.Context, from, to *model.Resource) (err error) {
	ctx, end := s.step(ctx, "update", to.Key)
	defer func() { end(err) }()
	return s.Remote.Update(ctx, from, to)
}

// Delete implements apply.Target.
func (s *steppedRemote) Delete(ctx context.Context, from *model.Resource) (err error) {
	ctx, end := s.step(ctx, "delete", from.Key)
	defer func() { end(err) }()
	return s.Remote.Delete(ctx, from)
}

// Providers implements reconcile.Remote.
func (s *steppedRemote) Providers(ctx context.Context) (all []model.Observed, err error) {
	ctx, end := s.span(ctx, "read", attribute.String("idpsync.what", "providers"))
	defer func() { end(err) }()
	return s.Remote.Providers(ctx)
}

// Applications implements reconcile.Remote.
func (s *steppedRemote) Applications(ctx context.Context, whole bool) (all []model.Observed, err error) {
	ctx, end := s.span(ctx, "read", attribute.String("idpsync.what", "applications"))
	defer func() { end(err) }()
	return s.Remote.Applications(ctx, whole)
}

// Connections implements reconcile.Remote.
func (s *steppedRemote) Connections(ctx context.Context, ids []string) (all []model.Observed, err error) {
	ctx, end := s.span(ctx, "read", attribute.String("idpsync.what", "connections"))
	defer func() { end(err) }()
	return s.Remote.Connections(ctx, ids)
}

// Reread implements reconcile.Remote.
func (s *steppedRemote) Reread(ctx context.Context, touched []*model.Resource) (state *model.State, err error) {
	ctx, end := s.span(ctx, "verify", attribute.Int("idpsync.objects", len(touched)))
	defer func() { end(err) }()
	return s.Remote.Reread(ctx, touched)
}
