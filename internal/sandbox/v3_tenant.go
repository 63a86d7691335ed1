package sandbox

import "slices"

// The calls of multi-tenant pools. Tenants themselves are not kept: an id is all
// that is known of one.

// listTenantProviders is GET list-tenant-ext-idp: paged; with a tenant its own
// providers and those with a connection that it linked (INFERRED); type is the
// category, social or enterprise.
func listTenantProviders(c *call) (any, *failure) {
	number, limit, f := c.pageWanted()
	if f != nil {
		return nil, f
	}
	tenant := c.text("tenantId")
	var chosen []*provider
	for _, id := range c.tx.objects.providerIDs {
		p := c.tx.objects.providers[id]
		if (tenant == "" || tenant == p.TenantID || c.linked(p, tenant)) && c.inCategory(p) {
			chosen = append(chosen, p)
		}
	}
	return cut(chosen, number, limit, (*provider).tree), nil
}

func (c *call) linked(p *provider, tenant string) bool {
	return slices.ContainsFunc(c.tx.objects.connectionsOf[p.ID], func(id string) bool {
		return slices.Contains(c.tx.objects.connections[id].Tenants, tenant)
	})
}

func (c *call) inCategory(p *provider) bool {
	category := c.text("type")
	return category == "" || (category == "social") == providerTypes[p.Type]
}

// changeAssociation is POST change-ext-idp-conn-association-state: a tenant links
// or unlinks a connection. Without a tenant there is nobody to link it.
func changeAssociation(c *call) (any, *failure) {
	conn, f := c.connection(c.text("id"))
	if f != nil {
		return nil, f
	}
	if tenant := c.text("tenantId"); tenant != "" {
		c.linkTenant(conn, tenant, c.params["association"] == true)
	}
	return success(true), nil
}

func (c *call) linkTenant(conn *connection, tenant string, on bool) {
	if slices.Contains(conn.Tenants, tenant) == on {
		return
	}
	next := *conn
	if on {
		next.Tenants = append(slices.Clone(conn.Tenants), tenant)
	} else {
		next.Tenants = without(slices.Clone(conn.Tenants), tenant)
	}
	c.tx.Connections = append(c.tx.Connections, &next)
}

// changePoolTenantState is POST change-userpool-tenant-ext-idp-conn-state. All or
// none; no read shows what it did.
func changePoolTenantState(c *call) (any, *failure) {
	for _, id := range c.textList("connIds") {
		conn, f := c.connection(id)
		if f != nil {
			return nil, f
		}
		next := *conn
		next.ForTenants = c.params["enabled"] == true
		c.tx.Connections = append(c.tx.Connections, &next)
	}
	return success(true), nil
}

// textList is an array of strings; nil when it was not given.
func (c *call) textList(name string) []string {
	list, _ := c.params[name].([]any)
	texts := make([]string, len(list))
	for i, item := range list {
		texts[i], _ = item.(string)
	}
	return texts
}

// listTenantApplications is GET list-tenant-applications: every application of the
// pool, as no tenant is kept. sso_enabled is required, so false filters here.
func listTenantApplications(c *call) (any, *failure) {
	number, limit, f := c.pageWanted()
	if f != nil {
		return nil, f
	}
	var chosen []*application
	for _, id := range c.tx.objects.applicationIDs {
		a := c.tx.objects.applications[id]
		if c.hasKeywords(a) && c.params["sso_enabled"] == (a.Given["ssoEnabled"] == true) {
			chosen = append(chosen, a)
		}
	}
	v := c.view()
	return cut(chosen, number, limit, v.tenantApplication), nil
}

// tenantApplication is TenantApplicationDto.
func (v view) tenantApplication(a *application) map[string]any {
	full := v.withDefaults(a.Given)
	tree := map[string]any{
		"userPoolId": v.poolID, "tenantAppId": a.ID, "appId": a.ID, "name": full["appName"], "logo": full["appLogo"],
		"applicationType": full["appType"], "ssoEnabled": full["ssoEnabled"],
	}
	if description, ok := full["appDescription"]; ok {
		tree["description"] = description
	}
	return tree
}

// updateLoginPage is POST update-login-page-config: checked, and kept nowhere, for
// no call reads it back.
func updateLoginPage(*call) (any, *failure) { return success(true), nil }
