package notify_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/idpsync/idpsync/internal/notify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// call is a request that a receiver got.
type call struct {
	header http.Header
	query  map[string][]string
	body   []byte
}

// receiver is an endpoint that answers as it is told to: the first answers in
// turn, then the last one for ever.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	answers []func(http.ResponseWriter, *http.Request)
	calls   []call
}

func newReceiver(t *testing.T, answers ...func(http.ResponseWriter, *http.Request)) *receiver {
	t.Helper()
	r := &receiver{answers: answers}
	r.Server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) serve(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.calls = append(r.calls, call{req.Header.Clone(), req.URL.Query(), body})
	answer := func(http.ResponseWriter, *http.Request) {}
	if len(r.answers) > 0 {
		answer = r.answers[0]
		if len(r.answers) > 1 {
			r.answers = r.answers[1:]
		}
	}
	r.mu.Unlock()
	answer(w, req)
}

func (r *receiver) last() call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[len(r.calls)-1]
}

func says(status int, text string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

// world has variables and files.
func world(env, files map[string]string) notify.World {
	return notify.World{
		LookupEnv: func(k string) (string, bool) { v, ok := env[k]; return v, ok },
		ReadFile: func(k string) ([]byte, error) {
			v, ok := files[k]
			if !ok {
				return nil, os.ErrNotExist
			}
			return []byte(v), nil
		},
	}
}

// complaints collects what a notifier says of failures.
type complaints struct {
	mu   sync.Mutex
	errs []error
}

func (c *complaints) add(err error) { c.mu.Lock(); c.errs = append(c.errs, err); c.mu.Unlock() }

func (c *complaints) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := errors.Join(c.errs...); err != nil {
		return err.Error()
	}
	return ""
}

// told sends one message to an endpoint and gives the call and the complaints.
func told(t *testing.T, value string, w notify.World, m notify.Message, o notify.Options) string {
	t.Helper()
	e, err := notify.Parse(value, w)
	if err != nil {
		t.Fatal(err)
	}
	c := &complaints{}
	o.Failed = c.add
	n := notify.Start([]*notify.Endpoint{e}, o)
	n.Tell(m)
	n.Close(t.Context())
	return c.text()
}

func decode(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return v
}

func drift() notify.Message {
	return notify.Message{
		Event: "drift", Target: "prod", Title: "idpsync: 1 object of prod drifted", MoreText: "and %d more", Commit: "abc",
		Objects: []notify.Object{{Key: "application/portal", State: "drifted", Why: "changed on the server", Paths: []string{"appName"}}},
	}
}

func at(v any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		m, _ := v.(map[string]any)
		v = m[part]
	}
	return v
}
