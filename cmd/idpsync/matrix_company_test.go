package main

import "fmt"

var secretNames = []string{"A_SECRET", "B_SECRET"}

// company is a pool of 8 applications with two buttons each.
func company() files {
	f := files{}
	for i, typ := range []string{"oidc", "lark", "oidc", "saml"} {
		f.provider(fmt.Sprint("p", i), typ)
	}
	for i := range 8 {
		p, typ := fmt.Sprint("p", i%3), []string{"oidc", "lark-internal", "oidc"}[i%3]
		f.connection(fmt.Sprint("c", i), p, typ, object{"clientID": fmt.Sprint("id-", i), "clientSecret": secretFrom("A_SECRET"), "issuerUrl": "https://idp.example.com"})
	}
	for i := range 8 {
		f.application(fmt.Sprint("a", i), object{
			"redirectUris": []any{fmt.Sprintf("https://a%d.example.com/cb", i)},
			"connections":  []any{fmt.Sprint("c", i), fmt.Sprint("c", (i+1)%8)},
		})
	}
	return f
}

// changedCompany asks of that pool for changes of every sort.
func changedCompany() files {
	f := company()
	f.provider("p5", "wechat")
	f.connection("n1", "p5", "wechat:pc", object{"clientID": "n1", "clientSecret": secretFrom("B_SECRET")})
	f.connection("n2", "p0", "oidc", object{"clientID": "n2", "clientSecret": secretFrom("B_SECRET"), "issuerUrl": "https://idp.example.com"})
	for _, c := range []string{"c0", "c2", "c3"} {
		f.spec("connection/" + c)["displayName"] = "Changed " + c
		f.fields(c)["clientSecret"] = secretFrom("B_SECRET")
	}
	f.spec("connection/c4")["type"] = "lark-public"
	f.spec("identityprovider/p2")["name"] = "Renamed"
	f.metadata("identityprovider/p2")["renamedFrom"] = "Provider p2"
	for _, a := range []string{"a8", "a9", "a10"} {
		f.application(a, object{
			"redirectUris": []any{"https://" + a + ".example.com/cb"}, "connections": []any{"n1", "c0"},
			"mfa": object{"enabledFactors": []any{"OTP"}, "disabledFactors": []any{}}, "oidcConfig": object{"access_token_expire": 600},
		})
	}
	for _, a := range []string{"a0", "a1", "a2", "a3"} {
		f.spec("application/" + a)["redirectUris"] = []any{"https://new.example.com/" + a}
		f.spec("application/" + a)["loginConfig"] = object{"showAuthorizationPage": true, "enabledBasicLoginMethods": []any{"PHONE_CODE", "EMAIL_PASSWORD"}}
	}
	for _, a := range []string{"a1", "a8"} {
		f.spec("application/" + a)["permissionStrategy"] = "DENY_ALL"
	}
	f.spec("application/a5")["connections"] = []any{"c5", "n2"}
	f.spec("application/a6")["connections"] = []any{"c6", "n1"}
	f["connection/c7"] = document("Connection", "c7", object{"provider": "p1", "type": "lark-internal"})
	f["identityprovider/p3"] = document("IdentityProvider", "p3", object{"name": "Provider p3", "type": "saml"})
	f["application/a7"] = document("Application", "a7", object{"appName": "App a7"})
	for _, k := range []string{"connection/c7", "identityprovider/p3", "application/a7"} {
		f.metadata(k)["state"] = "absent"
	}
	return f
}
