package sandbox

// The parameters of every V3 call that is served: contract 4.1, 5, 5.1 and 5.2.

var (
	noParams     = newDTO()
	tokenParams  = newDTO(req("accessKeyId", text), req("accessKeySecret", text))
	appIDParams  = newDTO(req("appId", text))
	identityRead = []string{"social", "enterprise"} // a category, not the provider type (contract 8 Q17)

	poolTokenParams = newDTO(req("userPoolId", text), req("secret", text))
)

var (
	listProviderParams   = newDTO(opt("tenantId", text), opt("appId", text))
	getProviderParams    = newDTO(req("id", text), opt("tenantId", text), opt("appId", text), opt("type", text, identityRead...))
	createProviderParams = newDTO(req("name", text), req("type", text, providerTypeNames()...), opt("tenantId", text))
	updateProviderParams = newDTO(req("id", text), req("name", text), opt("tenantId", text))
	deleteByIDParams     = newDTO(req("id", text), opt("tenantId", text))

	listTenantProviderParams = newDTO(
		opt("tenantId", text), opt("appId", text), opt("type", text, identityRead...), opt("page", number), opt("limit", number),
	)
)

var (
	listConnectionParams   = newDTO(req("id", text))
	createConnectionParams = newDTO(
		req("extIdpId", text), req("type", text, connectionTypeNames()...), req("identifier", text), opt("loginOnly", flag),
		opt("logo", text), req("displayName", text), req("fields", object), opt("tenantId", text),
	)
	updateConnectionParams = newDTO(
		req("id", text), req("displayName", text), req("fields", object), opt("logo", text), opt("loginOnly", flag), opt("tenantId", text),
	)
	associationParams     = newDTO(req("id", text), req("association", flag), opt("tenantId", text))
	poolTenantStateParams = newDTO(req("connIds", texts), req("enabled", flag))
	connectionStateParams = newDTO(req("id", text), req("enabled", flag), req("appId", text), opt("appIds", texts), opt("tenantId", text))
)

var (
	basicLoginMethods    = []string{"PHONE_CODE", "EMAIL_CODE", "PHONE_PASSWORD", "EMAIL_PASSWORD", "USERNAME_PASSWORD", "SELF_BUILT_APP_QRCODE"}
	basicRegisterMethods = []string{"PHONE_CODE", "EMAIL_CODE", "EMAIL_PASSWORD"}
	protocols            = []string{"oidc", "oauth", "saml", "cas", "asa"}
	appTypes             = []string{"web", "spa", "native", "api", "mfa", "mini-program", "gateway-app", "gateway-agent"}
	mfaFactors           = []string{"OTP", "SMS", "EMAIL", "FACE"}
	languages            = []string{"zh-CN", "en-US", "zh-TW", "ja-JP"}
	strategies           = []string{"ALLOW_ALL", "DENY_ALL"}
)

var (
	listApplicationParams = newDTO(
		opt("page", number), opt("limit", number), opt("isIntegrateApp", flag), opt("isSelfBuiltApp", flag),
		opt("ssoEnabled", flag), opt("keywords", text), opt("all", flag),
	)
	listSimpleApplicationParams = newDTO(
		opt("page", number), opt("limit", number), opt("isIntegrateApp", flag), opt("isSelfBuiltApp", flag),
		opt("ssoEnabled", flag), opt("keywords", text),
	)
	// the document types page and limit as strings here, and every one is required (contract 8 Q16)
	listTenantApplicationParams = newDTO(
		req("page", number), req("limit", number), param{name: "keywords", kind: text, required: true, mayBeEmpty: true}, req("sso_enabled", flag),
	)
	createApplicationParams = newDTO(append(applicationSettings(createLoginConfig),
		req("appName", text), opt("template", text), opt("appType", text, appTypes...))...)
	updateApplicationParams = newDTO(append(applicationSettings(updateLoginConfig),
		req("appId", text), opt("appName", text), opt("ssoShowLaunchpad", flag), opt("enablePermissionApply", flag))...)
	permissionStrategyParams = newDTO(req("appId", text), req("permissionStrategy", text, strategies...))
	mfaParams                = newDTO(req("appId", text), opt("enabledFactors", texts, mfaFactors...), opt("disabledFactors", texts, mfaFactors...))
)

// applicationSettings is what create and update share. templateData is a string
// in OA and any value in NODE4: its handler decides by dialect.
func applicationSettings(login *dto) []param {
	return []param{
		opt("templateData", anything), opt("appIdentifier", text), opt("appLogo", text), opt("appDescription", text),
		opt("defaultProtocol", text, protocols...), opt("redirectUris", texts), opt("logoutRedirectUris", texts),
		opt("initLoginUri", text), opt("ssoEnabled", flag),
		opt("oidcConfig", object), opt("samlProviderEnabled", flag), opt("samlConfig", object),
		opt("oauthProviderEnabled", flag), opt("oauthConfig", object), opt("casProviderEnabled", flag), opt("casConfig", object),
		optDTO("loginConfig", nested, login), optDTO("registerConfig", nested, registerConfig), optDTO("brandingConfig", nested, brandingConfig),
	}
}

var (
	defaultLoginMethod = newDTO(
		req("connectionType", text, "PASSCODE", "PASSWORD", "QRCODE", "LDAP", "AD"),
		opt("qrcodeType", text, "SELF_BUILT_APP", "WECHAT_OFFICIAL_ACCOUNT", "WECHAT_MINI_PROGRAM"),
		opt("qrcodeExtIdpConnId", text), opt("adExtIdpConnId", text), opt("ldapExtIdpConnId", text),
	)
	updateLoginConfig = newDTO(loginSettings()...)
	createLoginConfig = newDTO(append(loginSettings(),
		optDTO("enabledExtIdpConnIds", nestedIn, newDTO(req("extIdpConnId", text))), opt("enabledAllExtIdpConns", flag))...)
	registerConfig = newDTO(req("enabledBasicRegisterMethods", texts, basicRegisterMethods...), req("defaultRegisterMethod", text, "PASSCODE", "PASSWORD"))
	brandingConfig = newDTO(
		opt("customCSSEnabled", flag), opt("customCSS", text), opt("guardVersion", text, "Advanced", "Classical"),
		opt("customLoadingImage", text), opt("customBackground", text), opt("showChangeLanguageButton", flag),
		opt("defaultLanguage", text, languages...), opt("showForgetPasswordButton", flag),
		opt("showEnterpriseConnections", flag), opt("showSocialConnections", flag),
	)
)

func loginSettings() []param {
	return []param{
		opt("mergeLoginAndRegisterPage", flag), opt("enabledBasicLoginMethods", texts, basicLoginMethods...),
		optDTO("defaultLoginMethod", nested, defaultLoginMethod), req("showAuthorizationPage", flag),
	}
}

var (
	effects      = []string{"ALLOW", "DENY"}
	targetTypes  = []string{"USER", "ROLE", "GROUP", "ORG"}
	subjectTypes = []string{"USER", "ROLE", "GROUP", "ORG", "AK_SK"}

	authorizeParams = newDTO(req("appId", text), reqDTO("list", nestedIn, newDTO(
		req("targetType", text, targetTypes...), opt("namespaceCode", text), opt("inheritByChildren", flag),
		req("targetIdentifier", texts), req("effect", text, effects...),
	)))
	revokeParams = newDTO(req("appId", text), reqDTO("list", nestedIn, newDTO(
		req("targetType", text, targetTypes...), opt("namespaceCode", text), req("targetIdentifier", texts),
	)))
	listGrantParams = newDTO(
		opt("page", number), opt("limit", number), req("appId", text), opt("targetName", text), opt("targetTypeList", texts),
		opt("effect", text, effects...), opt("enabled", flag),
	)
	deleteGrantParams  = newDTO(req("authIds", texts))
	grantEnabledParams = newDTO(req("id", text), req("enabled", flag))
	listSubjectParams  = newDTO(
		req("targetId", text), req("targetType", text, subjectTypes...), opt("appName", text), opt("appTypeList", texts),
		opt("effect", texts), opt("enabled", flag),
	)
	getSubjectParams = newDTO(req("targetId", text), req("targetType", text, subjectTypes...), req("appId", text))
)

var (
	domainParams     = newDTO(req("domain", text))
	activeUserParams = newDTO(req("appId", text), optDTO("options", nested, newDTO(
		optDTO("pagination", nested, newDTO(opt("page", number), opt("limit", number))),
		opt("withCustomData", flag), opt("withIdentities", flag), opt("withDepartmentIds", flag),
	)))
	loginPageParams = newDTO(reqDTO("update", nested, newDTO(
		req("tabMethodsSortConfig", object), req("qrCodeSortConfig", object), req("ssoPageCustomizationSettings", object),
		req("passwordTabConfig", object), req("verifyCodeTabConfig", object), reqDTO("config", nested, newDTO(req("global", object))),
		req("enableCreateTenant", flag), req("createTenantScenes", texts), req("enableJoinTenant", flag), req("joinTenantScenes", texts),
		req("enableVerifyDomain", flag), req("verifyDomainScenes", texts),
	)))
)
