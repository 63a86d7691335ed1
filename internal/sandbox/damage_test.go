package sandbox_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// folder is a data folder with one of each kind, and what is in its files.
func folder(t *testing.T) (dir string, state tree) {
	t.Helper()
	dir = t.TempDir()
	p := in(t, sandbox.Options{DataDir: dir})
	app := p.application("portal", tree{"redirectUris": []any{"https://a"}, "loginConfig": tree{"showAuthorizationPage": true}, "oidcConfig": tree{}})
	p.enable(p.connection(p.provider("oidc", "Corp"), "oidc", "corp", tree{"clientSecret": "S3CRET"}), app, true)
	if err := p.server.Close(); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(contents(t, dir)["state.json"]), &state); err != nil {
		t.Fatal(err)
	}
	return dir, state
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name()] = string(data)
	}
	return files
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// refused wants New to name the file and say why, and to leave the folder alone.
func refused(t *testing.T, dir, file, why string) {
	t.Helper()
	before := contents(t, dir)
	_, err := sandbox.New(sandbox.Options{DataDir: dir, Templates: fstest.MapFS{}})
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, file)) || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "S3CRET") {
		t.Errorf("error %v; want one that names %s and says %q", err, file, why)
	}
	if after := contents(t, dir); !maps.Equal(after, before) {
		t.Errorf("the folder changed: %v, before %v", after, before)
	}
}

func TestADamagedStateIsRefused(t *testing.T) {
	first := func(state tree, list string) tree { return state[list].([]any)[0].(tree) }
	given := func(state tree) tree { return first(state, "applications")["given"].(tree) }
	twice := func(state tree, list string, set tree) {
		other := maps.Clone(first(state, list))
		maps.Copy(other, set)
		state[list] = append(state[list].([]any), other)
	}
	for name, c := range map[string]struct {
		damage func(tree)
		why    string
	}{
		"login settings":       {func(s tree) { given(s)["loginConfig"] = []any{1} }, "applications[0]: loginConfig: want an object"},
		"null settings":        {func(s tree) { given(s)["loginConfig"] = nil }, "loginConfig: want an object"},
		"deep settings":        {func(s tree) { given(s)["loginConfig"].(tree)["showAuthorizationPage"] = "x" }, "loginConfig.showAuthorizationPage: want a boolean"},
		"redirect URIs":        {func(s tree) { given(s)["redirectUris"] = "x" }, "redirectUris: want an array of strings"},
		"one redirect URI":     {func(s tree) { given(s)["redirectUris"] = []any{1} }, "redirectUris: want an array of strings"},
		"protocol settings":    {func(s tree) { given(s)["oidcConfig"] = "y" }, "oidcConfig: want an object"},
		"a switch":             {func(s tree) { given(s)["customBrandingEnabled"] = "y" }, "customBrandingEnabled: want a boolean"},
		"unknown setting":      {func(s tree) { given(s)["nope"] = 1 }, "nope: no setting"},
		"hidden setting":       {func(s tree) { first(s, "applications")["hidden"] = tree{"ssoShowLaunchpad": "x"} }, "hidden.ssoShowLaunchpad: want a boolean"},
		"unknown hidden":       {func(s tree) { first(s, "applications")["hidden"] = tree{"appName": "x"} }, "hidden.appName"},
		"no settings":          {func(s tree) { first(s, "applications")["given"] = nil }, "given: want an object"},
		"settings of a type":   {func(s tree) { first(s, "applications")["given"] = "S3CRET" }, "applications.given: a value of the wrong type"},
		"no name":              {func(s tree) { delete(given(s), "appName") }, "appName: want a string"},
		"identifier":           {func(s tree) { given(s)["appIdentifier"] = "a b" }, "appIdentifier"},
		"no secret":            {func(s tree) { delete(first(s, "applications"), "secret") }, "secret: missing"},
		"strategy":             {func(s tree) { first(s, "applications")["permissionStrategy"] = "SOME" }, "permissionStrategy"},
		"factors":              {func(s tree) { first(s, "applications")["enabledFactors"] = []any{"KEY"} }, "enabledFactors"},
		"enabled connection":   {func(s tree) { first(s, "applications")["enabled"] = []any{"nope"} }, `enables connection "nope", which is not there`},
		"enabled twice":        {func(s tree) { first(s, "applications")["enabled"] = []any{"a", "a"} }, `"a" stands twice`},
		"enabled of nothing":   {func(s tree) { first(s, "applications")["enabled"] = nil }, "enabled: want an array"},
		"application twice":    {func(s tree) { twice(s, "applications", tree{}) }, "stands twice"},
		"domain twice":         {func(s tree) { twice(s, "applications", tree{"appId": "b"}) }, `appIdentifier "portal" stands twice`},
		"no application":       {func(s tree) { s["applications"] = []any{nil} }, "applications[0]: no object"},
		"application no id":    {func(s tree) { delete(first(s, "applications"), "appId") }, "appId: missing"},
		"unknown provider":     {func(s tree) { first(s, "connections")["extIdpId"] = "nope" }, `identity provider "nope", which is not there`},
		"type of a connection": {func(s tree) { first(s, "connections")["type"] = "nope" }, "connections[0]: type"},
		"type not fitting":     {func(s tree) { first(s, "connections")["type"] = "saml" }, "does not fit"},
		"no fields":            {func(s tree) { first(s, "connections")["fields"] = nil }, "fields: want an object"},
		"bind methods":         {func(s tree) { first(s, "connections")["challengeBindingMethods"] = []any{1} }, "challengeBindingMethods"},
		"conn identifier":      {func(s tree) { first(s, "connections")["identifier"] = "A" }, "connections[0]: identifier"},
		"identifier twice":     {func(s tree) { twice(s, "connections", tree{"id": "b"}) }, `connection identifier "corp" stands twice`},
		"connection no id":     {func(s tree) { delete(first(s, "connections"), "id") }, "id: missing"},
		"provider type":        {func(s tree) { first(s, "providers")["type"] = "nope" }, "providers[0]: type"},
		"provider twice":       {func(s tree) { twice(s, "providers", tree{}) }, "stands twice"},
		"id of two kinds":      {func(s tree) { first(s, "providers")["id"] = first(s, "applications")["appId"] }, "stands twice"},
		"no number":            {func(s tree) { delete(s, "seq") }, "no state of a sandbox"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, state := folder(t)
			c.damage(state)
			write(t, filepath.Join(dir, "state.json"), text(state))
			refused(t, dir, "state.json", c.why)
		})
	}
}

// TestADamagedChangeIsRefused puts one line behind a good state of change 4.
func TestADamagedChangeIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		line func(tree) string
		why  string
	}{
		"null":     {func(tree) string { return "null" }, "line 1 is change 0"},
		"not JSON": {func(tree) string { return `S3CRET` }, "line 1 is no change: no JSON at byte 1"},
		"no fields": {func(tree) string {
			return `{"seq":5,"connections":[{"id":"c","type":"oidc","identifier":"x","fields":null}]}`
		}, "line 1: connections[0]: fields"},
		"other type": {func(s tree) string {
			return text(tree{"seq": 5, "providers": []any{with(s, "providers", "type", "saml")}})
		}, "line 1: providers[0]: the type of"},
		"other provider": {func(s tree) string {
			return text(tree{"seq": 5, "connections": []any{with(s, "connections", "extIdpId", "x")}})
		}, "line 1: connections[0]: provider, type or identifier"},
		"other identifier": {func(s tree) string {
			return text(tree{"seq": 5, "connections": []any{with(s, "connections", "identifier", "x")}})
		}, "line 1: connections[0]: provider, type or identifier"},
		"provider gone": {func(s tree) string {
			return text(tree{"seq": 5, "removed": []any{s["providers"].([]any)[0].(tree)["id"]}})
		}, "which is not there"},
		"enabled": {func(s tree) string {
			return text(tree{"seq": 5, "applications": []any{with(s, "applications", "enabled", []any{"nope"})}})
		}, `enables connection "nope"`},
	} {
		t.Run(name, func(t *testing.T) {
			dir, state := folder(t)
			write(t, filepath.Join(dir, "changes.log"), c.line(state)+"\n{\"torn")
			refused(t, dir, "changes.log", c.why)
		})
	}
}

func with(state tree, list, key string, value any) tree {
	object := maps.Clone(state[list].([]any)[0].(tree))
	object[key] = value
	return object
}

func TestAStateWithoutKeysIsRefused(t *testing.T) {
	for _, gone := range [][]string{{"keys.json"}, {"keys.json", "state.json"}, {"keys.json", "changes.log"}} {
		dir, _ := folder(t)
		for _, name := range gone {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, dir, "keys.json", "is missing")
	}
}

// TestDanglingConnectionsAreNoDamage keeps what delete-conn=dangling leaves: in the
// log, in the snapshot and in a seed.
func TestDanglingConnectionsAreNoDamage(t *testing.T) {
	dir := t.TempDir()
	dangling := map[string]string{"delete-conn": "dangling"}
	p := in(t, sandbox.Options{DataDir: dir, Dialect: dangling})
	idp := p.provider("oidc", "Corp")
	conn := p.connection(idp, "oidc", "corp", tree{})
	app := p.application("portal", nil)
	p.enable(conn, app, true)
	p.post("delete-ext-idp", tree{"id": idp}).ok("delete")
	before := whole(p)
	same(t, "the button is still there", p.buttons(app), []any{conn})
	fromLog := in(t, sandbox.Options{DataDir: dir})
	same(t, "from the log", whole(fromLog), before)
	if err := fromLog.server.Close(); err != nil {
		t.Fatal(err)
	}
	same(t, "from the snapshot", whole(in(t, sandbox.Options{DataDir: dir})), before)
	seeded := t.TempDir()
	same(t, "from a seed", whole(in(t, sandbox.Options{DataDir: seeded, Seed: []byte(before)})), before)
	same(t, "from a seed's log", whole(in(t, sandbox.Options{DataDir: seeded})), before)
}

// TestNoDamageIsServed puts each of a few values at each place of a state: it is
// refused, or every read of it works.
func TestNoDamageIsServed(t *testing.T) {
	dir, state := folder(t)
	path, served := filepath.Join(dir, "state.json"), 0
	everywhere(state, func(set func(any)) {
		for _, value := range []any{nil, true, 1, "x", []any{}, []any{1}, []any{nil}, tree{}, tree{"x": nil}} {
			set(value)
			write(t, path, text(state))
			server, err := sandbox.New(sandbox.Options{DataDir: dir, Templates: fstest.MapFS{}})
			if err != nil {
				continue
			}
			served++
			p := serve(t, server)
			readAll(p)
			p.stop()
			write(t, filepath.Join(dir, "changes.log"), "")
		}
	})
	if served < 20 {
		t.Errorf("%d states were served; a check that refuses all is no use", served)
	}
}

// everywhere visits each place of a tree once and puts back what was there.
func everywhere(value any, visit func(set func(any))) {
	switch v := value.(type) {
	case tree:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			old := v[key]
			visit(func(value any) { v[key] = value })
			v[key] = old
			everywhere(old, visit)
		}
	case []any:
		for i, old := range v {
			visit(func(value any) { v[i] = value })
			v[i] = old
			everywhere(old, visit)
		}
	}
}

// readAll wants an answer to every read, and to a write of everything, under the
// dialects that read the most.
func readAll(p *pool) {
	p.t.Helper()
	for _, set := range [][]string{{}, {"secrets=masked", "enabled-list=flagged", "connections=object", "arrays=string"}, {"defaults=bare", "secrets=absent"}} {
		p.dialect(set...)
		state := p.state()
		for _, item := range state["identityProviders"].([]any) {
			id := url.QueryEscape(item.(tree)["id"].(string))
			p.get("list-ext-idp-conns?id=" + id).ok("connections")
			p.get("get-ext-idp?id=" + id).ok("provider")
		}
		p.get("list-ext-idp").ok("providers")
		p.get("list-applications?ssoEnabled=false&keywords=a").ok("applications")
		for _, item := range state["applications"].([]any) {
			id := item.(tree)["appId"].(string)
			p.get("get-application?appId=" + url.QueryEscape(id)).ok("application")
			p.post("update-application", tree{"appId": id, "oidcConfig": tree{"a": nil}, "loginConfig": tree{"showAuthorizationPage": true}}).ok("update")
			p.post("update-application-mfa-settings", tree{"appId": id}).ok("factors")
		}
	}
}
