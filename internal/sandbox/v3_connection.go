package sandbox

import (
	"maps"
	"slices"
)

// listConnections is GET list-ext-idp-conns: a bare array. For an unknown
// provider the answer is UNKNOWN; here it is the one of get-ext-idp.
func listConnections(c *call) (any, *failure) {
	p, f := c.provider(c.text("id"))
	if f != nil {
		return nil, f
	}
	return c.connectionTrees(p), nil
}

// connectionTrees has the elements of contract 4.2.
func (c *call) connectionTrees(p *provider) []any {
	list := []any{}
	for _, id := range c.tx.objects.connectionsOf[p.ID] {
		conn := c.tx.objects.connections[id]
		tree := conn.listed()
		if c.dialect.is("conn-fields", "on") {
			tree["fields"] = c.shownFields(conn)
		}
		list = append(list, tree)
	}
	return list
}

func (conn *connection) listed() map[string]any {
	return map[string]any{
		"id": conn.ID, "extIdpId": conn.ProviderID, "type": conn.Type, "identifier": conn.Identifier,
		"displayName": conn.DisplayName, "logo": conn.Logo, "loginOnly": conn.LoginOnly,
	}
}

// detail is ExtIdpConnDetail, the newer form: extIdpId and no fields (contract 4.1).
func (conn *connection) detail() map[string]any {
	tree := conn.listed()
	tree["associationMode"] = conn.AssociationMode
	tree["challengeBindingMethods"] = conn.ChallengeMethods
	return tree
}

// connection finds one by id.
func (c *call) connection(id string) (*connection, *failure) {
	if conn, ok := c.tx.objects.connections[id]; ok {
		return conn, nil
	}
	return nil, refuse(noConnection, "connection %q does not exist", id)
}

// createConnection is POST create-ext-idp-conn.
func createConnection(c *call) (any, *failure) {
	if f := checkIdentifier(c.text("identifier")); f != nil {
		return nil, f
	}
	p, f := c.provider(c.text("extIdpId"))
	if f != nil {
		return nil, f
	}
	conn := c.newConnection(p, c.params)
	if f := c.addConnection(p, conn); f != nil {
		return nil, f
	}
	return conn.detail(), nil
}

// updateConnection is POST update-ext-idp-conn.
func updateConnection(c *call) (any, *failure) {
	conn, f := c.connection(c.text("id"))
	if f != nil {
		return nil, f
	}
	next := c.updatedConnection(conn)
	c.tx.Connections = append(c.tx.Connections, next)
	return next.detail(), nil
}

// updatedConnection is a connection after an update. The document calls fields an
// incremental change: given keys overwrite, others stay (INFERRED); an object
// inside fields is a value like any other.
func (c *call) updatedConnection(conn *connection) *connection {
	next := *conn
	next.DisplayName = c.text("displayName")
	next.Fields = c.merge("fields-update", conn.Fields, c.params["fields"].(map[string]any))
	if logo, ok := c.params["logo"]; ok && (logo != nil || c.dialect.is("null-unsets", "on")) {
		next.Logo, _ = logo.(string)
		if logo == nil {
			next.Logo = c.defaultLogo(conn)
		}
	}
	if loginOnly, ok := c.params["loginOnly"]; ok && (loginOnly != nil || c.dialect.is("null-unsets", "on")) {
		next.LoginOnly = loginOnly == true
	}
	return &next
}

// merge is an object after an update: the new keys over the old ones, or in their
// place where the switch says replace. A null unsets its key, or is ignored.
func (c *call) merge(rule string, old, set map[string]any) map[string]any {
	next := map[string]any{}
	if c.dialect.is(rule, "merge") {
		maps.Copy(next, old)
	}
	for key, value := range set {
		switch {
		case value != nil:
			next[key] = value
		case c.dialect.is("null-unsets", "on"):
			delete(next, key)
		}
	}
	return next
}

func withoutNulls(tree map[string]any) map[string]any {
	out := make(map[string]any, len(tree))
	for key, value := range tree {
		if value != nil {
			out[key] = value
		}
	}
	return out
}

// deleteConnection is POST delete-ext-idp-conn. What happens where applications
// enable it is UNKNOWN: it goes out of them, is refused, or stays behind.
func deleteConnection(c *call) (any, *failure) {
	conn, f := c.connection(c.text("id"))
	if f != nil {
		return nil, f
	}
	if f := c.removeConnections([]string{conn.ID}); f != nil {
		return nil, f
	}
	return success(true), nil
}

// removeConnections takes connections away and out of every application. A
// default login method that names one keeps the id: whether the vendor clears it
// is UNKNOWN, and a dangling id is the worse case for a client.
func (c *call) removeConnections(ids []string) *failure {
	c.tx.Removed = append(c.tx.Removed, ids...)
	if c.dialect.is("delete-conn", "dangling") {
		return nil
	}
	gone := make(map[string]bool, len(ids))
	for _, id := range ids {
		gone[id] = true
	}
	for _, id := range c.tx.objects.applicationIDs {
		a := c.tx.objects.applications[id]
		if !slices.ContainsFunc(a.Enabled, func(id string) bool { return gone[id] }) {
			continue
		}
		if c.dialect.is("delete-conn", "refuse") {
			return refuse(inUse, "application %q still enables the connection", a.ID)
		}
		next := *a
		next.Enabled = slices.DeleteFunc(slices.Clone(a.Enabled), func(id string) bool { return gone[id] })
		c.tx.putApplication(&next)
	}
	return nil
}

// changeConnectionState is POST change-ext-idp-conn-state: appId and appIds
// together (INFERRED, contract 4), all or none of them. A default login method
// that names the connection is left alone, see removeConnections.
func changeConnectionState(c *call) (any, *failure) {
	conn, f := c.connection(c.text("id"))
	if f != nil {
		return nil, f
	}
	for _, id := range c.stateTargets() {
		if f := c.switchOn(conn.ID, id, c.params["enabled"] == true); f != nil {
			return nil, f
		}
	}
	return success(true), nil
}

// switchOn makes a connection a login button of an application, or takes it away.
func (c *call) switchOn(connectionID, applicationID string, on bool) *failure {
	if _, f := c.application(applicationID); f != nil {
		return f
	}
	switch a := c.tx.application(applicationID); {
	case on == a.enables(connectionID): // nothing to do
	case on:
		c.tx.putApplication(a.withConnection(connectionID))
	default:
		c.tx.putApplication(a.withoutConnection(connectionID))
	}
	return nil
}

func (c *call) stateTargets() []string {
	ids := []string{c.text("appId")}
	list, _ := c.params["appIds"].([]any)
	for _, item := range list {
		ids = append(ids, item.(string)) // twice the same does no harm
	}
	return ids
}

func (a *application) withConnection(id string) *application {
	next := *a
	next.Enabled = append(slices.Clone(a.Enabled), id)
	return &next
}

func (a *application) withoutConnection(id string) *application {
	next := *a
	next.Enabled = slices.DeleteFunc(slices.Clone(a.Enabled), func(other string) bool { return other == id })
	return &next
}
