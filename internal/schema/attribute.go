package schema

import (
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// applicationSets are the arrays of an Application whose order means nothing.
var applicationSets = []model.Path{
	{"redirectUris"},
	{"logoutRedirectUris"},
	{"oidcConfig", "grant_types"},
	{"oidcConfig", "response_types"},
	{"oauthConfig", "grants"},
	{"loginConfig", "enabledBasicLoginMethods"},
	{"registerConfig", "enabledBasicRegisterMethods"},
	{"mfa", "enabledFactors"},
	{"mfa", "disabledFactors"},
}

// Set tells whether the order of the array at the path of a resource's
// attributes means nothing. typ is the connection type.
func (c *Catalog) Set(kind model.Kind, typ string, path model.Path) bool {
	switch kind {
	case model.Application:
		return slices.ContainsFunc(applicationSets, func(s model.Path) bool { return slices.Equal(s, path) })
	case model.Connection:
		if len(path) < 2 || path[0] != "fields" {
			return false
		}
		f := c.field(typ, path[1:])
		return len(path) == 2 && path[1] == "scopes" || f != nil && f.widget == widgetCheckbox
	}
	return false
}

// Default gives the value that the server documents for an attribute nobody
// gave (contract 5.1); false when none is documented. A documented default of
// null is nil and true. The value is shared: it must not be changed.
func (c *Catalog) Default(kind model.Kind, path model.Path) (any, bool) {
	if kind != model.Application {
		return nil, false
	}
	var at any = c.kinds["application"].tree()
	for _, key := range path {
		at = walk(at, []string{"properties", key})
	}
	schema, _ := at.(object)
	v, ok := schema["default"]
	return v, ok
}

// Structured tells that the object at the path has members of its own in the
// schema: a server that fills them in cannot have it empty.
func (c *Catalog) Structured(kind model.Kind, path model.Path) bool {
	if kind != model.Application {
		return kind == model.Connection && len(path) == 1 && path[0] == "fields"
	}
	var at any = c.kinds["application"].tree()
	for _, key := range path {
		at = walk(at, []string{"properties", key})
	}
	schema, _ := at.(object)
	members, _ := schema["properties"].(object)
	return len(members) > 0
}
