package sandbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/sandbox"
)

func TestFaultGrammar(t *testing.T) {
	for _, spec := range []string{
		"", "POST /a #1", "POST /a #1 drop-before twice", "post /a #1 kill", "POST a #1 kill", "POST /a 1 kill", "POST /a #0 kill", "POST /a #x kill",
		"POST /a #1 explode", "POST /a #1 status=abc", "POST /a #1 status=200", "POST /a #1 429:soon", "POST /a #1 429:-1", "POST /a #1 delay=1", "POST /a #1 delay=-1s",
	} {
		if _, err := sandbox.New(sandbox.Options{Faults: []string{spec}}); err == nil || !strings.Contains(err.Error(), "METHOD PATH #n") {
			t.Errorf("fault %q: error %v; want the grammar", spec, err)
		}
	}
}

func TestFaultsNeedARoute(t *testing.T) {
	for spec, path := range map[string]string{
		"POST /nope #1 kill": "/nope", "POST /api/v3/create-ext-idps #1 kill": "/api/v3/create-ext-idps", "GET /api/v2/extIdpTmpl #* 429": "/api/v2/extIdpTmpl",
		"GET /api/v3/list-ext-idp?page=1 #1 kill": "/api/v3/list-ext-idp?page=1", "GET /_sandbox/state #1 kill": "/_sandbox/state",
	} {
		var unknown *sandbox.UnknownPathError
		if _, err := sandbox.New(sandbox.Options{Faults: []string{spec}}); !errors.As(err, &unknown) || unknown.Path != path || !strings.Contains(err.Error(), path) {
			t.Errorf("fault %q: error %v; want one about %s", spec, err, path)
		}
	}
	p := in(t, sandbox.Options{Faults: []string{"GET /api/v2/extIdpTmpl/{type} #2 status=503"}})
	for _, want := range []int{404, 503, 404} {
		if r := p.get("/api/v2/extIdpTmpl/oidc"); int(r.body["code"].(float64)) != want {
			t.Errorf("http %d, %s; want %d", r.http, r.raw, want)
		}
	}
	if r := p.post("/_sandbox/faults", tree{"faults": []string{"POST /nope #1 kill"}}); r.http != 400 || !strings.Contains(string(r.raw), "/nope") {
		t.Errorf("control: http %d, %s", r.http, r.raw)
	}
}

const createPath = "/api/v3/create-ext-idp"

// TestFaults meets each action on the second of three creates: what the client
// sees, and how many providers there are in the end.
func TestFaults(t *testing.T) {
	for action, c := range map[string]struct {
		check func(*testing.T, *reply, error)
		made  float64
	}{
		"status=503":      {answered(503, 503), 2},
		"429":             {answered(429, 429), 2},
		"drop-before":     {cut, 2},
		"drop-after":      {cut, 3},
		"truncate":        {cut, 3},
		"accept-no-store": {answered(200, 200), 2},
		"success-false":   {answered(200, 200), 2},
		"garbage": {func(t *testing.T, r *reply, err error) {
			if err != nil || r.http != 200 || r.body != nil || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
				t.Errorf("garbage: %v, %+v", err, r)
			}
		}, 3},
	} {
		t.Run(action, func(t *testing.T) {
			p := in(t, sandbox.Options{Faults: []string{"POST " + createPath + " #2 " + action, "GET " + createPath + " #* status=500"}})
			p.provider("oidc", "first")
			r, err := p.try("POST", createPath, "application/json", []byte(`{"name":"second","type":"oidc"}`))
			c.check(t, r, err)
			p.provider("oidc", "third")
			same(t, "providers", p.get("list-ext-idp").object("list")["totalCount"], c.made)
		})
	}
}

func answered(http, status int) func(*testing.T, *reply, error) {
	return func(t *testing.T, r *reply, err error) {
		if err != nil || r.http != http || r.status() != status {
			t.Errorf("answer: %v, %+v; want http %d and status %d", err, r, http, status)
		}
	}
}

func cut(t *testing.T, r *reply, err error) {
	if err == nil {
		t.Errorf("answer: %+v; want a cut line", r)
	}
}

func TestFaultDetails(t *testing.T) {
	p := in(t, sandbox.Options{})
	set := func(specs ...string) {
		t.Helper()
		if r := p.post("/_sandbox/faults", tree{"faults": specs}); r.http != 200 {
			t.Fatalf("faults: %s", r.raw)
		}
	}
	set("GET /api/v3/list-ext-idp #* 429:7")
	for range 2 {
		r := p.get("list-ext-idp")
		same(t, "throttled", []any{r.http, r.header.Get("Retry-After"), len(r.body)}, []any{429, "7", 2})
	}
	set("GET /api/v3/list-ext-idp #* 429")
	if r := p.get("list-ext-idp"); r.http != 429 || r.header.Values("Retry-After") != nil {
		t.Errorf("429 without seconds: http %d, Retry-After %q", r.http, r.header.Values("Retry-After"))
	}
	set("POST "+createPath+" #1 success-false", "POST "+createPath+" #2 accept-no-store")
	body := tree{"name": "a", "type": "oidc"}
	same(t, "success-false", p.post("create-ext-idp", body).ok("create"), tree{"success": false})
	if made := p.post("create-ext-idp", body).object("create"); !hex24.MatchString(made["id"].(string)) {
		t.Errorf("accept-no-store answers as if: %v", made)
	}
	p.post("create-ext-idp", tree{"name": "a"}).want("a bad request is still refused", 400)
	same(t, "nothing was made", p.get("list-ext-idp").object("list")["totalCount"], 0)
	set("GET /api/v2/extIdpTmpl/github #1 status=500")
	same(t, "in the envelope of V2", p.send("GET", "/api/v2/extIdpTmpl/github", "", nil).body["code"], 500)
	if r := p.post("/_sandbox/faults", tree{"faults": []string{"nonsense"}}); r.http != 400 {
		t.Errorf("malformed fault: http %d", r.http)
	}
}

func TestKillWithoutExit(t *testing.T) {
	dir := t.TempDir()
	p := in(t, sandbox.Options{DataDir: dir, Faults: []string{"POST " + createPath + " #1 kill"}})
	_, err := p.try("POST", createPath, "application/json", []byte(`{"name":"a","type":"oidc"}`))
	cut(t, nil, err)
	_, err = p.try("GET", "/_sandbox/state", "", nil)
	cut(t, nil, err)

	again := in(t, sandbox.Options{DataDir: dir})
	same(t, "keys", again.keys, p.keys)
	same(t, "done before the end", again.get("list-ext-idp").object("list")["totalCount"], 1)
}

func TestKillCallsExit(t *testing.T) {
	var log bytes.Buffer
	logged := make(chan string, 2) // what the log holds when the exit is called
	p := in(t, sandbox.Options{RequestLog: &log, Faults: []string{"GET /api/v3/list-ext-idp #1 kill"}, Exit: func() { logged <- log.String() }})
	_, err := p.try("GET", "/api/v3/list-ext-idp", "", nil)
	cut(t, nil, err)
	if got := <-logged; !strings.Contains(got, "list-ext-idp") || len(logged) > 0 {
		t.Errorf("at the exit the log held %q, and %d more calls; want one call, after the record", got, len(logged))
	}
}

func TestLatencyAndDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := sandbox.New(sandbox.Options{Latency: 20 * time.Millisecond, Templates: fstest.MapFS{}, Faults: []string{
			"GET /api/v3/list-ext-idp #2 delay=1s", "GET /api/v3/list-ext-idp #2 status=500", "GET /api/v3/list-ext-idp #* delay=5ms",
		}})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(path string) (time.Duration, int) {
			begin, w := time.Now(), httptest.NewRecorder()
			r := httptest.NewRequest("GET", path, nil)
			r.RemoteAddr, r.Host = "127.0.0.1:1", "127.0.0.1"
			server.ServeHTTP(w, r)
			return time.Since(begin), w.Code
		}
		for _, c := range []struct {
			path string
			took time.Duration
			code int
		}{
			{"/api/v3/list-ext-idp", 25 * time.Millisecond, 200},
			{"/api/v3/list-ext-idp", 1025 * time.Millisecond, 500}, // delays add up, the other action holds too
			{"/api/v3/get-application", 20 * time.Millisecond, 200},
			{"/_sandbox/state", 0, 200},
		} {
			if took, code := ask(c.path); took != c.took || code != c.code {
				t.Errorf("%s took %s and answered %d; want %s and %d", c.path, took, code, c.took, c.code)
			}
		}
	})
}

func TestRateLimit(t *testing.T) {
	c := newClock()
	p := in(t, sandbox.Options{RPS: 3, Now: c.Now}) // the token was the first
	codes := func(n int) []any {
		out := []any{}
		for range n {
			r := p.get("list-ext-idp")
			if r.http == 429 {
				same(t, "the documented body", []any{r.status(), len(r.body), r.body["data"]}, []any{429, 2, nil})
			}
			out = append(out, r.http)
		}
		return out
	}
	same(t, "one second's worth", codes(4), []any{200, 200, 429, 429})
	c.now = c.now.Add(400 * time.Millisecond)
	same(t, "room for one more", codes(2), []any{200, 429})
	c.now = c.now.Add(time.Hour)
	same(t, "an hour later", codes(4), []any{200, 200, 200, 429})
}

// TestParallelClients has many writers and readers at once; the counts must add up.
func TestParallelClients(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	p := in(t, sandbox.Options{DataDir: dir, RequestLog: &log})
	idp := p.provider("oidc", "Corp")
	app := p.application("portal", nil)
	const writers, each = 8, 12
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				id := p.connection(idp, "oidc", strings.Repeat("a", w+1)+"-"+strings.Repeat("b", i+1), tree{"n": i})
				p.enable(id, app, true)
				p.get("get-ext-idp?id=" + idp)
				p.get("list-applications")
				if i%3 == 0 {
					p.post("delete-ext-idp-conn", tree{"id": id}).ok("delete")
				}
			}
		})
	}
	group.Wait()
	left := writers * each * 2 / 3
	same(t, "connections and buttons", []any{len(p.conns(idp)), len(p.buttons(app))}, []any{left, left})
	for line := range strings.Lines(log.String()) {
		if !json.Valid([]byte(line)) {
			t.Fatalf("request log: %q", line)
		}
	}
	before := p.state()
	again := in(t, sandbox.Options{DataDir: dir}) // beside the first one, as after a kill
	same(t, "replayed", again.state(), before)
}
