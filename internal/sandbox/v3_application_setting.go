package sandbox

import "slices"

// Settings of an application that have calls of their own.

// getApplicationSecret is GET get-application-secret, the one read of it.
func getApplicationSecret(c *call) (any, *failure) {
	a, f := c.application(c.text("appId"))
	if f != nil {
		return nil, f
	}
	return map[string]any{"secret": a.Secret}, nil
}

// refreshApplicationSecret is POST refresh-application-secret.
func refreshApplicationSecret(c *call) (any, *failure) {
	a, f := c.application(c.text("appId"))
	if f != nil {
		return nil, f
	}
	return map[string]any{"secret": c.refreshSecret(a).Secret}, nil
}

// refreshSecret ends the old secret at once (INFERRED, contract 5).
func (c *call) refreshSecret(a *application) *application {
	next := *a
	next.Secret = randomHex(16)
	c.touch(&next)
	c.tx.putApplication(&next)
	return &next
}

// getPermissionStrategy is GET get-application-permission-strategy.
func getPermissionStrategy(c *call) (any, *failure) {
	a, f := c.application(c.text("appId"))
	if f != nil {
		return nil, f
	}
	return map[string]any{"permissionStrategy": a.Strategy}, nil
}

// updatePermissionStrategy is POST update-application-permission-strategy.
func updatePermissionStrategy(c *call) (any, *failure) {
	a, f := c.application(c.text("appId"))
	if f != nil {
		return nil, f
	}
	next := *a
	next.Strategy = c.text("permissionStrategy")
	c.tx.putApplication(&next)
	return success(true), nil
}

// updateMFA is POST update-application-mfa-settings; its answer is the only read
// there is. Factors that are in neither list stay as they are (INFERRED).
func updateMFA(c *call) (any, *failure) {
	a, f := c.application(c.text("appId"))
	if f != nil {
		return nil, f
	}
	on, off := c.textList("enabledFactors"), c.textList("disabledFactors")
	next := *a
	next.Factors = []string{}
	shown := []any{}
	for _, factor := range mfaFactors {
		if !slices.Contains(off, factor) && (slices.Contains(on, factor) || slices.Contains(a.Factors, factor)) {
			next.Factors = append(next.Factors, factor)
			shown = append(shown, factor)
		}
	}
	c.tx.putApplication(&next)
	return map[string]any{"enabledFactors": shown}, nil
}
