package sandbox

// endpoint is one operation of the API.
type endpoint struct {
	method, path string // a segment "{x}" of path stands for any one segment
	open         bool   // answered without a token
	write        bool   // changes objects
	params       *dto   // of the query for GET and DELETE, of the body otherwise
	handle       func(*call) (any, *failure)
}

// v3Endpoints is contract 4 and 5. Reads by POST are no writes.
var v3Endpoints = []endpoint{
	{method: "POST", path: "/api/v3/get-management-token", open: true, params: tokenParams, handle: managementToken},

	{method: "GET", path: "/api/v3/list-ext-idp", params: listProviderParams, handle: listProviders},
	{method: "GET", path: "/api/v3/get-ext-idp", params: getProviderParams, handle: getProvider},
	{method: "GET", path: "/api/v3/list-ext-idp-conns", params: listConnectionParams, handle: listConnections},
	{method: "GET", path: "/api/v3/ext-idp-conn-apps", params: getProviderParams, handle: listConnectionApps},
	{method: "GET", path: "/api/v3/list-enabled-ext-idp-conns-by-app", params: appIDParams, handle: listEnabledConnections},
	{method: "GET", path: "/api/v3/list-tenant-ext-idp", params: listTenantProviderParams, handle: listTenantProviders},
	{method: "POST", path: "/api/v3/create-ext-idp", write: true, params: createProviderParams, handle: createProvider},
	{method: "POST", path: "/api/v3/update-ext-idp", write: true, params: updateProviderParams, handle: updateProvider},
	{method: "POST", path: "/api/v3/delete-ext-idp", write: true, params: deleteByIDParams, handle: deleteProvider},
	{method: "POST", path: "/api/v3/create-ext-idp-conn", write: true, params: createConnectionParams, handle: createConnection},
	{method: "POST", path: "/api/v3/update-ext-idp-conn", write: true, params: updateConnectionParams, handle: updateConnection},
	{method: "POST", path: "/api/v3/delete-ext-idp-conn", write: true, params: deleteByIDParams, handle: deleteConnection},
	{method: "POST", path: "/api/v3/change-ext-idp-conn-state", write: true, params: connectionStateParams, handle: changeConnectionState},
	{method: "POST", path: "/api/v3/change-ext-idp-conn-association-state", write: true, params: associationParams, handle: changeAssociation},
	{method: "POST", path: "/api/v3/change-userpool-tenant-ext-idp-conn-state", write: true, params: poolTenantStateParams, handle: changePoolTenantState},

	{method: "GET", path: "/api/v3/list-applications", params: listApplicationParams, handle: listApplications},
	{method: "GET", path: "/api/v3/list-application-simple-info", params: listSimpleApplicationParams, handle: listSimpleApplications},
	{method: "GET", path: "/api/v3/list-tenant-applications", params: listTenantApplicationParams, handle: listTenantApplications},
	{method: "GET", path: "/api/v3/get-application", params: appIDParams, handle: getApplication},
	{method: "GET", path: "/api/v3/get-application-simple-info", params: appIDParams, handle: getSimpleApplication},
	{method: "POST", path: "/api/v3/create-application", write: true, params: createApplicationParams, handle: createApplication},
	{method: "POST", path: "/api/v3/update-application", write: true, params: updateApplicationParams, handle: updateApplication},
	{method: "POST", path: "/api/v3/delete-application", write: true, params: appIDParams, handle: deleteApplication},
	{method: "POST", path: "/api/v3/list-application-active-users", params: activeUserParams, handle: listActiveUsers},
	{method: "POST", path: "/api/v3/check-domain-available", params: domainParams, handle: checkDomain},
	{method: "POST", path: "/api/v3/update-login-page-config", params: loginPageParams, handle: updateLoginPage},
	{method: "GET", path: "/api/v3/get-application-secret", params: appIDParams, handle: getApplicationSecret},
	{method: "POST", path: "/api/v3/refresh-application-secret", write: true, params: appIDParams, handle: refreshApplicationSecret},
	{method: "GET", path: "/api/v3/get-application-permission-strategy", params: appIDParams, handle: getPermissionStrategy},
	{method: "POST", path: "/api/v3/update-application-permission-strategy", write: true, params: permissionStrategyParams, handle: updatePermissionStrategy},
	{method: "POST", path: "/api/v3/update-application-mfa-settings", write: true, params: mfaParams, handle: updateMFA},

	{method: "POST", path: "/api/v3/authorize-application-access", write: true, params: authorizeParams, handle: authorizeAccess},
	{method: "POST", path: "/api/v3/revoke-application-access", write: true, params: revokeParams, handle: revokeAccess},
	{method: "POST", path: "/api/v3/list-applications-auth", params: listGrantParams, handle: listGrants},
	{method: "DELETE", path: "/api/v3/batch-applications-auth", write: true, params: deleteGrantParams, handle: deleteGrants},
	{method: "POST", path: "/api/v3/update-auth-enabled", write: true, params: grantEnabledParams, handle: updateGrantEnabled},
	{method: "POST", path: "/api/v3/list-subject-auth", params: listSubjectParams, handle: listSubjectGrants},
	{method: "GET", path: "/api/v3/get-subject-auth-detail", params: getSubjectParams, handle: getSubjectGrant},
}

// v2Endpoints is contract 6 and 2.3.
var v2Endpoints = []endpoint{
	{method: "POST", path: "/graphql/v2", open: true, params: graphQLParams, handle: graphQL},
	{method: "POST", path: "/api/v2/userpools/access-token", open: true, params: poolTokenParams, handle: poolToken},
	{method: "GET", path: "/api/v2/extIdpTmpl/{type}", params: noParams, handle: getTemplate},

	{method: "GET", path: "/api/v2/extIdp", params: v2ListProviderParams, handle: v2ListProviders},
	{method: "POST", path: "/api/v2/extIdp", write: true, params: v2CreateProviderParams, handle: v2CreateProvider},
	{method: "GET", path: "/api/v2/extIdp/{id}", params: noParams, handle: v2GetProvider},
	{method: "PUT", path: "/api/v2/extIdp/{id}", write: true, params: v2UpdateProviderParams, handle: v2UpdateProvider},
	{method: "DELETE", path: "/api/v2/extIdp/{id}", write: true, params: noParams, handle: v2DeleteProvider},
	{method: "GET", path: "/api/v2/extIdp/{id}/connState", params: noParams, handle: v2GetConnectionStates},
	{method: "PUT", path: "/api/v2/extIdp/{id}/connState", write: true, params: v2StateParams, handle: v2ChangeConnectionStates},
	{method: "POST", path: "/api/v2/extIdpConn", write: true, params: v2CreateConnectionParams, handle: v2CreateConnection},
	{method: "PUT", path: "/api/v2/extIdpConn/{id}", write: true, params: v2UpdateConnectionParams, handle: v2UpdateConnection},
	{method: "DELETE", path: "/api/v2/extIdpConn/{id}", write: true, params: noParams, handle: v2DeleteConnection},
	{method: "PUT", path: "/api/v2/extIdpConn/{id}/state", write: true, params: v2StateParams, handle: v2ChangeConnectionState},
	{method: "POST", path: "/api/v2/check/extIdpConn/identifier", params: v2IdentifierParams, handle: v2CheckIdentifier},

	{method: "GET", path: "/api/v2/applications", params: v2PageParams, handle: v2ListApplications},
	{method: "POST", path: "/api/v2/applications", write: true, params: v2CreateApplicationParams, handle: v2CreateApplication},
	{method: "GET", path: "/api/v2/applications/{id}", params: noParams, handle: v2GetApplication},
	{method: "POST", path: "/api/v2/applications/{id}", write: true, params: v2UpdateApplicationParams, handle: v2UpdateApplication},
	{method: "DELETE", path: "/api/v2/applications/{id}", write: true, params: noParams, handle: v2DeleteApplication},
	{method: "PATCH", path: "/api/v2/application/{id}/refresh-secret", write: true, params: noParams, handle: v2RefreshSecret},
	{method: "GET", path: "/api/v2/applications/{id}/active-users", params: v2PageParams, handle: v2ListActiveUsers},
	{method: "GET", path: "/api/v2/applications/{id}/agreements", params: noParams, handle: v2ListAgreements},
	{method: "POST", path: "/api/v2/applications/{id}/agreements", write: true, params: v2CreateAgreementParams, handle: v2CreateAgreement},
	{method: "POST", path: "/api/v2/applications/{id}/agreements/sort", write: true, params: v2SortAgreementParams, handle: v2SortAgreements},
	{method: "PUT", path: "/api/v2/applications/{id}/agreements/{agreement}", write: true, params: v2UpdateAgreementParams, handle: v2UpdateAgreement},
	{method: "DELETE", path: "/api/v2/applications/{id}/agreements/{agreement}", write: true, params: noParams, handle: v2DeleteAgreement},
}
