package remote

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

const (
	// maxBody is the largest answer that is read, in bytes.
	maxBody = 8 << 20
	// requestTimeout is how long one attempt may take, from dialling to the
	// last byte of the answer.
	requestTimeout = 30 * time.Second
)

var errOversize = errors.New("the answer is larger than 8 MiB")

// unsentError wraps what stopped a request before it left.
type unsentError struct{ error }

func (e unsentError) Unwrap() error { return e.error }

// answer is the body of a response, read whole and decoded once, so that the
// retry policy may look at the status inside it. Who reads it again reads
// nothing.
type answer struct {
	envelope envelope
	err      error // what decodeEnvelope said
	empty    bool
}

// Read implements io.Reader.
func (*answer) Read([]byte) (int, error) { return 0, io.EOF }

// Close implements io.Closer.
func (*answer) Close() error { return nil }

// gate lets requests out at the right pace and takes answers in whole. It is
// the only place that logs a request: no body, no header, no query.
//
// A slot is held only here, around one attempt, so that nobody waits for a slot
// while holding one.
type gate struct {
	next  http.RoundTripper
	slots chan struct{} // one for each request that may be on its way
	pace  *pace
	log   *slog.Logger
}

// RoundTrip implements http.RoundTripper.
func (g *gate) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := g.enter(req.Context()); err != nil {
		closeBody(req)
		return nil, unsentError{err}
	}
	defer func() { <-g.slots }()
	free, err := fenced(req)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	ctx, cancel := context.WithTimeout(req.Context(), requestTimeout)
	defer cancel()
	start := time.Now()
	resp, err := g.next.RoundTrip(free.WithContext(ctx))
	if err == nil {
		err = takeIn(resp)
	}
	g.tell(req, resp, err, time.Since(start))
	if err != nil {
		return nil, err
	}
	if status(resp) == http.StatusTooManyRequests {
		g.pace.throttled()
	} else {
		g.pace.accepted()
	}
	return resp, nil
}

// closeBody does what a transport owes a request that it does not send.
func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// enter waits for a slot and for the pace; it holds a slot if it returns nil.
func (g *gate) enter(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := g.pace.wait(ctx)
	if err != nil {
		<-g.slots
	}
	return err
}

// bodies are the buffers that answers are read into.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// takeIn reads the whole body and puts an *answer in its place.
func takeIn(resp *http.Response) error {
	body := bodies.Get().(*bytes.Buffer)
	defer bodies.Put(body)
	body.Reset()
	_, err := body.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	_ = resp.Body.Close()
	if body.Len() > maxBody {
		return errOversize
	}
	if err != nil {
		return err
	}
	a := &answer{}
	a.envelope, a.err = decodeEnvelope(body.Bytes())
	a.empty = errors.Is(a.err, errEmpty)
	resp.Body = a
	return nil
}

func (g *gate) tell(req *http.Request, resp *http.Response, err error, took time.Duration) {
	if !g.log.Enabled(req.Context(), slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", req.Method),
		slog.String("path", req.URL.Path),
		slog.Duration("duration", took),
	}
	if err != nil {
		attrs = append(attrs, slog.String("failed", reason(err)))
	} else if a, ok := resp.Body.(*answer); ok {
		attrs = append(attrs, slog.Int("status", resp.StatusCode),
			slog.Int("statusCode", a.envelope.status), slog.String("requestId", reference(a.envelope.requestID, sentIn(req.Context()))))
	}
	g.log.LogAttrs(req.Context(), slog.LevelDebug, "request", attrs...)
}

// status is the worse of the HTTP status and the status in the body
// (contract 3.1: a client must look at both).
func status(resp *http.Response) int {
	a, ok := resp.Body.(*answer)
	if ok && resp.StatusCode < 300 && a.envelope.status != 0 {
		return a.envelope.status
	}
	return resp.StatusCode
}
