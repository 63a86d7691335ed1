package sandbox

import "maps"

// What the server fills in where a client gave nothing: contract 5.1 and 5.3.
// Values that no document gives are INFERRED. The trees are only read.

var oidcDefaults = map[string]any{
	"grant_types":                        []any{"authorization_code", "password", "refresh_token"},
	"response_types":                     []any{"code"},
	"id_token_signed_response_alg":       "HS256",
	"jwks_uri":                           nil,
	"token_endpoint_auth_method":         "client_secret_post",
	"introspection_endpoint_auth_method": "client_secret_post",
	"revocation_endpoint_auth_method":    "client_secret_post",
	"request_object_encryption_enc":      nil,
	"request_object_encryption_alg":      nil,
	"request_object_signing_alg":         nil,
	"userinfo_encrypted_response_enc":    nil,
	"userinfo_encrypted_response_alg":    nil,
	"userinfo_signed_response_alg":       nil,
	"id_token_encrypted_response_enc":    nil,
	"id_token_encrypted_response_alg":    nil,
	"jwks":                               nil,
	"authorization_code_expire":          600,
	"id_token_expire":                    1209600,
	"access_token_expire":                1209600,
	"refresh_token_expire":               2592000,
	"cas_expire":                         1209600,
	"skip_consent":                       true,
}

var samlDefaults = map[string]any{
	"acs":                  "REPLACE ME",
	"authnContextClassRef": "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified",
	"digestAlgorithm":      "http://www.w3.org/2000/09/xmldsig#sha1",
	"lifetimeInSeconds":    3600,
	"nameIdentifierFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
	"signatureAlgorithm":   "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
}

var loginDefaults = map[string]any{
	"mergeLoginAndRegisterPage": false,
	"enabledBasicLoginMethods":  []any{"EMAIL_CODE", "EMAIL_PASSWORD"},
	"defaultLoginMethod":        map[string]any{"connectionType": "PASSWORD"}, // INFERRED from V2's defaultLoginTab (6.3)
	"showAuthorizationPage":     false,
}

var registerDefaults = map[string]any{ // INFERRED from V2's defaultRegisterTab (6.3)
	"enabledBasicRegisterMethods": []any{"EMAIL_CODE", "EMAIL_PASSWORD"},
	"defaultRegisterMethod":       "PASSCODE",
}

var brandingDefaults = map[string]any{
	"customCSSEnabled":          false,
	"guardVersion":              "Advanced",
	"showChangeLanguageButton":  false,
	"defaultLanguage":           "zh-CN", // INFERRED: required in a read, no default published
	"showForgetPasswordButton":  true,
	"showEnterpriseConnections": true,
	"showSocialConnections":     true,
	"showAgreement":             false,
	"agreements":                []any{},
}

// requiredInReads is what ApplicationDto always has, with nothing in it. It is
// all that defaults=bare fills in.
var requiredInReads = map[string]any{
	"appLogo":               "",
	"appType":               "web",
	"defaultProtocol":       "oidc",
	"redirectUris":          []any{},
	"logoutRedirectUris":    []any{},
	"initLoginUri":          "",
	"ssoEnabled":            false,
	"loginConfig":           map[string]any{},
	"registerConfig":        map[string]any{},
	"brandingConfig":        map[string]any{},
	"oidcConfig":            map[string]any{},
	"samlProviderEnabled":   false,
	"oauthProviderEnabled":  false,
	"casProviderEnabled":    false,
	"customBrandingEnabled": false,
	"customSecurityEnabled": false,
}

// injected is what defaults=inject fills in on top. oauthConfig and casConfig
// have no default in V3.
var injected = map[string]any{
	"appLogo":        "https://files.authing.co/authing-console/default-app-logo.png",
	"loginConfig":    loginDefaults,
	"registerConfig": registerDefaults,
	"brandingConfig": brandingDefaults,
	"oidcConfig":     oidcDefaults,
	"samlConfig":     samlDefaults,
}

// withDefaults lays the given settings over the defaults; inside a config object
// key by key. The outer trees are new, what they hold is shared and only read.
func (v view) withDefaults(given map[string]any) map[string]any {
	out := maps.Clone(requiredInReads)
	if v.dialect.is("defaults", "inject") {
		maps.Copy(out, injected)
	}
	for key, value := range given {
		base, isConfig := out[key].(map[string]any)
		set, alsoConfig := value.(map[string]any)
		if isConfig && alsoConfig {
			value = overlay(base, set)
		}
		out[key] = value
	}
	return out
}

func overlay(base, set map[string]any) map[string]any {
	out := make(map[string]any, len(base)+len(set))
	maps.Copy(out, base)
	maps.Copy(out, set)
	return out
}
