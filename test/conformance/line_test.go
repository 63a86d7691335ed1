package conformance

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// line is the way from a client to a sandbox: a proxy that can be made bad, and
// behind it a counter of writes that makes it bad when its time has come.
//
//	idpsync -> toxiproxy -> counter -> sandbox
type line struct {
	url   string
	proxy *toxiproxy.Proxy

	mu     sync.Mutex
	writes int
	bad    bool
}

// weather is when a line turns bad and good again.
type weather struct {
	toxic string
	// after is the write whose answer finds the line bad; 0 is from the start.
	after int
	// untilRead mends the line with the first read that comes through after that.
	untilRead bool
}

// layLine lays a line to a sandbox.
func layLine(t *testing.T, s sandbox, w weather) *line {
	t.Helper()
	l := &line{}
	front := l.counter(t, s, w)
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l.proxy = toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", strings.TrimPrefix(front, "http://"))
	if err := server.Collection.Add(l.proxy, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.proxy.Stop)
	l.url = "http://" + l.proxy.Listen
	if w.after == 0 {
		l.spoil(t, w.toxic)
	}
	return l
}

// spoil may be called by a server's goroutine, so it must not end the test.
func (l *line) spoil(t *testing.T, toxic string) {
	if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		t.Errorf("toxiproxy takes no %s: %v", toxic, err)
	}
}

func (l *line) mend(t *testing.T) { l.proxy.Toxics.ResetToxics(t.Context()) }

// counter is a reverse proxy that sees what comes through, after the sandbox has
// done it and before it is answered.
func (l *line) counter(t *testing.T, s sandbox, w weather) string {
	t.Helper()
	to, err := url.Parse(s.Listening)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:  func(p *httputil.ProxyRequest) { p.SetURL(to) },
		ErrorLog: log.New(io.Discard, "", 0), // a client that went away is what these tests are about
		ModifyResponse: func(resp *http.Response) error {
			l.passed(t, w, isWrite(resp.Request.URL.Path))
			return nil
		},
	})
	t.Cleanup(func() { front.CloseClientConnections(); front.Close() })
	return front.URL
}

// passed notes one request and changes the line if this is the moment.
func (l *line) passed(t *testing.T, w weather, write bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if write {
		l.writes++
	}
	switch {
	case write && l.writes == w.after:
		l.spoil(t, w.toxic)
		l.bad = true
	case !write && l.bad && w.untilRead:
		l.mend(t)
		l.bad = false
	}
}

func isWrite(path string) bool {
	name := strings.TrimPrefix(path, prefix)
	return strings.HasPrefix(name, "create-") || strings.HasPrefix(name, "update-") ||
		strings.HasPrefix(name, "delete-") || strings.HasPrefix(name, "change-")
}
