package conformance

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
)

// exchange is one request and its answer, as they crossed the wire. It lives in
// memory only: there are secrets in it.
type exchange struct {
	method  string
	target  *url.URL
	header  http.Header
	body    []byte
	status  int
	answer  []byte
	answers http.Header
}

// recorder is a reverse proxy that remembers.
type recorder struct {
	url string

	mu        sync.Mutex
	exchanges []exchange
}

// record puts a recorder in front of a server.
func record(t *testing.T, server string) *recorder {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(p *httputil.ProxyRequest) { p.SetURL(to) },
		ModifyResponse: r.remember,
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			http.Error(w, "unreadable request", http.StatusBadGateway)
			return
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), bodyKey{}, body)))
	}))
	t.Cleanup(front.Close)
	r.url = front.URL
	return r
}

// bodyKey is where an answer finds the body of its request, which is read by then.
type bodyKey struct{}

func (r *recorder) remember(resp *http.Response) error {
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	e := exchange{
		method:  resp.Request.Method,
		target:  resp.Request.URL,
		header:  resp.Request.Header.Clone(),
		status:  resp.StatusCode,
		answer:  answer,
		answers: resp.Header.Clone(),
	}
	e.body, _ = resp.Request.Context().Value(bodyKey{}).([]byte)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = append(r.exchanges, e)
	return nil
}

func (r *recorder) all() []exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.exchanges
}
