package remote

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

// TestNullThatStays: null is sent as such, once more by leaving the key out if
// the value stayed, and never a third time (spec 2). Where null is known to work
// nothing is read; where it is known not to, the key is left out at once.
func TestNullThatStays(t *testing.T) {
	shows := func(uri any) tree { p := portal(); p["initLoginUri"] = uri; return p }
	for _, tt := range []struct {
		name   string
		traits []string
		reads  tree // after the first update
		nulls  []bool
	}{
		{"it goes", nil, shows(""), []bool{true}},
		{"it stays", nil, shows("https://a.example.com/in"), []bool{true, false}},
		{"a default comes", nil, shows("https://default.example.com"), []bool{true}},
		{"known to work", []string{"null-unsets=on"}, shows("https://a.example.com/in"), []bool{true}},
		{"known not to", []string{"null-unsets=off"}, shows("https://a.example.com/in"), []bool{false}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := onePool(t).on("POST update-application", done()).on("GET get-application", tt.reads)
			c := loaded(t, f, knowing(append(tt.traits, "app-update=partial", "config-update=merge")...))
			from := c.State(handles(poolHandles)).Get(key(model.Application, "portal"))
			if err := c.Update(t.Context(), from, desired(from.Key, tree{"initLoginUri": nil})); err != nil {
				t.Fatal(err)
			}
			sent := f.to("update-application")
			if len(sent) != len(tt.nulls) {
				t.Fatalf("%d updates", len(sent))
			}
			for i, body := range sent {
				if v, has := body["initLoginUri"]; has != tt.nulls[i] || v != nil || body["appName"] != "Portal" {
					t.Errorf("update %d: %v, %v", i+1, v, body)
				}
			}
		})
	}
}

// TestNullOfAConnectionThatStays: an omission can only help where fields may be
// replaced, and it must cost no secret.
func TestNullOfAConnectionThatStays(t *testing.T) {
	for _, tt := range []struct {
		name    string
		traits  []string
		fields  tree
		updates int
	}{
		{"replaced", []string{"fields-update=replace"}, tree{"clientID": nil, "clientSecret": model.SecretValue("", "s"), "scopes": []any{"a", "b"}}, 2},
		{"merged", []string{"fields-update=merge"}, tree{"clientID": nil, "clientSecret": model.SecretValue("", "s"), "scopes": []any{"a", "b"}}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := onePool(t).on("POST update-ext-idp-conn", tree{"id": "c1", "extIdpId": "p1", "type": "oidc"})
			c := loaded(t, f, knowing(tt.traits...))
			from := c.State(handles(poolHandles)).Get(key(model.Connection, "corp-oidc"))
			to := desired(from.Key, tree{"displayName": "D", "fields": tt.fields})
			to.Attributes["provider"] = "corp"
			if err := c.Update(t.Context(), from, to); err != nil {
				t.Fatal(err)
			}
			if n := f.count("update-ext-idp-conn"); n != tt.updates {
				t.Errorf("%d updates, want %d", n, tt.updates)
			}
		})
	}
}

// silent is a line on which nothing ever comes back.
func silent(req *http.Request) error {
	<-req.Context().Done()
	return req.Context().Err()
}

type silence struct{}

func (silence) RoundTrip(req *http.Request) (*http.Response, error) { return nil, silent(req) }

// TestSilenceIsNotWaitedForAgain: a read that nobody answers is not tried again,
// each time for as long; and a write whose fate a silent read should settle says
// that the server is lost, so that nothing else waits for it.
func TestSilenceIsNotWaitedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := loaded(t, onePool(t))
		c.wire.reads.HTTPClient.Transport.(*gate).next = silence{}
		begun := time.Now()
		_, err := c.api.application(t.Context(), "a1")
		if took := time.Since(begun); err == nil || took > requestTimeout+time.Second {
			t.Errorf("%v after %s", err, took)
		}
		begun = time.Now()
		err = c.Delete(t.Context(), &model.Resource{Key: key(model.Application, "portal"), ID: "a1"})
		var e *Error
		if !errors.As(err, &e) || !e.Unknown() || !e.Unreachable() || time.Since(begun) > 2*requestTimeout+time.Second {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
	})
}
