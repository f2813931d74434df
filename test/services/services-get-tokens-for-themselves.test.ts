import t from 'tap'
import { freezeClock } from '../helpers/clock.js'
import { openToken } from '../helpers/forge.js'
import { bearer, verdictOf } from '../helpers/gateway.js'
import { asBilling, asReports, ISSUER, postForm, startServices, tokenOf } from './services-fixture.js'

t.test('the token is of RFC 9068: its subject is the client, and it belongs to no session', async (t) => {
  const clock = freezeClock(t)
  const services = await startServices(t)
  const response = await postForm(`${services.url}/auth/token`, { grant_type: 'client_credentials' }, asBilling)
  t.equal(response.status, 200)
  t.equal(response.headers.get('cache-control'), 'no-store')
  t.equal(response.headers.get('pragma'), 'no-cache')
  t.match(response.headers.get('content-type'), 'application/json')
  const { access_token, ...others } = (await response.json()) as { access_token: string }
  t.same(others, { token_type: 'Bearer', expires_in: 900, scope: 'orders.read orders.write' }, 'no refresh token')
  const { header, claims } = openToken(access_token)
  t.match(header, { alg: 'ES256', typ: 'at+jwt' })
  const { jti, gen, ...said } = claims
  t.same(said, {
    iss: ISSUER,
    sub: 'billing',
    client_id: 'billing',
    aud: 'api',
    iat: clock.seconds(),
    nbf: clock.seconds(),
    exp: clock.seconds() + 900,
    roles: ['service'],
    scope: 'orders.read orders.write'
  })
  t.match(jti, /^[\w-]{36}$/)
  t.match(gen, /^[\w-]{16}$/)
  t.match(services.audit.at(-1), {
    event: 'token_issued',
    fields: { client_id: 'billing', token_id: jti, address: '127.0.0.1', scopes: ['orders.read', 'orders.write'] }
  })
  t.not(openToken((await tokenOf(services)).access_token).claims.jti, jti)
})

t.test('a client without scopes or roles, and with a life of its own', async (t) => {
  const services = await startServices(t)
  const { access_token, ...others } = await tokenOf(services, asReports)
  t.same(others, { token_type: 'Bearer', expires_in: 60 })
  t.match(openToken(access_token).claims, { sub: 'reports', roles: [] })
  t.notOk('scope' in openToken(access_token).claims)
})

t.test('a client is granted what it asks for and has', async (t) => {
  const services = await startServices(t)
  t.equal((await tokenOf(services, asBilling, { scope: 'orders.write' })).scope, 'orders.write')
  t.equal(
    (await tokenOf(services, asBilling, { scope: 'orders.write orders.read orders.write' })).scope,
    'orders.write orders.read'
  )
  t.equal((await tokenOf(services, asBilling, { scope: '' })).scope, 'orders.read orders.write', 'no value: not said')
})

t.test('rules judge a service by its roles, scopes and subject', async (t) => {
  const services = await startServices(t)
  const reader = bearer((await tokenOf(services, asBilling, { scope: 'orders.read' })).access_token)
  const nobody = bearer((await tokenOf(services, asReports)).access_token)
  const table: readonly (readonly [path: string, asBilling: string, asReports: string])[] = [
    ['/services/a', '200', '403 access_denied'],
    ['/read/a', '200', '403 insufficient_scope'],
    ['/both/a', '403 insufficient_scope', '403 insufficient_scope'],
    ['/own/billing/a', '200', '403 access_denied'],
    ['/own/reports/a', '403 access_denied', '200'],
    ['/any', '200', '200']
  ]
  for (const [path, first, second] of table) {
    t.equal(await verdictOf(await fetch(services.url + path, { headers: reader })), first, `${path} as billing`)
    t.equal(await verdictOf(await fetch(services.url + path, { headers: nobody })), second, `${path} as reports`)
  }
})

t.test('the upstream is told the client id and no username, and the log says so too', async (t) => {
  const services = await startServices(t)
  const { access_token } = await tokenOf(services)
  const forged = { 'x-user-name': 'alice', 'x-user-id': 'alice' }
  await fetch(`${services.url}/services/a`, { headers: { ...bearer(access_token), ...forged } })
  const { headers } = services.upstream.last()
  t.equal(headers['x-user-id'], 'billing')
  t.equal(headers['x-user-roles'], 'service')
  t.notOk('x-user-name' in headers)
  t.notOk('authorization' in headers)
  t.match(services.access.at(-1), {
    subject: 'billing',
    issuer: 'self',
    username: null,
    roles: ['service'],
    scopes: ['orders.read', 'orders.write']
  })
})

t.test('limits by user count a service by its own key', async (t) => {
  const services = await startServices(t, {
    more: 'limits: { few: { by: user, requests: 2, window: 1m } }\ndefault_limits: [few]'
  })
  const one = bearer((await tokenOf(services)).access_token)
  const other = bearer((await tokenOf(services)).access_token)
  const verdicts = []
  for (const headers of [one, other, one]) {
    verdicts.push(await verdictOf(await fetch(`${services.url}/any`, { headers })))
  }
  t.same(verdicts, ['200', '200', '429 rate_limited'], 'two tokens are one service')
  t.match(services.audit.at(-1), { event: 'rate_limited', fields: { key: 'client:billing' } })
  const { access_token } = await tokenOf(services, asReports)
  t.equal((await fetch(`${services.url}/any`, { headers: bearer(access_token) })).status, 200)
})
