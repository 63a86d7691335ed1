// The V3 API as authing-node-sdk knows it: it signs every request instead of
// fetching a token, and its types were written by the vendor.
import assert from 'node:assert/strict';
import sdk from 'authing-node-sdk';
import { sandbox, walk } from './steps.mjs';

const { ManagementClient } = sdk;
const options = { host: sandbox.listening, accessKeyId: sandbox.accessKeyId, accessKeySecret: sandbox.accessKeySecret, timeout: 20_000 };
const client = new ManagementClient(options);
const unknown = 'ffffffffffffffffffffffff';
const pool = {};

// good gives the data of an answer that says it went well.
async function good(promise) {
  const answer = await promise;
  assert.equal(answer.statusCode, 200, `statusCode ${answer.statusCode}, apiCode ${answer.apiCode}: ${answer.message}`);
  assert.equal(typeof answer.message, 'string');
  return answer.data;
}

// done wants the answer IsSuccessRespDto with success: true.
async function done(promise) {
  assert.deepEqual(await good(promise), { success: true });
}

// refused wants a failure with this status, in the body or over HTTP, that
// carries a request id and no data.
async function refused(promise, statusCode, apiCode) {
  const answer = await promise.catch((err) => err.response?.data ?? assert.fail(`no answer: ${err.message}`));
  assert.equal(answer.statusCode, statusCode, answer.message);
  if (apiCode !== undefined) assert.equal(answer.apiCode, apiCode, answer.message);
  assert.match(answer.requestId, /./);
  assert.ok(answer.data === undefined || answer.data === null);
}

// holds wants every key of want in got, with the same value; got may have more.
function holds(got, want) {
  for (const key of Object.keys(want)) {
    if (want[key] !== null && typeof want[key] === 'object' && !Array.isArray(want[key])) holds(got[key], want[key]);
    else assert.deepEqual(got[key], want[key], `${key}: ${JSON.stringify(got[key])}, want ${JSON.stringify(want[key])}`);
  }
}

const get = (path, params) => good(client.makeRequest({ method: 'GET', url: `/api/v3/${path}`, params }));
const provider = () => good(client.getExtIdp({ id: pool.corp }));
const connections = () => get('list-ext-idp-conns', { id: pool.corp });
const application = (appId = pool.portal) => good(client.getApplication({ appId }));
const enabled = async (appId) => (await application(appId)).loginConfig.enabledExtIdpConns.map((c) => c.extIdpConnId);

const portal = {
  appName: 'Portal',
  appIdentifier: 'portal',
  appType: 'web',
  appDescription: 'for everybody',
  defaultProtocol: 'oidc',
  redirectUris: ['https://portal.example/callback', 'https://portal.example/silent'],
  logoutRedirectUris: ['https://portal.example/bye'],
  initLoginUri: 'https://portal.example/start',
  ssoEnabled: true,
  oidcConfig: { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], id_token_signed_response_alg: 'RS256', access_token_expire: 3600 },
  loginConfig: { mergeLoginAndRegisterPage: true, enabledBasicLoginMethods: ['EMAIL_PASSWORD', 'PHONE_CODE'], defaultLoginMethod: { connectionType: 'PASSWORD' }, showAuthorizationPage: false },
  registerConfig: { enabledBasicRegisterMethods: ['EMAIL_CODE'], defaultRegisterMethod: 'PASSCODE' },
  brandingConfig: { customCSSEnabled: true, customCSS: '.x{}', defaultLanguage: 'en-US', showSocialConnections: false },
};
const changed = {
  appName: 'Portal two',
  appIdentifier: 'portal-two',
  appDescription: 'for nobody',
  redirectUris: ['https://portal.example/other'],
  logoutRedirectUris: [],
  initLoginUri: 'https://portal.example/begin',
  ssoEnabled: false,
  oidcConfig: { ...portal.oidcConfig, access_token_expire: 7200 },
  loginConfig: { mergeLoginAndRegisterPage: false, enabledBasicLoginMethods: ['EMAIL_CODE'], defaultLoginMethod: { connectionType: 'PASSCODE' }, showAuthorizationPage: true },
  registerConfig: { enabledBasicRegisterMethods: ['PHONE_CODE'], defaultRegisterMethod: 'PASSCODE' },
  brandingConfig: { ...portal.brandingConfig, customCSS: '.y{}', showSocialConnections: true },
};
const oidc = { issuerUrl: 'https://idp.example', clientID: 'portal', clientSecret: 'not-so-secret', scope: 'openid profile' };

await walk({
  'the pool is empty': async () => {
    assert.deepEqual(await good(client.listExtIdp({})), { totalCount: 0, list: [] });
    holds(await good(client.listApplications({ page: 1, limit: 10 })), { totalCount: 0, list: [] });
  },

  // Providers.
  'create a provider': async () => {
    const data = await good(client.createExtIdp({ name: 'Corp', type: 'oidc' }));
    holds(data, { name: 'Corp', type: 'oidc' });
    assert.match(data.id, /^[0-9a-f]{24}$/);
    assert.equal(typeof data.logo, 'string');
    pool.corp = data.id;
  },
  'create a second provider of the same name': async () => {
    const data = await good(client.createExtIdp({ name: 'Corp', type: 'github' }));
    assert.notEqual(data.id, pool.corp);
    pool.github = data.id;
  },
  'read a provider': async () => {
    const data = await provider();
    holds(data, { id: pool.corp, name: 'Corp', type: 'oidc', connections: [] });
    assert.equal(typeof data.autoJoin, 'boolean');
    assert.ok(!data.tenantId);
  },
  'list providers': async () => {
    const data = await good(client.listExtIdp({}));
    assert.equal(data.totalCount, 2);
    assert.deepEqual(data.list.map((p) => p.id).sort(), [pool.corp, pool.github].sort());
  },
  'rename a provider': async () => {
    holds(await good(client.updateExtIdp({ id: pool.corp, name: 'Corp SSO' })), { id: pool.corp, name: 'Corp SSO', type: 'oidc' });
    holds(await provider(), { name: 'Corp SSO' });
  },
  'list the providers of tenants': async () => {
    const data = await good(client.listTenantExtIdp({ page: 1, limit: 10 }));
    assert.equal(typeof data.totalCount, 'number');
    assert.ok(Array.isArray(data.list));
  },
  'refuse providers': async () => {
    await refused(client.createExtIdp({ name: 'Odd', type: 'carrier-pigeon' }), 400);
    await refused(client.createExtIdp({ type: 'oidc' }), 400);
    await refused(client.getExtIdp({ id: unknown }), 404);
    await refused(client.updateExtIdp({ id: unknown, name: 'x' }), 404);
  },

  // Connections.
  'create a connection': async () => {
    const data = await good(client.createExtIdpConn({ extIdpId: pool.corp, type: 'oidc', identifier: 'corp-oidc', displayName: 'Corp login', fields: oidc, loginOnly: true }));
    holds(data, { type: 'oidc', extIdpId: pool.corp, identifier: 'corp-oidc', displayName: 'Corp login', loginOnly: true });
    assert.match(data.id, /^[0-9a-f]{24}$/);
    assert.equal(typeof data.logo, 'string');
    assert.ok(['none', 'field', 'challenge'].includes(data.associationMode), data.associationMode);
    assert.ok(Array.isArray(data.challengeBindingMethods));
    pool.conn = data.id;
  },
  'create a connection of another provider': async () => {
    const data = await good(client.createExtIdpConn({ extIdpId: pool.github, type: 'github', identifier: 'hub', displayName: 'GitHub', fields: { clientID: 'a', clientSecret: 'b' } }));
    holds(data, { extIdpId: pool.github, loginOnly: false });
    pool.hub = data.id;
  },
  'read a connection in its provider': async () => {
    const data = await provider();
    assert.equal(data.connections.length, 1);
    holds(data.connections[0], { id: pool.conn, type: 'oidc', identifier: 'corp-oidc', displayName: 'Corp login' });
  },
  'list the connections of a provider': async () => {
    const list = await connections();
    assert.equal(list.length, 1);
    holds(list[0], { id: pool.conn, extIdpId: pool.corp, type: 'oidc', identifier: 'corp-oidc', displayName: 'Corp login', loginOnly: true, fields: oidc });
  },
  'change some fields of a connection and keep the others': async () => {
    const data = await good(client.updateExtIdpConn({ id: pool.conn, displayName: 'Corp', fields: { issuerUrl: 'https://idp2.example' }, loginOnly: false }));
    holds(data, { id: pool.conn, displayName: 'Corp', loginOnly: false, identifier: 'corp-oidc' });
    holds((await connections())[0], { displayName: 'Corp', loginOnly: false, fields: { ...oidc, issuerUrl: 'https://idp2.example' } });
  },
  'refuse connections': async () => {
    const conn = { extIdpId: pool.corp, type: 'oidc', identifier: 'other', displayName: 'Other', fields: oidc };
    await refused(client.createExtIdpConn({ ...conn, identifier: 'corp-oidc' }), 409);
    await refused(client.createExtIdpConn({ ...conn, type: 'carrier-pigeon' }), 400);
    await refused(client.createExtIdpConn({ ...conn, extIdpId: unknown }), 404);
    await refused(client.updateExtIdpConn({ id: unknown, displayName: 'x', fields: {} }), 404);
    assert.equal((await connections()).length, 1);
  },

  // Applications.
  'create an application': async () => {
    const data = await good(client.createApplication(portal));
    holds(data, portal);
    assert.match(data.appId, /^[0-9a-f]{24}$/);
    assert.ok(!('secret' in data));
    pool.portal = data.appId;
  },
  'create an application with a connection': async () => {
    const loginConfig = { showAuthorizationPage: false, enabledBasicLoginMethods: ['EMAIL_PASSWORD'], enabledExtIdpConnIds: [{ extIdpConnId: pool.hub }] };
    pool.shop = (await good(client.createApplication({ appName: 'Shop', appIdentifier: 'shop', appType: 'spa', loginConfig }))).appId;
    assert.deepEqual(await enabled(pool.shop), [pool.hub]);
  },
  'read an application': async () => {
    const data = await application();
    holds(data, { ...portal, appId: pool.portal, isIntegrateApp: false, samlProviderEnabled: false, oauthProviderEnabled: false, casProviderEnabled: false });
    holds(data, { oidcConfig: { token_endpoint_auth_method: 'client_secret_post' } });
    assert.deepEqual(data.loginConfig.enabledExtIdpConns, []);
    assert.ok(!('secret' in data));
  },
  'list applications page by page': async () => {
    const first = await good(client.listApplications({ page: 1, limit: 1 }));
    const second = await good(client.listApplications({ page: 2, limit: 1 }));
    assert.deepEqual([first.totalCount, second.totalCount, first.list.length, second.list.length], [2, 2, 1, 1]);
    assert.deepEqual([first.list[0].appId, second.list[0].appId].sort(), [pool.portal, pool.shop].sort());
    holds([first.list[0], second.list[0]].find((a) => a.appId === pool.portal), portal);
  },
  'search applications': async () => {
    const data = await good(client.listApplications({ page: 1, limit: 50, keywords: 'Shop' }));
    assert.deepEqual(data.list.map((a) => a.appName), ['Shop']);
  },
  'read the simple form of applications': async () => {
    const want = { appId: pool.portal, appIdentifier: 'portal', appName: 'Portal', appDescription: 'for everybody', appType: 'web', isIntegrateApp: false };
    holds(await good(client.getApplicationSimpleInfo({ appId: pool.portal })), want);
    const data = await good(client.listApplicationSimpleInfo({ page: 1, limit: 50 }));
    assert.equal(data.totalCount, 2);
    holds(data.list.find((a) => a.appId === pool.portal), want);
  },
  'change every field of an application': async () => {
    await done(client.updateApplication({ appId: pool.portal, ...changed }));
    holds(await application(), { ...changed, appType: 'web', defaultProtocol: 'oidc' });
  },
  'change one field of an application': async () => {
    await done(client.updateApplication({ appId: pool.portal, appName: 'Portal three' }));
    holds(await application(), { ...changed, appName: 'Portal three' });
  },
  'read and renew the secret of an application': async () => {
    const { secret } = await good(client.getApplicationSecret({ appId: pool.portal }));
    assert.match(secret, /./);
    const renewed = await good(client.refreshApplicationSecret({ appId: pool.portal }));
    assert.notEqual(renewed.secret, secret);
    assert.equal((await good(client.getApplicationSecret({ appId: pool.portal }))).secret, renewed.secret);
  },
  'change the permission strategy': async () => {
    const read = () => good(client.getApplicationPermissionStrategy({ appId: pool.portal }));
    assert.deepEqual(await read(), { permissionStrategy: 'ALLOW_ALL' });
    await done(client.updateApplicationPermissionStrategy({ appId: pool.portal, permissionStrategy: 'DENY_ALL' }));
    assert.deepEqual(await read(), { permissionStrategy: 'DENY_ALL' });
  },
  'change the MFA factors': async () => {
    const first = await good(client.updateApplicationMfaSettings({ appId: pool.portal, enabledFactors: ['SMS', 'OTP'], disabledFactors: ['EMAIL'] }));
    assert.deepEqual([...first.enabledFactors].sort(), ['OTP', 'SMS']);
    const second = await good(client.updateApplicationMfaSettings({ appId: pool.portal, enabledFactors: [], disabledFactors: ['SMS'] }));
    assert.deepEqual(second.enabledFactors, ['OTP']);
  },
  'authorize and revoke access': async () => {
    const list = [{ targetType: 'USER', targetIdentifier: ['60b49eb83fd80adb96f26e68'], effect: 'ALLOW' }];
    await done(client.authorizeApplicationAccess({ appId: pool.portal, list }));
    const read = () => good(client.listAuthApplication({ appId: pool.portal, page: 1, limit: 10 }));
    const data = await read();
    assert.equal(data.totalCount, 1);
    holds(data.list[0], { targetType: 'USER', effect: 'ALLOW', enabled: true });
    await done(client.enabledAuth({ id: data.list[0].id, enabled: false }));
    holds((await read()).list[0], { enabled: false });
    await done(client.revokeApplicationAccess({ appId: pool.portal, list: [{ targetType: 'USER', targetIdentifier: ['60b49eb83fd80adb96f26e68'] }] }));
    assert.equal((await read()).totalCount, 0);
  },
  'see access from the side of the user, and take it back': async () => {
    const targetId = '60b49eb83fd80adb96f26e69';
    await done(client.authorizeApplicationAccess({ appId: pool.shop, list: [{ targetType: 'USER', targetIdentifier: [targetId], effect: 'DENY' }] }));
    const read = () => good(client.listAuthSubject({ targetId, targetType: 'USER' }));
    const data = await read();
    assert.equal(data.list.length, 1);
    holds(data.list[0], { appId: pool.shop, effect: 'DENY' });
    assert.ok(await good(client.detailAuthSubject({ targetId, targetType: 'USER', appId: pool.shop })));
    const auths = await good(client.listAuthApplication({ appId: pool.shop, page: 1, limit: 10 }));
    await done(client.deleteAuth(auths.list.map((a) => a.id)));
    assert.deepEqual((await read()).list, []);
  },
  'ask for what is not about one application alone': async () => {
    holds(await good(client.checkDomainAvailable({ domain: 'free-domain' })), { available: true });
    holds(await good(client.listApplicationActiveUsers({ appId: pool.portal })), { totalCount: 0, list: [] });
    const data = await good(client.listTenantApplications({ page: '1', limit: '10', keywords: '', ssoEnabled: false }));
    assert.ok(Array.isArray(data.list));
    const off = { enableCreateTenant: false, createTenantScenes: [], enableJoinTenant: false, joinTenantScenes: [], enableVerifyDomain: false, verifyDomainScenes: [] };
    const looks = { tabMethodsSortConfig: {}, qrCodeSortConfig: {}, ssoPageCustomizationSettings: {}, passwordTabConfig: {}, verifyCodeTabConfig: {}, config: { global: {} } };
    await done(client.updateLoginPageConfig({ update: { ...looks, ...off } }));
  },
  'refuse applications': async () => {
    await refused(client.createApplication({ appIdentifier: 'nameless' }), 400);
    await refused(client.createApplication({ appName: 'Odd', appIdentifier: 'odd', appType: 'carrier-pigeon' }), 400);
    await refused(client.createApplication({ appName: 'Odd', appIdentifier: 'portal-two' }), 409, 2039);
    await refused(client.listApplications({ page: 1, limit: 51 }), 400);
    await refused(client.getApplication({ appId: unknown }), 404);
    await refused(client.updateApplication({ appId: unknown, appName: 'x' }), 404);
    assert.equal((await good(client.listApplications({ page: 1, limit: 10 }))).totalCount, 2);
  },

  // States of connections.
  'switch a connection on in an application': async () => {
    await done(client.changeExtIdpConnState({ id: pool.conn, appId: pool.portal, enabled: true }));
    assert.deepEqual(await enabled(pool.portal), [pool.conn]);
    assert.deepEqual(await enabled(pool.shop), [pool.hub]);
  },
  'list the connections of an application': async () => {
    const list = await get('list-enabled-ext-idp-conns-by-app', { appId: pool.portal });
    assert.ok(JSON.stringify(list).includes(pool.conn));
    assert.ok(!JSON.stringify(list).includes(pool.hub));
  },
  'list the applications of a provider': async () => {
    const data = await good(client.extIdpConnStateByApps({ id: pool.corp }));
    assert.ok(JSON.stringify(data).includes(pool.portal) || JSON.stringify(data).includes(pool.conn));
  },
  'switch a connection in several applications': async () => {
    await done(client.changeExtIdpConnState({ id: pool.conn, appId: pool.portal, appIds: [pool.portal, pool.shop], enabled: true }));
    assert.deepEqual((await enabled(pool.shop)).sort(), [pool.conn, pool.hub].sort());
  },
  'switch it off again': async () => {
    await done(client.changeExtIdpConnState({ id: pool.conn, appId: pool.shop, enabled: false }));
    assert.deepEqual(await enabled(pool.shop), [pool.hub]);
    assert.deepEqual(await enabled(pool.portal), [pool.conn]);
  },
  'associate a connection with a tenant': async () => {
    await done(client.changeExtIdpConnAssociationState({ id: pool.conn, association: true, tenantId: '60b49eb83fd80adb96f26e68' }));
    await done(client.changeUserpoolTenanExtIdpConnState({ connIds: [pool.conn], enabled: false }));
  },
  'refuse states': async () => {
    await refused(client.changeExtIdpConnState({ id: unknown, appId: pool.portal, enabled: true }), 404);
    await refused(client.changeExtIdpConnState({ id: pool.conn, appId: pool.portal, enabled: 'yes' }), 400);
    assert.deepEqual(await enabled(pool.portal), [pool.conn]);
  },

  // The end.
  'delete connections': async () => {
    await done(client.changeExtIdpConnState({ id: pool.conn, appId: pool.portal, enabled: false }));
    await done(client.deleteExtIdpConn({ id: pool.conn }));
    assert.deepEqual(await connections(), []);
    await refused(client.deleteExtIdpConn({ id: pool.conn }), 404);
  },
  'delete applications': async () => {
    for (const appId of [pool.portal, pool.shop]) {
      await done(client.deleteApplication({ appId }));
      await refused(client.getApplication({ appId }), 404);
      await refused(client.getApplicationSecret({ appId }), 404);
    }
    assert.equal((await good(client.listApplications({ page: 1, limit: 10 }))).totalCount, 0);
  },
  'delete providers and what they hold': async () => {
    for (const id of [pool.corp, pool.github]) {
      await done(client.deleteExtIdp({ id }));
      await refused(client.getExtIdp({ id }), 404);
    }
    assert.deepEqual(await good(client.listExtIdp({})), { totalCount: 0, list: [] });
    await refused(client.updateExtIdpConn({ id: pool.hub, displayName: 'x', fields: {} }), 404);
  },

  'refuse a wrong signature': async () => {
    const stranger = new ManagementClient({ ...options, accessKeySecret: 'not-the-secret' });
    await refused(stranger.listExtIdp({}), 401, 1300);
  },
});
