package notify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/notify"
)

func TestWrongEndpoints(t *testing.T) {
	w := world(map[string]string{"URL": "https://h.example/hush", "EMPTY": "", "BAD": "hush://x"}, map[string]string{"url": "https://h.example/hush\n", "empty": "\n"})
	for _, good := range []string{
		"https://h.example/hush", "http://127.0.0.1:9/hush", "http://localhost/hush", "slack=https://h.example/a=b,c", "env:URL", "feishu=env:URL,secret=env:URL", "@url",
		"dingtalk=@url,secret=@url", "json=https://h.example/x?a=b", "https://h.example/a?x=1,y=2",
	} {
		e, err := notify.Parse(good, w)
		if err != nil || strings.Contains(e.Name(), "hush") {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "hush", "http://h.example/hush", "ftp://h.example/hush", "https:///hush", "https://u:hush@h.example/", "none=https://h.example/hush", "env:NONE", "env:EMPTY", "env:BAD",
		"@none", "@empty", "https://h.example/hush,secret=hush", "slack=https://h.example/hush,secret=env:URL", "wecom=https://h.example/hush,secret=env:URL",
		"https://h.example/hush,secret=env:URL,secret=env:URL", "https://h.example/hush,secret=env:NONE", "https://h.example/hush,template=none", "https://%zz/hush", "https://h.example/\x00hush",
	} {
		_, err := notify.Parse(bad, w)
		var hint interface{ Hint() string }
		if err == nil || !errors.As(err, &hint) || bad != "" && strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// roundTrip is a transport for tests with a clock of their own.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// TestTries: what may pass is tried again with growing pauses, what will not is
// told once; and nothing for ever.
func TestTries(t *testing.T) {
	for _, c := range []struct {
		name, preset string
		answers      []*http.Response // the last one stands for ever; nil is a broken line
		tries        int
		after        time.Duration
		says         string
	}{
		{"at once", "json", []*http.Response{answer(204, "")}, 1, 0, ""},
		{"a server in trouble", "json", []*http.Response{answer(503, ""), answer(500, ""), answer(200, "")}, 3, 3 * time.Second, "tried again: json h.example answered 503"},
		{"asked to wait", "json", []*http.Response{answer(429, "", "Retry-After", "30"), answer(200, "")}, 2, 30 * time.Second, "answered 429"},
		{"asked to wait for ever", "json", []*http.Response{answer(429, "", "Retry-After", "99999999"), answer(200, "")}, 2, 2 * time.Minute, "answered 429"},
		{"a broken line", "json", []*http.Response{nil, answer(200, "")}, 2, time.Second, "the line broke"},
		{"dead", "json", []*http.Response{nil}, 9, 247 * time.Second, "not delivered: json h.example: the line broke"},
		{"refused", "json", []*http.Response{answer(404, "hush")}, 1, 0, "not delivered: json h.example answered 404"},
		{"redirected", "json", []*http.Response{answer(302, "", "Location", "https://elsewhere.example/")}, 1, 0, "redirects are not followed"},
		{"wrong signature", "dingtalk", []*http.Response{answer(200, `{"errcode":310000,"errmsg":"sign not match hush"}`)}, 1, 0, "errcode 310000"},
		{"too fast", "dingtalk", []*http.Response{answer(200, `{"errcode":130101}`), answer(200, `{"errcode":0}`)}, 2, time.Second, "errcode 130101"},
		{"another service", "wecom", []*http.Response{answer(200, "<html>hush")}, 1, 0, "not in the words of the preset"},
		{"feishu no", "feishu", []*http.Response{answer(200, `{"code":19021}`)}, 1, 0, "code 19021"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun, tries, last := time.Now(), 0, time.Duration(0)
				var mu sync.Mutex
				ended := make(chan struct{})
				transport := roundTrip(func(r *http.Request) (*http.Response, error) {
					mu.Lock()
					defer mu.Unlock()
					if r.URL.Host != "h.example" {
						t.Errorf("asked %s", r.URL)
					}
					tries++
					last = time.Since(begun)
					a := c.answers[min(tries, len(c.answers))-1]
					if tries == c.tries {
						close(ended)
					}
					if a == nil {
						return nil, errors.New("the line broke")
					}
					copied := *a
					copied.Body = io.NopCloser(a.Body.(io.Reader))
					return &copied, nil
				})
				said := &complaints{}
				e, err := notify.Parse(c.preset+"=https://h.example/hush", world(nil, nil))
				if err != nil {
					t.Fatal(err)
				}
				n := notify.Start([]*notify.Endpoint{e}, notify.Options{Transport: transport, Failed: said.add})
				n.Tell(drift())
				<-ended
				synctest.Wait()
				<-time.After(time.Hour)
				n.Close(t.Context())
				if tries != c.tries || last != c.after {
					t.Errorf("%d tries, the last after %s", tries, last)
				}
				if text := said.text(); (text == "") != (c.says == "") || !strings.Contains(text, c.says) || strings.Contains(text, "hush") {
					t.Errorf("said %s", text)
				}
			})
		})
	}
}

// TestDeadEndpoint: one that hangs keeps neither the caller nor another endpoint
// waiting, and holds a bounded number of messages.
func TestDeadEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		got := 0
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host == "dead.example" {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			mu.Lock()
			defer mu.Unlock()
			got++
			return answer(200, ""), nil
		})
		said := &complaints{}
		var endpoints []*notify.Endpoint
		for _, url := range []string{"https://dead.example/hush", "https://alive.example/hush"} {
			e, err := notify.Parse(url, world(nil, nil))
			if err != nil {
				t.Fatal(err)
			}
			endpoints = append(endpoints, e)
		}
		begun := time.Now()
		n := notify.Start(endpoints, notify.Options{Transport: transport, Failed: said.add})
		for i := range 100 {
			m := drift()
			m.Drift = fmt.Sprint(i)
			n.Tell(m)
			synctest.Wait()
		}
		if got != 100 || !time.Now().Equal(begun) {
			t.Errorf("the other one got %d, after %s", got, time.Since(begun))
		}
		if text := said.text(); strings.Count(text, "too many messages wait") != 67 || strings.Contains(text, "hush") {
			t.Errorf("said %s", text)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		n.Close(ctx)
		if took := time.Since(begun); took != 5*time.Second {
			t.Errorf("the end took %s", took)
		}
		n.Tell(drift()) // nobody listens any more, and nothing breaks
	})
}

// TestRealTimeout: a receiver that takes the call and never answers is given up,
// by a real connection that is closed at the end.
func TestRealTimeout(t *testing.T) {
	release := make(chan struct{})
	r := newReceiver(t, func(_ http.ResponseWriter, req *http.Request) {
		select {
		case <-release:
		case <-req.Context().Done():
		}
	})
	e, err := notify.Parse(r.URL+"/hush", world(nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	n := notify.Start([]*notify.Endpoint{e}, notify.Options{})
	n.Tell(drift())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n.Close(ctx)
	close(release)
}
