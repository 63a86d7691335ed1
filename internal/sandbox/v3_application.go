package sandbox

import (
	"maps"
	"regexp"
	"sync"
)

// application finds one by id.
func (c *call) application(id string) (*application, *failure) {
	if a, ok := c.tx.objects.applications[id]; ok {
		return a, nil
	}
	return nil, refuse(noApplication, "application %q does not exist", id)
}

// getApplication is GET get-application.
func getApplication(c *call) (any, *failure) {
	a, f := c.application(c.text("appId"))
	if f != nil {
		return nil, f
	}
	return c.view().application(a), nil
}

// getSimpleApplication is GET get-application-simple-info.
func getSimpleApplication(c *call) (any, *failure) {
	a, f := c.application(c.text("appId"))
	if f != nil {
		return nil, f
	}
	return c.view().simple(a), nil
}

// appIdentifier becomes a second-level domain (contract 5.1).
var appIdentifier = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9-]+$`) })

// createApplication is POST create-application. The answer has the read form and
// no secret (contract 8 Q19).
func createApplication(c *call) (any, *failure) {
	if f := c.checkTemplateData(); f != nil {
		return nil, f
	}
	a := c.newApplication()
	fill := c.fillSelfBuilt
	if c.text("template") != "" {
		fill = c.fillIntegrated
	}
	if f := fill(a); f != nil {
		return nil, f
	}
	c.tx.putApplication(a)
	return c.view().application(a), nil
}

func (c *call) newApplication() *application {
	a := &application{ID: newID(), Secret: randomHex(16), Strategy: "ALLOW_ALL", Enabled: []string{}}
	c.touch(a)
	a.CreatedAt = a.UpdatedAt
	return a
}

// touch notes the time of a change, as V2 shows it.
func (c *call) touch(a *application) { a.UpdatedAt = c.timestamp() }

// timestamp is ISO 8601 with milliseconds (contract 6.3).
func (c *call) timestamp() string {
	return c.server.options.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// fillIntegrated makes an application from a template.
func (c *call) fillIntegrated(a *application) *failure {
	a.integrate(c.text("template"), c.text("appName"), c.params["templateData"])
	if c.dialect.is("integrated-id", "kept") && c.given("appIdentifier") {
		a.Given["appIdentifier"] = c.text("appIdentifier")
		return c.checkAppIdentifier(c.text("appIdentifier"), "")
	}
	return nil
}

// integrate: "only these two fields are used, the others are ignored" (contract
// 5.1). The name is kept all the same, being required; the server makes an
// identifier.
func (a *application) integrate(template, name string, data any) {
	a.Integrated, a.Template = true, template
	a.Given = map[string]any{"appName": name, "appIdentifier": "app-" + a.ID}
	if data != nil {
		a.Hidden = map[string]any{"templateData": data}
	}
}

func (c *call) fillSelfBuilt(a *application) *failure {
	if !c.given("appIdentifier") {
		return refuse(badArgument, "appIdentifier: missing, a self-built application needs one")
	}
	if f := c.checkAppIdentifier(c.text("appIdentifier"), ""); f != nil {
		return f
	}
	a.Given, a.Hidden = map[string]any{}, map[string]any{}
	for key, value := range c.params {
		c.setting(a, key, value)
	}
	c.stampSSO(a, nil)
	return c.enableAtCreate(a)
}

// setting stores one setting of a create or an update.
func (c *call) setting(a *application, key string, value any) {
	into := a.Given
	if neverRead[key] {
		into = a.Hidden
	}
	config, isConfig := value.(map[string]any)
	switch {
	case value == nil:
		c.unset(into, key)
	case isConfig && !neverRead[key]:
		old, _ := into[key].(map[string]any)
		into[key] = c.mergeConfig(key, old, config)
	default:
		into[key] = value
	}
}

// neverRead are the settings that no V3 read shows (contract 5.3, 7).
var neverRead = map[string]bool{"templateData": true, "ssoShowLaunchpad": true, "enablePermissionApply": true}

// unset goes back to the server's default. A name or an identifier has none.
func (c *call) unset(into map[string]any, key string) {
	if c.dialect.is("null-unsets", "on") && key != "appName" && key != "appIdentifier" {
		delete(into, key)
	}
}

// consoleOwned are keys of brandingConfig that no request DTO has (contract 7).
var consoleOwned = []string{"showAgreement", "agreements"}

// mergeConfig merges one protocol, login, register or branding object key by key;
// whether the vendor merges at all is UNKNOWN (contract 10.3).
func (c *call) mergeConfig(key string, old, set map[string]any) map[string]any {
	next := c.merge("config-update", old, set)
	if key == "loginConfig" {
		delete(next, "enabledExtIdpConnIds")
		delete(next, "enabledAllExtIdpConns")
	}
	for _, owned := range consoleOwned {
		if value, ok := old[owned]; ok {
			next[owned] = value
		}
	}
	return next
}

// enableAtCreate reads loginConfig.enabledExtIdpConnIds and enabledAllExtIdpConns.
func (c *call) enableAtCreate(a *application) *failure {
	login, _ := c.params["loginConfig"].(map[string]any)
	list, _ := login["enabledExtIdpConnIds"].([]any)
	for _, item := range list {
		id, _ := item.(map[string]any)["extIdpConnId"].(string)
		if _, f := c.connection(id); f != nil {
			return f
		}
		if !a.enables(id) {
			a.Enabled = append(a.Enabled, id)
		}
	}
	if login["enabledAllExtIdpConns"] != true {
		return nil
	}
	a.EnableAll = true
	for _, p := range c.tx.objects.providerIDs {
		for _, id := range c.tx.objects.connectionsOf[p] {
			if !a.enables(id) {
				a.Enabled = append(a.Enabled, id)
			}
		}
	}
	return nil
}

// stampSSO keeps the time at which single sign-on was switched on.
func (c *call) stampSSO(a, before *application) {
	was := before != nil && before.Given["ssoEnabled"] == true
	switch {
	case a.Given["ssoEnabled"] != true:
		a.SSOEnabledAt = ""
	case !was:
		a.SSOEnabledAt = c.timestamp()
	}
}

// checkAppIdentifier wants a free second-level domain; own is the id of the
// application that may already have it.
func (c *call) checkAppIdentifier(identifier, own string) *failure {
	if !appIdentifier().MatchString(identifier) {
		return refuse(badArgument, "appIdentifier: want letters, digits and - only")
	}
	if id, taken := c.tx.objects.byAppIdentifier[identifier]; taken && id != own {
		return refuse(domainTaken, "appIdentifier %q: already taken", identifier)
	}
	return nil
}

// checkTemplateData wants the type that the dialect settles on: a string in OA,
// an object as NODE4 allows.
func (c *call) checkTemplateData() *failure {
	value := c.params["templateData"]
	_, isText := value.(string)
	_, isObject := value.(map[string]any)
	switch {
	case value == nil, isText && c.dialect.is("template-data", "string"), isObject && c.dialect.is("template-data", "object"):
		return nil
	}
	return refuse(badArgument, "templateData: want %s", map[bool]string{true: "a string", false: "an object"}[c.dialect.is("template-data", "string")])
}

// updateApplication is POST update-application: what is left out stays, unless
// the dialect's app-update says full (INFERRED, contract 5.2).
func updateApplication(c *call) (any, *failure) {
	a, f := c.application(c.text("appId"))
	if f != nil {
		return nil, f
	}
	if f := c.checkTemplateData(); f != nil {
		return nil, f
	}
	if c.given("appIdentifier") {
		if f := c.checkAppIdentifier(c.text("appIdentifier"), a.ID); f != nil {
			return nil, f
		}
	}
	next := a.copied()
	next.Given = c.updateBase(a)
	// contract 8 Q1: a new name answered success=false and was not kept
	keepName := c.dialect.is("update-app", "keep-name") && c.given("appName") && c.text("appName") != a.Given["appName"]
	for key, value := range c.params {
		if key != "appId" && !(keepName && key == "appName") {
			c.setting(next, key, value)
		}
	}
	c.stampSSO(next, a)
	c.touch(next)
	c.tx.putApplication(next)
	return success(!keepName), nil
}

// updateBase is what an update starts from: everything, or only what an update
// cannot say.
func (c *call) updateBase(a *application) map[string]any {
	base := maps.Clone(a.Given)
	if c.dialect.is("app-update", "partial") {
		return base
	}
	maps.DeleteFunc(base, func(key string, _ any) bool {
		_, settable := updateApplicationParams.byName[key]
		return settable && key != "appName" && key != "appIdentifier"
	})
	return base
}

// deleteApplication is POST delete-application: the identifier is free again.
func deleteApplication(c *call) (any, *failure) {
	a, f := c.application(c.text("appId"))
	if f != nil {
		return nil, f
	}
	c.tx.Removed = append(c.tx.Removed, a.ID)
	return success(true), nil
}
