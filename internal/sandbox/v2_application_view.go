package sandbox

import "maps"

// v2Names is the name map of contract 6.3, V2 to V3, with the names that are the
// same in both. css, template and permissionStrategy are mapped by hand.
var v2Names = map[string]string{
	"name": "appName", "identifier": "appIdentifier", "logo": "appLogo", "description": "appDescription",
	"protocol": "defaultProtocol", "initLoginUrl": "initLoginUri", "redirectUris": "redirectUris", "logoutRedirectUris": "logoutRedirectUris",
	"ssoEnabled": "ssoEnabled", "oidcConfig": "oidcConfig", "samlConfig": "samlConfig", "oauthConfig": "oauthConfig", "casConfig": "casConfig",
	"samlProviderEnabled": "samlProviderEnabled", "oauthProviderEnabled": "oauthProviderEnabled", "casProviderEnabled": "casProviderEnabled",
}

// v2Nullable are null in a V2 read until a client gives them (SEED3).
var v2Nullable = map[string]bool{
	"description": true, "initLoginUrl": true, "logoutRedirectUris": true, "samlConfig": true, "casConfig": true, "oauthConfig": true,
}

// v2Defaults are the settings without a V3 name and what the server fills in: the
// values of SEED3 where contract 6.3 gives them, else INFERRED from the type.
var v2Defaults = map[string]any{
	"appType": "INDIVIDUAL", "guardVersion": "v2", "oidcProviderEnabled": true,
	"loginTabs": []any{"phone-code", "password"}, "defaultLoginTab": "password", "passwordTabConfig": map[string]any{"enabledLoginMethods": []any{"email-password"}},
	"registerTabs": []any{"email", "phone"}, "defaultRegisterTab": "email", "registerDisabled": false,
	"qrcodeScanning":        map[string]any{"redirect": true, "interval": 800},
	"showAuthorizationPage": false, "enableSubAccount": false, "loginRequireEmailVerified": false, "agreementEnabled": false,
	"skipMfa": false, "extendsFieldsEnabled": false, "extendsFields": []any{}, "ext": nil, "domain": nil,
	"ssoPageCustomizationSettings": nil, "ldapConnections": nil, "adConnections": []any{}, "disabledSocialConnections": nil,
	"disabledOidcConnections": []any{}, "disabledSamlConnections": []any{}, "disabledOauth2Connections": []any{},
	"disabledCasConnections": []any{}, "disabledAzureAdConnections": []any{},
}

// v2ServerOwned are keys of a V2 read that no client sets. They may be sent back
// and are passed over.
var v2ServerOwned = []string{
	"id", "userPoolId", "secret", "jwks", "createdAt", "updatedAt", "isDeleted", "isDefault", "isOfficial", "isDemo", "isAsa",
	"isIntegrate", "template", "ssoEnabledAt",
}

// v2Application is the full V2 application: secrets in clear, whatever the dialect
// does to V3's reads.
func (v view) v2Application(a *application) map[string]any {
	full := v.withDefaults(a.Given)
	tree := maps.Clone(v2Defaults)
	maps.Copy(tree, a.V2)
	for name, v3 := range v2Names {
		tree[name] = full[v3]
		if _, given := a.Given[v3]; v2Nullable[name] && !given {
			tree[name] = nil
		}
	}
	branding, _ := full["brandingConfig"].(map[string]any)
	tree["css"] = ""
	if css, ok := branding["customCSS"]; ok {
		tree["css"] = css
	}
	v.addServerOwned(tree, a)
	v.addProtocolSecrets(tree, a)
	return tree
}

func (v view) addServerOwned(tree map[string]any, a *application) {
	maps.Copy(tree, map[string]any{
		"id": a.ID, "userPoolId": v.poolID, "secret": a.Secret, "jwks": jwksOf(a.ID), "isIntegrate": a.Integrated,
		"template": nil, "createdAt": a.CreatedAt, "updatedAt": a.UpdatedAt,
		"isDeleted": false, "isDefault": false, "isOfficial": false, "isDemo": false, "isAsa": false,
		"permissionStrategy": map[string]any{"enabled": true, "defaultStrategy": a.Strategy, "allowPolicyId": nil, "denyPolicyId": nil},
	})
	if a.Template != "" {
		tree["template"] = a.Template
	}
}

// addProtocolSecrets adds the keys of the protocol objects that only V2 reads have
// (contract 5.1). What a client gave under such a name stays.
func (v view) addProtocolSecrets(tree map[string]any, a *application) {
	after, _ := a.Given["logoutRedirectUris"].([]any)
	if oidc, ok := tree["oidcConfig"].(map[string]any); ok {
		tree["oidcConfig"] = overlay(map[string]any{
			"client_id": a.ID, "client_secret": a.Secret, "redirect_uris": tree["redirectUris"], "post_logout_redirect_uris": append([]any{}, after...),
		}, oidc)
	}
	if oauth, ok := tree["oauthConfig"].(map[string]any); ok {
		tree["oauthConfig"] = overlay(map[string]any{"id": a.ID, "client_secret": a.Secret, "redirect_uris": []any{}}, oauth)
	}
}

// oauthFilled is what V2 puts into a new application though OAuth is off (contract
// 5.1, 6.3).
var oauthFilled = map[string]any{
	"grants": []any{"authorization_code"}, "access_token_lifetime": 1209600, "refresh_token_lifetime": 2592000,
	"introspection_endpoint_auth_method": "client_secret_post", "revocation_endpoint_auth_method": "client_secret_post",
}
