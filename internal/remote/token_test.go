package remote

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

func TestOneTokenForARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t).on("GET list-ext-idp", emptyList())
		c, _ := f.client()
		if err := c.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { _, _ = c.api.providers(t.Context()) })
		}
		wg.Wait()
		if f.tokens != 1 || c.UserPoolID() != poolID {
			t.Errorf("%d tokens, pool %q", f.tokens, c.UserPoolID())
		}
		body := f.to("get-management-token")[0]
		if body["accessKeyId"] != "key-1" || body["accessKeySecret"] != keySecret {
			t.Error("the credentials were not sent as they are")
		}
		if f.seen[0].auth != "" || !strings.HasPrefix(f.seen[1].auth, "Bearer e30.") {
			t.Errorf("authorization: %q, then %q", f.seen[0].auth, f.seen[1].auth)
		}
		if f.seen[1].pool != poolID {
			t.Errorf("the request is for pool %q", f.seen[1].pool)
		}
	})
}

func TestTokenIsRenewedBeforeExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t).on("GET list-ext-idp", emptyList())
		f.tokenTTL = 100
		c, _ := f.client()
		read := func() {
			if _, err := c.api.providers(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		read()
		<-time.After(89 * time.Second)
		read()
		if f.tokens != 1 {
			t.Errorf("%d tokens after 89 of 100 s, want 1", f.tokens)
		}
		<-time.After(2 * time.Second)
		read()
		if f.tokens != 2 {
			t.Errorf("%d tokens after 91 of 100 s, want 2", f.tokens)
		}
	})
}

// A 401 costs one new token however many requests met it, and a write is sent
// again, since the server did nothing.
func TestTokenIsReplacedAfter401(t *testing.T) {
	refused := raw{200, `{"statusCode":401,"message":"expired"}`, nil}
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t).on("POST delete-application", refused, done())
		c, _ := f.client()
		if _, err := c.api.write(t.Context(), deleteApplication, tree{"appId": "a"}); err != nil {
			t.Fatal(err)
		}
		if f.tokens != 2 || f.count("delete-application") != 2 || f.seen[1].auth == f.seen[3].auth {
			t.Errorf("%d tokens, %d writes", f.tokens, f.count("delete-application"))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t).on("GET list-ext-idp", raw{401, `{"statusCode":401,"message":"never"}`, nil})
		c, _ := f.client()
		_, err := c.api.providers(t.Context())
		if e := mustError(t, err); !strings.Contains(e.Hint(), "accessKeySecret") || f.count("list-ext-idp") != 2 || f.tokens != 2 {
			t.Errorf("%v, hint %q, %d reads, %d tokens", e, e.Hint(), f.count("list-ext-idp"), f.tokens)
		}
	})
}

func TestPoolOfToken(t *testing.T) {
	other := func(c *Config) { c.UserPoolID = "another-pool" }
	f := newFake(t)
	c, _ := f.client(other)
	err := c.Open(t.Context())
	if e := mustError(t, err); !strings.Contains(e.Error(), poolID) || !strings.Contains(e.Error(), "another-pool") || e.Hint() == "" {
		t.Errorf("err = %v", err)
	}
	if _, err := c.Providers(t.Context()); err == nil || f.count("list-ext-idp") != 0 {
		t.Errorf("a read left for the wrong pool: %v", err)
	}
	for _, tt := range []struct{ name, token, keyID, want string }{
		{"claim", jwt(poolID, 1), "key", poolID},
		{"no claim: a pool-wide key is the pool", "opaque", "key", "key"},
		{"broken payload", "a.!!.c", "key", "key"},
		{"claim of another type", "e30.eyJzY29wZWRfdXNlcnBvb2xfaWQiOjF9.x", "key", "key"},
	} {
		if got := poolOf(tt.token, tt.keyID); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestLoginRefusals(t *testing.T) {
	tests := []struct {
		name   string
		answer any
		hint   string
	}{
		{"wrong key", raw{200, `{"statusCode":403,"apiCode":2333,"message":"bad key"}`, nil}, "accessKeySecret"},
		{"wrong host, JSON", raw{404, `{"statusCode":404,"message":"no route"}`, nil}, "base URL of the V3 API"},
		{"wrong host, page", raw{200, `<html></html>`, nil}, "base URL of the API"},
		{"no token", tree{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := newFake(t).on("POST get-management-token", tt.answer).client()
			e := mustError(t, c.Open(t.Context()))
			if !strings.Contains(e.Hint(), tt.hint) || e.Absent() || strings.Contains(e.Error(), keySecret) {
				t.Errorf("%v, hint %q", e, e.Hint())
			}
		})
	}
}

// A write that never got its token was not sent, whatever happened to the token.
func TestWriteWithoutTokenIsNotUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t).on("POST get-management-token", errors.New("connection reset"))
		c, _ := f.client()
		err := c.Delete(t.Context(), &model.Resource{Key: model.Key{Kind: model.Application, Name: "a"}, ID: "1"})
		if e := mustError(t, err); e.Unknown() || !e.Unavailable() {
			t.Errorf("%v: %s", e, flags(e))
		}
	})
}
