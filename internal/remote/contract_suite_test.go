package remote_test

import (
	"cmp"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/remote"
	"github.com/idpsync/idpsync/internal/sandbox"
)

// The variables that point the contract at a real tenant. Only objects with a
// random prefix are made there, and removed at the end.
const (
	conformanceHost   = "IDPSYNC_CONFORMANCE_HOST"
	conformanceCore   = "IDPSYNC_CONFORMANCE_CORE_HOST"
	conformanceKeyID  = "IDPSYNC_CONFORMANCE_ACCESS_KEY_ID"
	conformanceSecret = "IDPSYNC_CONFORMANCE_ACCESS_KEY_SECRET"
	conformancePool   = "IDPSYNC_CONFORMANCE_USER_POOL_ID"
)

// contractHead begins the name of every object that the contract makes.
const contractHead = "idpsync-test-"

// contract is one server that is held to the promises of contract_test.go.
type contract struct {
	*testing.T
	cfg  remote.Config
	head string // of this run's names
	n    int
	// asked counts the requests of all clients.
	asked *atomic.Int64
	// v2 tells that nothing but V2 is spoken.
	v2 bool
	// sweeper is the client that sweep deletes with.
	sweeper *remote.Client
}

// countingTransport counts requests.
type countingTransport struct {
	next  http.RoundTripper
	asked *atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (c countingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	c.asked.Add(1)
	return c.next.RoundTrip(req)
}

// TestContract holds the client to its promises: over the sandbox always, over
// the older generation alone, and over a real tenant when one is named.
func TestContract(t *testing.T) {
	for name, dialect := range map[string]map[string]string{
		"sandbox": nil,
		"strange sandbox": {
			"arrays": "string", "connections": "string", "conn-list": "off", "http-status": "mirror",
			"absent": "http404", "app-update": "full", "config-update": "replace", "enabled-list": "flagged", "defaults": "bare",
		},
		"sandbox by V2": {"v3": "off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := sandbox.New(sandbox.Options{Dialect: dialect})
			if err != nil {
				t.Fatal(err)
			}
			web := httptest.NewServer(s)
			t.Cleanup(func() { web.Close(); _ = s.Close() })
			keys := s.Credentials()
			cfg := remote.Config{
				Host: web.URL, UserPoolID: keys.UserPoolID, AccessKeyID: keys.AccessKeyID,
				AccessKeySecret: model.SecretValue("", keys.AccessKeySecret), SecretPath: secretPath,
			}
			if dialect["v3"] == "off" {
				cfg.API = remote.OnlyV2
			}
			holdToContract(t, cfg)
		})
	}
	host := os.Getenv(conformanceHost)
	if host == "" {
		t.Logf("the sandbox alone: %s, %s, %s and %s would name a tenant", conformanceHost, conformanceKeyID, conformanceSecret, conformancePool)
		return
	}
	t.Run("tenant", func(t *testing.T) { holdToContract(t, tenantConfig(t, host)) })
}

// tenantConfig reads the access to a real tenant from the environment.
func tenantConfig(t *testing.T, host string) remote.Config {
	t.Helper()
	get := func(name string) string {
		v := os.Getenv(name)
		if v == "" {
			t.Fatalf("%s is set and %s is not", conformanceHost, name)
		}
		return v
	}
	return remote.Config{
		Host: host, CoreHost: cmp.Or(os.Getenv(conformanceCore), strings.Replace(host, "://api.", "://core.", 1)),
		UserPoolID: get(conformancePool), AccessKeyID: get(conformanceKeyID),
		AccessKeySecret: model.SecretValue("", get(conformanceSecret)),
		SecretPath:      secretPath, Settle: 10 * time.Second, MaxRPS: 20,
	}
}

// holdToContract makes each promise a test, and leaves nothing behind.
func holdToContract(t *testing.T, cfg remote.Config) {
	asked := &atomic.Int64{}
	cfg.Transport = countingTransport{http.DefaultTransport, asked}
	base := &contract{
		T: t, cfg: cfg, asked: asked, v2: cfg.API == remote.OnlyV2,
		head: contractHead + strings.ToLower(rand.Text()[:6]),
	}
	t.Cleanup(base.sweep)
	for i, p := range promises {
		t.Run(p.says, func(t *testing.T) {
			c := *base
			c.T, c.n = t, 100*i
			p.holds(&c)
		})
	}
}

// client makes a client that has its token; another one stands for another run.
func (c *contract) client() *remote.Client {
	c.Helper()
	r, err := remote.New(c.cfg)
	if err == nil {
		err = r.Open(c.Context())
	}
	if err != nil {
		c.Fatal(err)
	}
	return r
}

// reader is a client that has read the whole pool's lists.
func (c *contract) reader() *remote.Client {
	c.Helper()
	r := c.client()
	c.must(r.Providers(c.Context()))
	c.must(r.Applications(c.Context(), true))
	return r
}

func (c *contract) must(_ any, err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func (c *contract) ok(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// made creates resources with one client, waits until it sees them, and returns
// their ids.
func (c *contract) made(r *remote.Client, rs ...*model.Resource) []string {
	c.Helper()
	ids := make([]string, len(rs))
	for i, want := range rs {
		id, err := r.Create(c.Context(), want)
		if err != nil {
			c.Fatalf("create %s: %v", want.Key, err)
		}
		ids[i] = id
	}
	c.seen(r, func(s *model.State) bool {
		return !slices.ContainsFunc(rs, func(w *model.Resource) bool { return s.Get(w.Key) == nil })
	}, rs...)
	return ids
}

// seen reads again what was touched until the state is as wanted, which a real
// tenant may take a while for, and returns the last state.
func (c *contract) seen(r *remote.Client, wanted func(*model.State) bool, touched ...*model.Resource) *model.State {
	c.Helper()
	for deadline := time.Now().Add(c.cfg.Settle); ; {
		s, err := r.Reread(c.Context(), touched)
		c.ok(err)
		if wanted(s) {
			return s
		}
		if time.Now().After(deadline) {
			return s
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-c.Context().Done():
			c.Fatal("interrupted")
		}
	}
}

// agrees wants the server to show what is declared, sooner or later.
func (c *contract) agrees(r *remote.Client, want ...*model.Resource) *model.State {
	c.Helper()
	s := c.seen(r, func(s *model.State) bool { return len(missing(want, s)) == 0 }, want...)
	if m := missing(want, s); len(m) > 0 {
		c.Fatalf("not as declared: %v", m)
	}
	return s
}

// gone wants the server to show none of the resources, sooner or later.
func (c *contract) gone(r *remote.Client, rs ...*model.Resource) {
	c.Helper()
	still := func(s *model.State) bool {
		return slices.ContainsFunc(rs, func(w *model.Resource) bool { return s.Get(w.Key) != nil })
	}
	if still(c.seen(r, func(s *model.State) bool { return !still(s) }, rs...)) {
		c.Error("what was deleted is still there")
	}
}

var errNone = errors.New("no error")

// problem is the *remote.Error in err.
func (c *contract) problem(err error) *remote.Error {
	c.Helper()
	var e *remote.Error
	if !errors.As(err, &e) {
		c.Fatalf("want a *remote.Error, got %v", cmp.Or(err, errNone))
	}
	return e
}
