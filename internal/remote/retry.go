package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	// maxTries and maxThrottled count attempts of one request, the first
	// included: of any failure, and of 429 alone.
	maxTries     = 4
	maxThrottled = 5
	waitMin      = 250 * time.Millisecond
	waitMax      = 4 * time.Second
	// patience is the longest Retry-After that is waited for.
	patience = 30 * time.Second
)

type triesKey struct{}

// tries is what the policies know of one request.
type tries struct {
	n     int
	begun time.Time
}

// counted makes a context in which the policies count the attempts of one request.
func counted(ctx context.Context) context.Context {
	return context.WithValue(ctx, triesKey{}, &tries{begun: time.Now()})
}

// newRetrier makes the only retry loop there is, over http; retried, which may be
// nil, hears of each request that is sent once more.
func newRetrier(hc *http.Client, policy retryablehttp.CheckRetry, retried func()) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:   hc,
		RetryWaitMin: waitMin,
		RetryWaitMax: waitMax,
		RetryMax:     maxThrottled - 1,
		CheckRetry:   bounded(policy),
		Backoff:      backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
		RequestLogHook: func(_ retryablehttp.Logger, _ *http.Request, attempt int) {
			if attempt > 0 && retried != nil {
				retried()
			}
		},
	}
}

// bounded stops a policy when the caller has gone, when the tries are used up,
// or when the server asks for more patience than there is.
func bounded(policy retryablehttp.CheckRetry) retryablehttp.CheckRetry {
	return func(ctx context.Context, resp *http.Response, err error) (bool, error) {
		if ctx.Err() != nil {
			return false, nil //nolint:nilerr // the caller tells why it has gone; this is not a retry's error
		}
		t, _ := ctx.Value(triesKey{}).(*tries)
		if t == nil {
			return false, nil
		}
		t.n++
		limit := maxTries
		if err == nil && status(resp) == http.StatusTooManyRequests {
			limit = maxThrottled
		}
		silent := err != nil && time.Since(t.begun) >= requestTimeout // nobody answers: the next try would wait as long
		if t.n >= limit || silent || err == nil && asked(resp) > patience {
			return false, nil
		}
		return policy(ctx, resp, err)
	}
}

// retryRead repeats what a moment may cure: reading changes nothing.
func retryRead(_ context.Context, resp *http.Response, err error) (bool, error) {
	if err != nil {
		return curable(err), nil
	}
	switch status(resp) {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true, nil
	}
	a, ok := resp.Body.(*answer)
	garbled := ok && (errors.Is(a.err, errCut) || errors.Is(a.err, errGarbage))
	return garbled && resp.StatusCode == http.StatusOK, nil
}

// retryWrite repeats only what the server surely has not done: it said 429, or
// no connection was ever made.
func retryWrite(_ context.Context, resp *http.Response, err error) (bool, error) {
	if err != nil {
		return neverSent(err) && curable(err), nil
	}
	return status(resp) == http.StatusTooManyRequests, nil
}

// curable tells whether the same request may fare better in a moment.
func curable(err error) bool {
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return false
	}
	var unsent unsentError
	return !untrusted(err) && !errors.Is(err, errOversize) && !errors.As(err, &unsent)
}

// neverSent tells that the request cannot have reached the server. Everything
// it does not know counts as sent.
func neverSent(err error) bool {
	var unsent unsentError
	if errors.As(err, &unsent) || untrusted(err) {
		return true
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op == "dial" || op.Op == "proxyconnect"
	}
	var out *url.Error
	return !errors.As(err, &out) // stopped between two tries
}

// untrusted tells that the TLS handshake failed, before any request.
func untrusted(err error) bool {
	var (
		verify  *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
	)
	return errors.As(err, &verify) || errors.As(err, &unknown) || errors.As(err, &name) ||
		errors.As(err, &invalid) || errors.As(err, &record)
}

// backoff waits as long as the server asks, else twice as long each time; both
// with jitter, so that parallel requests do not come back as one.
func backoff(low, high time.Duration, attempt int, resp *http.Response) time.Duration {
	if d := asked(resp); d > 0 {
		return d + rand.N(d/10+time.Millisecond)
	}
	d := retryablehttp.DefaultBackoff(low, high, attempt, nil)
	return d/2 + rand.N(d)
}

// asked is the Retry-After of a refusal, 0 without one. The status may stand
// in the body alone, which the library does not look at.
func asked(resp *http.Response) time.Duration {
	if resp == nil || resp.Header.Get("Retry-After") == "" {
		return 0
	}
	seen := &http.Response{StatusCode: status(resp), Header: resp.Header}
	return retryablehttp.DefaultBackoff(0, 0, 0, seen)
}
