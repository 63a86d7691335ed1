package remote_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/remote"
)

// dialects are the switches of the sandbox that a client of reads and writes
// can feel, each alone and some together.
var dialects = map[string]map[string]string{
	"default":          nil,
	"masked":           {"secrets": "masked"},
	"absent":           {"secrets": "absent"},
	"object":           {"connections": "object"},
	"string":           {"connections": "string"},
	"no conn-list":     {"conn-list": "off"},
	"neither":          {"conn-list": "off", "connections": "string", "conn-fields": "off"},
	"no fields":        {"conn-fields": "off"},
	"fields replace":   {"fields-update": "replace"},
	"config replace":   {"config-update": "replace"},
	"app full":         {"app-update": "full"},
	"all replace":      {"fields-update": "replace", "config-update": "replace", "app-update": "full"},
	"text arrays":      {"arrays": "string"},
	"needs all":        {"app-list": "needs-all"},
	"mirror":           {"http-status": "mirror"},
	"http404":          {"absent": "http404"},
	"http422":          {"absent": "http422"},
	"no list, http404": {"absent": "http404", "conn-list": "off"},
	"bare":             {"defaults": "bare"},
	"flagged":          {"enabled-list": "flagged"},
	"cascade less":     {"delete-idp": "refuse", "delete-conn": "dangling"},
	"null kept":        {"null-unsets": "off"},
	"many":             {"arrays": "string", "connections": "string", "http-status": "mirror", "absent": "http404", "app-update": "full", "config-update": "replace", "enabled-list": "flagged", "defaults": "bare", "secrets": "masked"},
}

// The life of a pool in every dialect: made, seen, changed, seen, taken away.
func TestLifeCycle(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(dialects)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, dialects[name])
			c := p.open(0)
			p.readAll(c)
			if s := c.State(nil); s.Len() != 0 || len(s.Gaps) != 0 {
				t.Fatalf("a new pool shows %d resources, gaps %v", s.Len(), s.Gaps)
			}
			want := wanted()
			h := create(t, c, want)
			s, err := c.Reread(t.Context(), want)
			if err != nil {
				t.Fatal(err)
			}
			if m := missing(want, s); len(m) > 0 || s.Len() != 4 || len(s.Gaps) > 0 {
				t.Fatalf("after the creates:\n%s\n%d resources, gaps %v", strings.Join(m, "\n"), s.Len(), s.Gaps)
			}
			change(t, c, s, want)
			for _, s := range []*model.State{reread(t, c, want), p.read(h)} {
				if m := missing(want, s); len(m) > 0 || len(s.Gaps) > 0 {
					t.Fatalf("after the updates:\n%s\ngaps %v", strings.Join(m, "\n"), s.Gaps)
				}
			}
			takeAway(t, c, reread(t, c, want), want)
			if s := reread(t, c, want); s.Len() != 0 {
				t.Errorf("%d resources are left", s.Len())
			}
			if s := p.read(nil); s.Len() != 0 {
				t.Errorf("%d resources are left on the server", s.Len())
			}
		})
	}
}

func reread(t *testing.T, c *remote.Client, touched []*model.Resource) *model.State {
	t.Helper()
	s, err := c.Reread(t.Context(), touched)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// change edits what is wanted and updates the server to it.
func change(t *testing.T, c *remote.Client, s *model.State, want []*model.Resource) {
	t.Helper()
	want[0].Attributes["name"] = "Corp renamed"
	want[1].Attributes["fields"].(tree)["issuerUrl"] = "https://new.example.com"
	want[1].Attributes["fields"].(tree)["scopes"] = []any{}
	want[1].Attributes["loginOnly"] = true
	want[2].Attributes["appName"] = "Portal renamed"
	want[2].Attributes["redirectUris"] = []any{}
	want[2].Attributes["oidcConfig"].(tree)["access_token_expire"] = json.Number("60")
	want[2].Attributes["permissionStrategy"] = "ALLOW_ALL"
	want[2].Attributes["loginConfig"].(tree)["showAuthorizationPage"] = false
	for _, w := range want[:3] {
		if err := c.Update(t.Context(), s.Get(w.Key), w); err != nil {
			t.Fatalf("update %s: %v", w.Key, err)
		}
	}
}

func takeAway(t *testing.T, c *remote.Client, s *model.State, want []*model.Resource) {
	t.Helper()
	for _, w := range slices.Backward(want) {
		for range 2 { // the second time it is absent already
			if err := c.Delete(t.Context(), s.Get(w.Key)); err != nil {
				t.Fatalf("delete %s: %v", w.Key, err)
			}
		}
	}
}

// A name that the server takes and does not keep is told by its path.
func TestNameNotKept(t *testing.T) {
	p := serve(t, map[string]string{"update-app": "keep-name"})
	c := p.open(0)
	p.readAll(c)
	want := wanted()
	create(t, c, want)
	from := reread(t, c, want).Get(portal)
	want[2].Attributes["appName"] = "Another"
	want[2].Attributes["ssoEnabled"] = true
	err := c.Update(t.Context(), from, want[2])
	var e *remote.Error
	if !errors.As(err, &e) || !slices.Equal(e.NotKept(), []string{"appName"}) || e.Unknown() {
		t.Fatalf("err = %v", err)
	}
	if v, _ := p.read(nil).Get(model.Key{Kind: model.Application, Name: "portal-app"}).At("ssoEnabled"); v != true {
		t.Error("the other field was not changed")
	}
}

// Whatever happens to the answer of a create, the object exists once in the
// end, or the step says that it failed and nothing exists.
func TestFaultyCreates(t *testing.T) {
	paths := []string{"create-ext-idp", "create-ext-idp-conn", "create-application"}
	actions := []string{"drop-before", "drop-after", "status=500", "status=502", "garbage", "truncate", "success-false", "429"}
	for i, path := range paths {
		for _, action := range actions {
			t.Run(path+" "+action, func(t *testing.T) {
				t.Parallel()
				p := serve(t, nil, "POST /api/v3/"+path+" #1 "+action)
				c := p.open(0)
				p.readAll(c)
				want := wanted()[:i+1]
				h := model.Handles{}
				for _, r := range want {
					id, err := c.Create(t.Context(), r)
					if err != nil {
						var e *remote.Error
						if !errors.As(err, &e) || e.Unknown() || action != "success-false" {
							t.Fatalf("create %s: %v", r.Key, err)
						}
						return
					}
					h[model.ObjectID{Kind: r.Key.Kind, ID: id}] = r.Key
				}
				s := p.read(h)
				if m := missing(want, s); len(m) > 0 || s.Len() != len(want) {
					t.Errorf("%d resources; %v", s.Len(), m)
				}
			})
		}
	}
}

// A provider list that the server cuts is a gap.
func TestFirstTenProviders(t *testing.T) {
	p := serve(t, map[string]string{"idp-list": "first10"})
	c := p.open(0)
	p.readAll(c)
	for i := range 12 {
		k := model.Key{Kind: model.IdentityProvider, Name: fmt.Sprint("p", i)}
		if _, err := c.Create(t.Context(), &model.Resource{Key: k, Attributes: tree{"name": k.Name, "type": "oidc"}}); err != nil {
			t.Fatal(err)
		}
	}
	s := p.read(nil)
	if len(s.Gaps) != 1 || s.Gaps[0].Kind != model.IdentityProvider || s.Gaps[0].Reason != "list-ext-idp: 10 read, totalCount 12" {
		t.Errorf("gaps %v", s.Gaps)
	}
}
