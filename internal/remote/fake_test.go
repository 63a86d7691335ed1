package remote

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

const (
	poolID    = "62eaa95fe0a1b29a5295bf7c"
	keySecret = "the-access-key-secret"
)

// sentRequest is one request as the fake server saw it.
type sentRequest struct {
	method, path, query string
	body                tree
	auth, pool          string
}

// fake is a server without a network: answers in code, so that odd ones are
// easy and time may be the test's own.
type fake struct {
	t        *testing.T
	routes   map[string]func(sentRequest) (*http.Response, error) // "GET list-ext-idp"
	tokenTTL int

	mu     sync.Mutex
	seen   []sentRequest
	tokens int
	flying int
	most   int
}

func newFake(t *testing.T) *fake {
	return &fake{t: t, tokenTTL: 7200, routes: map[string]func(sentRequest) (*http.Response, error){}}
}

// RoundTrip implements http.RoundTripper.
func (f *fake) RoundTrip(req *http.Request) (*http.Response, error) {
	r := sentRequest{
		method: req.Method, path: strings.TrimPrefix(req.URL.Path, "/api/v3/"),
		query: req.URL.RawQuery, auth: req.Header.Get("Authorization"), pool: req.Header.Get("x-authing-userpool-id"),
	}
	if req.Body != nil {
		raw, _ := io.ReadAll(req.Body)
		_ = req.Body.Close()
		if len(raw) > 0 && decodeJSON(raw, &r.body) != nil {
			f.t.Errorf("%s: the body is no JSON object", r.path)
		}
	}
	f.mu.Lock()
	f.seen = append(f.seen, r)
	f.flying++
	f.most = max(f.most, f.flying)
	f.mu.Unlock()
	defer func() { f.mu.Lock(); f.flying--; f.mu.Unlock() }()
	if h := f.routes[r.method+" "+r.path]; h != nil {
		return h(r)
	}
	if r.path == "get-management-token" {
		f.mu.Lock()
		f.tokens++
		n := f.tokens
		f.mu.Unlock()
		return good(tree{"access_token": jwt(poolID, n), "expires_in": f.tokenTTL}), nil
	}
	return respond(404, `{"statusCode":404,"message":"no such route"}`), nil
}

// on gives a route its answers, in turn; the last one stays.
func (f *fake) on(route string, answers ...any) *fake {
	n := 0
	f.routes[route] = func(sentRequest) (*http.Response, error) {
		f.mu.Lock()
		a := answers[min(n, len(answers)-1)]
		n++
		f.mu.Unlock()
		return answerOf(a)
	}
	return f
}

// answerOf turns what a test wrote into an answer: an error, a raw body with its
// status, or the data of a good envelope.
func answerOf(a any) (*http.Response, error) {
	switch a := a.(type) {
	case error:
		return nil, a
	case raw:
		return respond(a.status, a.body, a.header...), nil
	}
	return good(a), nil
}

type raw struct {
	status int
	body   string
	header []string
}

func respond(status int, body string, header ...string) *http.Response {
	r := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func good(data any) *http.Response {
	b, err := json.Marshal(tree{"statusCode": 200, "message": "ok", "requestId": "req-1", "data": data})
	if err != nil {
		panic(err)
	}
	return respond(200, string(b))
}

func done() any { return tree{"success": true} }

func jwt(pool string, n int) string {
	payload := fmt.Sprintf(`{"scoped_userpool_id":%q,"n":%d}`, pool, n)
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".sig"
}

// to lists the bodies sent to one path.
func (f *fake) to(path string) []tree {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []tree
	for _, r := range f.seen {
		if r.path == path {
			out = append(out, r.body)
		}
	}
	return out
}

func (f *fake) count(path string) int { return len(f.to(path)) }

// client makes a client of the fake, its log kept in the returned buffer.
func (f *fake) client(edit ...func(*Config)) (*Client, *bytes.Buffer) {
	f.t.Helper()
	var log bytes.Buffer
	cfg := Config{
		Host: "https://api.example.com", AccessKeyID: "key-1", AccessKeySecret: model.SecretValue("", keySecret),
		Transport: f, SecretPath: testSecrets,
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, e := range edit {
		e(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		f.t.Fatal(err)
	}
	return c, &log
}

func settling(d time.Duration) func(*Config) { return func(c *Config) { c.Settle = d } }

// knowing pins traits, each as name=value.
func knowing(pairs ...string) func(*Config) {
	return func(c *Config) {
		c.Traits = map[string]string{}
		for _, p := range pairs {
			name, value, _ := strings.Cut(p, "=")
			c.Traits[name] = value
		}
	}
}

// testSecrets is a small version of the configuration's rule.
func testSecrets(kind model.Kind, _ string, p model.Path) bool {
	last := strings.ToLower(p[len(p)-1])
	if kind == model.Application {
		return p.String() == "oidcConfig.jwks" || p.String() == "samlConfig.samlResponseSigningKey"
	}
	return strings.HasSuffix(last, "secret") || strings.HasSuffix(last, "password")
}

var errDial = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}

func mustError(t *testing.T, err error) *Error {
	t.Helper()
	e, ok := asError(err)
	if !ok {
		t.Fatalf("want an *Error, got %v", err)
	}
	return e
}

// slowly answers an empty list after a second.
func slowly(f *fake) func(sentRequest) (*http.Response, error) {
	return func(sentRequest) (*http.Response, error) {
		<-time.After(time.Second)
		return good(tree{"totalCount": 0, "list": []any{}}), nil
	}
}

// hanging gives tokens and never answers anything else.
type hanging struct{ *fake }

// RoundTrip implements http.RoundTripper.
func (h hanging) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "get-management-token") {
		return h.fake.RoundTrip(req)
	}
	<-req.Context().Done()
	return nil, req.Context().Err()
}
