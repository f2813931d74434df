import t from 'tap'
import { bearer } from '../helpers/gateway.js'
import { createSigningKey, now, sign, startIssuer } from '../helpers/issuer.js'
import { startGatewayOf } from './gateway-of.js'

const times = () => ({ iat: now(), exp: now() + 300 })

t.test('a token as Keycloak shapes it', async (t) => {
  const key = await createSigningKey('kc', 'RS256')
  const issuer = await startIssuer(t, [key])
  const { ask, upstream } = await startGatewayOf(
    t,
    issuer,
    'roles: { from: realm_access.roles, map: { ops: admin, "Domain Users": [user, staff] } }, username: preferred_username'
  )
  const token = await sign(
    key,
    {
      ...times(),
      jti: 'trrtcc:1',
      iss: issuer.issuer,
      aud: ['api', 'account'],
      sub: 'f:1:alice',
      typ: 'Bearer',
      azp: 'web',
      sid: 's1',
      nonce: 'n',
      acr: '1',
      realm_access: { roles: ['ops', 'Domain Users', 'offline_access', 'portcullis:admin', 'admin'] },
      scope: 'openid orders:read',
      preferred_username: 'alice',
      email: 'alice@example.com'
    },
    { typ: 'JWT' }
  )
  t.match(await ask('/admin', token), { status: 200 })
  t.match(upstream.last().headers, {
    'x-user-id': 'corp:f:1:alice',
    'x-user-name': 'alice',
    'x-user-roles': 'admin,user,staff',
    'x-email': 'alice@example.com'
  })
  t.match(await ask('/orders', token), { status: 200 })
  t.match(await ask('/corp', token), { status: 200 })
  t.match(await ask('/self', token), { status: 403, code: 'access_denied' })
  t.match(await ask('/operator', token), { status: 403, code: 'access_denied' })
  t.match(await ask('/users/f:1:alice', token), { status: 403 }, 'its own `sub` is not what a path is bound to')
  t.match(await ask('/users/corp:f:1:alice', token), { status: 200 })
})

t.test('a token as Auth0 shapes it', async (t) => {
  const key = await createSigningKey('auth0', 'RS256')
  const issuer = await startIssuer(t, [key])
  const { ask, upstream } = await startGatewayOf(t, issuer, 'roles: { from: https://shop.example/roles }')
  const token = await sign(
    key,
    {
      ...times(),
      iss: issuer.issuer,
      sub: 'auth0|507f1f77',
      aud: ['api', 'https://tenant.auth0.com/userinfo'],
      azp: 'client',
      scope: 'openid profile orders:read',
      'https://shop.example/roles': ['admin', 'portcullis:admin']
    },
    { typ: 'JWT' }
  )
  t.match(await ask('/admin', token), { status: 200 })
  t.match(upstream.last().headers, { 'x-user-id': 'corp:auth0|507f1f77', 'x-user-roles': 'admin' })
  t.equal(upstream.last().headers['x-user-name'], undefined)
  t.match(await ask('/operator', token), { status: 403 }, 'without a map too')
})

t.test('a token as Entra ID shapes it', async (t) => {
  const key = await createSigningKey('entra', 'RS256')
  const issuer = await startIssuer(t, [key])
  // Entra's keys say no `alg`: what they can be used with follows from their type and from the settings.
  issuer.keys = issuer.keys.map(({ alg: _, ...jwk }) => ({ ...jwk, x5c: ['MIIB'], x5t: 'abc' }))
  const { ask, upstream } = await startGatewayOf(
    t,
    issuer,
    'roles: { from: roles, map: { Orders.Admin: admin }, pass_unmapped: true }'
  )
  const claims = {
    ...times(),
    nbf: now(),
    iss: issuer.issuer,
    aud: 'api',
    sub: 'AAAAAAAA',
    azp: 'c',
    ver: '2.0',
    uti: 'u'
  }
  const user = await sign(
    key,
    { ...claims, scp: 'orders:read', roles: ['Orders.Admin', 'reader'] },
    { typ: 'JWT', x5t: 'abc' }
  )
  t.match(await ask('/admin', user), { status: 200 })
  t.equal(upstream.last().headers['x-user-roles'], 'admin,reader')
  t.match(await ask('/orders', user), { status: 200 })
  const list = await sign(key, { ...claims, scp: ['orders:write', 'orders:read'] })
  t.match(await ask('/orders', list), { status: 200 })
  const without = await sign(key, { ...claims, scp: ['orders:read '.repeat(2), 1] })
  t.match(await ask('/orders', without), { status: 403, code: 'insufficient_scope' })
})

t.test('roles of another type are no roles', async (t) => {
  const key = await createSigningKey('k')
  const issuer = await startIssuer(t, [key])
  const { ask } = await startGatewayOf(t, issuer, 'roles: { from: realm_access.roles }')
  const table: [unknown, number][] = [
    [{ roles: ['admin'] }, 200],
    [{ roles: 'admin' }, 200],
    [{ roles: 'user admin' }, 403],
    [{ roles: 'user,admin' }, 403],
    [{ roles: ['user,admin'] }, 403],
    [{ roles: [['admin']] }, 403],
    [{ roles: ['admin', 1] }, 403],
    [{ roles: { admin: true } }, 403],
    [{ roles: { 0: 'admin', length: 1 } }, 403],
    [['admin'], 403],
    ['admin', 403],
    [null, 403]
  ]
  for (const [realm_access, status] of table) {
    const token = await sign(key, {
      ...times(),
      iss: issuer.issuer,
      aud: 'api',
      sub: 'u',
      realm_access,
      'realm_access.roles': ['admin']
    })
    t.match(await ask('/admin', token), { status }, JSON.stringify(realm_access))
  }
})

t.test('limits and the log count by the subject with its prefix, and endpoints answer', async (t) => {
  const key = await createSigningKey('k')
  const issuer = await startIssuer(t, [key])
  const { ask, access, login, url, gateway } = await startGatewayOf(t, issuer)
  const { access_token: own } = await login('alice')
  const [alice] = await gateway.operatorUsers.list()
  const claims = {
    ...times(),
    iss: issuer.issuer,
    aud: 'api',
    sub: alice?.id ?? '',
    username: 'alice',
    roles: ['admin'],
    tenant: 'a'
  }
  const foreign = await sign(key, claims)
  for (const status of [200, 200, 429]) t.match(await ask('/few', foreign), { status })
  t.match(await ask('/few', own), { status: 200 }, 'the same `sub` of ours has its own count')
  t.match(await ask('/named', foreign), { status: 403 }, 'a name that the settings do not read is none')
  t.match(await ask('/named', own), { status: 200 })
  t.match(await ask('/admin', foreign), { status: 403 }, 'roles that the settings do not read are none')
  t.match(
    access.find(({ path }) => path === '/few'),
    { subject: `corp:${alice?.id}`, issuer: 'corp' }
  )

  const userinfo = await fetch(`${url}/auth/userinfo`, { headers: bearer(foreign) })
  t.strictSame(await userinfo.json(), { sub: `corp:${alice?.id}`, tenant: 'a', roles: [] })
  const verify = await fetch(`${url}/auth/verify`, { method: 'POST', body: new URLSearchParams({ token: foreign }) })
  t.match(await verify.json(), { active: true, iss: issuer.issuer, sub: `corp:${alice?.id}`, roles: [] })
  const logout = await fetch(`${url}/auth/logout`, { method: 'POST', headers: bearer(foreign) })
  t.match(await logout.json(), { status: 401, code: 'invalid_token' }, 'sessions of others are not ours to end')
  t.match(await ask('/', own), { status: 200 })
})

t.test('`subject: raw` is the subject as it stands', async (t) => {
  const key = await createSigningKey('k')
  const issuer = await startIssuer(t, [key])
  const { ask, upstream } = await startGatewayOf(t, issuer, 'subject: raw, username: email')
  const token = await sign(key, { ...times(), iss: issuer.issuer, aud: 'api', sub: 'u7', email: 'u@example.com' })
  t.match(await ask('/users/u7', token), { status: 200 })
  t.match(upstream.last().headers, { 'x-user-id': 'u7', 'x-user-name': 'u@example.com' })
})
