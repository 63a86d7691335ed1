package web

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

const token = "a-token-that-is-long-enough"

func withToken(o *Options) { o.Token = []byte(token + "\n") }

func TestEveryAnswerIsGuarded(t *testing.T) {
	_, srv := serve(t, sample())
	for _, path := range append(everyPage, "/metrics", "/api/v1/status", "/assets/page.js", "/healthz", "/nothing") {
		resp, _ := get(t, srv, path)
		h := resp.Header
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") == "" || h.Get("Set-Cookie") != "" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// TestRebinding: without a token only names of this machine are answered.
func TestRebinding(t *testing.T) {
	_, srv := serve(t, sample())
	for host, want := range map[string]int{
		"localhost:8484": 200, "LOCALHOST": 200, "127.0.0.1:1": 200, "127.9.9.9": 200, "[::1]:8484": 200, "::1": 200, "localhost.": 200,
		"evil.example": 421, "evil.example:8484": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "192.168.0.1": 421, "0.0.0.0": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "http://x/", nil)
		r.Host = host
		if got := record(t, srv, r).Code; got != want {
			t.Errorf("Host %s: %d, want %d", host, got, want)
		}
		r = httptest.NewRequest(http.MethodGet, "http://x/healthz", nil)
		r.Host = host
		if got := record(t, srv, r).Code; got != 200 {
			t.Errorf("healthz for Host %s: %d", host, got)
		}
	}
	_, srv = serve(t, sample(), withToken)
	if resp, _ := get(t, srv, "/", "Host", "watch.example", "Authorization", "Bearer "+token); resp.StatusCode != http.StatusOK {
		t.Errorf("with a token any name may be used: %s", resp.Status)
	}
}

func record(t *testing.T, srv *httptest.Server, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	srv.Config.Handler.ServeHTTP(w, r)
	return w
}

func TestToken(t *testing.T) {
	f := sample()
	hooked := 0
	_, srv := serve(t, f, withToken, func(o *Options) {
		o.Hook = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hooked++ })
	})
	paths := append([]string{"/metrics", "/api/v1/status", "/events", "/nothing"}, everyPage...)
	for _, path := range paths {
		if resp, text := get(t, srv, path); resp.StatusCode != http.StatusUnauthorized || strings.Contains(text, "corp") {
			t.Errorf("%s without a token: %s", path, resp.Status)
		}
		resp, _ := get(t, srv, path, "Accept", "text/html")
		if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || to != "/login?next="+url.QueryEscape(path) {
			t.Errorf("%s for a browser: %s to %s", path, resp.Status, to)
		}
	}
	for _, path := range []string{"/", "/metrics", "/api/v1/status"} {
		if resp, _ := get(t, srv, path, "Authorization", "Bearer "+token); resp.StatusCode != http.StatusOK {
			t.Errorf("%s with the token: %s", path, resp.Status)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/login?next=/", "/assets/style.css"} {
		if resp, _ := get(t, srv, path); resp.StatusCode != http.StatusOK {
			t.Errorf("%s must be open: %s", path, resp.Status)
		}
	}
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/hooks/git", strings.NewReader("{}"))
	if resp, _ := do(t, r); resp.StatusCode != http.StatusOK || hooked != 1 {
		t.Errorf("the hook has a signature of its own and needs no token: %s", resp.Status)
	}
}

func logIn(t *testing.T, srv *httptest.Server, form url.Values, header ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/login", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, _ := do(t, r)
	return resp
}

func TestLogin(t *testing.T) {
	now := noon
	var mu sync.Mutex
	tick := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	clock := func(o *Options) {
		o.Now = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return now
		}
	}
	_, srv := serve(t, sample(), withToken, clock)
	resp := logIn(t, srv, url.Values{"token": {token}, "next": {"/t/local/plan"}})
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/t/local/plan" || len(resp.Cookies()) != 1 {
		t.Fatal(resp.Status, resp.Header)
	}
	c := resp.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || strings.Contains(c.Value, token) {
		t.Errorf("the cookie %v", c)
	}
	cookie := c.Name + "=" + c.Value
	for what, want := range map[string]int{cookie: 200, c.Name + "=": 401, cookie + "00": 401, c.Name + "=9" + c.Value: 401, c.Name + "=" + strings.Split(c.Value, ".")[0] + ".00": 401} {
		if resp, _ := get(t, srv, "/", "Cookie", what); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", what, resp.Status, want)
		}
	}
	_, other := serve(t, sample(), func(o *Options) { o.Token = []byte("another-token") }, clock)
	if resp, _ := get(t, other, "/", "Cookie", cookie); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a cookie of another token: %s", resp.Status)
	}
	tick(sessionTime - time.Second)
	if resp, _ := get(t, srv, "/", "Cookie", cookie); resp.StatusCode != http.StatusOK {
		t.Errorf("before the end of the session: %s", resp.Status)
	}
	tick(2 * time.Second)
	if resp, _ := get(t, srv, "/", "Cookie", cookie); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("after the end of the session: %s", resp.Status)
	}
	for _, from := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
		if resp := logIn(t, srv, url.Values{"token": {token}}, from...); resp.StatusCode != http.StatusForbidden {
			t.Errorf("a form of a stranger (%v): %s", from, resp.Status)
		}
	}
	for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)", "evil", "/\r\nX: y", "/\t/evil.example"} {
		if resp := logIn(t, srv, url.Values{"token": {token}, "next": {next}}); resp.Header.Get("Location") != "/" {
			t.Errorf("next=%q leads to %q", next, resp.Header.Get("Location"))
		}
	}
}

// TestGuessingIsSlow: each wrong guess waits, few wait at a time, and who knows
// the token never does.
func TestGuessingIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{Targets: []Target{{Name: "local", Status: sample().status}}, Token: []byte(token)})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(bearer, from string) int {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/status", nil)
			r.RemoteAddr = from
			r.Header.Set("Authorization", "Bearer "+bearer)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			return w.Code
		}
		begun := time.Now()
		if code := ask(token, "10.0.0.1:1"); code != 200 || time.Since(begun) != 0 {
			t.Errorf("the token: %d after %s", code, time.Since(begun))
		}
		if code := ask("wrong", "10.0.0.1:1"); code != 401 || time.Since(begun) != penalty {
			t.Errorf("a guess: %d after %s", code, time.Since(begun))
		}
		codes := make(chan int, 100)
		for range 10 {
			go func() { codes <- ask("wrong", "10.0.0.1:1") }()
		}
		synctest.Wait()
		if code := ask(token, "10.0.0.1:1"); code != 200 {
			t.Errorf("the token among guesses: %d", code)
		}
		count := map[int]int{}
		for range 10 {
			count[<-codes]++
		}
		if count[401] != waitingOne || count[429] != 10-waitingOne {
			t.Errorf("guesses of one address: %v", count)
		}
	})
}

func TestBlankToken(t *testing.T) {
	if _, err := New(Options{Token: []byte(" \n")}); err == nil {
		t.Error("a blank token opens the door to who sends nothing")
	}
	_, srv := serve(t, sample())
	if resp := logIn(t, srv, url.Values{"token": {""}}); resp.Header.Get("Set-Cookie") != "" {
		t.Error("an empty token was taken")
	}
}

// TestLargeBody: a hook's body is cut at 1 MiB, however much is sent.
func TestLargeBody(t *testing.T) {
	read := make(chan int64, 1)
	_, srv := serve(t, sample(), func(o *Options) {
		o.Hook = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			read <- n
			if err != nil {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
			}
		})
	})
	endless := &zeros{}
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/hooks/git", io.LimitReader(endless, 1<<30))
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil { // else the line was cut while the rest was sent
		resp.Body.Close()
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s", resp.Status)
		}
	}
	if n := <-read; n != hookBytes {
		t.Errorf("%d bytes were read", n)
	}
}

type zeros struct{}

func (*zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestServeEnds: streams are closed, the listener is free, and nothing is left.
func TestServeEnds(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	f := sample()
	s, err := New(Options{Targets: []Target{{Name: "local", Status: f.status}}, Subscribe: f.subscribe})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr}).Get("http://" + l.Addr().String() + "/events?target=local")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
	_, _ = io.Copy(io.Discard, resp.Body) // ends because the stream does
	resp.Body.Close()
	if f.listeners() != 0 {
		t.Error("the stream did not unsubscribe")
	}
}

func TestReady(t *testing.T) {
	f := &fakeWatch{}
	_, srv := serve(t, f)
	for _, c := range []struct {
		path string
		want int
	}{{"/healthz", 200}, {"/readyz", 503}, {"/", 200}, {"/t/local/plan", 200}, {"/t/local/graph", 200}, {"/t/local/runs", 200}, {"/metrics", 200}, {"/api/v1/status", 200}} {
		if resp, text := get(t, srv, c.path); resp.StatusCode != c.want {
			t.Errorf("before the first snapshot %s: %s %s", c.path, resp.Status, text)
		}
	}
	f.publish(func(s *reconcileStatus) { s.Ready = false })
	if resp, _ := get(t, srv, "/readyz"); resp.StatusCode != 503 {
		t.Errorf("before the first read: %s", resp.Status)
	}
	f.publish(func(s *reconcileStatus) { s.Ready = true })
	if resp, _ := get(t, srv, "/readyz"); resp.StatusCode != 200 {
		t.Errorf("after it: %s", resp.Status)
	}
}
