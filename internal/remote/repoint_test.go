package remote

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/model"
)

const loginRef = "loginConfig.defaultLoginMethod.qrcodeConnection"

// replaced deletes the pool's connection and makes it anew under its handle, as
// c8, and tells the application as it was read before.
func replaced(t *testing.T, f *fake) (*Client, *model.Resource) {
	t.Helper()
	f.on("POST delete-ext-idp-conn", done()).on("POST create-ext-idp-conn", conn("c8", "corp-oidc")).on("POST update-application", done())
	c := loaded(t, f)
	s := c.State(handles(poolHandles))
	old := s.Get(key(model.Connection, "corp-oidc"))
	if err := c.Delete(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), desired(old.Key, old.Attributes)); err != nil {
		t.Fatal(err)
	}
	return c, s.Get(key(model.Application, "portal"))
}

// refersTo is portal with the button and the default login of one connection.
func refersTo(id string) tree {
	p := portal()
	p["loginConfig"].(tree)["defaultLoginMethod"].(tree)["qrcodeExtIdpConnId"] = id
	p["loginConfig"].(tree)["enabledExtIdpConns"] = []any{tree{"extIdpConnId": id, "extIdpConnIdentifier": "corp-oidc"}}
	return p
}

func repointed(app *model.Resource) *model.Resource {
	return desired(app.Key, tree{
		"appName":     "Portal",
		"loginConfig": tree{"defaultLoginMethod": tree{"connectionType": "QRCODE", "qrcodeConnection": "corp-oidc"}},
	})
}

// A handle that means another id than before is a difference, though it reads
// the same on both sides.
func TestRepoint(t *testing.T) {
	f := onePool(t)
	c, app := replaced(t, f)
	for range 2 { // the second time there is nothing left to send
		if err := c.Update(t.Context(), app, repointed(app)); err != nil {
			t.Fatal(err)
		}
	}
	sent := f.to("update-application")
	if len(sent) != 1 {
		t.Fatalf("%d updates were sent, want one", len(sent))
	}
	want := tree{"connectionType": "QRCODE", "qrcodeExtIdpConnId": "c8"}
	if d := cmp.Diff(want, sent[0]["loginConfig"].(tree)["defaultLoginMethod"]); d != "" {
		t.Error(d)
	}
}

// A connection that others deleted and this run made again is another one too.
func TestRepointAfterACreateAlone(t *testing.T) {
	f := onePool(t).on("POST create-ext-idp-conn", conn("c8", "corp-oidc")).on("POST update-application", done())
	c := loaded(t, f)
	s := c.State(handles(poolHandles))
	old, app := s.Get(key(model.Connection, "corp-oidc")), s.Get(key(model.Application, "portal"))
	if _, err := c.Create(t.Context(), desired(old.Key, old.Attributes)); err != nil {
		t.Fatal(err)
	}
	if err := c.Update(t.Context(), app, repointed(app)); err != nil || f.count("update-application") != 1 {
		t.Errorf("%d updates, %v", f.count("update-application"), err)
	}
}

// An update that says success=false is judged by ids too.
func TestRepointNotKept(t *testing.T) {
	for id, kept := range map[string]bool{"c1": false, "c8": true} {
		f := onePool(t)
		c, app := replaced(t, f)
		f.on("POST update-application", noLuck).on("GET get-application", refersTo(id))
		if err := c.Update(t.Context(), app, repointed(app)); (err == nil) != kept {
			t.Errorf("the server refers to %s: %v", id, err)
		}
	}
}

// After a replace, what still refers to the old id reads as something else.
func TestDanglingIDs(t *testing.T) {
	tests := []struct {
		id, handle string
	}{{"c1", "id:c1"}, {"c8", "corp-oidc"}, {"c77", "id:c77"}}
	for _, tt := range tests {
		f := onePool(t)
		c, app := replaced(t, f)
		for range 3 { // names are kept in maps: chance must not decide
			f.on("GET list-ext-idp-conns", []any{conn("c8", "corp-oidc")}).
				on("GET list-applications", tree{"totalCount": 1, "list": []any{refersTo(tt.id)}})
			s, err := c.Reread(t.Context(), []*model.Resource{app, desired(key(model.Connection, "corp-oidc"), tree{"provider": "corp"})})
			if err != nil {
				t.Fatal(err)
			}
			got := s.Get(app.Key)
			if got.Text("loginConfig", "defaultLoginMethod", "qrcodeConnection") != tt.handle || got.Refs[loginRef] != key(model.Connection, tt.handle) {
				t.Errorf("%s reads as %v", tt.id, got.Refs)
			}
			if e := s.Get(model.EnablementKey("portal", tt.handle)); e == nil || e.ID != "a1/"+tt.id {
				t.Errorf("the button for %s is not %s", tt.id, tt.handle)
			}
			if r := s.Get(key(model.Connection, "corp-oidc")); r == nil || r.ID != "c8" {
				t.Errorf("the handle means %v", r)
			}
			if id, err := c.resolve(key(model.Connection, "corp-oidc")); err != nil || id != "c8" {
				t.Errorf("a write would mean %s, %v", id, err)
			}
		}
	}
}

// A handle that was carried along from an older read, and whose connection is
// gone, is not sent.
func TestGoneSibling(t *testing.T) {
	f := onePool(t).on("POST delete-ext-idp-conn", done()).on("POST update-application", done())
	c := loaded(t, f)
	s := c.State(handles(poolHandles))
	app := s.Get(key(model.Application, "portal"))
	if err := c.Delete(t.Context(), s.Get(key(model.Connection, "corp-oidc"))); err != nil {
		t.Fatal(err)
	}
	method := tree{"connectionType": "PASSWORD", "qrcodeConnection": "corp-oidc"}
	if err := c.Update(t.Context(), app, desired(app.Key, tree{"loginConfig": tree{"defaultLoginMethod": method}})); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(tree{"connectionType": "PASSWORD"}, f.to("update-application")[0]["loginConfig"].(tree)["defaultLoginMethod"]); d != "" {
		t.Error(d)
	}
}

// A connection that was deleted and not made again is meant by no reference,
// but is shown under its handle as long as the list shows it.
func TestDeletedButShown(t *testing.T) {
	f := onePool(t).on("POST delete-ext-idp-conn", done())
	c := loaded(t, f)
	s := c.State(handles(poolHandles))
	gone, app := s.Get(key(model.Connection, "corp-oidc")), s.Get(key(model.Application, "portal"))
	if err := c.Delete(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	s, err := c.Reread(t.Context(), []*model.Resource{gone, app})
	if err != nil {
		t.Fatal(err)
	}
	if s.Get(gone.Key) == nil {
		t.Error("a delete that the server did not do looks done")
	}
	if got := s.Get(app.Key).Refs[loginRef]; got != key(model.Connection, "id:c1") {
		t.Errorf("the reference reads as %s", got)
	}
}
