package remote

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idpsync/idpsync/internal/model"
)

// Every sort of answer to a write, and what a caller may conclude from it.
func TestJudgeWrite(t *testing.T) {
	tests := []struct {
		name   string
		answer any
		want   string // flags, in the order of flags()
		says   string
		hints  string
	}{
		{"business conflict", raw{200, `{"statusCode":409,"apiCode":20001,"message":"taken","requestId":"r9"}`, nil}, "", "taken (POST /api/v3/create-ext-idp-conn, status 409, api code 20001, request id r9)", ""},
		{"api code as text", raw{200, `{"statusCode":499,"apiCode":"2011","message":"no"}`, nil}, "", "api code 2011", ""},
		{"older envelope", raw{200, `{"code":499,"message":"old"}`, nil}, "", "old (POST", ""},
		{"absent in the body", raw{200, `{"statusCode":404,"message":"gone"}`, nil}, "absent", "gone", ""},
		{"absent by HTTP", raw{404, `{"statusCode":404,"message":"gone"}`, nil}, "absent", "gone", ""},
		{"absent by HTTP without a body", raw{404, ``, nil}, "absent", "the answer is empty", ""},
		{"absent by 422", raw{422, `{"statusCode":422,"apiCode":4004,"message":"gone"}`, nil}, "absent", "gone", ""},
		{"another 422", raw{422, `{"statusCode":422,"apiCode":4005,"message":"rule"}`, nil}, "", "rule", ""},
		{"a web page for 404", raw{404, `<html>not found</html>`, nil}, "", "web page", "host must be"},
		{"a web page for 200", raw{200, `<!doctype html>`, nil}, "unknown", "web page", "host must be"},
		{"HTTP says no, body says yes", raw{400, `{"statusCode":200,"message":"fine"}`, nil}, "", "status 400", ""},
		{"forbidden", raw{200, `{"statusCode":403,"message":"no right"}`, nil}, "", "no right", "access key"},
		{"server error", raw{500, `{"statusCode":500,"message":"oops"}`, nil}, "unknown", "oops", ""},
		{"server error in the body", raw{200, `{"statusCode":500,"message":"oops"}`, nil}, "unknown", "oops", ""},
		{"not supported", raw{200, `{"statusCode":501,"message":"never"}`, nil}, "", "never", ""},
		{"bad gateway", raw{502, `<html>bad gateway</html>`, nil}, "unavailable unknown", "web page", ""},
		{"service down", raw{503, `{"statusCode":503,"message":"later"}`, nil}, "unavailable unknown", "later", ""},
		{"garbage", raw{200, `%%%`, nil}, "unknown", "not the JSON", ""},
		{"half an answer", raw{200, `{"statusCode":200,"da`, nil}, "unavailable unknown", "cut short", ""},
		{"no status", raw{200, `{"data":{"id":"1"}}`, nil}, "unknown", "names no status", ""},
		{"empty data", raw{200, `{"statusCode":200,"data":{}}`, nil}, "unknown", "holds no id", ""},
		{"no success", raw{200, `{"statusCode":200,"data":{"success":false}}`, nil}, "doubtful", "success=false", ""},
		{"redirect", raw{302, ``, []string{"Location", "https://login.example.org/x?ticket=1"}}, "", "redirects to https://login.example.org (", "set host"},
		{"never connected", errDial, "unavailable", "cannot reach api.example.com", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := newFake(t).on("POST create-ext-idp-conn", tt.answer).client()
				_, err := c.api.write(t.Context(), createConnection, tree{"identifier": "x"})
				e := mustError(t, err)
				if got := flags(e); got != tt.want {
					t.Errorf("flags %q, want %q", got, tt.want)
				}
				if !strings.Contains(e.Error(), tt.says) || !strings.Contains(e.Hint(), tt.hints) {
					t.Errorf("says %q, hints %q", e.Error(), e.Hint())
				}
			})
		})
	}
}

func flags(e *Error) string {
	var out []string
	for _, f := range []struct {
		name string
		on   bool
	}{{"absent", e.Absent()}, {"unavailable", e.Unavailable()}, {"unknown", e.Unknown()}, {"doubtful", e.doubtful}} {
		if f.on {
			out = append(out, f.name)
		}
	}
	return strings.Join(out, " ")
}

// An empty data is no proof of anything, on a read as on a write.
func TestEmptyDataIsAnError(t *testing.T) {
	f := newFake(t).on("GET get-ext-idp", tree{}).on("GET get-application", tree{})
	c, _ := f.client()
	_, err := c.api.provider(t.Context(), "p1")
	if e := mustError(t, err); e.Absent() || e.Unavailable() {
		t.Errorf("provider: %v", flags(e))
	}
	_, err = c.api.application(t.Context(), "a1")
	if e := mustError(t, err); e.Absent() {
		t.Error("application counts as absent")
	}
}

// What a real network does, told in one sentence.
func TestNetworkFailures(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	dead := plain.URL
	plain.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	huge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"statusCode":200,"data":"` + strings.Repeat("x", maxBody) + `"}`))
	}))
	t.Cleanup(huge.Close)
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"statusCode":200`))
	}))
	t.Cleanup(cut.Close)
	tests := []struct {
		name, host, says, hints string
		unavailable             bool
	}{
		{"dead server", dead, "cannot reach 127.0.0.1", "", true},
		{"untrusted certificate", secure.URL, "is not trusted", "caFile", false},
		{"no such host", "https://no-such-host.invalid", "cannot find the address of no-such-host.invalid", "check host", true},
		{"too large", huge.URL, "larger than 8 MiB", "", false},
		{"cut line", cut.URL, "cut short", "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := New(Config{Host: tt.host, AccessKeyID: "k", AccessKeySecret: model.SecretValue("", keySecret)})
			if err != nil {
				t.Fatal(err)
			}
			e := mustError(t, c.Open(t.Context()))
			if !strings.Contains(e.Error(), tt.says) || !strings.Contains(e.Hint(), tt.hints) || e.Unavailable() != tt.unavailable {
				t.Errorf("%q, hint %q, unavailable %v", e.Error(), e.Hint(), e.Unavailable())
			}
			if strings.Contains(e.Error(), keySecret) {
				t.Error("the error holds the secret")
			}
		})
	}
}

// A bearer must not travel to where a redirect points.
func TestRedirectIsNotFollowed(t *testing.T) {
	var hit bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hit = true }))
	defer other.Close()
	front := httptest.NewServer(http.RedirectHandler(other.URL+"/api/v3/get-management-token", http.StatusTemporaryRedirect))
	defer front.Close()
	c, err := New(Config{Host: front.URL, AccessKeyID: "k", AccessKeySecret: model.SecretValue("", keySecret)})
	if err != nil {
		t.Fatal(err)
	}
	e := mustError(t, c.Open(t.Context()))
	if hit || !strings.Contains(e.Error(), strings.TrimPrefix(other.URL, "http://")) {
		t.Errorf("hit=%v, %v", hit, e)
	}
}

// A server that repeats what it was sent must not get a secret into an error,
// and nothing of a body or a header may reach the log.
func TestNoSecretLeaks(t *testing.T) {
	const secret = "s3cr3t-value"
	f := newFake(t).on("POST create-ext-idp-conn", raw{200, `{"statusCode":400,"message":"bad value s3cr3t-value"}`, nil})
	c, log := f.client()
	_, err := c.api.write(t.Context(), createConnection, tree{"fields": tree{"clientSecret": model.SecretValue("env:X", secret)}})
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("error: %v", err)
	}
	sent := f.to("create-ext-idp-conn")[0]["fields"].(tree)["clientSecret"]
	if sent != secret {
		t.Error("the secret was not sent in clear")
	}
	for _, no := range []string{secret, keySecret, "Bearer", "e30.", "?"} {
		if strings.Contains(log.String(), no) {
			t.Errorf("the log holds %q", no)
		}
	}
	if !strings.Contains(log.String(), "path=/api/v3/create-ext-idp-conn") {
		t.Errorf("the log does not tell the request: %s", log)
	}
}

// What a server calls a request or a reason is shown and kept only as a short
// word that repeats nothing of what it was sent.
func TestNoSecretLeaksByReference(t *testing.T) {
	const secret = "s3cr3t-value"
	echo := `{\"fields\":{\"clientSecret\":\"s3cr3t-value\"}}`
	for name, said := range map[string]string{
		"the body": echo, "the secret": secret, "the secret in a word": "req:" + secret, "the key's secret": keySecret,
		"the token": jwt(poolID, 1), "a long word": strings.Repeat("q", 101), "a sentence": "not one word",
	} {
		t.Run(name, func(t *testing.T) {
			answer := func(status, data string) raw {
				return raw{200, `{"statusCode":` + status + `,"message":"no","apiCode":"` + said + `","requestId":"` + said + `"` + data + `}`, nil}
			}
			f := newFake(t).on("POST create-ext-idp-conn", answer("400", "")).on("POST update-ext-idp-conn", answer("200", `,"data":{}`))
			c, log := f.client()
			for _, op := range []operation{createConnection, updateConnection} {
				_, err := c.api.write(t.Context(), op, tree{"fields": tree{"clientSecret": model.SecretValue("env:X", secret)}})
				e := mustError(t, err)
				if e.RequestID != "" || e.APICode != "" || strings.Contains(e.Error(), secret) || strings.Contains(e.Error(), said) {
					t.Errorf("%v: request id %q, api code %q", e, e.RequestID, e.APICode)
				}
			}
			for _, no := range []string{secret, keySecret, said} {
				if strings.Contains(log.String(), no) {
					t.Errorf("the log holds it: %s", log)
				}
			}
		})
	}
}

func TestUnresolvedSecretIsNotSent(t *testing.T) {
	f := newFake(t)
	c, _ := f.client()
	_, err := c.api.write(t.Context(), createConnection, tree{"fields": tree{"clientSecret": model.SecretRef("env:NONE")}})
	if err == nil || !strings.Contains(err.Error(), "fields.clientSecret") || inDoubt(err) {
		t.Errorf("err = %v", err)
	}
	if f.count("create-ext-idp-conn") != 0 {
		t.Error("it was sent")
	}
}

func TestHost(t *testing.T) {
	tests := []struct {
		host  string
		allow bool
		err   string
	}{
		{"https://api.authing.cn", false, ""},
		{"https://gw.example.com/authing/", false, ""},
		{"http://127.0.0.1:4010", false, ""},
		{"http://localhost:4010", false, ""},
		{"http://[::1]:4010", false, ""},
		{"http://api.example.com", false, "allowHTTP: REASON"},
		{"http://localhost.example.com", false, "allowHTTP: REASON"},
		{"http://api.example.com", true, ""},
		{"api.example.com", true, "no URL"},
		{"ftp://api.example.com", true, "no URL"},
		{"https://user:pw@api.example.com", true, "plain base URL"},
	}
	for _, tt := range tests {
		_, err := New(Config{Host: tt.host, AllowHTTP: tt.allow, AccessKeyID: "k"})
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %v, want %q", tt.host, err, tt.err)
		}
	}
}

func TestPathPrefixIsKept(t *testing.T) {
	var paths []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { paths = append(paths, r.URL.Path) }))
	defer s.Close()
	c, err := New(Config{Host: s.URL + "/authing/", AccessKeyID: "k", AccessKeySecret: model.SecretValue("", "x")})
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Open(context.Background())
	if !slices.Contains(paths, "/authing/api/v3/get-management-token") {
		t.Errorf("paths: %v", paths)
	}
}
