package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/sandbox"
)

func TestTokenCarriesThePool(t *testing.T) {
	p := in(t, sandbox.Options{})
	parts := strings.Split(strings.TrimPrefix(p.header.Get("Authorization"), "Bearer "), ".")
	if len(parts) != 3 {
		t.Fatalf("token has %d parts; want a JWT", len(parts))
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims tree
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	same(t, "claim", claims["scoped_userpool_id"], p.keys.UserPoolID)
	same(t, "a pool-wide key's id is the pool's", p.keys.AccessKeyID, p.keys.UserPoolID)
}

func TestTokenForms(t *testing.T) {
	p := in(t, sandbox.Options{})
	good := strings.TrimPrefix(p.header.Get("Authorization"), "Bearer ")
	other := in(t, sandbox.Options{}).header.Get("Authorization")
	p.header.Del("x-authing-userpool-id")
	for header, want := range map[string]int{
		"Bearer " + good: 200, good: 200, "bearer " + good: 200,
		"": 401, "Bearer ": 401, "Basic " + good: 401, "Bearer x" + good: 401, good[:len(good)-1]: 401, other: 401, "authing ak:c2ln": 401,
	} {
		p.header.Set("Authorization", header)
		if r := p.get("list-ext-idp"); r.status() != want {
			t.Errorf("authorization of %d characters: %s; want %d", len(header), r.raw, want)
		}
	}
}

func TestTokenExpires(t *testing.T) {
	c := newClock()
	p := in(t, sandbox.Options{Now: c.Now, Dialect: map[string]string{"token-ttl": "90s"}})
	same(t, "expires_in", p.post("get-management-token", tree{
		"accessKeyId": p.keys.AccessKeyID, "accessKeySecret": p.keys.AccessKeySecret,
	}).object("token")["expires_in"], 90)
	c.now = c.now.Add(90 * time.Second)
	p.get("list-ext-idp").ok("at the end of its life")
	c.now = c.now.Add(time.Second)
	p.get("list-ext-idp").want("after it", 401)
	p.login()
	p.get("list-ext-idp").ok("with a new one")
}

func TestForeignPoolHeader(t *testing.T) {
	p := in(t, sandbox.Options{})
	p.header.Set("x-authing-userpool-id", nowhere)
	p.get("list-ext-idp").want("header of another pool", 403)
}

func TestWrongKey(t *testing.T) {
	p := start(t, sandbox.Options{})
	for _, body := range []tree{
		{"accessKeyId": p.keys.AccessKeyID, "accessKeySecret": "x"}, {"accessKeyId": nowhere, "accessKeySecret": p.keys.AccessKeySecret},
	} {
		p.post("get-management-token", body).want("wrong key", 401)
	}
}

func TestV2Token(t *testing.T) {
	p := in(t, sandbox.Options{Templates: limited})
	template := func() any { return p.send("GET", "/api/v2/extIdpTmpl/github", "", nil).body["code"] }
	same(t, "the V3 token is taken", template(), 200)
	p.dialect("v2-token=own")
	same(t, "and here it is not", template(), 401)

	r := p.post("/api/v2/userpools/access-token", tree{"userPoolId": p.keys.UserPoolID, "secret": p.keys.AccessKeySecret})
	data, _ := r.body["data"].(tree)
	if data["accessToken"] == nil || data["exp"].(float64)-data["iat"].(float64) < 7200 {
		t.Fatalf("V2 token: keys %d, %v, %v", len(data), data["iat"], data["exp"])
	}
	p.header.Set("Authorization", data["accessToken"].(string))
	same(t, "V2's own", template(), 200)
	same(t, "wrong secret", p.post("/api/v2/userpools/access-token", tree{"userPoolId": p.keys.UserPoolID, "secret": "x"}).body["code"], 401)
}
