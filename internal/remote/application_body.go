package remote

import (
	"maps"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// createKeys are the fields of CreateApplicationDto (contract 5.1) that a
// configuration may declare; the buttons are switched one by one instead.
var createKeys = []string{
	"appName", "template", "templateData", "appIdentifier", "appLogo", "appDescription", "appType",
	"defaultProtocol", "redirectUris", "logoutRedirectUris", "initLoginUri", "ssoEnabled",
	"oidcConfig", "samlProviderEnabled", "samlConfig", "oauthProviderEnabled", "oauthConfig",
	"casProviderEnabled", "casConfig", "loginConfig", "registerConfig", "brandingConfig",
}

// integratedKeys are what a create of an integrated application reads; the API
// ignores the rest (contract 5.1).
var integratedKeys = []string{"template", "templateData", "appName", "appIdentifier"}

// updateScalars and updateObjects are the fields of UpdateApplicationDto
// (contract 5.2). An object with a list of keys takes only these; the others
// take any.
var updateScalars = []string{
	"appName", "appIdentifier", "appLogo", "appDescription", "defaultProtocol",
	"redirectUris", "logoutRedirectUris", "initLoginUri", "ssoEnabled",
	"samlProviderEnabled", "oauthProviderEnabled", "casProviderEnabled",
	"ssoShowLaunchpad", "enablePermissionApply",
}

var updateObjects = map[string][]string{
	"oidcConfig": nil, "samlConfig": nil, "oauthConfig": nil, "casConfig": nil,
	"loginConfig":    {"mergeLoginAndRegisterPage", "enabledBasicLoginMethods", "defaultLoginMethod", "showAuthorizationPage"},
	"registerConfig": {"enabledBasicRegisterMethods", "defaultRegisterMethod"},
	"brandingConfig": {
		"customCSSEnabled", "customCSS", "guardVersion", "customLoadingImage", "customBackground",
		"showChangeLanguageButton", "defaultLanguage", "showForgetPasswordButton", "showEnterpriseConnections", "showSocialConnections",
	},
}

// required are the keys without which the API refuses an object.
var required = map[string][]string{
	"loginConfig":        {"showAuthorizationPage"},
	"registerConfig":     {"enabledBasicRegisterMethods", "defaultRegisterMethod"},
	"defaultLoginMethod": {"connectionType"},
}

// neverEmpty are the keys whose value must be one of a list, or an id: an empty
// one that the server shows cannot be sent back.
var neverEmpty = []string{
	"defaultProtocol", "guardVersion", "defaultLanguage", "defaultRegisterMethod",
	"connectionType", "qrcodeType", "qrcodeExtIdpConnId", "adExtIdpConnId", "ldapExtIdpConnId",
}

// ours is the resource without the keys that the server owns inside the
// protocol objects: they are never sent, declared or not (spec 7, Merging).
func ours(r *model.Resource) *model.Resource {
	out := r
	for name := range protocolObjects {
		obj, _ := r.Attributes[name].(tree)
		kept := omit(obj, serverOwned...)
		if len(kept) == len(obj) {
			continue
		}
		out = less(out, name)
		if len(kept) > 0 {
			out.Attributes[name] = kept
		}
	}
	return out
}

// isIntegrated tells that an application is made from a template.
func isIntegrated(r *model.Resource) bool { return r.Text("template") != "" }

// createBody makes the body of create-application. What is null or held by the
// server is left to the server.
func createBody(declared tree, integrated bool) tree {
	keys := createKeys
	if integrated {
		keys = integratedKeys
	}
	body := without(pick(declared, keys...), unset).(tree)
	if login, ok := body["loginConfig"].(tree); ok && login["showAuthorizationPage"] == nil {
		login["showAuthorizationPage"] = false
	}
	return body
}

// updateBody makes the body of update-application: each field as declared, else
// as the server shows it, so that it means the same whether the server keeps
// or resets what is left out. carry tells what of an object the update may send
// on its own.
func updateBody(id string, server, declared tree, carry carrier) tree {
	body := tree{"appId": id}
	for _, k := range updateScalars {
		if v, has := declared[k]; has {
			body[k] = v
		} else if v := server[k]; sendable(k, v) {
			body[k] = v
		}
	}
	for k, keys := range updateObjects {
		v, has := declared[k]
		if has && v == nil {
			body[k] = nil
		} else if v, ok := updateObject(k, keys, server[k], v, carry); ok {
			body[k] = v
		}
	}
	if v := declared["templateData"]; v != nil {
		body["templateData"] = without(v, serverHeld)
	}
	return body
}

// carrier says what of the server's own an update sends on its own.
type carrier struct {
	// secrets: what is shown at a secret path is the secret, so it is sent back.
	secrets bool
}

func (k carrier) own(v any) any {
	if k.secrets {
		return v
	}
	return readable(v)
}

// updateObject is one object of the body. Undeclared, it is left out if the
// server's own cannot be given back whole: a secret in it, or something
// required missing.
func updateObject(name string, keys []string, server, declared any, carry carrier) (any, bool) {
	shown, _ := server.(tree)
	own := shown
	if keys != nil {
		own = typed(pick(shown, keys...))
	}
	base, _ := carry.own(own).(tree)
	if declared == nil || emptied(declared, without(declared, serverHeld)) {
		whole := carry.secrets || !holdsSecret(own)
		return base, len(base) > 0 && whole && complete(name, base)
	}
	if name == "loginConfig" {
		base = loginBase(base, declared)
	}
	out := managed(base, declared)
	if login, ok := out.(tree); ok && name == "loginConfig" && login["showAuthorizationPage"] == nil {
		login = maps.Clone(login)
		login["showAuthorizationPage"] = false
		return login, true
	}
	return out, true
}

// typed drops what the server shows and its own update would refuse: nulls,
// and empty values where it wants one of a list or an id.
func typed(t tree) tree {
	for k, v := range t {
		if inner, ok := v.(tree); ok {
			v = typed(maps.Clone(inner))
			t[k] = v
			if !complete(k, v.(tree)) {
				delete(t, k)
			}
		}
		if !sendable(k, v) {
			delete(t, k)
		}
	}
	return t
}

func sendable(key string, v any) bool {
	return v != nil && (v != "" || !slices.Contains(neverEmpty, key))
}

func complete(name string, t tree) bool {
	for _, k := range required[name] {
		if t[k] == nil || t[k] == "" {
			return false
		}
	}
	return true
}

// loginBase takes from the server's default login method what belongs to a
// way of login that the declaration leaves.
func loginBase(base tree, declared any) tree {
	d, _ := declared.(tree)
	method, _ := d["defaultLoginMethod"].(tree)
	old, ok := base["defaultLoginMethod"].(tree)
	typ, says := method["connectionType"].(string)
	if !ok || !says || typ == old["connectionType"] {
		return base
	}
	out := maps.Clone(base)
	delete(out, "defaultLoginMethod")
	return out
}
