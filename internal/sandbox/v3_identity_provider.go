package sandbox

// listProviders is GET list-ext-idp: not paged, full of every tenant's providers
// unless one is asked for. What appId filters is UNKNOWN; it is passed over.
func listProviders(c *call) (any, *failure) {
	list := []any{}
	for _, p := range c.providersOfTenant(c.text("tenantId")) {
		list = append(list, p.tree())
	}
	total := len(list)
	if c.dialect.is("idp-list", "first10") {
		list = list[:min(10, total)]
	}
	return page(total, list), nil
}

// providersOfTenant are all of the pool's for "".
func (c *call) providersOfTenant(tenant string) []*provider {
	var list []*provider
	for _, id := range c.tx.objects.providerIDs {
		if p := c.tx.objects.providers[id]; tenant == "" || tenant == p.TenantID {
			list = append(list, p)
		}
	}
	return list
}

// page is the shape of every list with a count (contract 3.6).
func page(total int, list []any) map[string]any {
	return map[string]any{"totalCount": total, "list": list}
}

// getProvider is GET get-ext-idp. What a wrong category in type does is UNKNOWN;
// only its values are checked.
func getProvider(c *call) (any, *failure) {
	p, f := c.provider(c.text("id"))
	if f != nil {
		return nil, f
	}
	detail := p.tree()
	detail["autoJoin"] = p.AutoJoin
	detail["connections"] = c.connectionsAs(c.connectionTrees(p))
	return detail, nil
}

// connectionsAs is the list of connections in the dialect's shape. The empty list
// is [] under every shape but text: that one was seen live (contract 8 Q3).
func (c *call) connectionsAs(list []any) any {
	switch {
	case c.dialect.is("connections", "string"):
		return memberAsText("", list)
	case c.dialect.is("connections", "object") && len(list) > 0:
		byID := make(map[string]any, len(list))
		for _, item := range list {
			tree := item.(map[string]any)
			byID[tree["id"].(string)] = tree
		}
		return byID
	}
	return list
}

// provider finds one by id.
func (c *call) provider(id string) (*provider, *failure) {
	if p, ok := c.tx.objects.providers[id]; ok {
		return p, nil
	}
	return nil, refuse(noProvider, "identity provider %q does not exist", id)
}

func (p *provider) tree() map[string]any {
	// a provider of the pool reads back with an empty tenantId (contract 8 Q3)
	return map[string]any{"id": p.ID, "name": p.Name, "logo": p.Logo, "tenantId": p.TenantID, "type": p.Type}
}

// createProvider is POST create-ext-idp. Names are not unique (contract 8 Q7).
func createProvider(c *call) (any, *failure) {
	p, f := c.newProvider(c.text("name"), c.text("type"), c.text("tenantId"))
	if f != nil {
		return nil, f
	}
	return p.tree(), nil
}

// updateProvider is POST update-ext-idp: only the name can change.
func updateProvider(c *call) (any, *failure) {
	p, f := c.provider(c.text("id"))
	if f != nil {
		return nil, f
	}
	next := *p
	next.Name = c.text("name")
	c.tx.Providers = append(c.tx.Providers, &next)
	return next.tree(), nil
}

// deleteProvider is POST delete-ext-idp.
func deleteProvider(c *call) (any, *failure) {
	p, f := c.provider(c.text("id"))
	if f == nil {
		f = c.dropProvider(p)
	}
	if f != nil {
		return nil, f
	}
	return success(true), nil
}
