package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// pools are many user pools behind one address, each below a path of its own,
// with a record of who changed what and when.
//
// A process is known by the id of the access key that it was given: "ID~MARK".
// This front takes the mark off before the pool sees it, and knows from then on
// whose the token is that the pool gave out. So every request is attributed for
// certain, and nothing of idpsync helps with it.
type pools struct {
	server *httptest.Server
	list   []*pool
	byName map[string]*pool
	// latency is how far away the server is, in nanoseconds.
	latency atomic.Int64

	mu     sync.Mutex
	tokens map[string]string // token -> mark
	// strikes are what happens to a process at its next write, by its mark.
	strikes map[string]func()
}

// pool is one user pool.
type pool struct {
	name     string
	keys     sandbox.Credentials
	server   *sandbox.Server
	console  *console
	requests atomic.Int64
	poison   string // what the server does instead of answering; set before anybody asks

	mu     sync.Mutex
	writes []change
}

// change is a request that was to change something, as it came over the wire.
type change struct {
	at   time.Time // of its arrival, before anything was done
	by   string    // the mark of the process
	what string    // the last part of its path
	body string
}

// newPools makes n empty pools.
func newPools(t testing.TB, n int) *pools {
	t.Helper()
	w := &pools{byName: map[string]*pool{}, tokens: map[string]string{}, strikes: map[string]func(){}}
	for range n {
		w.add(t, sandbox.Options{})
	}
	w.server = httptest.NewUnstartedServer(w)
	w.server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that are killed are what this is about
	w.server.Start()
	t.Cleanup(func() { w.server.CloseClientConnections(); w.server.Close() })
	return w
}

// add makes one more pool, before anybody is told of the pools.
func (w *pools) add(t testing.TB, o sandbox.Options) *pool {
	t.Helper()
	s, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	p := &pool{name: fmt.Sprintf("pool-%05d", len(w.list)), keys: s.Credentials(), server: s, console: &console{server: s}}
	w.list, w.byName[p.name] = append(w.list, p), p
	return p
}

// env is the environment of a process with a mark: the access keys of all pools.
func (w *pools) env(mark string) []string {
	env := []string{"LOGIN_SECRET=a-secret-for-tests"}
	for _, p := range w.list {
		env = append(env, p.variable("ID")+"="+p.keys.AccessKeyID+"~"+mark, p.variable("SECRET")+"="+p.keys.AccessKeySecret)
	}
	return env
}

func (p *pool) variable(what string) string {
	return strings.ToUpper(strings.ReplaceAll(p.name, "-", "_")) + "_" + what
}

const prefix = "/api/v3/"

// ServeHTTP finds the pool and whose request it is.
func (w *pools) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	came := time.Now()
	name, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	p := w.byName[name]
	if p == nil {
		http.NotFound(rw, r)
		return
	}
	p.requests.Add(1)
	if far := w.latency.Load(); far > 0 {
		pause(time.Duration(far))
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	switch p.poison {
	case "garbage":
		_, _ = io.WriteString(rw, "<html>\x00 {]")
		return
	case "hang":
		<-r.Context().Done()
		return
	case "refuse":
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	in := r.Clone(r.Context())
	in.URL.Path, in.URL.RawPath = "/"+path, ""
	if in.URL.Path == prefix+"get-management-token" {
		w.login(rw, in, p, body)
		return
	}
	what := strings.TrimPrefix(in.URL.Path, prefix)
	if isWrite(what) {
		by := w.whose(r)
		p.mu.Lock()
		p.writes = append(p.writes, change{at: came, by: by, what: what, body: string(body)})
		p.mu.Unlock()
		w.strike(by)
	}
	in.Body = io.NopCloser(bytes.NewReader(body))
	p.server.ServeHTTP(rw, in)
}

// arm lets something happen when a process makes its next write: then it is in the
// middle of a run.
func (w *pools) arm(mark string, do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.strikes[mark] = do
}

func (w *pools) strike(mark string) {
	w.mu.Lock()
	do := w.strikes[mark]
	delete(w.strikes, mark)
	w.mu.Unlock()
	if do != nil {
		do()
	}
}

func (w *pools) whose(r *http.Request) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
}

// login takes the mark off an access key and remembers whose token it became.
func (w *pools) login(rw http.ResponseWriter, in *http.Request, p *pool, body []byte) {
	var asked struct {
		AccessKeyID     string `json:"accessKeyId"`
		AccessKeySecret string `json:"accessKeySecret"`
	}
	_ = json.Unmarshal(body, &asked)
	id, mark, _ := strings.Cut(asked.AccessKeyID, "~")
	asked.AccessKeyID = id
	text, _ := json.Marshal(asked)
	in.Body, in.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	in.Header.Set("Content-Length", fmt.Sprint(len(text)))
	answer := httptest.NewRecorder()
	p.server.ServeHTTP(answer, in)
	var got struct {
		Data struct {
			AccessToken string `json:"access_token"`
		}
	}
	if json.Unmarshal(answer.Body.Bytes(), &got) == nil && got.Data.AccessToken != "" {
		w.mu.Lock()
		w.tokens[got.Data.AccessToken] = mark
		w.mu.Unlock()
	}
	for key, values := range answer.Header() {
		rw.Header()[key] = values
	}
	rw.WriteHeader(answer.Code)
	_, _ = rw.Write(answer.Body.Bytes())
}

func isWrite(name string) bool {
	return strings.HasPrefix(name, "create-") || strings.HasPrefix(name, "update-") || strings.HasPrefix(name, "delete-") || strings.HasPrefix(name, "change-")
}

// changes are the writes so far.
func (p *pool) changes() []change {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]change(nil), p.writes...)
}

// asked counts the requests of all pools.
func (w *pools) asked() (n int64) {
	for _, p := range w.list {
		n += p.requests.Load()
	}
	return n
}

// state is what a pool holds, as far as these tests look.
type state struct {
	IdentityProviders []struct {
		ID, Name    string
		Connections []struct{ ID, Identifier, DisplayName string }
	}
	Applications []struct {
		AppID         string
		AppName       string
		AppIdentifier string
	}
}

func (p *pool) state(t testing.TB) (s state) {
	t.Helper()
	if err := p.console.control("GET", "state", nil, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// console is somebody who edits a pool by hand: another client of the API, which
// knows nothing of idpsync and does not come over the wire.
type console struct {
	server *sandbox.Server
	token  string
}

func (c *console) control(method, what string, body, into any) error {
	return c.exchange(method, "/_sandbox/"+what, body, into)
}

// call makes one call of the API.
func (c *console) call(method, name string, body, data any) error {
	if c.token == "" {
		keys := c.server.Credentials()
		var token struct {
			AccessToken string `json:"access_token"`
		}
		c.token = "-"
		err := c.call("POST", "get-management-token", map[string]string{"accessKeyId": keys.AccessKeyID, "accessKeySecret": keys.AccessKeySecret}, &token)
		if c.token = token.AccessToken; err != nil {
			return err
		}
	}
	answer := struct {
		StatusCode int
		Message    string
		Data       any
	}{Data: data}
	if err := c.exchange(method, prefix+name, body, &answer); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", name, answer.Message)
	}
	return nil
}

func (c *console) exchange(method, path string, body, into any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, bytes.NewReader(text))
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.token)
	answer := httptest.NewRecorder()
	c.server.ServeHTTP(answer, r)
	return json.Unmarshal(answer.Body.Bytes(), into)
}
