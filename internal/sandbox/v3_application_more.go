package sandbox

// listActiveUsers is POST list-application-active-users, a read: a sandbox has no
// users who could have logged in.
func listActiveUsers(c *call) (any, *failure) {
	if _, f := c.application(c.text("appId")); f != nil {
		return nil, f
	}
	options, _ := c.params["options"].(map[string]any)
	paging, _ := options["pagination"].(map[string]any)
	c.params = paging
	if _, _, f := c.pageWanted(); f != nil {
		return nil, f
	}
	return page(0, []any{}), nil
}

// checkDomain is POST check-domain-available, a read: may an application have this
// identifier? The answer is OA's, where contract 5 says IsSuccess.
func checkDomain(c *call) (any, *failure) {
	domain := c.text("domain")
	_, taken := c.tx.objects.byAppIdentifier[domain]
	return map[string]any{"available": !taken && appIdentifier().MatchString(domain)}, nil
}
