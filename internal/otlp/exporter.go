package otlp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	// waiting is how many spans wait at most, together how many leave in one
	// request, and pause how long they gather.
	waiting, together = 2048, 512
	pause             = 2 * time.Second
	// answerBytes is how much of an answer is read.
	answerBytes = 4 << 10
)

// Provider makes spans and sends them. Its zero value, and nil, do neither.
type Provider struct{ provider *sdk.TracerProvider }

// Start reads the environment and begins to send; nil without an error when
// nothing is to be sent. failed hears why spans could not be delivered.
func Start(lookupEnv func(string) (string, bool), version string, failed func(error)) (*Provider, error) {
	s, err := settingOf(lookupEnv)
	if s == nil || err != nil {
		return nil, err
	}
	e := &exporter{setting: s, version: version, failed: failed, client: &http.Client{
		Timeout:       s.timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	return &Provider{sdk.NewTracerProvider(
		sdk.WithResource(resource.Empty()), // the exporter tells it, so that nothing of this machine is guessed
		sdk.WithBatcher(e, sdk.WithMaxQueueSize(waiting), sdk.WithMaxExportBatchSize(together), sdk.WithBatchTimeout(pause), sdk.WithExportTimeout(s.timeout)),
		sdk.WithRawSpanLimits(sdk.SpanLimits{AttributeValueLengthLimit: 1024, AttributeCountLimit: 32, EventCountLimit: 1, LinkCountLimit: 1, AttributePerEventCountLimit: 1, AttributePerLinkCountLimit: 1}),
	)}, nil
}

// TracerProvider is what libraries ask for; nil when nothing is sent.
func (p *Provider) TracerProvider() trace.TracerProvider {
	if p == nil || p.provider == nil {
		return nil
	}
	return p.provider
}

// Close sends what waits and ends; it takes no longer than ctx allows.
func (p *Provider) Close(ctx context.Context) error {
	if p == nil || p.provider == nil {
		return nil
	}
	return p.provider.Shutdown(ctx)
}

// exporter posts spans to a collector.
type exporter struct {
	*setting
	version string
	client  *http.Client
	failed  func(error)
}

// ExportSpans implements sdk.SpanExporter. What cannot be delivered is dropped
// and told to failed: nothing above could do better.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	body, err := json.Marshal(e.request(spans))
	if err == nil {
		err = e.post(ctx, body)
	}
	if err != nil && e.failed != nil {
		e.failed(fmt.Errorf("%d spans were not delivered: %w", len(spans), err))
	}
	return nil
}

func (e *exporter) post(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name, value := range e.headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "idpsync/"+e.version)
	resp, err := e.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, answerBytes))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answers %d", resp.StatusCode)
	}
	return nil
}

// Shutdown implements sdk.SpanExporter.
func (e *exporter) Shutdown(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}
