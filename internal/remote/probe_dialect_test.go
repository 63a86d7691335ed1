package remote_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/remote"
	"github.com/idpsync/idpsync/internal/sandbox"
)

// switchValues are all the values of spec 8, the default first. Of a duration it
// is two that a doctor can tell apart.
var switchValues = map[string][]string{
	"secrets": {"clear", "masked", "absent"}, "connections": {"array", "object", "string"},
	"conn-list": {"on", "off"}, "conn-fields": {"on", "off"}, "fields-update": {"merge", "replace"},
	"config-update": {"merge", "replace"}, "null-unsets": {"on", "off"}, "arrays": {"array", "string"},
	"stale-reads": {"0ms", "700ms"}, "app-list": {"any", "needs-all"}, "idp-list": {"full", "first10"},
	"template-data": {"string", "object"}, "v3": {"on", "off"}, "token-ttl": {"2h", "1m"},
	"http-status": {"ok", "mirror"}, "absent": {"body404", "http404", "http422"}, "update-app": {"ok", "keep-name"},
	"delete-idp": {"cascade", "refuse"}, "delete-conn": {"cascade", "refuse", "dangling"}, "app-update": {"partial", "full"},
	"allow-multiple": {"enforce", "ignore"}, "defaults": {"inject", "bare"}, "new-conn": {"disabled", "enabled"},
	"enabled-list": {"only", "flagged"}, "integrated-id": {"ignored", "kept"}, "v2-token": {"any", "own"}, "v2": {"on", "off"},
}

// blind lists what a probe cannot see under a switch value, and why. Everything
// else must be told right.
var blind = map[string]map[string]string{
	"conn-fields=off": {
		"secrets":       "no read shows the fields of a connection",
		"fields-update": "no read shows the fields of a connection",
	},
	"new-conn=enabled": {"delete-idp": "a second scratch connection would show on every login page"},
	"app-update=full":  {"config-update": "an update replaces the whole application"},
	"v2=off":           {"v2-token": "nobody takes a V2 token"},
}

// tenant is a sandbox without a network, so that time may be the test's own.
type tenant struct {
	t    *testing.T
	s    *sandbox.Server
	mu   sync.Mutex
	seen []string
	skew time.Duration
	// before is called with each request; what it returns is answered instead.
	before func(*http.Request) (*http.Response, error)
}

func newTenant(t *testing.T, dialect map[string]string) *tenant {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{Dialect: dialect})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &tenant{t: t, s: s}
}

// RoundTrip implements http.RoundTripper.
func (n *tenant) RoundTrip(req *http.Request) (*http.Response, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen = append(n.seen, req.Method+" "+req.URL.Path)
	if n.before != nil {
		if resp, err := n.before(req); resp != nil || err != nil {
			return resp, err
		}
	}
	return n.serve(req), nil
}

func (n *tenant) serve(req *http.Request) *http.Response {
	in := req.Clone(req.Context())
	in.RemoteAddr, in.RequestURI = "127.0.0.1:40000", req.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	n.s.ServeHTTP(rec, in)
	resp := rec.Result()
	resp.Header.Set("Date", time.Now().Add(n.skew).UTC().Format(http.TimeFormat))
	return resp
}

func (n *tenant) config() remote.Config {
	k := n.s.Credentials()
	return remote.Config{
		Host: "https://api.example.com", UserPoolID: k.UserPoolID, AccessKeyID: k.AccessKeyID,
		AccessKeySecret: model.SecretValue("", k.AccessKeySecret), SecretPath: secretPath, Transport: n,
	}
}

func (n *tenant) doctor() *remote.Doctor {
	n.t.Helper()
	d, err := remote.NewDoctor(n.config())
	if err != nil {
		n.t.Fatal(err)
	}
	return d
}

func (n *tenant) examine(d *remote.Doctor) *remote.Diagnosis {
	n.t.Helper()
	found, err := d.Examine(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	return found
}

// call is a person at the console.
func (n *tenant) call(method, path, body string) map[string]any {
	n.t.Helper()
	req := httptest.NewRequest(method, "http://127.0.0.1:4010"+path, strings.NewReader(body))
	req.RemoteAddr = "127.0.0.1:40000"
	req.Header.Set("Content-Type", "application/json")
	if !strings.HasPrefix(path, "/_sandbox/") && !strings.HasSuffix(path, "-token") {
		k := n.s.Credentials()
		t := n.call("POST", "/api/v3/get-management-token", fmt.Sprintf(`{"accessKeyId":%q,"accessKeySecret":%q}`, k.AccessKeyID, k.AccessKeySecret))
		req.Header.Set("Authorization", "Bearer "+t["data"].(tree)["access_token"].(string))
	}
	rec := httptest.NewRecorder()
	n.s.ServeHTTP(rec, req)
	var out map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
		n.t.Fatalf("%s %s: %v", method, path, err)
	}
	return out
}

// names lists all objects of the pool, with the buttons of each application.
func (n *tenant) names() []string {
	n.t.Helper()
	state := n.call("GET", "/_sandbox/state", "")
	var out []string
	for _, p := range state["identityProviders"].([]any) {
		p := p.(tree)
		out = append(out, "provider "+p["name"].(string))
		for _, c := range p["connections"].([]any) {
			out = append(out, "connection "+c.(tree)["identifier"].(string))
		}
	}
	for _, a := range state["applications"].([]any) {
		a := a.(tree)
		login := a["loginConfig"].(tree)
		buttons, _ := login["enabledExtIdpConns"].([]any)
		out = append(out, fmt.Sprintf("application %s, %d buttons", a["appIdentifier"], len(buttons)))
	}
	slices.Sort(out)
	return out
}

func never() <-chan struct{} { return nil }

func quietly(string) {}

// What a doctor says after a probe is what the dialect was set to, for every
// value of every switch alone, and the pool is as it was.
func TestProbeTellsEverySwitch(t *testing.T) {
	if got, want := slices.Sorted(maps.Keys(switchValues)), slices.Sorted(slices.Values(remote.Switches())); !slices.Equal(got, want) {
		t.Fatalf("the test knows %v, the doctor %v", got, want)
	}
	for _, name := range remote.Switches() {
		for _, value := range switchValues[name] {
			t.Run(name+"="+value, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					n := newTenant(t, map[string]string{name: value})
					d := n.doctor()
					found := n.examine(d)
					if value != "off" || name != "v3" {
						if err := d.Probe(t.Context(), never(), quietly); err != nil {
							t.Error(err)
						}
					}
					compareTraits(t, found, name, value)
					if left := n.names(); len(left) > 0 {
						t.Errorf("left behind: %v", left)
					}
				})
			})
		}
	}
}

func compareTraits(t *testing.T, found *remote.Diagnosis, name, value string) {
	t.Helper()
	hidden := blind[name+"="+value]
	for _, s := range remote.Switches() {
		want := switchValues[s][0]
		if s == name {
			want = value
		}
		got := found.Traits[s]
		_, cannot := hidden[s]
		if name+value == "v3off" && s != "v3" && s != "v2" {
			cannot = true
		}
		switch {
		case cannot && (got.Evidence != remote.Unknown || got.Value != "" || got.Why == ""):
			t.Errorf("%s is told to be %q, and nobody can see that", s, got.Value)
		case cannot:
		case s == "stale-reads" && want != "0ms":
			// What is seen is the lag, and the time of a poll on top of it.
			lag, err := time.ParseDuration(got.Value)
			if true, _ := time.ParseDuration(want); err != nil || lag < true || lag > 2*true {
				t.Errorf("%s is told to be %q, it is %s", s, got.Value, want)
			}
		case got.Value != want || got.Evidence == remote.Unknown:
			t.Errorf("%s is told to be %q (%s; %s), it is %s", s, got.Value, got.Evidence, got.Why, want)
		}
	}
	if len(found.Checks) == 0 || found.Failed() {
		t.Errorf("checks: %+v", found.Checks)
	}
}
