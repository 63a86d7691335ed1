package sandbox_test

import (
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

const accessTokenQuery = `
    query accessToken($userPoolId: String!, $secret: String!) {
  accessToken(userPoolId: $userPoolId, secret: $secret) {
    accessToken
    exp
    iat
  }
}
    `

func TestGraphQLOpensASession(t *testing.T) {
	p := start(t, sandbox.Options{Dialect: map[string]string{"v2-token": "own"}})
	r := p.post("/graphql/v2", tree{"query": accessTokenQuery, "variables": tree{"userPoolId": p.keys.UserPoolID, "secret": p.keys.AccessKeySecret}})
	session, _ := dig(r.body, "data", "accessToken").(tree)
	if len(session) != 3 || len(strings.Split(session["accessToken"].(string), ".")) != 3 || session["exp"].(float64)-session["iat"].(float64) < 7200 {
		t.Fatalf("session has %d keys, exp %v, iat %v", len(session), session["exp"], session["iat"])
	}
	p.header.Set("Authorization", "Bearer "+session["accessToken"].(string))
	p.v2("GET", "extIdp", nil).good("its token is V2's own")

	refresh := `mutation refreshAccessToken($accessToken: String) { refreshAccessToken(accessToken: $accessToken) { accessToken } }`
	r = p.post("/graphql/v2", tree{"query": refresh, "variables": tree{"accessToken": session["accessToken"]}})
	next, _ := dig(r.body, "data", "refreshAccessToken").(tree)
	if len(next) != 1 || next["accessToken"] == session["accessToken"] {
		t.Errorf("refresh: %d keys", len(next))
	}
	literal := `{accessToken(userPoolId:"` + p.keys.UserPoolID + `",secret:"` + p.keys.AccessKeySecret + `"){iat}}`
	if r = p.post("/graphql/v2", tree{"query": literal}); dig(r.body, "data", "accessToken", "iat") == nil {
		t.Errorf("literals: %s", r.raw)
	}
}

func TestGraphQLThatIsRefused(t *testing.T) {
	p := start(t, sandbox.Options{})
	for name, c := range map[string]struct {
		query string
		code  int
	}{
		"wrong secret": {`{accessToken(userPoolId:"` + p.keys.UserPoolID + `",secret:"x"){iat}}`, 401},
		"bad token":    {`mutation {refreshAccessToken(accessToken:"a.b.c"){iat}}`, 401},
		"no arguments": {`{accessToken{iat}}`, 401},
		"other field":  {`{users(page:"1"){list}}`, 400},
		"two fields":   {`{accessToken{iat} users{list}}`, 400},
		"no GraphQL":   {`give me a token`, 400},
		"unclosed":     {`{accessToken(userPoolId:`, 400},
		"empty":        {``, 400},
	} {
		r := p.post("/graphql/v2", tree{"query": c.query})
		errors, _ := r.body["errors"].([]any)
		if len(errors) != 1 || r.http != 200 || r.body["data"] != nil {
			t.Errorf("%s: http %d, %s; want one error", name, r.http, r.raw)
			continue
		}
		same(t, name, dig(errors[0], "message", "code"), c.code)
	}
	p.dialect("http-status=mirror")
	same(t, "errors are in the body", p.post("/graphql/v2", tree{"query": `{users}`}).http, 200)
	p.post("/_sandbox/faults", tree{"faults": []any{"POST /graphql/v2 #1 status=503"}})
	same(t, "a fault is not", p.post("/graphql/v2", tree{"query": accessTokenQuery}).http, 503)
	p.dialect("v2=off")
	same(t, "v2=off", p.post("/graphql/v2", tree{"query": accessTokenQuery}).http, 404)
}
