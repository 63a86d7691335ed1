package remote

import (
	"context"
	"maps"
)

// v2Names maps the fields of an application to V2's names (contract 6.3). What
// is not here has none: it is neither read nor written.
var v2Names = map[string]string{
	"appName": "name", "appIdentifier": "identifier", "appLogo": "logo", "appDescription": "description",
	"defaultProtocol": "protocol", "initLoginUri": "initLoginUrl",
	"redirectUris": "redirectUris", "logoutRedirectUris": "logoutRedirectUris", "ssoEnabled": "ssoEnabled",
	"oidcConfig": "oidcConfig", "oauthConfig": "oauthConfig",
	"samlProviderEnabled": "samlProviderEnabled", "oauthProviderEnabled": "oauthProviderEnabled", "casProviderEnabled": "casProviderEnabled",
}

// v2Creates are the fields that V2's create takes besides the template's.
var v2Creates = []string{"appName", "appIdentifier", "appLogo", "defaultProtocol", "redirectUris", "oidcConfig"}

// created2 is the body of a create in V2's names.
func created2(body tree) tree {
	out := tree{}
	for _, k := range v2Creates {
		if v, has := body[k]; has {
			out[v2Names[k]] = v
		}
	}
	if v := body["template"]; v != nil {
		out["templateCode"] = v
	}
	if v, has := body["templateData"]; has {
		out["templateData"] = v
	}
	return out
}

// updated2 is the body of an update in V2's names.
func updated2(body tree) tree {
	out := tree{}
	for name, v2 := range v2Names {
		if v, has := body[name]; has {
			out[v2] = v
		}
	}
	if branding, ok := body["brandingConfig"].(tree); ok {
		if css, has := branding["customCSS"]; has {
			out["css"] = css
		}
	}
	if v, has := body["templateData"]; has {
		out["templateData"] = v
	}
	return out
}

// application3 is an application in V3's names. Only what has a name there is
// copied: secret, jwks and all that V2 shows besides end here.
func (v *v2) application3(t tree) tree {
	out := tree{"appId": t["id"]}
	for name, v2 := range v2Names {
		if val, has := t[v2]; has {
			out[name] = val
		}
	}
	for _, k := range []string{"userPoolId", "tenantId"} {
		if val, has := t[k]; has {
			out[k] = val
		}
	}
	if css, has := t["css"]; has {
		out["brandingConfig"] = tree{"customCSS": css}
	}
	for _, k := range []string{"templateCode", "template"} {
		if text(t[k]) != "" {
			out["template"] = t[k]
		}
	}
	return v.codec.applicationTree(out)
}

// applications implements generation. The buttons come from elsewhere, so they
// are read beside the page.
func (v *v2) applications(ctx context.Context, page, limit int) (listing, error) {
	var l listing
	var on map[string][]any
	reads := []func(context.Context) error{
		func(ctx context.Context) (err error) { l, err = v.applicationPage(ctx, page, limit); return err },
		func(ctx context.Context) (err error) { on, err = v.enabled(ctx); return err },
	}
	err := each(ctx, len(reads), len(reads), func(ctx context.Context, i int) error { return reads[i](ctx) })
	if err != nil {
		return listing{}, err
	}
	for i, t := range l.items {
		l.items[i] = withButtons(t, on)
	}
	return l, nil
}

func (v *v2) applicationPage(ctx context.Context, page, limit int) (listing, error) {
	k, env, err := v.get(ctx, "applications", "page", itoa(page), "limit", itoa(limit))
	if err != nil {
		return listing{}, err
	}
	l, err := v.codec.page(k, env, "id")
	for i, t := range l.items {
		v.buttons.noteStrategy(text(t["id"]), t["permissionStrategy"])
		l.items[i] = v.application3(t)
	}
	return l, err
}

// application implements generation.
func (v *v2) application(ctx context.Context, id string) (tree, error) {
	t, err := v.rawApplication(ctx, id)
	if err != nil {
		return nil, err
	}
	on, err := v.enabled(ctx)
	if err != nil {
		return nil, err
	}
	return withButtons(v.application3(t), on), nil
}

func (v *v2) rawApplication(ctx context.Context, id string) (tree, error) {
	k, env, err := v.get(ctx, "applications/"+id)
	if err != nil {
		return nil, err
	}
	t, _ := env.data.(tree)
	if text(t["id"]) != id {
		return nil, v.core.odd(k, env, "the answer is not the application that was asked for")
	}
	v.buttons.noteStrategy(id, t["permissionStrategy"])
	return t, nil
}

// withButtons puts the buttons where V3 shows them.
func withButtons(app tree, on map[string][]any) tree {
	list := on[text(app["appId"])]
	if list == nil {
		list = []any{}
	}
	app["loginConfig"] = tree{"enabledExtIdpConns": list}
	return app
}

// permissionStrategy implements generation: it stands in the application, and
// costs nothing where that was just read.
func (v *v2) permissionStrategy(ctx context.Context, appID string) (string, error) {
	s, err := v.strategy(ctx, appID)
	if err != nil {
		return "", err
	}
	if name := text(s["defaultStrategy"]); name != "" {
		return name, nil
	}
	return "", &Error{Method: "GET", Path: v2Prefix + "applications/" + appID, Message: "the answer holds no permissionStrategy.defaultStrategy"}
}

func (v *v2) strategy(ctx context.Context, appID string) (tree, error) {
	if s, known := v.buttons.strategy(appID); known {
		return s, nil
	}
	t, err := v.rawApplication(ctx, appID)
	s, _ := objectOf(t["permissionStrategy"])
	return s, err
}

// strategyBody changes the strategy and keeps what else the object shows:
// whether an update merges it is not documented.
func (v *v2) strategyBody(ctx context.Context, appID, strategy string) (tree, error) {
	shown, err := v.strategy(ctx, appID)
	if err != nil && !isAbsent(err) { // a read may lag behind the create
		return nil, err
	}
	out := maps.Clone(shown)
	if out == nil {
		out = tree{}
	}
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	out["defaultStrategy"] = strategy
	return tree{"permissionStrategy": out}, nil
}
