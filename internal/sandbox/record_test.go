package sandbox_test

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/sandbox"
)

func (p *pool) requests() (list []tree, inFlightMax float64) {
	p.t.Helper()
	body := p.send("GET", "/_sandbox/requests", "", nil).body
	for _, item := range body["requests"].([]any) {
		list = append(list, item.(tree))
	}
	return list, body["inFlightMax"].(float64)
}

func TestRequestsAreRecorded(t *testing.T) {
	c := newClock()
	var log bytes.Buffer
	p := in(t, sandbox.Options{Now: c.Now, RequestLog: &log})
	p.provider("oidc", "Corp")
	p.get("get-ext-idp?id=" + nowhere + "&tenantId=")
	p.get("no-such-call")
	list, inFlight := p.requests()
	want := []tree{
		{
			"n": 1, "time": "2026-01-02T03:04:05.0000006Z", "method": "POST", "path": "/api/v3/get-management-token", "query": "", "status": 200, "statusCode": 200,
			"body": tree{"accessKeyId": p.keys.AccessKeyID, "accessKeySecret": "(secret)"},
		},
		{"n": 2, "time": "2026-01-02T03:04:05.0000006Z", "method": "POST", "path": createPath, "query": "", "status": 200, "statusCode": 200, "body": tree{"name": "Corp", "type": "oidc"}},
		{"n": 3, "time": "2026-01-02T03:04:05.0000006Z", "method": "GET", "path": "/api/v3/get-ext-idp", "query": "id=" + nowhere + "&tenantId=", "status": 200, "statusCode": 404, "body": nil},
		{"n": 4, "time": "2026-01-02T03:04:05.0000006Z", "method": "GET", "path": "/api/v3/no-such-call", "query": "", "status": 404, "statusCode": 404, "body": nil},
	}
	same(t, "records", list, want)
	same(t, "in flight", inFlight, 1)
	var lines []tree
	for line := range strings.Lines(log.String()) {
		var one tree
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, one)
	}
	same(t, "the log has the same", lines, want)
}

// TestSecretsAreMaskedInRecords sends every kind of secret, good requests and bad.
func TestSecretsAreMaskedInRecords(t *testing.T) {
	const s = "S3CRET"
	var log bytes.Buffer
	p := in(t, sandbox.Options{RequestLog: &log})
	p.post("create-ext-idp-conn", tree{"fields": tree{
		"clientSecret": s, "client_secret": s, "appSecret": s, "bindPassword": s, "PWD": s, "accessToken": s, "encodingAESKey": s, "samlSpKey": s, "private-key": s,
		"apiKey": s, "userCredentials": s, "deep": []any{tree{"signingKey": tree{"any": s}}}, "issuerUrl": "https://shown",
	}})
	p.post("create-application", tree{"templateData": tree{"a": s, "b": []any{s, tree{"c": s}}}, "oidcConfig": tree{"jwks": tree{"k": s}}, "samlConfig": tree{"samlResponseSigningKey": s}})
	p.post("update-application", tree{"templateData": s})
	p.send("POST", createPath, "application/json", []byte(`{"clientSecret":"`+s+`"`))
	p.post("/api/v2/userpools/access-token", tree{"userPoolId": "x", "secret": s})
	raw := p.send("GET", "/_sandbox/requests", "", nil).raw
	for where, text := range map[string]string{"requests": string(raw), "log": log.String()} {
		if strings.Contains(text, s) || strings.Contains(text, p.keys.AccessKeySecret) {
			t.Errorf("%s shows a secret", where)
		}
	}
	list, _ := p.requests()
	fields := dig(list[1], "body", "fields").(tree)
	same(t, "shape kept", []any{fields["issuerUrl"], fields["clientSecret"], dig(list[2], "body", "templateData")},
		[]any{"https://shown", "(secret)", tree{"a": "(secret)", "b": []any{"(secret)", tree{"c": "(secret)"}}}})
	same(t, "unreadable body", list[4]["body"], "(not JSON, 24 bytes)")
}

func TestRecordsOfBrokenLines(t *testing.T) {
	p := in(t, sandbox.Options{Faults: []string{
		"POST " + createPath + " #1 drop-before", "POST " + createPath + " #2 drop-after", "POST " + createPath + " #3 status=502", "POST " + createPath + " #4 429", "POST " + createPath + " #5 garbage",
	}})
	for range 5 {
		_, _ = p.try("POST", createPath, "application/json", []byte(`{"name":"a","type":"oidc"}`))
	}
	list, _ := p.requests()
	var seen []any
	for _, r := range list[1:] {
		seen = append(seen, []any{r["status"], r["statusCode"]})
	}
	same(t, "status and statusCode", seen, []any{[]any{0, 0}, []any{0, 200}, []any{502, 502}, []any{429, 429}, []any{200, 200}})
}

func TestReset(t *testing.T) {
	p := in(t, sandbox.Options{Dialect: map[string]string{"http-status": "mirror"}, Faults: []string{"GET /api/v3/list-applications #* status=500"}})
	furnish(p)
	if r := p.post("/_sandbox/reset", tree{}); r.http != 200 {
		t.Fatalf("reset: %s", r.raw)
	}
	same(t, "state", p.state(), tree{"userPoolId": p.keys.UserPoolID, "identityProviders": []any{}, "applications": []any{}})
	list, inFlight := p.requests()
	same(t, "records", []any{len(list), inFlight}, []any{0, 0})
	if r := p.get("list-applications"); r.http != 500 {
		t.Errorf("the fault is gone: http %d", r.http)
	}
	if r := p.get("get-ext-idp?id=x&type=no"); r.http != 400 {
		t.Errorf("the dialect or the token is gone: http %d, %s", r.http, r.raw)
	}
	list, _ = p.requests()
	same(t, "numbers start again", list[0]["n"], 1)
}

func TestStateHasTheDocumentedShape(t *testing.T) {
	p := in(t, sandbox.Options{Dialect: map[string]string{"secrets": "masked", "connections": "string", "arrays": "string", "conn-fields": "off", "enabled-list": "flagged"}})
	idp := p.provider("oidc", "Corp")
	conn := p.connection(idp, "oidc", "corp", tree{"clientSecret": "s"})
	app := p.application("portal", nil)
	p.enable(conn, app, true)
	state := p.state()
	same(t, "providers", state["identityProviders"], []any{tree{
		"id": idp, "name": "Corp", "type": "oidc", "tenantId": "", "autoJoin": false, "logo": dig(state["identityProviders"].([]any)[0], "logo"),
		"connections": []any{tree{
			"id": conn, "extIdpId": idp, "type": "oidc", "identifier": "corp", "displayName": "corp", "loginOnly": false, "associationMode": "none",
			"challengeBindingMethods": []any{}, "logo": dig(p.conns(idp)[0], "logo"), "fields": tree{"clientSecret": "s"},
		}},
	}})
	p.dialect("secrets=clear", "arrays=array", "enabled-list=only")
	want := p.app(app)
	want["permissionStrategy"] = "ALLOW_ALL"
	same(t, "applications", state["applications"], []any{want})
}

func TestControlIsForThisMachine(t *testing.T) {
	server, err := sandbox.New(sandbox.Options{Templates: fstest.MapFS{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		remote, host, origin, call string
		want                       int
	}{
		{"127.0.0.1:5", "127.0.0.1:4010", "", "GET /_sandbox/state", 200},
		{"[::1]:5", "localhost:4010", "", "GET /_sandbox/state", 200},
		{"10.0.0.1:5", "127.0.0.1:4010", "", "GET /_sandbox/state", 403},
		{"127.0.0.1:5", "evil.example.com", "", "GET /_sandbox/state", 403},
		{"127.0.0.1:5", "127.0.0.1:4010", "https://evil.example.com", "POST /_sandbox/reset", 403},
		{"127.0.0.1:5", "127.0.0.1:4010", "", "GET /_sandbox/reset", 404},
		{"127.0.0.1:5", "127.0.0.1:4010", "", "POST /_sandbox/dialect", 400},
	} {
		method, path, _ := strings.Cut(c.call, " ")
		r, w := httptest.NewRequest(method, path, strings.NewReader(`{"secrets":"no such value"}`)), httptest.NewRecorder()
		r.RemoteAddr, r.Host = c.remote, c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		if server.ServeHTTP(w, r); w.Code != c.want {
			t.Errorf("%+v: answered %d", c, w.Code)
		}
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestControlCanBeLeftOut(t *testing.T) {
	p := in(t, sandbox.Options{NoControl: true})
	p.provider("oidc", "Corp")
	for _, call := range []string{"GET requests", "GET state", "POST reset", "POST faults", "POST dialect"} {
		method, name, _ := strings.Cut(call, " ")
		r := p.send(method, "/_sandbox/"+name, "application/json", []byte("{}"))
		if r.http != 404 || r.body["requests"] != nil || r.body["userPoolId"] != nil {
			t.Errorf("%s: http %d, %s", call, r.http, r.raw)
		}
	}
	same(t, "nothing was reset", p.get("list-ext-idp").object("list")["totalCount"], 1)
}

func TestInFlightMaximum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := sandbox.New(sandbox.Options{Latency: time.Second, Templates: fstest.MapFS{}})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(path string) *httptest.ResponseRecorder {
			r, w := httptest.NewRequest("GET", path, nil), httptest.NewRecorder()
			r.RemoteAddr, r.Host = "127.0.0.1:1", "127.0.0.1"
			server.ServeHTTP(w, r)
			return w
		}
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() { ask("/api/v3/list-ext-idp") })
		}
		group.Wait()
		ask("/api/v3/list-ext-idp")
		var got struct{ InFlightMax int }
		if err := json.Unmarshal(ask("/_sandbox/requests").Body.Bytes(), &got); err != nil || got.InFlightMax != 3 {
			t.Errorf("in flight at most %d, %v; want 3", got.InFlightMax, err)
		}
	})
}
