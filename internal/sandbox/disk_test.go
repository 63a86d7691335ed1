package sandbox_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// furnish makes a bit of everything.
func furnish(p *pool) (app string) {
	p.t.Helper()
	idp := p.provider("oidc", "Corp")
	p.provider("saml", "Old")
	conn := p.connection(idp, "oidc", "corp", tree{"clientSecret": "s", "big": json.Number("12345678901234567890"), "scopes": []any{"a"}})
	app = p.application("portal", tree{"ssoEnabled": true, "oidcConfig": tree{"n": json.Number("9007199254740993")}, "loginConfig": tree{
		"showAuthorizationPage": true, "defaultLoginMethod": tree{"connectionType": "QRCODE", "qrcodeExtIdpConnId": conn},
	}})
	p.enable(conn, app, true)
	p.post("update-application-permission-strategy", tree{"appId": app, "permissionStrategy": "DENY_ALL"}).ok("strategy")
	p.post("create-application", tree{"appName": "Board", "template": "grafana", "templateData": "{}"}).ok("integrated")
	p.post("update-application-mfa-settings", tree{"appId": app, "enabledFactors": []any{"OTP"}}).ok("mfa")
	gone := p.provider("ldap", "Gone")
	p.post("delete-ext-idp", tree{"id": gone}).ok("delete")
	return app
}

// whole is the state as text: numbers are compared digit by digit.
func whole(p *pool) string {
	p.t.Helper()
	return string(p.send("GET", "/_sandbox/state", "", nil).raw)
}

// TestStateSurvives starts a second server on the folder, after a Close and
// without one, which is what a kill leaves.
func TestStateSurvives(t *testing.T) {
	for _, closed := range []bool{true, false} {
		t.Run(fmt.Sprintf("closed=%v", closed), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "deep", "sandbox")
			p := in(t, sandbox.Options{DataDir: dir})
			app := furnish(p)
			before := whole(p)
			secret := p.get("get-application-secret?appId=" + app).ok("secret")
			if closed {
				if err := p.server.Close(); err != nil {
					t.Fatal(err)
				}
			}
			again := in(t, sandbox.Options{DataDir: dir})
			same(t, "keys", again.keys, p.keys)
			same(t, "state", whole(again), before)
			same(t, "secret", again.get("get-application-secret?appId="+app).ok("secret"), secret)
			same(t, "what no read shows", again.post("update-application-mfa-settings", tree{"appId": app}).ok("mfa"), tree{"enabledFactors": []any{"OTP"}})
			if !strings.Contains(before, "12345678901234567890") || !strings.Contains(before, "9007199254740993") {
				t.Error("large numbers lost digits")
			}
			again.header.Set("Authorization", p.header.Get("Authorization"))
			again.get("list-ext-idp").ok("a token from before")
			again.post("create-ext-idp-conn", tree{"extIdpId": again.provider("oidc", "x"), "type": "oidc", "identifier": "corp", "displayName": "x", "fields": tree{}}).
				want("identifiers are still taken", 409)
		})
	}
}

func TestDataFolderIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sandbox")
	p := in(t, sandbox.Options{DataDir: dir})
	furnish(p)
	if err := p.server.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.server.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	seen := 0
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		seen++
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			t.Errorf("%s has mode %o; want nothing for others", path, mode)
		}
		return nil
	})
	if err != nil || seen < 4 {
		t.Errorf("walk: %v, %d entries; want a folder of three files", err, seen)
	}
}

func TestTornLastLineIsDropped(t *testing.T) {
	dir := t.TempDir()
	p := in(t, sandbox.Options{DataDir: dir})
	p.provider("oidc", "kept")
	before := whole(p)
	log := filepath.Join(dir, "changes.log")
	appendTo(t, log, `{"seq":2,"providers":[{"id":"aaaa`)
	again := in(t, sandbox.Options{DataDir: dir})
	same(t, "state", whole(again), before)
	again.provider("oidc", "after")
	third := in(t, sandbox.Options{DataDir: dir})
	same(t, "the log goes on after it", third.get("list-ext-idp").object("list")["totalCount"], 2)
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedFilesAreNamed spoils each file; it must be named, not quoted, and left alone.
func TestDamagedFilesAreNamed(t *testing.T) {
	for file, contents := range map[string][]string{
		"state.json":  {"", "{", `{"format":"other"}`, `{"format":"idpsync.sandbox/1"}`, `{"format":"idpsync.sandbox/1","seq":1,"providers":[null]}`},
		"keys.json":   {"", "{}", "S3CRET"},
		"changes.log": {"S3CRET\n", "null\n", "{}\n", "{\"seq\":0}\n", "{\"seq\":7}\n", "{\"seq\":1,\"connections\":[{}]}\n", "{\"seq\":1}\n{\"seq\":1}\n", "{\"seq\":1}\n{\"seq\":3}\n"},
	} {
		for _, content := range contents {
			dir := t.TempDir()
			path := filepath.Join(dir, file)
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := sandbox.New(sandbox.Options{DataDir: dir, Templates: fstest.MapFS{}})
			if err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "S3CRET") {
				t.Errorf("%s with %q: error %v; want one that names the file", file, content, err)
			}
			if after, _ := os.ReadFile(path); string(after) != content {
				t.Errorf("%s with %q: now %q", file, content, after)
			}
		}
	}
}

// TestSnapshotsAreMadeOnTheWay outgrows the change log and is then killed.
func TestSnapshotsAreMadeOnTheWay(t *testing.T) {
	dir := t.TempDir()
	p := in(t, sandbox.Options{DataDir: dir})
	idp := p.provider("oidc", "Corp")
	conn := p.connection(idp, "oidc", "corp", tree{})
	bulk := strings.Repeat("x", 900_000)
	for i := range 6 {
		p.post("update-ext-idp-conn", tree{"id": conn, "displayName": fmt.Sprint(i), "fields": tree{"bulk": bulk}}).ok("update")
	}
	info, err := os.Stat(filepath.Join(dir, "state.json"))
	if err != nil || info.Size() < 900_000 {
		t.Fatalf("no snapshot after 5 MB of changes: %v", err)
	}
	if log, err := os.Stat(filepath.Join(dir, "changes.log")); err != nil || log.Size() > 2_000_000 {
		t.Errorf("change log: %v, %v; want it emptied by the snapshot", log, err)
	}
	same(t, "state", whole(in(t, sandbox.Options{DataDir: dir})), whole(p))
}

// TestLogFromBeforeTheSnapshot is a kill between a snapshot and the emptying of the log.
func TestLogFromBeforeTheSnapshot(t *testing.T) {
	dir := t.TempDir()
	p := in(t, sandbox.Options{DataDir: dir})
	furnish(p)
	before := whole(p)
	log := filepath.Join(dir, "changes.log")
	lines, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.server.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, lines, 0o600); err != nil {
		t.Fatal(err)
	}
	again := in(t, sandbox.Options{DataDir: dir})
	same(t, "state", whole(again), before)
	again.provider("oidc", "next")
	same(t, "and once more", whole(in(t, sandbox.Options{DataDir: dir})), whole(again))
}

func TestSeedRoundTrip(t *testing.T) {
	p := in(t, sandbox.Options{})
	furnish(p)
	printed := p.send("GET", "/_sandbox/state", "", nil).raw
	dir := t.TempDir()
	again := in(t, sandbox.Options{Seed: printed, DataDir: dir})
	same(t, "state", whole(again), string(printed))
	same(t, "the pool is the seed's", again.keys.UserPoolID, p.keys.UserPoolID)
	if again.keys.AccessKeySecret == p.keys.AccessKeySecret {
		t.Error("two sandboxes share a secret")
	}
	again.post("create-application", tree{"appName": "x", "appIdentifier": "portal"}).want("seeded identifiers are taken", 409)

	again.provider("oidc", "more")
	third := in(t, sandbox.Options{Seed: printed, DataDir: dir})
	same(t, "a folder with a state is not seeded again", whole(third), whole(again))
	third.post("/_sandbox/reset", tree{})
	fourth := in(t, sandbox.Options{Seed: printed, DataDir: dir})
	same(t, "not even after a reset", fourth.get("list-ext-idp").object("list")["totalCount"], 0)
}

func TestSeedsThatAreRefused(t *testing.T) {
	const idp = `{"id":"p1","name":"a","type":"oidc"}`
	for _, seed := range []string{
		``, ` `, `null`, `{}`, `{"userPoolId":"p"}`, `{"applications":[]} {}`,
		`{`, `[]`, `{"identityProvider":[]}`, `{"identityProviders":[{"id":"x","type":"nonsense"}]}`, `{"identityProviders":[{"type":"oidc"}]}`,
		`{"identityProviders":[` + idp + `,` + idp + `]}`,
		`{"identityProviders":[{"id":"p1","type":"oidc","connections":[{"id":"c","type":"saml","identifier":"a"}]}]}`,
		`{"identityProviders":[{"id":"p1","type":"oidc","connections":[{"id":"c","type":"oidc","identifier":"A"}]}]}`,
		`{"identityProviders":[{"id":"p1","type":"oidc","connections":[null]}]}`,
		`{"applications":[{"appId":"a","appName":"n"}]}`, `{"applications":[{"appId":"a","appName":"n","appIdentifier":"i","redirectUri":[]}]}`,
		`{"applications":[{"appId":"a","appName":"n","appIdentifier":"i"},{"appId":"b","appName":"n","appIdentifier":"i"}]}`,
		`{"applications":[{"appId":"a","appName":"n","appIdentifier":"i","loginConfig":null}]}`, `{"applications":[{"appId":"a","appName":"n","appIdentifier":"i","redirectUris":"S3CRET"}]}`,
		`{"applications":[{"appId":"a","appName":"n","appIdentifier":"i","loginConfig":{"enabledExtIdpConns":[{"extIdpConnId":"nope"}]}}]}`,
		`{"identityProviders":[{"id":"p1","type":"oidc","name":4711}]}`,
	} {
		if _, err := sandbox.New(sandbox.Options{Seed: []byte(seed)}); err == nil || !strings.Contains(err.Error(), "seed") || strings.Contains(err.Error(), "S3CRET") || strings.Contains(err.Error(), "Go struct") {
			t.Errorf("seed %s: error %v; want it refused", seed, err)
		}
	}
	p := in(t, sandbox.Options{Seed: []byte(`{"identityProviders":[{"id":"p1","name":"a","type":"oidc","connections":[{"id":"c1","type":"oidc","identifier":"x"}]}],
		"applications":[{"appId":"a1","appName":"n","appIdentifier":"i"}]}`)})
	same(t, "what a person writes", []any{dig(p.conns("p1")[0], "fields"), p.app("a1")["appName"]}, []any{tree{}, "n"})
}

// TestSeedKeepsWhatOnlyTheConsoleSets: no V3 call writes these, and no update may lose them.
func TestSeedKeepsWhatOnlyTheConsoleSets(t *testing.T) {
	agreements := []any{tree{"content": "terms", "lang": "en-US"}}
	seed := text(tree{
		"identityProviders": []any{tree{"id": "p1", "name": "a", "type": "oidc", "autoJoin": true, "tenantId": "t1", "connections": []any{
			tree{"id": "c1", "type": "oidc", "identifier": "x", "associationMode": "field", "challengeBindingMethods": []any{"email-password"}},
		}}},
		"applications": []any{tree{
			"appId": "a1", "appName": "n", "appIdentifier": "i", "customBrandingEnabled": true,
			"brandingConfig": tree{"showAgreement": true, "agreements": agreements, "customCSS": "x"},
			"loginConfig":    tree{"enabledExtIdpConns": []any{tree{"extIdpConnId": "c1", "enabled": false}}},
		}},
	})
	p := in(t, sandbox.Options{Seed: []byte(seed), Dialect: map[string]string{"config-update": "replace"}})
	same(t, "a button that is off", p.buttons("a1"), []any{})
	idp := p.get("get-ext-idp?id=p1").object("get")
	same(t, "provider", []any{idp["autoJoin"], idp["tenantId"]}, []any{true, "t1"})
	conn := p.post("update-ext-idp-conn", tree{"id": "c1", "displayName": "y", "fields": tree{}}).object("update")
	same(t, "connection", []any{conn["associationMode"], conn["challengeBindingMethods"]}, []any{"field", []any{"email-password"}})
	p.post("update-application", tree{"appId": "a1", "brandingConfig": tree{"customCSSEnabled": true}}).ok("update")
	branding := dig(p.app("a1"), "brandingConfig").(tree)
	same(t, "branding", []any{branding["showAgreement"], branding["agreements"], branding["customCSS"], p.app("a1")["customBrandingEnabled"]}, []any{true, agreements, nil, true})
	p.dialect("app-update=full")
	p.post("update-application", tree{"appId": "a1"}).ok("update")
	same(t, "not even by a full one", p.app("a1")["customBrandingEnabled"], true)
	same(t, "by tenant", []any{p.get("list-ext-idp?tenantId=t2").object("l")["totalCount"], p.get("list-ext-idp?tenantId=t1").object("l")["totalCount"]}, []any{0, 1})

	p.dialect("defaults=bare")
	same(t, "the state follows defaults", dig(p.state()["applications"].([]any)[0], "oidcConfig"), tree{})
}
