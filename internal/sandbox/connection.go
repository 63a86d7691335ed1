package sandbox

import (
	"regexp"
	"slices"
	"sync"
)

// How a connection comes to be, whichever generation of the API asks for it.

// connectionIdentifier is the rule of contract 4.4.
var connectionIdentifier = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9-]{1,31}$`) })

func checkIdentifier(identifier string) *failure {
	if !connectionIdentifier().MatchString(identifier) {
		return refuse(badArgument, "identifier: want lower-case letters, digits and -, fewer than 32")
	}
	return nil
}

// newConnection is what checked parameters of a create say; the keys that both
// generations have are called the same.
func (c *call) newConnection(p *provider, params map[string]any) *connection {
	text := func(key string) string { s, _ := params[key].(string); return s }
	fields, _ := params["fields"].(map[string]any)
	conn := &connection{
		ID: newID(), ProviderID: p.ID, Type: text("type"), Identifier: text("identifier"), DisplayName: text("displayName"),
		Logo: text("logo"), LoginOnly: params["loginOnly"] == true, AssociationMode: "none", ChallengeMethods: []any{},
		Fields: withoutNulls(fields),
	}
	if params["logo"] == nil {
		conn.Logo = c.server.templates.provider(p.Type).connectionLogo(conn.Type)
	}
	return conn
}

// addConnection checks a new connection against the pool as this write has left
// it so far, and puts it there.
func (c *call) addConnection(p *provider, conn *connection) *failure {
	if connectionTypes[conn.Type] != p.Type {
		return refuse(wrongProviderType, "type: a connection of type %s does not belong to a provider of type %s", conn.Type, p.Type)
	}
	if c.identifierInUse(conn.Identifier) {
		return refuse(identifierTaken, "identifier %q: already used in this pool", conn.Identifier)
	}
	if c.dialect.is("allow-multiple", "enforce") && c.server.templates.provider(p.Type).singleConnection && c.hasConnection(p, conn.Type) {
		return refuse(multiplicity, "type: the provider may hold one connection of type %s and has it", conn.Type)
	}
	c.tx.Connections = append(c.tx.Connections, conn)
	c.enableNew(conn)
	return nil
}

func (c *call) identifierInUse(identifier string) bool {
	_, taken := c.tx.objects.byIdentifier[identifier]
	return taken || slices.ContainsFunc(c.tx.Connections, func(other *connection) bool { return other.Identifier == identifier })
}

func (c *call) hasConnection(p *provider, kind string) bool {
	same := func(other *connection) bool { return other.ProviderID == p.ID && other.Type == kind }
	return slices.ContainsFunc(c.tx.Connections, same) || slices.ContainsFunc(c.tx.objects.connectionsOf[p.ID], func(id string) bool {
		return same(c.tx.objects.connections[id])
	})
}

// enableNew switches a new connection on where it should be: nowhere by default
// (INFERRED, contract 10.10) but in applications that enable all of them.
func (c *call) enableNew(conn *connection) {
	for _, id := range c.tx.objects.applicationIDs {
		if a := c.tx.application(id); a.EnableAll || c.dialect.is("new-conn", "enabled") {
			c.tx.putApplication(a.withConnection(conn.ID))
		}
	}
}

// defaultLogo is the one of the connection's type.
func (c *call) defaultLogo(conn *connection) string {
	p := c.tx.objects.providers[conn.ProviderID]
	return c.server.templates.provider(p.Type).connectionLogo(conn.Type)
}

// newProvider makes a provider where its type allows one more.
func (c *call) newProvider(name, kind, tenant string) (*provider, *failure) {
	t := c.server.templates.provider(kind)
	if c.dialect.is("allow-multiple", "enforce") && t.single && c.tx.objects.providersOfType[kind] > 0 {
		return nil, refuse(multiplicity, "type: the pool may hold one identity provider of type %s and has it", kind)
	}
	p := &provider{ID: newID(), Name: name, Type: kind, TenantID: tenant, Logo: t.logo}
	c.tx.Providers = append(c.tx.Providers, p)
	return p, nil
}

// dropProvider takes a provider away. With connections the vendor's behaviour is
// UNKNOWN (contract 8 Q5): it takes them along, or refuses.
func (c *call) dropProvider(p *provider) *failure {
	connections := c.tx.objects.connectionsOf[p.ID]
	if len(connections) > 0 && c.dialect.is("delete-idp", "refuse") {
		return refuse(inUse, "identity provider %q still has %d connections", p.ID, len(connections))
	}
	if f := c.removeConnections(connections); f != nil {
		return f
	}
	c.tx.Removed = append(c.tx.Removed, p.ID)
	return nil
}
