package remote

import (
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// v2Speaks lists, kind by kind, the attributes that V2 has a name for (contract
// 6.2, 6.3). An object of which only some keys have one stands in v2Inside.
var v2Speaks = map[model.Kind][]string{
	model.IdentityProvider: {"name", "type"},
	model.Connection:       {"provider", "identifier", "type", "displayName", "logo", "fields"},
	model.Application: {
		"appName", "appIdentifier", "appLogo", "appDescription", "defaultProtocol",
		"redirectUris", "logoutRedirectUris", "initLoginUri", "ssoEnabled", "oidcConfig", "oauthConfig",
		"samlProviderEnabled", "oauthProviderEnabled", "casProviderEnabled",
		"template", "templateData", "permissionStrategy",
	},
}

var v2Inside = map[string][]string{"brandingConfig": {"customCSS"}}

// Unsupported tells that the pool is spoken to in V2 alone, and that V2 has no
// name for the attribute at the path, or, for no path, for some attribute of the
// kind. It counts after Open.
func (c *Client) Unsupported(kind model.Kind, path model.Path) bool {
	words := v2Speaks[kind]
	if !c.SpeaksV2() || words == nil {
		return false
	}
	if len(path) == 0 {
		return true
	}
	if slices.Contains(words, path[0]) {
		return false
	}
	inside := v2Inside[path[0]]
	if kind != model.Application || inside == nil {
		return true
	}
	return len(path) > 1 && !slices.Contains(inside, path[1])
}

// Lasting tells that the pool is spoken to in V2 alone, where an application's
// template never causes a replace (spec 2).
func (c *Client) Lasting(kind model.Kind, attribute string) bool {
	return c.SpeaksV2() && kind == model.Application && attribute == "template"
}

// SpeaksV2 tells, once Open has returned, that the pool is read and written by
// V2 calls alone.
func (c *Client) SpeaksV2() bool {
	_, only := c.api.(*v2)
	return only
}

// renew makes the next reads fresh: V2 keeps what one of its reads tells of
// many applications.
func (c *Client) renew() {
	if only, ok := c.api.(*v2); ok {
		only.buttons.renew()
	}
}
