package sandbox

import "encoding/json"

// V2's providers and connections (contract 6.2). Its reads show fields, secrets in
// clear, whatever the dialect does to V3's: that is known of them (AFX-9982402).

// v2ListProviders is GET extIdp: an array, without fields. What enabled means there
// is UNKNOWN: here, that some application shows the connection.
func v2ListProviders(c *call) (any, *failure) {
	used, list := c.usage(), []any{}
	for _, p := range c.providersOfTenant(c.text("tenantId")) {
		connections := []any{}
		for _, id := range c.tx.objects.connectionsOf[p.ID] {
			conn := c.tx.objects.connections[id]
			connections = append(connections, map[string]any{
				"id": id, "type": conn.Type, "identifier": conn.Identifier, "displayName": conn.DisplayName, "logo": conn.Logo,
				"enabled": len(used[id]) > 0,
			})
		}
		list = append(list, map[string]any{"id": p.ID, "name": p.Name, "type": p.Type, "tenantId": p.TenantID, "connections": connections})
	}
	return list, nil
}

// v2GetProvider is GET extIdp/{id}.
func v2GetProvider(c *call) (any, *failure) {
	p, f := c.provider(c.segment())
	if f != nil {
		return nil, f
	}
	connections := []any{}
	for _, id := range c.tx.objects.connectionsOf[p.ID] {
		connections = append(connections, c.tx.objects.connections[id].v2())
	}
	return p.v2(connections), nil
}

func (p *provider) v2(connections []any) map[string]any {
	return map[string]any{"id": p.ID, "name": p.Name, "type": p.Type, "connections": connections}
}

func (conn *connection) v2() map[string]any {
	return map[string]any{
		"id": conn.ID, "type": conn.Type, "identifier": conn.Identifier, "displayName": conn.DisplayName, "fields": conn.Fields,
		"logo": conn.Logo, "userMatchFields": conn.MatchFields,
	}
}

// v2CreateProvider is POST extIdp: a provider and its connections, all or nothing.
func v2CreateProvider(c *call) (any, *failure) {
	tenant := c.text("tenantId")
	if tenant == "" {
		tenant = c.text("tenantUd")
	}
	p, f := c.newProvider(c.text("name"), c.text("type"), tenant)
	if f != nil {
		return nil, f
	}
	list, _ := c.params["connections"].([]any)
	connections := []any{}
	for _, item := range list {
		conn, f := c.v2NewConnection(p, item.(map[string]any))
		if f != nil {
			return nil, f
		}
		connections = append(connections, conn.v2())
	}
	return p.v2(connections), nil
}

func (c *call) v2NewConnection(p *provider, params map[string]any) (*connection, *failure) {
	identifier, _ := params["identifier"].(string)
	if f := checkIdentifier(identifier); f != nil {
		return nil, f
	}
	conn := c.newConnection(p, params)
	if f := conn.matchBy(params["userMatchFields"]); f != nil {
		return nil, f
	}
	return conn, c.addConnection(p, conn)
}

// matchBy stores userMatchFields: an array of text, JSON text of one, or one name.
// A connection with some binds accounts by field (INFERRED, contract 4.3).
func (conn *connection) matchBy(value any) *failure {
	list, isList := value.([]any)
	text, isText := value.(string)
	switch {
	case isText && text != "" && json.Unmarshal([]byte(text), &list) != nil:
		list = []any{text}
	case value == nil, isText, isList && isTexts(list):
	default:
		return refuse(badArgument, "userMatchFields: want an array of strings")
	}
	conn.MatchFields, conn.AssociationMode = nil, "none"
	if len(list) > 0 && isTexts(list) {
		conn.MatchFields, conn.AssociationMode = list, "field"
	}
	return nil
}

// v2UpdateProvider is PUT extIdp/{id}. Its answer is UNKNOWN: here the detail.
func v2UpdateProvider(c *call) (any, *failure) {
	p, f := c.provider(c.segment())
	if f != nil {
		return nil, f
	}
	next := *p
	next.Name = c.text("name")
	c.tx.Providers = append(c.tx.Providers, &next)
	detail, f := v2GetProvider(c)
	if f != nil {
		return nil, f
	}
	detail.(map[string]any)["name"] = next.Name
	return detail, nil
}

// v2DeleteProvider is DELETE extIdp/{id}. The data of a delete is UNKNOWN: null.
func v2DeleteProvider(c *call) (any, *failure) {
	p, f := c.provider(c.segment())
	if f != nil {
		return nil, f
	}
	return nil, c.dropProvider(p)
}

// v2CreateConnection is POST extIdpConn.
func v2CreateConnection(c *call) (any, *failure) {
	p, f := c.provider(c.text("extIdpId"))
	if f != nil {
		return nil, f
	}
	conn, f := c.v2NewConnection(p, c.params)
	if f != nil {
		return nil, f
	}
	return conn.v2(), nil
}

// v2UpdateConnection is PUT extIdpConn/{id}. How fields are changed is UNKNOWN for V2
// as well, and follows the same switch.
func v2UpdateConnection(c *call) (any, *failure) {
	conn, f := c.connection(c.segment())
	if f != nil {
		return nil, f
	}
	next := c.updatedConnection(conn)
	if value, given := c.params["userMatchFields"]; given {
		if f := next.matchBy(value); f != nil {
			return nil, f
		}
	}
	c.tx.Connections = append(c.tx.Connections, next)
	return next.v2(), nil
}

// v2DeleteConnection is DELETE extIdpConn/{id}.
func v2DeleteConnection(c *call) (any, *failure) {
	conn, f := c.connection(c.segment())
	if f != nil {
		return nil, f
	}
	return nil, c.removeConnections([]string{conn.ID})
}

// v2CheckIdentifier is POST check/extIdpConn/identifier, a read: a code other than
// 200 says that it is taken.
func v2CheckIdentifier(c *call) (any, *failure) {
	identifier := c.text("identifier")
	if f := checkIdentifier(identifier); f != nil {
		return nil, f
	}
	if c.identifierInUse(identifier) {
		return nil, refuse(identifierTaken, "identifier %q: already used in this pool", identifier)
	}
	return nil, nil
}

// v2ChangeConnectionState is PUT extIdpConn/{id}/state.
func v2ChangeConnectionState(c *call) (any, *failure) {
	conn, f := c.connection(c.segment())
	if f != nil {
		return nil, f
	}
	return nil, c.v2Switch([]string{conn.ID})
}

// v2ChangeConnectionStates is PUT extIdp/{id}/connState: all of a provider's at once.
func v2ChangeConnectionStates(c *call) (any, *failure) {
	p, f := c.provider(c.segment())
	if f != nil {
		return nil, f
	}
	return nil, c.v2Switch(c.tx.objects.connectionsOf[p.ID])
}

// v2Switch is for an application, for a tenant, or for both. For neither there is
// nothing to switch: refused (INFERRED).
func (c *call) v2Switch(ids []string) *failure {
	app, tenant, on := c.text("appId"), c.text("tenantId"), c.params["enabled"] == true
	if app == "" && tenant == "" {
		return refuse(badArgument, "appId: missing, and no tenantId in its place")
	}
	if app != "" {
		if _, f := c.application(app); f != nil {
			return f
		}
	}
	for _, id := range ids {
		if app != "" {
			if f := c.switchOn(id, app, on); f != nil {
				return f
			}
		}
		if tenant != "" {
			c.linkTenant(c.tx.objects.connections[id], tenant, on)
		}
	}
	return nil
}

// v2GetConnectionStates is GET extIdp/{id}/connState.
func v2GetConnectionStates(c *call) (any, *failure) {
	p, f := c.provider(c.segment())
	if f != nil {
		return nil, f
	}
	list := []any{}
	for _, tree := range c.connectionStates(p) {
		list = append(list, tree)
	}
	return list, nil
}
