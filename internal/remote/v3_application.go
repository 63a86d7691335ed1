package remote

import (
	"context"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// applications implements generation by list-applications. all=true is
// documented as "search all applications"; the filters are left out, since an
// explicit false may filter (contract 8 Q15).
func (v *v3) applications(ctx context.Context, page, limit int) (listing, error) {
	c, env, err := v.get(ctx, "list-applications", "page", itoa(page), "limit", itoa(limit), "all", "true")
	if err != nil {
		return listing{}, err
	}
	l, err := v.page(c, env, "appId")
	for i, t := range l.items {
		l.items[i] = v.applicationTree(t)
	}
	return l, err
}

// application implements generation by get-application.
func (v *v3) application(ctx context.Context, id string) (tree, error) {
	c, env, err := v.get(ctx, "get-application", "appId", id)
	if err != nil {
		return nil, err
	}
	data, _ := env.data.(tree)
	if text(data["appId"]) != id {
		return nil, v.wire.odd(c, env, "the answer is not the application that was asked for")
	}
	return v.applicationTree(data), nil
}

// permissionStrategy implements generation.
func (v *v3) permissionStrategy(ctx context.Context, appID string) (string, error) {
	c, env, err := v.get(ctx, "get-application-permission-strategy", "appId", appID)
	if err != nil {
		return "", err
	}
	data, _ := env.data.(tree)
	s := text(data["permissionStrategy"])
	if s == "" {
		return "", v.wire.odd(c, env, "the answer holds no permissionStrategy")
	}
	return s, nil
}

// protocolObjects are the application's objects whose keys no contract lists
// (contract 5.1), with the keys that are arrays where the contract shows them.
var protocolObjects = map[string][]string{
	"oidcConfig":  {"grant_types", "response_types"},
	"oauthConfig": {"grants"},
	"samlConfig":  nil,
	"casConfig":   nil,
}

// serverOwned are the keys that the server fills in inside protocol objects.
// They are dropped on decode, so they are neither shown nor sent back.
var serverOwned = []string{"id", "secret", "client_id", "client_secret", "redirect_uris", "post_logout_redirect_uris"}

// applicationTree normalises an application, drops its secret, and wraps the
// secrets that remain.
func (v *v3) applicationTree(t tree) tree {
	delete(t, "secret")
	delete(t, "jwks")
	arrays := v.wordingOf(t)
	fixArray(t, "redirectUris")
	fixArray(t, "logoutRedirectUris")
	fixText(t, "initLoginUri")
	if login := fixObject(t, "loginConfig"); login != nil {
		fixArray(login, "enabledBasicLoginMethods")
		fixArray(login, "enabledExtIdpConns")
		fixObject(login, "defaultLoginMethod")
	}
	if register := fixObject(t, "registerConfig"); register != nil {
		fixArray(register, "enabledBasicRegisterMethods")
	}
	if branding := fixObject(t, "brandingConfig"); branding != nil {
		fixAgreements(branding)
	}
	d := decoder{texts: arrays != asArrays, secret: func(p model.Path) bool { return v.secret(model.Application, "", p) }}
	for name, keys := range protocolObjects {
		if obj := fixObject(t, name); obj != nil {
			d.protocol(obj, name, keys)
		}
	}
	v.twins.share(t)
	return t
}

// wordingOf judges how the server writes arrays by what it shows of one
// application, and remembers it for the connections.
func (v *v3) wordingOf(t tree) wording {
	values := []any{t["redirectUris"], t["logoutRedirectUris"]}
	for _, p := range [...][2]string{
		{"loginConfig", "enabledBasicLoginMethods"},
		{"registerConfig", "enabledBasicRegisterMethods"},
		{"oidcConfig", "grant_types"},
	} {
		inner, _ := objectOf(t[p[0]])
		values = append(values, inner[p[1]])
	}
	w := wordingOf(values...)
	v.arrays.note(w)
	return w
}

func fixAgreements(branding tree) {
	fixArray(branding, "agreements")
	list, _ := branding["agreements"].([]any)
	list = slices.Clone(list) // see jsonReader.list
	for i, e := range list {
		if t, ok := objectOf(e); ok {
			fixArray(t, "displayAt")
			list[i] = t
		}
	}
	if len(list) > 0 {
		branding["agreements"] = list
	}
}

func (d decoder) protocol(obj tree, name string, arrays []string) {
	for _, k := range serverOwned {
		delete(obj, k)
	}
	for _, k := range arrays {
		fixArray(obj, k)
	}
	path := append(make(model.Path, 0, 8), name)
	for k, e := range obj {
		obj[k] = d.value(append(path, k), e)
	}
}

func observedApplication(t tree) model.Observed {
	return model.Observed{
		Kind: model.Application, ID: text(t["appId"]), Name: text(t["appName"]),
		Identifier: text(t["appIdentifier"]), Template: text(t["template"]), Foreign: foreign(t),
	}
}
