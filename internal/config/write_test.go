package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// emptyProject is a project without documents.
func emptyProject(t testing.TB) *config.Project {
	t.Helper()
	dir := t.TempDir()
	text := "apiVersion: idpsync/v1\nkind: Project\ntargets:\n  pool: {sandbox: {}, vars: {x: wrong}}\n"
	if err := os.WriteFile(filepath.Join(dir, config.ProjectFile), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	p, found, err := config.Load(dir, config.Options{})
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	return p
}

// readBack reads documents as a project does, and gives what they ask for.
func readBack(t testing.TB, docs ...config.Written) (*model.State, []diagnostic.Diagnostic) {
	t.Helper()
	p := emptyProject(t)
	for _, d := range docs {
		file := filepath.Join(p.Dir, strings.ReplaceAll(d.File, "/", "-"))
		if err := os.WriteFile(file, d.Text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	again, found, err := config.Load(p.Dir, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	desired, more := again.Desired("pool")
	return desired.State, append(found, more...)
}

func write(t testing.TB, w *config.Writer, r *model.Resource) config.Written {
	t.Helper()
	d, err := w.Document(config.Subject{Resource: r})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

type tree = map[string]any

// FuzzWrite: what is written reads back as what it was, wherever it stands.
func FuzzWrite(f *testing.F) {
	for _, s := range []string{
		"", "yes", "~", "1e3", "2027-01-01", "a: b", "a #b", " x", "x ", "x\ny", "x\n", "\n", "x\r\ny", "\tx", "x\n\ty", "${var.x}", "$${var.x}", "$$${", "${var", "x ${var.x} y", "企业微信", "\ufeff", "\u2028", "\x00",
		"\uf8f0\uf8f1${var.x}", "<<", "'", "\"", "\\", "!x", "- x", "---", "...\n---\n", "x:\n  y: ${var.x}\n", "x: ", "#", "a, b: c", "x\n\n\ny", "x\n y", "\n x", "x \ny", "x\u0085y",
	} {
		f.Add(s, "key", 1.5)
		f.Add("x", s, 0.0)
	}
	p := emptyProject(f)
	f.Fuzz(func(t *testing.T, s, k string, number float64) {
		n, err := json.Marshal(number)
		if err != nil || !utf8.ValidString(s) || !utf8.ValidString(k) || k == "secretFrom" || k == "fileFrom" || k == "" || len(k) > 1000 || strings.Contains(s, "ENC[AES") || strings.Contains(s, "age") {
			return
		}
		conn := &model.Resource{Key: key(t, "connection/c"), Attributes: tree{
			"provider": "p", "identifier": "c", "type": "unheard-of", "displayName": "C" + s,
			"fields": tree{"a": s, "b": []any{s, tree{"in": s}}, "c": tree{"deep": tree{"er": s}}, "n": json.Number(n), "m": tree{k: s}, "t": true, "e": tree{}, "l": []any{}},
		}}
		idp := &model.Resource{Key: key(t, "identityprovider/p"), Attributes: tree{"name": "P" + s, "type": "unheard"}}
		w := &config.Writer{Project: p, Reveal: []config.Place{{Key: conn.Key, Path: "fields"}}}
		state, found := readBack(t, write(t, w, idp), write(t, w, conn))
		if diagnostic.HasErrors(found) {
			t.Fatalf("%+v", found)
		}
		want := tree{}
		for name, v := range conn.Attributes {
			want[name] = v
		}
		if w.Project.Catalog().Secret(model.Connection, "unheard-of", model.Path{"fields", "m", k}) {
			return // no server value there is a plain text
		}
		if diff := cmp.Diff(want, state.Get(conn.Key).Attributes); diff != "" {
			t.Errorf("the connection changed: %s\n%s", diff, write(t, w, conn).Text)
		}
		if got := state.Get(idp.Key).Text("name"); got != "P"+s {
			t.Errorf("the name %q became %q", "P"+s, got)
		}
	})
}

// TestWriteKeeps: secrets and texts of unknown keys stay out of the documents,
// wherever they stand, and what is left validates.
func TestWriteKeeps(t *testing.T) {
	secret := model.SecretValue("", "canary")
	conn := &model.Resource{Key: key(t, "connection/corp"), Attributes: tree{
		"provider": "p", "identifier": "corp", "type": "oidc", "displayName": "C", "logo": nil,
		"fields": tree{
			"mode": "FRONT_CHANNEL", "issuerUrl": "https://id.example.com", "clientID": "known", "clientSecret": secret,
			"odd": "canary", "oddEmpty": "", "oddNumber": json.Number("1"), "oddFlag": false, "oddNull": nil,
			"oddList": []any{"canary"}, "oddNumbers": []any{json.Number("1")}, "oddTree": tree{"x": tree{"y": "canary", "z": true}}, "oddObjects": []any{tree{"x": "canary"}},
			"hidden.too": "canary", "nothing": tree{"x": nil},
		},
	}}
	app := &model.Resource{Key: key(t, "application/portal"), Attributes: tree{
		"appName": "Portal", "appIdentifier": "portal", "customBrandingEnabled": true,
		"brandingConfig": tree{"showAgreement": true, "agreements": []any{"x"}, "customCSS": "known", "unheardOf": "canary"},
		"oidcConfig":     tree{"jwks": model.SecretValue("", "canary"), "client_secret": secret, "grant_types": []any{"authorization_code"}, "unheard_of": "canary", "redirect_uris": []any{"canary"}},
		"casConfig":      tree{"customAttributes": tree{"any": "known"}}, "samlConfig": tree{"mappings": tree{"any": "known"}, "samlResponseSigningKey": secret},
		"tenantId": "canary",
	}}
	w := &config.Writer{Project: emptyProject(t)}
	docs := []config.Written{write(t, w, &model.Resource{Key: key(t, "identityprovider/p"), Attributes: tree{"name": "P", "type": "oidc"}}), write(t, w, conn), write(t, w, app)}
	for _, d := range docs {
		if strings.Contains(string(d.Text), "canary") || d.Lenient {
			t.Errorf("lenient %v:\n%s", d.Lenient, d.Text)
		}
	}
	if n := strings.Count(string(docs[2].Text), "known"); n != 3 {
		t.Errorf("%d of 3 known texts are there:\n%s", n, docs[2].Text)
	}
	const c, a = "connection/corp/fields.", "application/portal/"
	want := [][]string{
		{c + "clientSecret"},
		{c + `"hidden.too"`, c + "odd", c + "oddList", c + "oddObjects", c + "oddTree.x.y"},
		{a + "oidcConfig.client_secret", a + "oidcConfig.jwks", a + "samlConfig.samlResponseSigningKey"},
		{a + "oidcConfig.unheard_of"},
	}
	if diff := cmp.Diff(want, [][]string{docs[1].Kept, docs[1].Unknown, docs[2].Kept, docs[2].Unknown}); diff != "" {
		t.Error(diff)
	}
	state, found := readBack(t, docs...)
	if diagnostic.HasErrors(found) {
		t.Errorf("%+v", found)
	}
	fields := state.Get(conn.Key).Attributes["fields"].(tree)
	for _, name := range []string{"nothing", "oddNull"} {
		if _, there := fields[name]; there {
			t.Errorf("%s is managed", name)
		}
	}
	if s, _ := fields["oddList"].(model.Secret); !s.Server() || fields["oddEmpty"] != "" || fields["oddFlag"] != false {
		t.Errorf("%v", fields)
	}
}

// TestWriteFits: a required secret that the server does not show is there all
// the same, and what does not fit says so instead of failing.
func TestWriteFits(t *testing.T) {
	w := &config.Writer{Project: emptyProject(t)}
	idp := write(t, w, &model.Resource{Key: key(t, "identityprovider/p"), Attributes: tree{"name": "P", "type": "github"}})
	conn := func(name string, fields any) *model.Resource {
		r := &model.Resource{Key: key(t, "connection/"+name), Attributes: tree{"provider": "p", "identifier": name, "type": "github", "displayName": "C"}}
		if fields != nil {
			r.Attributes["fields"] = fields
		}
		return r
	}
	docs := []config.Written{idp}
	for _, c := range []struct {
		name    string
		fields  any
		lenient bool
		kept    []string
	}{
		{"shown", tree{"clientID": "x", "clientSecret": model.SecretValue("", "s")}, false, []string{"connection/shown/fields.clientSecret"}},
		{"computed", tree{"clientID": "x", "clientSecret": model.SecretValue("", "s"), "redirectUrl": "canary"}, false, []string{"connection/computed/fields.clientSecret"}},
		{"absent", tree{"clientID": "x"}, false, []string{"connection/absent/fields.clientSecret"}},
		{"empty", tree{"clientID": "", "clientSecret": ""}, true, nil},
		{"wrong", tree{"clientID": json.Number("5"), "clientSecret": model.SecretValue("", "s")}, true, []string{"connection/wrong/fields.clientSecret"}},
	} {
		d := write(t, w, conn(c.name, c.fields))
		if d.Lenient != c.lenient || !slices.Equal(d.Kept, c.kept) || strings.Contains(string(d.Text), "canary") {
			t.Errorf("%s: lenient %v, kept %v:\n%s", c.name, d.Lenient, d.Kept, d.Text)
		}
		docs = append(docs, d)
	}
	app := write(t, w, &model.Resource{Key: key(t, "application/a"), Attributes: tree{
		"appName": "A", "appIdentifier": "a",
		"loginConfig": tree{"enabledBasicLoginMethods": []any{"EMAIL_CODE"}, "defaultLoginMethod": tree{"connectionType": "LDAP"}},
	}})
	if !app.Lenient {
		t.Errorf("%s", app.Text)
	}
	docs = append(docs, app)
	hidden := write(t, w, conn("none", nil))
	if strings.Contains(string(hidden.Text), "clientID") {
		t.Errorf("%s", hidden.Text)
	}
	_, found := readBack(t, append(docs, hidden)...)
	found = slices.DeleteFunc(found, func(d diagnostic.Diagnostic) bool { return d.Code == "IDP0204" })
	if diagnostic.HasErrors(found) || len(found) == 0 {
		t.Errorf("%+v", found)
	}
}

// TestWriteVariables: every secret has a variable of its own.
func TestWriteVariables(t *testing.T) {
	w := &config.Writer{Project: emptyProject(t), Env: true}
	conn := func(name string, fields tree) config.Written {
		return write(t, w, &model.Resource{Key: key(t, "connection/"+name), Attributes: tree{"provider": "p", "identifier": name, "type": "oidc", "displayName": "C", "fields": fields}})
	}
	s := model.SecretValue("", "canary")
	for _, c := range []struct {
		doc  config.Written
		want []string
	}{
		{conn("corp-oidc", tree{"clientSecret": s, "appSecret": s}), []string{"CORP_OIDC_APP_SECRET", "CORP_OIDC_CLIENT_SECRET"}},
		{conn("corp", tree{"oidcClientSecret": s}), []string{"CORP_OIDC_CLIENT_SECRET_2"}},
		{conn("1st", tree{"secret": s}), []string{"POOL_1ST_SECRET"}},
		{conn("idpsync", tree{"token": s}), []string{"POOL_IDPSYNC_TOKEN"}},
		{conn("oauth2", tree{"appSecret": s}), []string{"OAUTH2_APP_SECRET"}},
	} {
		if !slices.Equal(c.doc.Env, c.want) || strings.Contains(string(c.doc.Text), "canary") {
			t.Errorf("%v, want %v:\n%s", c.doc.Env, c.want, c.doc.Text)
		}
	}
}

// BenchmarkWrite writes one connection and one application as servers show them.
func BenchmarkWrite(b *testing.B) {
	w := &config.Writer{Project: emptyProject(b)}
	conn := &model.Resource{Key: key(b, "connection/corp"), Attributes: tree{
		"provider": "p", "identifier": "corp", "type": "oidc", "displayName": "C", "logo": "https://l/x.png",
		"fields": tree{"mode": "FRONT_CHANNEL", "issuerUrl": "https://id.example.com", "clientID": "x", "clientSecret": model.SecretValue("", "s"), "scopes": "openid", "odd": "x"},
	}}
	app := &model.Resource{Key: key(b, "application/portal"), Attributes: tree{
		"appName": "Portal", "appIdentifier": "portal", "redirectUris": []any{"https://a/b"},
		"oidcConfig":  tree{"grant_types": []any{"authorization_code"}, "id_token_expire": json.Number("600"), "skip_consent": true},
		"loginConfig": tree{"enabledBasicLoginMethods": []any{"EMAIL_CODE"}}, "brandingConfig": tree{"customCSS": "a\nb\n"},
	}}
	for b.Loop() {
		for _, r := range []*model.Resource{conn, app} {
			if _, err := w.Document(config.Subject{Resource: r}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
