package sandbox

// The parameters of every V2 call that is served (contract 6). V2 has no published
// schema: unknown keys are refused here too, so that a client's typo shows.

var (
	graphQLParams = newDTO(req("query", text), opt("variables", object), opt("operationName", text), opt("extensions", object))

	v2ListProviderParams   = newDTO(opt("tenantId", text))
	v2CreateProviderParams = newDTO(
		req("name", text), req("type", text, providerTypeNames()...), opt("tenantId", text),
		opt("tenantUd", text), // as GO2 misspells it
		optDTO("connections", nestedIn, newDTO(v2ConnectionParams()...)),
	)
	v2UpdateProviderParams = newDTO(req("name", text))

	v2CreateConnectionParams = newDTO(append(v2ConnectionParams(), req("extIdpId", text))...)
	v2UpdateConnectionParams = newDTO(req("displayName", text), req("fields", object), opt("logo", text), opt("userMatchFields", anything))
	v2IdentifierParams       = newDTO(req("identifier", text))
	v2StateParams            = newDTO(opt("appId", text), opt("tenantId", text), req("enabled", flag))
	v2PageParams             = newDTO(opt("page", number), opt("limit", number))
)

// v2ConnectionParams: userMatchFields is a string in the page and an array in the
// C# sample, so its handler decides.
func v2ConnectionParams() []param {
	return []param{
		req("type", text, connectionTypeNames()...), req("identifier", text), req("displayName", text), req("fields", object),
		opt("logo", text), opt("userMatchFields", anything),
	}
}

var (
	v2CreateAgreementParams = newDTO(req("title", text), opt("required", flag), opt("lang", text, languages...))
	v2UpdateAgreementParams = newDTO(opt("title", text), opt("required", flag), opt("lang", text, languages...))
	v2SortAgreementParams   = newDTO(req("ids", anything))
)

var (
	v2CreateApplicationParams = newDTO(append(v2ApplicationParams(), req("name", text), opt("templateCode", text))...)
	v2UpdateApplicationParams = newDTO(append(v2ApplicationParams(), opt("name", text))...)
)

// v2ApplicationParams are those with a V3 name, those without, and those that the
// server owns and a client may send back as it read them.
func v2ApplicationParams() []param {
	params := []param{
		opt("identifier", text), opt("logo", text), opt("description", text), opt("protocol", text, protocols...),
		opt("redirectUris", texts), opt("logoutRedirectUris", texts), opt("initLoginUrl", text), opt("ssoEnabled", flag),
		opt("oidcConfig", textual), opt("samlConfig", textual), opt("oauthConfig", textual), opt("casConfig", textual),
		opt("samlProviderEnabled", flag), opt("oauthProviderEnabled", flag), opt("casProviderEnabled", flag),
		opt("css", text), opt("templateData", anything), opt("permissionStrategy", object),
	}
	for name := range v2Defaults {
		params = append(params, opt(name, anything))
	}
	for _, name := range v2ServerOwned {
		params = append(params, opt(name, anything))
	}
	return params
}
