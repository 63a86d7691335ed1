// The V2 API as authing-js-sdk knows it: it asks GraphQL for a token and then
// speaks REST. What it has no method for is called through its own HTTP client,
// which adds the headers and takes the envelope off.
import assert from 'node:assert/strict';
import sdk from 'authing-js-sdk';
import { sandbox, walk } from './steps.mjs';

const { ManagementClient } = sdk;
const options = { host: sandbox.listening, userPoolId: sandbox.userPoolId, secret: sandbox.accessKeySecret, timeout: 20_000, onError: () => {} };
const client = new ManagementClient(options);
const { applications, tenant, httpClient } = client;
const unknown = 'ffffffffffffffffffffffff';
const pool = {};

const call = (method, path, data) => httpClient.request({ method, url: `${sandbox.listening}/api/v2/${path}`, data });

// refused wants a failure: the SDK throws what the envelope says, or axios the
// HTTP status.
async function refused(promise) {
  let answer;
  await assert.rejects(promise, (err) => {
    answer = err.response?.data ?? JSON.parse(err.message);
    return true;
  });
  assert.notEqual(answer.code ?? answer.statusCode, 200);
  assert.match(answer.message, /./);
  assert.ok(answer.data === undefined || answer.data === null);
}

function holds(got, want) {
  for (const key of Object.keys(want)) {
    if (want[key] !== null && typeof want[key] === 'object' && !Array.isArray(want[key])) holds(got[key], want[key]);
    else assert.deepEqual(got[key], want[key], `${key}: ${JSON.stringify(got[key])}, want ${JSON.stringify(want[key])}`);
  }
}

// states gives, for each connection of a provider, the applications it is
// enabled in: the V2 answer lists every application with true or false.
async function states() {
  const list = await call('GET', `extIdp/${pool.corp}/connState`);
  return Object.fromEntries(list.map((c) => [c.connId, c.state.filter((s) => s.enabled).map((s) => s.appId).sort()]));
}

const corp = { type: 'oidc', identifier: 'corp-oidc', displayName: 'Corp login', fields: { issuerUrl: 'https://idp.example', clientID: 'portal', clientSecret: 'not-so-secret' } };
const hub = { type: 'oidc', identifier: 'corp-other', displayName: 'Corp other', fields: { issuerUrl: 'https://other.example', clientID: 'a', clientSecret: 'b' } };
const portal = { name: 'Portal', identifier: 'portal', redirectUris: ['https://portal.example/callback'], protocol: 'oidc', oidcConfig: { grant_types: ['authorization_code'], response_types: ['code'], id_token_signed_response_alg: 'RS256' } };

await walk({
  'fetch a token and see an empty pool': async () => {
    assert.deepEqual(await tenant.listExtIdp(''), []);
    holds(await applications.list({ page: 1, limit: 10 }), { totalCount: 0, list: [] });
  },
  'fetch a token by REST': async () => {
    const data = await httpClient.request({ method: 'POST', url: `${sandbox.listening}/api/v2/userpools/access-token`, data: { userPoolId: sandbox.userPoolId, secret: sandbox.accessKeySecret }, unSetToken: true });
    assert.equal(data.accessToken.split('.').length, 3);
    assert.ok(data.exp > data.iat);
  },
  'read a template': async () => {
    const data = await call('GET', 'extIdpTmpl/github');
    const [github] = data.connectionTmpls.filter((tmpl) => tmpl.type === 'github');
    const keys = github.fields.map((f) => f.key);
    for (const key of ['clientID', 'clientSecret', 'displayName']) assert.ok(keys.includes(key), `no ${key} in ${keys}`);
    await refused(call('GET', 'extIdpTmpl/carrier-pigeon'));
  },

  // Providers with connections.
  'an identifier is free': async () => assert.equal(await tenant.checkExtIdpConnectionIdentifierUnique('corp-oidc'), false),
  'create a provider with a connection': async () => {
    const data = await tenant.createExtIdp({ name: 'Corp', type: 'oidc', connections: [corp] });
    holds(data, { name: 'Corp', type: 'oidc' });
    assert.equal(data.connections.length, 1);
    holds(data.connections[0], corp);
    [pool.corp, pool.conn] = [data.id, data.connections[0].id];
  },
  'an identifier is taken': async () => assert.equal(await tenant.checkExtIdpConnectionIdentifierUnique('corp-oidc'), true),
  'create another connection': async () => {
    const data = await tenant.createExtIdpConnection({ extIdpId: pool.corp, ...hub });
    holds(data, hub);
    assert.match(data.logo, /./);
    pool.hub = data.id;
  },
  'read a provider, its secrets in clear': async () => {
    const data = await tenant.extIdpDetail(pool.corp);
    holds(data, { id: pool.corp, name: 'Corp', type: 'oidc' });
    assert.deepEqual(data.connections.map((c) => c.id).sort(), [pool.conn, pool.hub].sort());
    holds(data.connections.find((c) => c.id === pool.conn), corp);
  },
  'list providers without fields': async () => {
    const [only, ...rest] = await tenant.listExtIdp('');
    assert.deepEqual(rest, []);
    holds(only, { id: pool.corp, name: 'Corp', type: 'oidc' });
    assert.deepEqual(only.connections.map((c) => c.identifier).sort(), ['corp-oidc', 'corp-other']);
    assert.ok(only.connections.every((c) => !('fields' in c)));
  },
  'rename a provider': async () => {
    await tenant.updateExtIdp(pool.corp, { name: 'Corp SSO' });
    holds(await tenant.extIdpDetail(pool.corp), { name: 'Corp SSO', type: 'oidc' });
  },
  'change a connection': async () => {
    const fields = { ...corp.fields, issuerUrl: 'https://idp2.example' };
    await tenant.updateExtIdpConnection(pool.conn, { displayName: 'Corp', fields });
    const { connections } = await tenant.extIdpDetail(pool.corp);
    holds(connections.find((c) => c.id === pool.conn), { ...corp, displayName: 'Corp', fields });
    holds(connections.find((c) => c.id === pool.hub), hub);
  },
  'refuse providers and connections': async () => {
    await refused(tenant.createExtIdp({ name: 'Odd', type: 'carrier-pigeon', connections: [] }));
    await refused(tenant.createExtIdpConnection({ extIdpId: pool.corp, ...corp }));
    await refused(tenant.createExtIdpConnection({ extIdpId: unknown, ...corp, identifier: 'nowhere' }));
    await refused(tenant.extIdpDetail(unknown));
    await refused(tenant.updateExtIdp(unknown, { name: 'x' }));
    assert.equal((await tenant.listExtIdp('')).length, 1);
  },

  // Applications.
  'create an application': async () => {
    const data = await applications.create(portal);
    holds(data, portal);
    assert.match(data.id, /^[0-9a-f]{24}$/);
    assert.match(data.secret, /./);
    assert.equal(data.userPoolId, sandbox.userPoolId);
    pool.portal = data.id;
    pool.shop = (await applications.create({ name: 'Shop', identifier: 'shop', redirectUris: ['https://shop.example/callback'] })).id;
  },
  'read an application': async () => {
    const data = await applications.findById(pool.portal);
    holds(data, { ...portal, id: pool.portal, isIntegrate: false, isDeleted: false, description: null });
    holds(data.oidcConfig, { token_endpoint_auth_method: 'client_secret_post' });
    assert.match(data.createdAt, /^\d{4}-\d\d-\d\dT.*Z$/);
  },
  'list applications page by page': async () => {
    const first = await applications.list({ page: 1, limit: 1 });
    const second = await applications.list({ page: 2, limit: 1 });
    assert.deepEqual([first.totalCount, second.totalCount], [2, 2]);
    assert.deepEqual([first.list[0].id, second.list[0].id].sort(), [pool.portal, pool.shop].sort());
  },
  'change an application in part': async () => {
    holds(await call('POST', `applications/${pool.portal}`, { name: 'Portal two', description: 'for all' }), { id: pool.portal, name: 'Portal two' });
    holds(await applications.findById(pool.portal), { ...portal, name: 'Portal two', description: 'for all' });
  },
  'change lists of an application': async () => {
    await call('POST', `applications/${pool.portal}`, { redirectUris: [], logoutRedirectUris: ['https://portal.example/bye'], initLoginUrl: 'https://portal.example/start' });
    holds(await applications.findById(pool.portal), { name: 'Portal two', redirectUris: [], logoutRedirectUris: ['https://portal.example/bye'], initLoginUrl: 'https://portal.example/start' });
  },
  'renew the secret of an application': async () => {
    const { secret } = await applications.findById(pool.portal);
    const renewed = await applications.refreshApplicationSecret(pool.portal);
    assert.notEqual(renewed.secret, secret);
    assert.equal((await applications.findById(pool.portal)).secret, renewed.secret);
  },
  'keep agreements of an application': async () => {
    const one = await applications.createAgreement(pool.portal, { title: 'terms', required: true });
    const two = await applications.createAgreement(pool.portal, { title: 'privacy', required: false });
    await applications.modifyAgreement(pool.portal, two.id, { title: 'privacy two', required: true });
    await applications.sortAgreement(pool.portal, [two.id, one.id]);
    const titles = async () => (await applications.listAgreement(pool.portal)).list.map((a) => a.title);
    assert.deepEqual(await titles(), ['privacy two', 'terms']);
    await applications.deleteAgreement(pool.portal, one.id);
    await applications.deleteAgreement(pool.portal, two.id);
    assert.deepEqual(await titles(), []);
  },
  'refuse applications': async () => {
    await refused(applications.create({ name: 'Other', identifier: 'portal', redirectUris: [] }));
    await refused(applications.create({ identifier: 'nameless', redirectUris: [] }));
    await refused(applications.findById(unknown));
    await refused(call('POST', `applications/${unknown}`, { name: 'x' }));
    assert.equal((await applications.list()).totalCount, 2);
  },

  // States of connections.
  'every connection is off': async () => assert.deepEqual(await states(), { [pool.conn]: [], [pool.hub]: [] }),
  'switch a connection on in one application': async () => {
    assert.equal(await tenant.changeExtIdpConnectionState(pool.conn, { appId: pool.portal, enabled: true }), true);
    assert.deepEqual(await states(), { [pool.conn]: [pool.portal], [pool.hub]: [] });
  },
  'switch a whole provider on in an application': async () => {
    assert.equal(await tenant.batchChangeExtIdpConnectionState(pool.corp, { appId: pool.shop, enabled: true }), true);
    assert.deepEqual(await states(), { [pool.conn]: [pool.portal, pool.shop].sort(), [pool.hub]: [pool.shop] });
  },
  'switch it off again': async () => {
    assert.equal(await tenant.changeExtIdpConnectionState(pool.conn, { appId: pool.portal, enabled: false }), true);
    assert.equal(await tenant.batchChangeExtIdpConnectionState(pool.corp, { appId: pool.shop, enabled: false }), true);
    assert.deepEqual(await states(), { [pool.conn]: [], [pool.hub]: [] });
  },
  'refuse states': async () => {
    assert.equal(await tenant.changeExtIdpConnectionState(unknown, { appId: pool.portal, enabled: true }), false);
    assert.equal(await tenant.changeExtIdpConnectionState(pool.conn, { appId: unknown, enabled: true }), false);
  },

  // The end.
  'delete connections': async () => {
    await tenant.deleteExtIdpConnection(pool.conn);
    assert.deepEqual((await tenant.extIdpDetail(pool.corp)).connections.map((c) => c.id), [pool.hub]);
    await refused(tenant.deleteExtIdpConnection(pool.conn));
    assert.equal(await tenant.checkExtIdpConnectionIdentifierUnique('corp-oidc'), false);
  },
  'delete applications': async () => {
    for (const id of [pool.portal, pool.shop]) {
      await applications.delete(id);
      await refused(applications.findById(id));
    }
    assert.equal((await applications.list()).totalCount, 0);
  },
  'delete a provider and what it holds': async () => {
    await tenant.deleteExtIdp(pool.corp);
    await refused(tenant.extIdpDetail(pool.corp));
    assert.deepEqual(await tenant.listExtIdp(''), []);
    assert.equal(await tenant.checkExtIdpConnectionIdentifierUnique('corp-other'), false);
  },

  'refuse a wrong secret': async () => {
    const stranger = new ManagementClient({ ...options, secret: 'not-the-secret' });
    await assert.rejects(stranger.tenant.listExtIdp(''));
  },
});
