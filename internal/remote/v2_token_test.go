package remote

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
)

const (
	poolSecret = "the-pool-secret"
)

// good2 is an answer in V2's envelope.
func good2(data string) any {
	return raw{status: 200, body: `{"code":200,"message":"ok","data":` + data + `}`}
}

// core2 is a fake whose V2 gives tokens of its own and takes only those that
// takes says.
func core2(f *fake, secret string, takes func(auth string) bool) *fake {
	f.routes["POST /api/v2/userpools/access-token"] = func(r sentRequest) (*http.Response, error) {
		if r.body["secret"] != secret || r.body["userPoolId"] != poolID {
			return respond(200, `{"code":2206,"message":"wrong pool or secret","data":null}`), nil
		}
		return answerOf(good2(`{"accessToken":"` + jwt(poolID, 99) + `","iat":1000,"exp":8200}`))
	}
	f.routes["GET /api/v2/extIdp"] = func(r sentRequest) (*http.Response, error) {
		if !takes(r.auth) {
			return respond(200, `{"code":401,"message":"no valid token"}`), nil
		}
		return answerOf(good2(`[]`))
	}
	return f
}

func isOwn(auth string) bool { return auth == "Bearer "+jwt(poolID, 99) }

func speaking(api string, secret string) func(*Config) {
	return func(c *Config) {
		c.API, c.UserPoolID, c.CoreHost = api, poolID, "https://core.example.com"
		if secret != "" {
			c.UserPoolSecret = model.SecretValue("env:S", secret)
		}
	}
}

func poolWide(c *Config) {
	c.AccessKeyID, c.AccessKeySecret = poolID, model.SecretValue("", poolSecret)
}

// Which token goes to V2 is settled by what is given and by trying, once a run.
func TestV2Token(t *testing.T) {
	both := func(string) bool { return true }
	tests := []struct {
		name      string
		takes     func(string) bool
		edit      []func(*Config)
		v3, v2    int // tokens of each kind
		wantError string
	}{
		{"userPoolSecret needs no V3", isOwn, []func(*Config){speaking(OnlyV2, poolSecret)}, 0, 1, ""},
		{"the pool's own key comes first under api: v2", isOwn, []func(*Config){speaking(OnlyV2, ""), poolWide}, 0, 1, ""},
		{"another key borrows the V3 token", both, []func(*Config){speaking(OnlyV2, "")}, 1, 0, ""},
		{"under auto the V3 token is tried", both, []func(*Config){speaking(Auto, ""), poolWide}, 1, 0, ""},
		{"and gives way where it is not taken", isOwn, []func(*Config){speaking(Auto, ""), poolWide}, 1, 1, ""},
		{"a key that V2 does not know either", both, []func(*Config){speaking(OnlyV2, ""), poolWide, func(c *Config) { c.AccessKeySecret = model.SecretValue("", "another-secret") }}, 1, 1, ""},
		{"unless nobody knows another", isOwn, []func(*Config){speaking(OnlyV2, "")}, 2, 0, "userPoolSecret"},
		{"a wrong secret is told", isOwn, []func(*Config){speaking(OnlyV2, "another-secret")}, 0, 1, "userPoolSecret"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := core2(newFake(t), poolSecret, tt.takes)
			c, log := f.client(tt.edit...)
			var wg sync.WaitGroup
			errs := make([]error, 10)
			if tt.wantError != "" {
				errs = errs[:1]
			}
			for i := range errs {
				wg.Go(func() { _, _, errs[i] = c.newV2().get(t.Context(), "extIdp") })
			}
			wg.Wait()
			for _, err := range errs {
				if tt.wantError == "" && err != nil {
					t.Fatal(err)
				}
				if tt.wantError != "" && !strings.Contains(mustError(t, err).Hint(), tt.wantError) {
					t.Fatalf("%v has the hint %q", err, mustError(t, err).Hint())
				}
			}
			if own := f.count("/api/v2/userpools/access-token"); f.tokens != tt.v3 || tt.wantError == "" && own != tt.v2 {
				t.Errorf("%d tokens of V3 and %d of V2, want %d and %d", f.tokens, own, tt.v3, tt.v2)
			}
			if strings.Contains(log.String(), poolSecret) {
				t.Error("the log holds the secret")
			}
		})
	}
}

// api: auto goes to V2 alone where V3 has no token endpoint, and only there.
func TestOpenTurnsToV2(t *testing.T) {
	absent := raw{status: 404, body: `{"statusCode":404,"message":"no such route"}`}
	tests := []struct {
		name  string
		v3    any
		edit  []func(*Config)
		only  bool
		wants string // in the error and its hint
	}{
		{"no V3", absent, []func(*Config){speaking(Auto, poolSecret)}, true, ""},
		{"no V3, the pool's own key", raw{status: 200, body: `{"statusCode":404,"message":"?"}`}, []func(*Config){speaking(Auto, ""), poolWide}, true, ""},
		{"no V3, no secret", absent, []func(*Config){speaking(Auto, "")}, false, "userPoolSecret"},
		{"api: v3 stays", absent, []func(*Config){speaking(OnlyV3, poolSecret)}, false, "host must be"},
		{"a refused key is no absent V3", raw{status: 200, body: `{"statusCode":401,"message":"wrong key"}`}, []func(*Config){speaking(Auto, poolSecret)}, false, "accessKeyId"},
		{"a wrong secret", absent, []func(*Config){speaking(Auto, "another-secret")}, false, "userPoolSecret"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := core2(newFake(t), poolSecret, isOwn).on("POST get-management-token", tt.v3)
			c, _ := f.client(tt.edit...)
			err := c.Open(t.Context())
			if tt.wants != "" {
				if e := mustError(t, err); !strings.Contains(e.Error()+" "+e.Hint(), tt.wants) {
					t.Fatalf("%v, hint %q", e, e.Hint())
				}
				return
			}
			if err != nil || c.SpeaksV2() != tt.only || c.UserPoolID() != poolID {
				t.Fatalf("%v; V2 alone: %v, pool %q", err, c.SpeaksV2(), c.UserPoolID())
			}
			if _, err := c.Providers(t.Context()); err != nil || f.count("list-ext-idp") != 0 {
				t.Errorf("%v, %d requests to V3", err, f.count("list-ext-idp"))
			}
		})
	}
}

// A host that has neither is a wrong host: the V3 error says so.
func TestOpenNowhere(t *testing.T) {
	f := newFake(t).on("POST get-management-token", raw{status: 404, body: "<html>"})
	f.on("POST /api/v2/userpools/access-token", raw{status: 404, body: "<html>"})
	c, _ := f.client(speaking(Auto, poolSecret))
	if e := mustError(t, c.Open(t.Context())); !strings.Contains(e.Hint(), "base URL") || !strings.Contains(e.Path, "/api/v3/") {
		t.Errorf("%v, hint %q", e, e.Hint())
	}
}

// What is wrong with the V2 host is told by the name that the target gives it.
func TestV2HostIsNamed(t *testing.T) {
	f := newFake(t).on("GET /api/v2/extIdpTmpl/github", raw{status: 200, body: "<html>"})
	c, _ := f.client(speaking(Auto, ""))
	if _, err := c.Template(t.Context(), "github"); !strings.HasPrefix(mustError(t, err).Hint(), "coreHost must be") {
		t.Errorf("hint %q", mustError(t, err).Hint())
	}
}

// A token for another pool stops the run before any read.
func TestV2ForeignPool(t *testing.T) {
	f := newFake(t).on("POST /api/v2/userpools/access-token", good2(`{"accessToken":"`+jwt("another-pool", 1)+`","iat":1,"exp":2}`))
	c, _ := f.client(speaking(OnlyV2, poolSecret))
	if err := c.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "another-pool") {
		t.Errorf("err = %v", err)
	}
}

func TestTemplate(t *testing.T) {
	f := newFake(t).
		on("GET /api/v2/extIdpTmpl/github", good2(`{"type":"github","connectionTmpls":[{"type":"github","fields":{"a":"<b>"}}]}`)).
		on("GET /api/v2/extIdpTmpl/odd", good2(`{}`))
	c, _ := f.client(speaking(Auto, ""))
	got, err := c.Template(t.Context(), "github")
	if err != nil || string(got) != `{"connectionTmpls":[{"fields":{"a":"<b>"},"type":"github"}],"type":"github"}` {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := c.Template(t.Context(), "nosuch"); !mustError(t, err).Absent() {
		t.Errorf("an unknown type: %v", err)
	}
	for _, bad := range []string{"odd", "", "../v2/extIdp", "a/b"} {
		if _, err := c.Template(t.Context(), bad); err == nil {
			t.Errorf("%q has a template", bad)
		}
	}
}
