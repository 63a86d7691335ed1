package remote_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/remote"
)

// A connection that is deleted and made again takes the default login of the
// applications with it, whatever the server does with the old id.
func TestReplaceRepoints(t *testing.T) {
	for _, dialect := range []map[string]string{nil, {"delete-conn": "dangling"}, {"delete-conn": "dangling", "app-update": "full", "arrays": "string"}} {
		p := serve(t, dialect)
		c := p.open(0)
		p.readAll(c)
		want := wanted()
		want[1].Attributes["type"], want[0].Attributes["type"] = "ldap", "ldap"
		want[2].Attributes["loginConfig"].(tree)["defaultLoginMethod"] = tree{"connectionType": "LDAP", "ldapConnection": "corp-oidc"}
		create(t, c, want)
		s := reread(t, c, want)
		app, conn := s.Get(portal), s.Get(button)
		for _, step := range []func() error{
			func() error { return c.Delete(t.Context(), s.Get(pressed)) },
			func() error { return c.Delete(t.Context(), conn) },
			func() error { _, err := c.Create(t.Context(), want[1]); return err },
			func() error { _, err := c.Create(t.Context(), want[3]); return err },
		} {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
		if dialect["delete-conn"] == "dangling" {
			if got := reread(t, c, want).Get(portal).Text("loginConfig", "defaultLoginMethod", "ldapConnection"); got != "id:"+conn.ID {
				t.Errorf("%v: the dead id reads as %q", dialect, got)
			}
		}
		if err := c.Update(t.Context(), app, want[2]); err != nil {
			t.Fatal(err)
		}
		fresh := p.read(nil)
		k := model.Key{Kind: model.Connection, Name: "corp-conn"}
		got := fresh.Get(model.Key{Kind: model.Application, Name: "portal-app"})
		if ref := got.Refs["loginConfig.defaultLoginMethod.ldapConnection"]; ref != k || fresh.Get(k).ID == conn.ID {
			t.Errorf("%v: the application refers to %s", dialect, ref)
		}
		if m := missing(want, reread(t, c, want)); len(m) > 0 {
			t.Errorf("%v: %v", dialect, m)
		}
	}
}

// A name that is never kept does not keep the permission strategy from being set.
func TestStrategyBesideANameNotKept(t *testing.T) {
	p := serve(t, map[string]string{"update-app": "keep-name"})
	c := p.open(0)
	p.readAll(c)
	want := wanted()
	create(t, c, want)
	from := reread(t, c, want).Get(portal)
	want[2].Attributes["appName"], want[2].Attributes["permissionStrategy"] = "Another", "ALLOW_ALL"
	var e *remote.Error
	if err := c.Update(t.Context(), from, want[2]); !errors.As(err, &e) || !slices.Equal(e.NotKept(), []string{"appName"}) || e.Unknown() || e.Unavailable() {
		t.Fatalf("err = %v", err)
	}
	if got := p.read(nil).Get(model.Key{Kind: model.Application, Name: "portal-app"}).Text("permissionStrategy"); got != "ALLOW_ALL" {
		t.Errorf("the strategy is %s", got)
	}
}

// Arrays, nulls in them and texts that look like arrays read back as declared.
func TestFieldsReadBack(t *testing.T) {
	one := json.Number("1")
	arrays := tree{"deep": tree{"list": []any{"a", "b"}, "numbers": []any{one}}, "rows": []any{tree{"x": []any{one}, "y": "z"}}, "none": []any{}}
	tests := []struct {
		name    string
		dialect map[string]string
		fields  tree
		objects int // 2 is a pool without an application
	}{
		{"arrays", nil, arrays, 4},
		{"arrays as text", map[string]string{"arrays": "string"}, arrays, 4},
		{"arrays as text, no application", map[string]string{"arrays": "string"}, arrays, 2},
		{"texts", nil, tree{"numbers": "[1]", "words": `["a"]`, "prose": "[1] or [2]"}, 4},
		{"texts, no application", nil, tree{"numbers": "[1]", "real": []any{"a"}}, 2},
		{"texts that are none", map[string]string{"arrays": "string"}, tree{"prose": "[1] or [2]", "open": "[1"}, 4},
		{"nulls", nil, tree{"mixed": []any{one, "a", nil, tree{"x": nil}}}, 4},
		{"nulls as text", map[string]string{"arrays": "string"}, tree{"mixed": []any{one, "a", nil, tree{"x": nil}}}, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := serve(t, tt.dialect)
			c := p.open(0)
			p.readAll(c)
			want := wanted()
			want[1].Attributes["fields"] = tt.fields
			create(t, c, want[:tt.objects])
			got := p.read(nil).Get(model.Key{Kind: model.Connection, Name: "corp-conn"})
			for k, v := range tt.fields {
				shown, _ := got.At("fields", k)
				if d := cmp.Diff(v, shown); d != "" {
					t.Errorf("%s:\n%s", k, d)
				}
			}
		})
	}
}

// What becomes of a secret that an update leaves out is found out, and told.
func TestWithheldSecret(t *testing.T) {
	for _, dialect := range []map[string]string{
		{"fields-update": "replace"},
		{"fields-update": "replace", "secrets": "masked"},
		{"fields-update": "replace", "conn-list": "off"},
		{"fields-update": "merge"},
		{"secrets": "masked"},
	} {
		p := serve(t, dialect)
		c := p.open(0)
		p.readAll(c)
		want := wanted()
		create(t, c, want)
		c = p.open(0) // another run
		p.readAll(c)
		from := c.State(nil).Get(model.Key{Kind: model.Connection, Name: "corp-conn"})
		to := &model.Resource{Key: from.Key, Attributes: tree{"provider": from.Text("provider"), "displayName": "New", "fields": tree{"clientSecret": model.ServerSecret()}}}
		err := c.Update(t.Context(), from, to)
		var e *remote.Error
		switch replaces := dialect["fields-update"] == "replace"; {
		case !replaces && err != nil:
			t.Errorf("%v: %v", dialect, err)
		case replaces && (!errors.As(err, &e) || !slices.Equal(e.LostKeys(), []string{"fields.clientSecret"}) || e.Unknown()):
			t.Errorf("%v: %v", dialect, err)
		}
	}
}

// An update of an application that was stored and cost a secret is written: its
// part counts as done.
func TestForgottenSecretOfAnApplication(t *testing.T) {
	p := serve(t, map[string]string{"config-update": "replace", "secrets": "masked"})
	c := p.open(0)
	p.readAll(c)
	app := model.Key{Kind: model.Application, Name: "portal"}
	saml := tree{"acs": "https://a.example.com", "samlResponseSigningKey": model.SecretValue("env:K", "pem")}
	create(t, c, []*model.Resource{{Key: app, Attributes: tree{"appName": "Portal", "appIdentifier": "portal", "samlConfig": saml}}})
	c = p.open(0) // another run
	p.readAll(c)
	from := c.State(nil).Get(app)
	err := c.Update(t.Context(), from, &model.Resource{Key: app, Attributes: tree{"appName": "Portal", "samlConfig": tree{"acs": "https://b.example.com"}}})
	var e *remote.Error
	if !errors.As(err, &e) || !slices.Equal(e.LostKeys(), []string{"samlConfig.samlResponseSigningKey"}) || !slices.Equal(e.PartsDone(), []string{"settings"}) {
		t.Errorf("%v", err)
	}
}
