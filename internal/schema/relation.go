package schema

import (
	"iter"
	"maps"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// ProviderTypes lists the provider types the API documents (contract 4.1).
func (c *Catalog) ProviderTypes() []string {
	return slices.Clone(c.kinds["identity-provider"].types())
}

// ConnectionTypes lists the connection types the API documents (contract 4.3).
func (c *Catalog) ConnectionTypes() []string {
	return slices.Clone(c.kinds["connection"].types())
}

// ProviderTypeOf gives the provider type a connection type belongs to: what its
// template says, else the overview of connection-types.md. It is false where
// neither knows, and for ad-kerberos, whose provider type is but a guess there:
// nobody should be refused for it.
func (c *Catalog) ProviderTypeOf(connType string) (string, bool) {
	known := knownTypes()[connType]
	guessed := known != nil && known.ProviderGuessed
	switch t := c.types[connType]; {
	case t != nil && (t.strict() || !guessed):
		return t.info.ProviderType, true
	case known != nil && !guessed:
		return known.Provider, true
	}
	return "", false
}

// Refuses tells that the server's own template of a provider type does not have
// the connection type. It is false as long as nobody has pulled that template.
func (c *Catalog) Refuses(providerType, connType string) bool {
	t := c.types[connType]
	return c.pulled[providerType] && (t == nil || t.info.ProviderType != providerType || t.info.Provenance != Pulled)
}

// told tells that a template of the project is one of the provider type.
func (c *Catalog) told(providerType string) bool {
	for _, t := range c.types {
		if t.strict() && t.info.ProviderType == providerType {
			return true
		}
	}
	return false
}

// Edited lists the project's pulled templates that were changed since, by file.
func (c *Catalog) Edited() []Edited { return slices.Clone(c.edited) }

// OneProvider tells that a user pool takes one provider of the type
// (allowMultiple is false); certain when the server itself says so, and not a
// bundled template.
func (c *Catalog) OneProvider(providerType string) (one, certain bool) {
	for _, t := range c.types {
		if t.info.ProviderType != providerType || t.info.AllowMultiple == nil || certain && !t.strict() {
			continue
		}
		no := !*t.info.AllowMultiple
		if t.strict() && !certain {
			one, certain = no, true
		} else {
			one = one || no
		}
	}
	return one, one && certain
}

// OneConnection tells that a provider takes one connection of the type
// (allowMultipleConn is false); certain as for OneProvider.
func (c *Catalog) OneConnection(connType string) (one, certain bool) {
	t, ok := c.types[connType]
	if !ok || t.info.AllowMultipleConn == nil {
		return false, false
	}
	one = !*t.info.AllowMultipleConn
	return one, one && t.strict()
}

// ProviderTypesOf lists the provider types that resources need, sorted: those of
// providers, and those that connections belong to.
func (c *Catalog) ProviderTypesOf(resources iter.Seq[*model.Resource]) []string {
	found := make(map[string]bool)
	for r := range resources {
		typ, _ := r.Attributes["type"].(string)
		if r.Key.Kind == model.Connection {
			typ, _ = c.ProviderTypeOf(typ)
		} else if r.Key.Kind != model.IdentityProvider {
			continue
		}
		if typeName().MatchString(typ) {
			found[typ] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
