package sandbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// TestMain is a sandbox process of its own when a test starts it as one.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		serveAsChild(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

type tree = map[string]any

// pool is a sandbox on loopback and a client that holds its token.
type pool struct {
	t      *testing.T
	server *sandbox.Server
	web    *httptest.Server
	keys   sandbox.Credentials
	header http.Header
}

// start serves a sandbox for one test. Every template-bound rule has its own
// templates here, so that the bundled ones may change.
func start(t *testing.T, o sandbox.Options) *pool {
	t.Helper()
	if o.Templates == nil {
		o.Templates = fstest.MapFS{}
	}
	server, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return listen(t, server)
}

func listen(t *testing.T, server *sandbox.Server) *pool {
	p := &pool{t: t, server: server, web: httptest.NewServer(server), keys: server.Credentials(), header: http.Header{}}
	t.Cleanup(p.stop)
	return p
}

// serve is listen with a token.
func serve(t *testing.T, server *sandbox.Server) *pool {
	t.Helper()
	p := listen(t, server)
	p.login()
	return p
}

func (p *pool) stop() {
	p.web.CloseClientConnections()
	p.web.Close()
	_ = p.server.Close()
}

// in gives a started sandbox with a token.
func in(t *testing.T, o sandbox.Options) *pool {
	t.Helper()
	p := start(t, o)
	p.login()
	return p
}

func (p *pool) login() {
	p.t.Helper()
	r := p.post("get-management-token", tree{"accessKeyId": p.keys.AccessKeyID, "accessKeySecret": p.keys.AccessKeySecret})
	p.header.Set("Authorization", "Bearer "+r.object("get-management-token")["access_token"].(string))
	p.header.Set("x-authing-userpool-id", p.keys.UserPoolID)
}

// reply is an answer as it came.
type reply struct {
	t      *testing.T
	http   int
	header http.Header
	raw    []byte
	body   tree
}

// try sends a request and gives the transport's error back.
func (p *pool) try(method, path, kind string, body []byte) (*reply, error) {
	p.t.Helper()
	r, err := http.NewRequest(method, p.web.URL+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header = p.header.Clone()
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	res, err := p.web.Client().Transport.RoundTrip(r) // the client itself would repeat a GET on a cut line
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	got := &reply{t: p.t, http: res.StatusCode, header: res.Header, raw: raw}
	_ = json.Unmarshal(raw, &got.body) // some answers are no JSON on purpose
	return got, nil
}

func (p *pool) send(method, path, kind string, body []byte) *reply {
	p.t.Helper()
	r, err := p.try(method, path, kind, body)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func (p *pool) post(op string, body any) *reply {
	p.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.send("POST", v3(op), "application/json", text)
}

func (p *pool) get(op string) *reply {
	p.t.Helper()
	return p.send("GET", v3(op), "", nil)
}

func v3(op string) string {
	if strings.HasPrefix(op, "/") {
		return op
	}
	return "/api/v3/" + op
}

func (r *reply) status() int {
	n, _ := r.body["statusCode"].(float64)
	return int(n)
}

func (r *reply) apiCode() int {
	n, _ := r.body["apiCode"].(float64)
	return int(n)
}

// ok wants a success and gives its data.
func (r *reply) ok(what string) any {
	r.t.Helper()
	if r.http != 200 || r.status() != 200 {
		r.t.Fatalf("%s: http %d, %s", what, r.http, r.raw)
	}
	return r.body["data"]
}

func (r *reply) object(what string) tree {
	r.t.Helper()
	data, ok := r.ok(what).(tree)
	if !ok {
		r.t.Fatalf("%s: data is no object: %s", what, r.raw)
	}
	return data
}

// want checks a refusal: the status in the body, HTTP 200, no data, a request id.
func (r *reply) want(what string, status int) *reply {
	r.t.Helper()
	if r.http != 200 || r.status() != status {
		r.t.Errorf("%s: http %d, %s; want statusCode %d", what, r.http, r.raw, status)
	}
	if _, has := r.body["data"]; has || r.body["requestId"] == nil || r.body["message"] == "" {
		r.t.Errorf("%s: a failure has a message, a requestId and no data: %s", what, r.raw)
	}
	return r
}

func (p *pool) provider(kind, name string) string {
	p.t.Helper()
	return p.post("create-ext-idp", tree{"name": name, "type": kind}).object("create-ext-idp")["id"].(string)
}

func (p *pool) connection(provider, kind, identifier string, fields tree) string {
	p.t.Helper()
	return p.post("create-ext-idp-conn", tree{
		"extIdpId": provider, "type": kind, "identifier": identifier, "displayName": identifier, "fields": fields,
	}).object("create-ext-idp-conn")["id"].(string)
}

func (p *pool) application(identifier string, more tree) string {
	p.t.Helper()
	body := tree{"appName": identifier, "appIdentifier": identifier}
	for k, v := range more {
		body[k] = v
	}
	return p.post("create-application", body).object("create-application")["appId"].(string)
}

func (p *pool) enable(connection, application string, on bool) {
	p.t.Helper()
	p.post("change-ext-idp-conn-state", tree{"id": connection, "appId": application, "enabled": on}).ok("change-ext-idp-conn-state")
}

func (p *pool) app(id string) tree {
	p.t.Helper()
	return p.get("get-application?appId=" + id).object("get-application")
}

// buttons are the connection ids that an application shows as enabled.
func (p *pool) buttons(application string) []string {
	p.t.Helper()
	ids := []string{}
	for _, item := range dig(p.app(application), "loginConfig", "enabledExtIdpConns").([]any) {
		if b := item.(tree); b["enabled"] != false {
			ids = append(ids, b["extIdpConnId"].(string))
		}
	}
	return ids
}

// conns is list-ext-idp-conns.
func (p *pool) conns(provider string) []any {
	p.t.Helper()
	return p.get("list-ext-idp-conns?id=" + provider).ok("list-ext-idp-conns").([]any)
}

// dialect switches while the server runs.
func (p *pool) dialect(pairs ...string) {
	p.t.Helper()
	set := tree{}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		set[name] = value
	}
	if r := p.post("/_sandbox/dialect", set); r.http != 200 {
		p.t.Fatalf("dialect %v: %s", pairs, r.raw)
	}
}

func (p *pool) state() tree {
	p.t.Helper()
	return p.send("GET", "/_sandbox/state", "", nil).body
}

func dig(v any, path ...string) any {
	for _, key := range path {
		object, ok := v.(tree)
		if !ok {
			return nil
		}
		v = object[key]
	}
	return v
}

// same compares by JSON.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	g, w := text(got), text(want)
	if g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(errors.New("not JSON"), v)
	}
	return string(b)
}

// clock is a time that tests move.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newClock() *clock { return &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)} }
