package remote_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/remote"
	"github.com/idpsync/idpsync/internal/sandbox"
)

type tree = map[string]any

// pool is a sandbox on loopback.
type pool struct {
	t    *testing.T
	web  *httptest.Server
	keys sandbox.Credentials
}

func serve(t *testing.T, dialect map[string]string, faults ...string) *pool {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{Dialect: dialect, Faults: faults, Templates: fstest.MapFS{}})
	if err != nil {
		t.Fatal(err)
	}
	p := &pool{t: t, web: httptest.NewServer(s), keys: s.Credentials()}
	t.Cleanup(func() {
		p.web.CloseClientConnections()
		p.web.Close()
		_ = s.Close()
	})
	return p
}

// open makes a client that has its token, reading nothing yet.
func (p *pool) open(settle time.Duration) *remote.Client {
	p.t.Helper()
	c, err := remote.New(remote.Config{
		Host: p.web.URL, UserPoolID: p.keys.UserPoolID, AccessKeyID: p.keys.AccessKeyID,
		AccessKeySecret: model.SecretValue("", p.keys.AccessKeySecret), Settle: settle, SecretPath: secretPath,
	})
	if err == nil {
		err = c.Open(p.t.Context())
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func secretPath(_ model.Kind, _ string, path model.Path) bool {
	last := strings.ToLower(path[len(path)-1])
	return strings.HasSuffix(last, "secret") || strings.HasSuffix(last, "signingkey")
}

// read reads the whole pool with a client of its own.
func (p *pool) read(h model.Handles) *model.State {
	p.t.Helper()
	c := p.open(0)
	p.readAll(c)
	return c.State(h)
}

func (p *pool) readAll(c *remote.Client) {
	p.t.Helper()
	ctx := p.t.Context()
	providers, err := c.Providers(ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	apps, err := c.Applications(ctx, true)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := c.Connections(ctx, ids(providers)); err != nil {
		p.t.Fatal(err)
	}
	if err := c.ProveConnections(ctx, ids(providers)); err != nil {
		p.t.Fatal(err)
	}
	if err := c.PermissionStrategies(ctx, ids(apps)); err != nil {
		p.t.Fatal(err)
	}
}

func ids(list []model.Observed) []string {
	out := make([]string, len(list))
	for i, o := range list {
		out[i] = o.ID
	}
	return out
}

var (
	corp    = model.Key{Kind: model.IdentityProvider, Name: "corp"}
	button  = model.Key{Kind: model.Connection, Name: "corp-oidc"}
	portal  = model.Key{Kind: model.Application, Name: "portal"}
	pressed = model.EnablementKey("portal", "corp-oidc")
)

// wanted is a small pool: one of each kind.
func wanted() []*model.Resource {
	return []*model.Resource{
		{Key: corp, Attributes: tree{"name": "Corp", "type": "oidc"}},
		{Key: button, Attributes: tree{
			"provider": "corp", "identifier": "corp-conn", "type": "oidc", "displayName": "Corp login", "loginOnly": false,
			"fields": tree{
				"issuerUrl": "https://idp.example.com", "clientID": "portal", "scopes": []any{"openid", "email"},
				"clientSecret": model.SecretValue("env:S", "hush-hush"),
			},
		}},
		{Key: portal, Attributes: tree{
			"appName": "Portal", "appIdentifier": "portal-app", "appType": "web",
			"redirectUris": []any{"https://a.example.com/cb", "https://b.example.com/cb"}, "ssoEnabled": false,
			"oidcConfig":         tree{"grant_types": []any{"authorization_code"}, "access_token_expire": json.Number("3600")},
			"loginConfig":        tree{"enabledBasicLoginMethods": []any{"PHONE_CODE"}, "showAuthorizationPage": true},
			"permissionStrategy": "DENY_ALL", "mfa": tree{"enabledFactors": []any{"OTP"}},
		}},
		{Key: pressed, Attributes: tree{}},
	}
}

// create makes the resources in order and tells their handles.
func create(t *testing.T, c *remote.Client, want []*model.Resource) model.Handles {
	t.Helper()
	h := model.Handles{}
	for _, r := range want {
		id, err := c.Create(t.Context(), r)
		if err != nil {
			t.Fatalf("create %s: %v", r.Key, err)
		}
		if r.Key.Kind != model.Enablement {
			h[model.ObjectID{Kind: r.Key.Kind, ID: id}] = r.Key
		}
	}
	return h
}

// missing lists what the state does not show of what is wanted; secrets and
// hidden paths do not count.
func missing(want []*model.Resource, s *model.State) []string {
	var out []string
	for _, w := range want {
		r := s.Get(w.Key)
		if r == nil {
			out = append(out, w.Key.String())
			continue
		}
		out = append(out, lacks(w.Key.String(), "", w.Attributes, r.Attributes, r.Hidden)...)
	}
	return out
}

func lacks(where, path string, want, have tree, hidden []string) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(want)) {
		p := strings.TrimPrefix(path+"."+k, ".")
		if slices.Contains(hidden, p) {
			continue
		}
		switch w := want[k].(type) {
		case model.Secret:
		case tree:
			h, _ := have[k].(tree)
			out = append(out, lacks(where, p, w, h, hidden)...)
		default:
			if fmt.Sprint(ordered(w)) != fmt.Sprint(ordered(have[k])) {
				out = append(out, fmt.Sprintf("%s %s: %v, want %v", where, p, have[k], w))
			}
		}
	}
	return out
}

func ordered(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	var out []string
	for _, e := range list {
		out = append(out, fmt.Sprint(e))
	}
	slices.Sort(out)
	return out
}
