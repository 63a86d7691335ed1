package main

import (
	"maps"
	"slices"
)

// files are the documents of the life cycle by key.
type files map[string]object

// phase is one change of the files, and the flags that its apply needs.
type phase struct {
	name   string
	flags  []string
	change func(files)
}

func secretFrom(name string) object { return object{"secretFrom": object{"env": name}} }

func (f files) provider(name, typ string) {
	f["identityprovider/"+name] = document("IdentityProvider", name, object{"name": "Provider " + name, "type": typ})
}

func (f files) connection(name, provider, typ string, fields object) {
	f["connection/"+name] = document("Connection", name, object{"provider": provider, "type": typ, "displayName": "Login " + name, "fields": fields})
}

func (f files) application(name string, spec object) {
	if spec["appName"] == nil {
		spec["appName"] = "App " + name
	}
	f["application/"+name] = document("Application", name, spec)
}

func document(kind, name string, spec object) object {
	return object{"apiVersion": "idpsync/v1", "kind": kind, "metadata": object{"name": name}, "spec": spec}
}

func (f files) spec(key string) object     { return f[key]["spec"].(object) }
func (f files) metadata(key string) object { return f[key]["metadata"].(object) }
func (f files) fields(conn string) object  { return f.spec("connection/" + conn)["fields"].(object) }

func (f files) documents() []object {
	var docs []object
	for _, k := range slices.Sorted(maps.Keys(f)) {
		docs = append(docs, f[k])
	}
	return docs
}

// life is the life of a project: every kind is made, every field changed.
var life = []phase{
	{"create", nil, create},
	{"change", []string{"--push", "all", "--override", "secret-endpoint=matrix"}, change},
	{"rename", nil, rename},
	{"null", []string{"--push", "all"}, unset},
	{"replace", []string{"--allow-replace", "--override", "secret-endpoint=matrix"}, replace},
	{"disable", nil, disable},
	{"delete", nil, remove},
	{"prune", []string{"--prune", "all"}, prune},
}

func create(f files) {
	f.provider("corp", "oidc")
	f.connection("corp-oidc", "corp", "oidc", object{
		"issuerUrl": "https://idp.example.com", "clientID": "portal",
		"clientSecret": secretFrom("CORP_SECRET"), "responseType": "code",
	})
	f.provider("wechat", "wechat")
	f.connection("wx-pc", "wechat", "wechat:pc", object{"clientID": "wx1", "clientSecret": secretFrom("WX_SECRET"), "scopes": object{"a": "b"}})
	f.provider("lark", "lark")
	f.connection("lark-crew", "lark", "lark-internal", object{"clientID": "cli_a", "clientSecret": secretFrom("LARK_SECRET")})
	f.provider("hub", "github")
	f.connection("hub-dev", "hub", "github", object{"clientID": "gh", "clientSecret": secretFrom("HUB_SECRET"), "scopes": []any{"read:user", "user:email"}})
	f.application("portal", everything())
	f.application("shop", object{
		"appType": "spa", "connections": []any{"wx-pc", "lark-crew"}, "redirectUris": []any{"https://shop.example.com/cb"},
		"loginConfig": object{"showAuthorizationPage": false, "defaultLoginMethod": object{"connectionType": "QRCODE", "qrcodeConnection": "wx-pc"}},
	})
	f.application("plain", object{"redirectUris": []any{"https://plain.example.com/cb"}})
	f.application("crm", object{"template": "crm-cloud", "templateData": object{"domain": "crm.example.com", "apiKey": secretFrom("CRM_SECRET")}})
}

// everything is an application that declares every field there is.
func everything() object {
	return object{
		"appName": "Portal", "appLogo": "https://files.example.com/a.png", "appDescription": "the first", "appType": "web",
		"defaultProtocol": "oidc", "redirectUris": []any{"https://portal.example.com/cb"}, "logoutRedirectUris": []any{"https://portal.example.com/bye"},
		"initLoginUri": "https://portal.example.com/start", "ssoEnabled": true, "ssoShowLaunchpad": true, "enablePermissionApply": true,
		"permissionStrategy": "DENY_ALL", "connections": []any{"corp-oidc", "lark-crew"},
		"mfa": object{"enabledFactors": []any{"OTP"}, "disabledFactors": []any{"SMS"}},
		"oidcConfig": object{
			"grant_types": []any{"authorization_code", "refresh_token"}, "response_types": []any{"code"}, "id_token_signed_response_alg": "RS256",
			"token_endpoint_auth_method": "client_secret_basic", "introspection_endpoint_auth_method": "none", "revocation_endpoint_auth_method": "none",
			"authorization_code_expire": 300, "id_token_expire": 3600, "access_token_expire": 3600, "refresh_token_expire": 86400, "cas_expire": 60,
			"skip_consent": false, "jwks_uri": "https://portal.example.com/keys",
		},
		"samlProviderEnabled": true, "samlConfig": object{
			"acs": "https://portal.example.com/acs", "audience": "one", "lifetimeInSeconds": 600,
			"samlResponseSigningKey": secretFrom("SAML_KEY"), "mappings": object{"mail": "email"}, "signResponse": true,
		},
		"oauthProviderEnabled": true, "oauthConfig": object{"grants": []any{"authorization_code"}, "access_token_lifetime": 60, "refresh_token_lifetime": 120},
		"casProviderEnabled": true, "casConfig": object{"casUserIdentifier": "${user.name}", "stLifetime": 30, "customAttributes": object{"a": "1"}},
		"loginConfig": object{
			"mergeLoginAndRegisterPage": true, "enabledBasicLoginMethods": []any{"EMAIL_CODE", "PHONE_CODE"},
			"showAuthorizationPage": true, "defaultLoginMethod": object{"connectionType": "PASSCODE"},
		},
		"registerConfig": object{"enabledBasicRegisterMethods": []any{"EMAIL_CODE"}, "defaultRegisterMethod": "PASSCODE"},
		"brandingConfig": object{
			"customCSSEnabled": true, "customCSS": "a{}", "guardVersion": "Classical", "customLoadingImage": "https://files.example.com/l.gif",
			"customBackground": "rgba(1,2,3,1)", "showChangeLanguageButton": true, "defaultLanguage": "en-US", "showForgetPasswordButton": false,
			"showEnterpriseConnections": false, "showSocialConnections": false,
		},
	}
}

// change gives every field of every kind another value.
func change(f files) {
	f.spec("identityprovider/hub")["name"] = "Developers"
	f.metadata("identityprovider/hub")["renamedFrom"] = "Provider hub"
	maps.Copy(f.spec("connection/corp-oidc"), object{"displayName": "Corp", "loginOnly": true, "logo": "https://files.example.com/corp.png"})
	maps.Copy(f.fields("corp-oidc"), object{"issuerUrl": "https://idp2.example.com", "clientID": "portal2", "clientSecret": secretFrom("CORP_SECRET_2"), "responseType": "id_token"})
	f.fields("hub-dev")["scopes"] = []any{"user:email"}
	delete(f.spec("connection/lark-crew"), "loginOnly")
	f.fields("lark-crew")["clientID"] = "cli_b"
	maps.Copy(f.spec("application/portal"), object{
		"appName": "Portal two", "appLogo": "https://files.example.com/b.png", "appDescription": "the second",
		"defaultProtocol": "saml", "redirectUris": []any{"https://portal.example.com/cb2"}, "logoutRedirectUris": []any{},
		"initLoginUri": "https://portal.example.com/start2", "ssoShowLaunchpad": false, "enablePermissionApply": false,
		"permissionStrategy": "ALLOW_ALL", "connections": []any{"corp-oidc", "lark-crew", "hub-dev"},
		"mfa": object{"enabledFactors": []any{"SMS"}, "disabledFactors": []any{"OTP"}},
		"oidcConfig": object{
			"grant_types": []any{"authorization_code"}, "response_types": []any{"code", "id_token"}, "id_token_signed_response_alg": "HS256",
			"token_endpoint_auth_method": "client_secret_post", "introspection_endpoint_auth_method": "client_secret_post", "revocation_endpoint_auth_method": "client_secret_post",
			"authorization_code_expire": 301, "id_token_expire": 3601, "access_token_expire": 3601, "refresh_token_expire": 86401, "cas_expire": 61,
			"skip_consent": true, "jwks_uri": "https://portal.example.com/keys2",
		},
		"samlConfig": object{
			"acs": "https://portal.example.com/acs2", "audience": "two", "lifetimeInSeconds": 601,
			"samlResponseSigningKey": secretFrom("SAML_KEY_2"), "mappings": object{"mail": "mail"}, "signResponse": false,
		},
		"oauthConfig": object{"grants": []any{"authorization_code", "refresh_token"}, "access_token_lifetime": 61, "refresh_token_lifetime": 121},
		"casConfig":   object{"casUserIdentifier": "${user.mail}", "stLifetime": 31, "customAttributes": object{"a": "2"}},
		"loginConfig": object{
			"mergeLoginAndRegisterPage": false, "enabledBasicLoginMethods": []any{"EMAIL_PASSWORD"},
			"showAuthorizationPage": false, "defaultLoginMethod": object{"connectionType": "PASSWORD"},
		},
		"registerConfig": object{"enabledBasicRegisterMethods": []any{"EMAIL_PASSWORD"}, "defaultRegisterMethod": "PASSWORD"},
		"brandingConfig": object{
			"customCSSEnabled": false, "customCSS": "b{}", "guardVersion": "Advanced", "customLoadingImage": "https://files.example.com/m.gif",
			"customBackground": "rgba(4,5,6,1)", "showChangeLanguageButton": false, "defaultLanguage": "ja-JP", "showForgetPasswordButton": true,
			"showEnterpriseConnections": true, "showSocialConnections": true,
		},
	})
	maps.Copy(f.spec("application/crm"), object{"appName": "Customers", "templateData": object{"domain": "crm2.example.com", "apiKey": secretFrom("CRM_SECRET_2")}})
	f.spec("application/shop")["loginConfig"] = object{"showAuthorizationPage": false, "defaultLoginMethod": object{"connectionType": "PASSWORD"}}
	maps.Copy(f.spec("application/portal"), object{"ssoEnabled": false, "samlProviderEnabled": false, "oauthProviderEnabled": false, "casProviderEnabled": false})
}

// rename changes what objects are called.
func rename(f files) {
	f.spec("identityprovider/corp")["name"] = "Corporation"
	f.metadata("identityprovider/corp")["renamedFrom"] = "Provider corp"
	f.spec("application/portal")["appIdentifier"] = "portal-2"
	f.metadata("application/portal")["renamedFrom"] = "portal"
	f.spec("application/plain")["appName"] = "Renamed"
	f.spec("application/shop")["loginConfig"] = object{"showAuthorizationPage": false, "defaultLoginMethod": object{"connectionType": "QRCODE", "qrcodeConnection": "wx-pc"}}
}

// unset asks for the server's default.
func unset(f files) {
	f.fields("corp-oidc")["responseType"] = nil
	maps.Copy(f.spec("application/portal"), object{"appDescription": nil, "initLoginUri": nil})
	f.spec("application/portal")["oidcConfig"].(object)["access_token_expire"] = nil
	f.spec("application/portal")["samlConfig"].(object)["audience"] = nil
	f.spec("application/portal")["brandingConfig"].(object)["customCSS"] = nil
}

// replace changes what no update can: the type of a connection in use, and one
// that an application's default login method points to.
func replace(f files) {
	f.spec("connection/lark-crew")["type"] = "lark-public"
	f.spec("connection/wx-pc")["type"] = "wechat:mobile"
	f.fields("wx-pc")["clientID"] = "wx2"
}

func disable(f files) {
	f.spec("application/portal")["connections"] = []any{"corp-oidc"}
}

// remove deletes one object of each kind by its document.
func remove(f files) {
	f["connection/hub-dev"] = document("Connection", "hub-dev", object{"provider": "hub", "type": "github"})
	f["identityprovider/hub"] = document("IdentityProvider", "hub", object{"name": "Developers", "type": "github"})
	f["application/plain"] = document("Application", "plain", object{"appName": "Renamed"})
	for _, k := range []string{"connection/hub-dev", "identityprovider/hub", "application/plain"} {
		f.metadata(k)["state"] = "absent"
	}
}

// prune drops documents, and deletes what nobody names.
func prune(f files) {
	for _, k := range []string{
		"connection/lark-crew", "identityprovider/lark", "application/crm",
		"connection/hub-dev", "identityprovider/hub", "application/plain",
	} {
		delete(f, k)
	}
	f.spec("application/shop")["connections"] = []any{"wx-pc"}
}
