package sandbox

import (
	"maps"
	"slices"
)

// V2's applications (contract 6.3) are the ones of V3 under other names.

// v2ListApplications is GET applications. The largest limit is UNKNOWN for V2: here
// it is V3's.
func v2ListApplications(c *call) (any, *failure) {
	number, limit, f := c.pageWanted()
	if f != nil {
		return nil, f
	}
	return c.cutApplications(c.tx.objects.applicationIDs, number, limit, c.view().v2Application), nil
}

// v2GetApplication is GET applications/{id}.
func v2GetApplication(c *call) (any, *failure) {
	a, f := c.application(c.segment())
	if f != nil {
		return nil, f
	}
	return c.view().v2Application(a), nil
}

// v2CreateApplication is POST applications.
func v2CreateApplication(c *call) (any, *failure) {
	if f := c.checkTemplateData(); f != nil {
		return nil, f
	}
	a := c.newApplication()
	fill := c.v2FillSelfBuilt
	if c.text("templateCode") != "" {
		fill = c.v2FillIntegrated
	}
	if f := fill(a); f != nil {
		return nil, f
	}
	c.tx.putApplication(a)
	return c.view().v2Application(a), nil
}

// v2FillIntegrated follows V3: only the template and its data are used.
func (c *call) v2FillIntegrated(a *application) *failure {
	a.integrate(c.text("templateCode"), c.text("name"), c.params["templateData"])
	if c.dialect.is("integrated-id", "kept") && c.given("identifier") {
		a.Given["appIdentifier"] = c.text("identifier")
		return c.checkAppIdentifier(c.text("identifier"), "")
	}
	return nil
}

func (c *call) v2FillSelfBuilt(a *application) *failure {
	if !c.given("identifier") {
		return refuse(badArgument, "identifier: missing, a self-built application needs one")
	}
	if f := c.checkAppIdentifier(c.text("identifier"), ""); f != nil {
		return f
	}
	a.Given, a.Hidden, a.V2 = map[string]any{}, map[string]any{}, map[string]any{}
	if c.dialect.is("defaults", "inject") {
		a.Given["oauthConfig"] = oauthFilled
		// the placeholder of contract 6.3, for want of a URI
		a.Given["redirectUris"] = []any{"{{CONSOLE_DOMAIN}}/console/get-started/" + a.ID}
	}
	if f := c.v2Settings(a); f != nil {
		return f
	}
	c.stampSSO(a, nil)
	return nil
}

// v2Settings stores what a create or an update gives.
func (c *call) v2Settings(a *application) *failure {
	for _, key := range slices.Sorted(maps.Keys(c.params)) {
		value := c.params[key]
		if p := v2UpdateApplicationParams.byName[key]; p != nil && p.kind == textual && value != nil {
			value, _ = objectFrom(value)
		}
		if f := c.v2Setting(a, key, value); f != nil {
			return f
		}
	}
	return nil
}

func (c *call) v2Setting(a *application, key string, value any) *failure {
	_, own := v2Defaults[key]
	switch name := v2Names[key]; {
	case name != "":
		c.setting(a, name, value)
	case key == "css":
		a.setCSS(value)
	case key == "templateData":
		c.setting(a, key, value)
	case key == "permissionStrategy":
		return a.setStrategy(value)
	case own && value == nil:
		delete(a.V2, key)
	case own:
		a.V2[key] = value
		a.showAgreements(key, value)
	}
	return nil
}

// setCSS is brandingConfig.customCSS. It is a setting of its own in V2, so the
// rest of brandingConfig stays.
func (a *application) setCSS(value any) {
	old, _ := a.Given["brandingConfig"].(map[string]any)
	next := overlay(old, map[string]any{"customCSS": value})
	if value == nil {
		delete(next, "customCSS")
	}
	a.Given["brandingConfig"] = next
}

// showAgreements: agreementEnabled is V3's brandingConfig.showAgreement (INFERRED;
// contract 7 has it set by the console and V2 only).
func (a *application) showAgreements(key string, value any) {
	if on, isFlag := value.(bool); isFlag && key == "agreementEnabled" {
		old, _ := a.Given["brandingConfig"].(map[string]any)
		a.Given["brandingConfig"] = overlay(old, map[string]any{"showAgreement": on})
	}
}

func (a *application) setStrategy(value any) *failure {
	tree, _ := value.(map[string]any)
	strategy, given := tree["defaultStrategy"].(string)
	if given && !slices.Contains(strategies, strategy) {
		return refuse(badArgument, "permissionStrategy.defaultStrategy: want one of ALLOW_ALL, DENY_ALL")
	}
	if given {
		a.Strategy = strategy
	}
	return nil
}

// v2UpdateApplication is POST applications/{id}: what is left out stays, whatever
// V3's app-update does. A new name is kept.
func v2UpdateApplication(c *call) (any, *failure) {
	a, f := c.application(c.segment())
	if f != nil {
		return nil, f
	}
	if f := c.checkTemplateData(); f != nil {
		return nil, f
	}
	if c.given("identifier") {
		if f := c.checkAppIdentifier(c.text("identifier"), a.ID); f != nil {
			return nil, f
		}
	}
	next := a.copied()
	if f := c.v2Settings(next); f != nil {
		return nil, f
	}
	c.stampSSO(next, a)
	c.touch(next)
	c.tx.putApplication(next)
	return c.view().v2Application(next), nil
}

// copied has settings of its own, to be changed.
func (a *application) copied() *application {
	next := *a
	next.Given, next.Hidden, next.V2 = overlay(a.Given, nil), overlay(a.Hidden, nil), overlay(a.V2, nil)
	return &next
}

// v2DeleteApplication is DELETE applications/{id}.
func v2DeleteApplication(c *call) (any, *failure) {
	a, f := c.application(c.segment())
	if f != nil {
		return nil, f
	}
	c.tx.Removed = append(c.tx.Removed, a.ID)
	return nil, nil
}

// v2RefreshSecret is PATCH application/{id}/refresh-secret.
func v2RefreshSecret(c *call) (any, *failure) {
	a, f := c.application(c.segment())
	if f != nil {
		return nil, f
	}
	return c.view().v2Application(c.refreshSecret(a)), nil
}

// v2ListActiveUsers is GET applications/{id}/active-users: nobody ever logs in here.
func v2ListActiveUsers(c *call) (any, *failure) {
	if _, f := c.application(c.segment()); f != nil {
		return nil, f
	}
	return page(0, []any{}), nil
}
