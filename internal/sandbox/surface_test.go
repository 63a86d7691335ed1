package sandbox_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

func TestConnectionsOfApplications(t *testing.T) {
	p := in(t, sandbox.Options{Dialect: map[string]string{"enabled-list": "flagged"}})
	idp := p.provider("oidc", "Corp")
	a, b := p.connection(idp, "oidc", "a", tree{}), p.connection(idp, "oidc", "b", tree{})
	portal, shop := p.application("portal", nil), p.application("shop", nil)
	p.enable(b, shop, true)
	enabled := func(app string) (ids []any) {
		for _, item := range p.get("list-enabled-ext-idp-conns-by-app?appId=" + app).ok("enabled").([]any) {
			ids = append(ids, item.(tree)["extIdpConnId"])
		}
		return ids
	}
	same(t, "of the shop", enabled(shop), []any{b})
	same(t, "of the portal", len(enabled(portal)), 0)
	p.get("list-enabled-ext-idp-conns-by-app?appId="+nowhere).want("of nothing", 404)

	list := p.get("ext-idp-conn-apps?id=" + idp).object("apps")["list"].([]any)
	on := func(item any) (out []any) {
		for _, s := range item.(tree)["state"].([]any) {
			out = append(out, s.(tree)["appId"], s.(tree)["enabled"])
		}
		return out
	}
	same(t, "of a", []any{dig(list[0], "connId"), on(list[0])}, []any{a, []any{portal, false, shop, false}})
	same(t, "of b", []any{dig(list[1], "id"), dig(list[1], "name"), on(list[1])}, []any{b, "b", []any{portal, false, shop, true}})
	one := p.get("ext-idp-conn-apps?id=" + idp + "&appId=" + shop).object("apps")["list"].([]any)
	same(t, "of one application", on(one[1]), []any{shop, true})
	p.get("ext-idp-conn-apps?id="+nowhere).want("of no provider", 404)
}

func TestTenants(t *testing.T) {
	p := in(t, sandbox.Options{})
	corp, social := p.provider("oidc", "Corp"), p.provider("github", "Hub")
	own := p.post("create-ext-idp", tree{"name": "Own", "type": "saml", "tenantId": "t1"}).object("create")["id"].(string)
	conn := p.connection(corp, "oidc", "corp", tree{})
	list := func(query string) []string {
		ids := []string{}
		for _, item := range p.get("list-tenant-ext-idp?" + query).object("list")["list"].([]any) {
			ids = append(ids, item.(tree)["id"].(string))
		}
		return ids
	}
	same(t, "all", list(""), []string{corp, social, own})
	same(t, "second page", list("page=2&limit=2"), []string{own})
	same(t, "categories", []any{list("type=social"), list("type=enterprise")}, []any{[]string{social}, []string{corp, own}})
	same(t, "of a tenant", list("tenantId=t1"), []string{own})
	p.post("change-ext-idp-conn-association-state", tree{"id": conn, "association": true, "tenantId": "t1"}).ok("link")
	same(t, "linked", list("tenantId=t1"), []string{corp, own})
	p.post("change-ext-idp-conn-association-state", tree{"id": conn, "association": false, "tenantId": "t1"}).ok("unlink")
	same(t, "unlinked", list("tenantId=t1"), []string{own})
	p.get("list-tenant-ext-idp?limit=51").want("limit", 400)
	p.post("change-ext-idp-conn-association-state", tree{"id": nowhere, "association": true}).want("no connection", 404)
	p.post("change-userpool-tenant-ext-idp-conn-state", tree{"connIds": []any{conn}, "enabled": true}).ok("for tenants")
	p.post("change-userpool-tenant-ext-idp-conn-state", tree{"connIds": []any{conn, nowhere}, "enabled": true}).want("one is unknown", 404)
	p.post("change-userpool-tenant-ext-idp-conn-state", tree{"connIds": conn, "enabled": true}).want("no array", 400)
}

func TestTenantApplications(t *testing.T) {
	p := in(t, sandbox.Options{})
	p.application("portal", nil)
	shop := p.application("shop", tree{"ssoEnabled": true, "appDescription": "sells"})
	r := p.get("list-tenant-applications?page=1&limit=10&keywords=&sso_enabled=true").object("list")
	same(t, "list", r, tree{"totalCount": 1, "list": []any{tree{
		"userPoolId": p.keys.UserPoolID, "tenantAppId": shop, "appId": shop, "name": "shop", "description": "sells",
		"logo": p.app(shop)["appLogo"], "applicationType": "web", "ssoEnabled": true,
	}}})
	for _, without := range []string{"page", "limit", "keywords", "sso_enabled"} {
		kept := slices.DeleteFunc([]string{"page=1", "limit=10", "keywords=", "sso_enabled=true"}, func(s string) bool { return strings.HasPrefix(s, without) })
		p.get("list-tenant-applications?"+strings.Join(kept, "&")).want("no "+without, 400)
	}
}

func TestSmallReads(t *testing.T) {
	p := in(t, sandbox.Options{})
	app := p.application("portal", nil)
	for domain, want := range map[string]bool{"portal": false, "shop": true, "a b": false} {
		same(t, domain, p.post("check-domain-available", tree{"domain": domain}).object("domain")["available"], want)
	}
	users := p.post("list-application-active-users", tree{"appId": app, "options": tree{"pagination": tree{"page": 1, "limit": 50}}}).object("users")
	same(t, "nobody", users, tree{"totalCount": 0, "list": []any{}})
	p.post("list-application-active-users", tree{"appId": app, "options": tree{"pagination": tree{"limit": 51}}}).want("limit", 400)
	p.post("list-application-active-users", tree{"appId": nowhere}).want("no application", 404)
	update := tree{
		"tabMethodsSortConfig": tree{}, "qrCodeSortConfig": tree{}, "ssoPageCustomizationSettings": tree{}, "passwordTabConfig": tree{},
		"verifyCodeTabConfig": tree{}, "config": tree{"global": tree{}}, "enableCreateTenant": true, "createTenantScenes": []any{},
		"enableJoinTenant": false, "joinTenantScenes": []any{"x"}, "enableVerifyDomain": false, "verifyDomainScenes": []any{},
	}
	p.post("update-login-page-config", tree{"update": update}).ok("login page")
	update["config"] = tree{}
	p.post("update-login-page-config", tree{"update": update}).want("no config.global", 400)
}

// TestLargeBodies: a client that first sends all of its 10 MiB, as many do, reads
// the refusal and meets no cut line.
func TestLargeBodies(t *testing.T) {
	p := in(t, sandbox.Options{})
	body := append(append([]byte(`{"name":"`), bytes.Repeat([]byte("a"), 10<<20)...), []byte(`","type":"oidc"}`)...)
	p.send("POST", v3("create-ext-idp"), "application/json", body).want("10 MiB", 413)
	p.send("POST", "/api/v2/extIdp", "application/json", body).bad("10 MiB by V2", 413)
	same(t, "nothing is there", p.get("list-ext-idp").object("list")["totalCount"], 0)

	conn, err := net.Dial("tcp", p.web.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		v3("create-ext-idp"), p.header.Get("Authorization"), len(body))
	if _, err := conn.Write(append([]byte(head), body...)); err != nil {
		t.Fatalf("the server stopped reading: %v", err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || !bytes.Contains(raw, []byte(`"statusCode":413`)) {
		t.Errorf("%s, %v", raw, err)
	}
}
