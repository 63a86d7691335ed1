package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// echo is how a careless server answers a write: with what it was sent.
type echo string

const (
	echoMessage echo = "message" // in the message of an envelope
	echoPage    echo = "page"    // on a web page
	echoStatus  echo = "status"  // with status 500
	echoData    echo = "data"    // in data that is not what it should be
)

// nosy stands before a sandbox: it remembers the secrets that were given out
// and can be made careless.
type nosy struct {
	next http.Handler
	log  *lockedBuffer

	mu    sync.Mutex
	echo  echo
	times int               // that it was careless
	given map[string]string // secret of an answer -> its key
}

func (n *nosy) repeat(how echo) { n.mu.Lock(); defer n.mu.Unlock(); n.echo, n.times = how, 0 }

func (n *nosy) repeated() int { n.mu.Lock(); defer n.mu.Unlock(); return n.times }

func (n *nosy) careless() bool { n.mu.Lock(); defer n.mu.Unlock(); return n.echo != "" }

// shown are the tokens and other secrets of all answers.
func (n *nosy) shown() map[string]string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.given)
}

func (n *nosy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_sandbox") {
		n.next.ServeHTTP(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	if n.repeats(r, body) {
		n.echo.answer(w, string(body)+" with "+r.Header.Get("Authorization"))
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	n.next.ServeHTTP(&teeWriter{w, n}, r)
}

// repeats: every write, and a question for a token that is refused anyway.
func (n *nosy) repeats(r *http.Request, body []byte) bool {
	token := strings.HasSuffix(r.URL.Path, "token") || strings.HasSuffix(r.URL.Path, "/graphql/v2")
	if !n.careless() || r.Method == http.MethodGet || token && !bytes.Contains(body, []byte("canary-wrong")) {
		return false
	}
	n.mu.Lock()
	n.times++
	n.mu.Unlock()
	return true
}

// teeWriter shows nosy what it writes. It can be hijacked, as faults do.
type teeWriter struct {
	http.ResponseWriter
	to *nosy
}

func (t *teeWriter) Unwrap() http.ResponseWriter { return t.ResponseWriter }

func (t *teeWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(t.ResponseWriter).Hijack()
}

func (t *teeWriter) Write(b []byte) (int, error) {
	var answer any
	if json.Unmarshal(b, &answer) == nil {
		t.to.mu.Lock()
		t.to.remember("", answer)
		t.to.mu.Unlock()
	}
	return t.ResponseWriter.Write(b)
}

// secretKeys are keys of answers that always hold a secret.
var secretKeys = []string{"access_token", "accessToken", "secret", "client_secret", "clientSecret", "samlSpKey", "d", "p", "q", "dp", "dq", "qi"}

func (n *nosy) remember(key string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			n.remember(k, e)
		}
	case []any:
		for _, e := range v {
			n.remember(key, e)
		}
	case string:
		if len(v) >= 12 && !strings.Contains(v, "*") && slices.Contains(secretKeys, key) {
			n.given[v] = key
		}
	}
}

func (how echo) answer(w http.ResponseWriter, body string) {
	if how == echoPage {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = fmt.Fprintf(w, "<html>%s</html>", body)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	answer := object{"statusCode": 400, "code": 400, "apiCode": 2200, "message": "refused: " + body, "requestId": "r-1"}
	switch how {
	case echoStatus:
		answer["statusCode"], answer["code"] = 500, 500
		w.WriteHeader(http.StatusInternalServerError)
	case echoData:
		answer["statusCode"], answer["code"], answer["message"], answer["data"] = 200, 200, "ok", []any{body}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// lockedBuffer is a log that is written by many.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// take gives what was written since the last time.
func (l *lockedBuffer) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.b.Reset()
	return l.b.String()
}
