package remote_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
)

var errDead = errors.New("the process is dead")

// harsh are the dialects under which scratch objects are hardest to remove.
var harsh = map[string]map[string]string{
	"default":  nil,
	"exposed":  {"new-conn": "enabled", "delete-conn": "dangling"},
	"refusing": {"new-conn": "enabled", "delete-conn": "refuse", "delete-idp": "refuse", "enabled-list": "flagged"},
	"no lists": {"conn-list": "off", "app-list": "needs-all", "absent": "http422", "connections": "string"},
}

// settled is a tenant with applications, the last of which shows the connection
// of a provider.
func settled(t *testing.T, dialect map[string]string, applications int) *tenant {
	n := newTenant(t, dialect)
	p := n.call("POST", "/api/v3/create-ext-idp", `{"name":"Corp","type":"oidc"}`)["data"].(tree)["id"]
	c := n.call("POST", "/api/v3/create-ext-idp-conn", fmt.Sprintf(`{"extIdpId":%q,"type":"oidc","identifier":"corp","displayName":"Corp","fields":{"issuerUrl":"https://idp.example.com","clientID":"x","clientSecret":"y"}}`, p))["data"].(tree)["id"]
	var last any
	for i := range applications {
		last = n.call("POST", "/api/v3/create-application", fmt.Sprintf(`{"appName":"App %d","appIdentifier":"app-%d"}`, i, i))["data"].(tree)["appId"]
	}
	n.call("POST", "/api/v3/change-ext-idp-conn-state", fmt.Sprintf(`{"id":%q,"appId":%q,"enabled":true}`, c, last))
	// A person's own object that only looks like a scratch object.
	n.call("POST", "/api/v3/create-ext-idp", `{"name":"idpsync-probe-notes","type":"saml"}`)
	return n
}

// A probe that is killed, before or after the server has done what it was asked,
// leaves nothing that the next doctor does not find and remove. By default it is
// killed at every request, under harsh dialects at every other one.
func TestProbeKilledAnywhere(t *testing.T) {
	for name, dialect := range harsh {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := settled(t, dialect, 2)
				before := n.names()
				step := 2
				if dialect == nil {
					step = 1
				}
				for at, ended := 1, false; !ended; at += step {
					ended = n.killedAt(at, at%4 != 3)
					d := n.doctor()
					found := n.examine(d)
					_, err := d.Clean(t.Context())
					if after := n.names(); err != nil || !slices.Equal(before, after) {
						t.Fatalf("killed at request %d, found %d: %v, left %v", at, found.Leftovers, err, difference(after, before))
					}
				}
			})
		})
	}
}

// Scratch applications are found by name where a page does not show them all.
func TestLeftoversBeyondAPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := settled(t, nil, 51)
		before := n.names()
		n.killedAt(4, true)
		if slices.Equal(before, n.names()) {
			t.Fatal("nothing was left to be found")
		}
		d := n.doctor()
		if found := n.examine(d); found.Leftovers == 0 {
			t.Error("nothing was found")
		}
		if _, err := d.Clean(t.Context()); err != nil || !slices.Equal(before, n.names()) {
			t.Errorf("%v, left %v", err, difference(n.names(), before))
		}
	})
}

// killedAt probes until its request number at; ended tells that there was none.
func (n *tenant) killedAt(at int, done bool) (ended bool) {
	d := n.doctor()
	n.examine(d)
	count, died := 0, false
	n.before = func(req *http.Request) (*http.Response, error) {
		count++
		if count < at {
			return nil, nil
		}
		if count == at && done {
			n.serve(req)
		}
		died = true
		return nil, errDead
	}
	err := d.Probe(n.t.Context(), never(), quietly)
	n.before = nil
	if (err != nil) != died {
		n.t.Fatalf("killed at %d: %v", at, err)
	}
	return !died
}

// difference lists what only one of the two has.
func difference(a, b []string) []string {
	return slices.DeleteFunc(slices.Concat(a, b), func(s string) bool { return slices.Contains(a, s) && slices.Contains(b, s) })
}
