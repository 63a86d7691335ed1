package sandbox_test

import (
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// TestWhatV3DoesNotShowSurvives: grants, agreements, settings of V2 and links of
// tenants are there after a restart, from the log and from the snapshot.
func TestWhatV3DoesNotShowSurvives(t *testing.T) {
	dir := t.TempDir()
	p := in(t, sandbox.Options{DataDir: dir})
	idp := p.v2("POST", "extIdp", tree{"name": "Corp", "type": "oidc", "connections": []any{
		tree{"type": "oidc", "identifier": "corp", "displayName": "Corp", "fields": tree{}, "userMatchFields": []any{"email", "phone"}},
	}}).good("create").(tree)
	conn := dig(idp["connections"].([]any)[0], "id").(string)
	app := p.v2("POST", "applications", tree{"name": "a", "identifier": "a", "loginTabs": []any{"ldap"}, "agreementEnabled": true}).good("create").(tree)["id"].(string)
	p.v2("POST", "applications/"+app+"/agreements", tree{"title": "Terms"}).good("agreement")
	p.post("authorize-application-access", tree{"appId": app, "list": []any{tree{"targetType": "ORG", "targetIdentifier": []any{"o"}, "effect": "DENY"}}}).ok("authorize")
	p.post("change-ext-idp-conn-association-state", tree{"id": conn, "association": true, "tenantId": "t1"}).ok("link")

	shown := func(p *pool) []any {
		return []any{
			p.v2("GET", "extIdp/"+idp["id"].(string), nil).good("provider"), p.v2("GET", "applications/"+app, nil).good("application"),
			p.v2("GET", "applications/"+app+"/agreements", nil).good("agreements"), p.grants(tree{"appId": app}),
			p.get("list-tenant-ext-idp?tenantId=t1").object("tenant"), p.app(app),
		}
	}
	before := shown(p)
	for _, how := range []string{"killed", "closed"} {
		if how == "closed" {
			p.stop()
		}
		server, err := sandbox.New(sandbox.Options{DataDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		p = serve(t, server)
		same(t, how, shown(p), before)
	}
}
