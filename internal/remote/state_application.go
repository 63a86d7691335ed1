package remote

import (
	"maps"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// applicationFields are the fields of ApplicationDto that are no ids and not
// the server's alone (contract 5.3), and the two that an update takes though
// no published read shows them. loginConfig stands apart.
var applicationFields = []string{
	"appName", "appIdentifier", "appLogo", "appDescription", "appType", "defaultProtocol",
	"redirectUris", "logoutRedirectUris", "initLoginUri", "ssoEnabled",
	"oidcConfig", "samlProviderEnabled", "samlConfig", "oauthProviderEnabled", "oauthConfig",
	"casProviderEnabled", "casConfig", "registerConfig", "brandingConfig", "template",
	"customBrandingEnabled", "customSecurityEnabled", "ssoShowLaunchpad", "enablePermissionApply",
}

// loginReferences maps the keys of defaultLoginMethod that hold a connection's
// id on the wire to the configuration's words, which hold a handle.
var loginReferences = map[string]string{
	"qrcodeExtIdpConnId": "qrcodeConnection",
	"adExtIdpConnId":     "adConnection",
	"ldapExtIdpConnId":   "ldapConnection",
}

// neverShown are the paths of an application that no read shows: what is
// write-only, and what the server owns inside the protocol objects and decode
// therefore drops.
var neverShown = func() []string {
	out := []string{"mfa", "templateData"}
	for _, obj := range slices.Sorted(maps.Keys(protocolObjects)) {
		for _, k := range serverOwned {
			out = append(out, obj+"."+k)
		}
	}
	return slices.Clip(out)
}()

func (c *Client) applicationResource(t tree) *model.Resource {
	id := text(t["appId"])
	r := &model.Resource{
		Key: c.key(model.Application, id), ID: id, Foreign: foreign(t),
		Attributes: pick(t, applicationFields...), Hidden: neverShown,
	}
	if login, ok := t["loginConfig"].(tree); ok {
		r.Attributes["loginConfig"] = c.loginWords(login, r)
	} else if raw, has := t["loginConfig"]; has {
		r.Attributes["loginConfig"] = raw
	}
	if c.SpeaksV2() { // nothing there shows the login page
		delete(r.Attributes, "loginConfig")
	}
	if s := c.cache.strategies[id]; s != "" {
		r.Attributes["permissionStrategy"] = s
	} else {
		r.Hidden = append(r.Hidden, "permissionStrategy")
	}
	for _, k := range []string{"ssoShowLaunchpad", "enablePermissionApply"} {
		if _, shown := t[k]; !shown {
			r.Hidden = append(r.Hidden, k)
		}
	}
	return r
}

// loginWords translates loginConfig: no list of enabled connections, which are
// resources of their own, and handles for ids.
func (c *Client) loginWords(login tree, r *model.Resource) tree {
	out := maps.Clone(login)
	delete(out, "enabledExtIdpConns")
	method, ok := out["defaultLoginMethod"].(tree)
	if !ok {
		return out
	}
	method = maps.Clone(method)
	out["defaultLoginMethod"] = method
	for wire, word := range loginReferences {
		id := text(method[wire])
		delete(method, wire)
		if id == "" {
			continue
		}
		key := c.names.referred(model.ObjectID{Kind: model.Connection, ID: id}, c.serverName(model.Connection, id))
		method[word] = key.Name
		if r.Refs == nil {
			r.Refs = make(map[string]model.Key, 1)
		}
		r.Refs["loginConfig.defaultLoginMethod."+word] = key
	}
	return out
}

// enablements makes a resource of each connection that is switched on for an
// application; an element without enabled counts as on (contract 5.3). Those of
// connections that are nowhere come apart.
func (c *Client) enablements(app tree) (alive []*model.Resource, dead []model.Key) {
	elements := enabledElements(app)
	if len(elements) == 0 {
		return nil, nil
	}
	appID := text(app["appId"])
	appKey := c.key(model.Application, appID)
	alive = make([]*model.Resource, 0, len(elements))
	for _, e := range elements {
		id := text(e["extIdpConnId"])
		if c.nowhere(e) {
			dead = append(dead, model.EnablementKey(appKey.Name, byID(model.ObjectID{Kind: model.Connection, ID: id}).Name))
			continue
		}
		conn := c.elementKey(e, id)
		alive = append(alive, &model.Resource{
			Key: model.EnablementKey(appKey.Name, conn.Name), ID: enablementID(appID, id), Foreign: foreign(app),
			Attributes: tree{}, DependsOn: []model.Key{conn, appKey},
		})
	}
	return alive, dead
}

// elementKey names the connection of an element. One that was not read is
// named by the identifier that the element carries.
func (c *Client) elementKey(e tree, id string) model.Key {
	name := c.serverName(model.Connection, id)
	if name == "" {
		name = text(e["extIdpConnIdentifier"])
	}
	return c.names.referred(model.ObjectID{Kind: model.Connection, ID: id}, name)
}

// enabledElements lists the elements of enabledExtIdpConns that are switched on.
func enabledElements(app tree) []tree {
	login, _ := app["loginConfig"].(tree)
	list, _ := login["enabledExtIdpConns"].([]any)
	out := make([]tree, 0, len(list))
	for _, e := range list {
		t, ok := e.(tree)
		if !ok || text(t["extIdpConnId"]) == "" || t["enabled"] == false {
			continue
		}
		out = append(out, t)
	}
	return out
}

func enablementID(appID, connectionID string) string { return appID + "/" + connectionID }
