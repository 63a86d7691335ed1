package sandbox

import "slices"

// Which application shows which connection, seen from either side.

// usage is for each connection the applications that enable it.
type usage map[string]map[string]bool

func (c *call) usage() usage {
	u := usage{}
	for _, id := range c.tx.objects.applicationIDs {
		for _, conn := range c.tx.objects.applications[id].Enabled {
			if u[conn] == nil {
				u[conn] = map[string]bool{}
			}
			u[conn][id] = true
		}
	}
	return u
}

// connectionStates is the answer of V2's connState (contract 6.2): each
// connection of a provider with its state in every application.
func (c *call) connectionStates(p *provider) []map[string]any {
	used, apps, list := c.usage(), c.simpleApplications(), []map[string]any{}
	for _, id := range c.tx.objects.connectionsOf[p.ID] {
		conn := c.tx.objects.connections[id]
		state := make([]any, 0, len(apps))
		for _, a := range apps {
			app, _ := a["appId"].(string)
			state = append(state, map[string]any{
				"appId": app, "appName": a["appName"], "appLogo": a["appLogo"], "enabled": used[id][app],
			})
		}
		list = append(list, map[string]any{
			"connId": conn.ID, "connName": conn.DisplayName, "connLogo": conn.Logo, "connType": conn.Type, "state": state,
		})
	}
	return list
}

func (c *call) simpleApplications() []map[string]any {
	v, list := c.view(), make([]map[string]any, 0, len(c.tx.objects.applicationIDs))
	for _, id := range c.tx.objects.applicationIDs {
		list = append(list, v.simple(c.tx.objects.applications[id]))
	}
	return list
}

// listConnectionApps is GET ext-idp-conn-apps. Its real shape is UNKNOWN (contract
// 10.2): an element is both the declared ExtIdpDto, of the connection, and the
// one of V2's sibling.
func listConnectionApps(c *call) (any, *failure) {
	p, f := c.provider(c.text("id"))
	if f != nil {
		return nil, f
	}
	list := []any{}
	for _, tree := range c.connectionStates(p) {
		tree["id"], tree["name"], tree["logo"], tree["type"] = tree["connId"], tree["connName"], tree["connLogo"], tree["connType"]
		tree["tenantId"] = p.TenantID
		if app := c.text("appId"); app != "" {
			tree["state"] = slices.DeleteFunc(tree["state"].([]any), func(s any) bool { return s.(map[string]any)["appId"] != app })
		}
		list = append(list, tree)
	}
	return page(len(list), list), nil
}

// listEnabledConnections is GET list-enabled-ext-idp-conns-by-app. Parameters and
// shape are UNKNOWN (contract 10.2): here the bare array of the buttons that an
// application shows, of those that are switched on.
func listEnabledConnections(c *call) (any, *failure) {
	a, f := c.application(c.text("appId"))
	if f != nil {
		return nil, f
	}
	v, list := c.view(), []any{}
	for _, id := range a.Enabled {
		list = append(list, v.button(id, true))
	}
	return list, nil
}
