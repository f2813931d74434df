import t from 'tap'
import { freezeClock } from '../helpers/clock.js'
import { post } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import {
  asBilling,
  BILLING,
  basic,
  DEFINITIONS,
  errorOf,
  postForm,
  REPORTS,
  rawBasic,
  startServices
} from './services-fixture.js'

const GRANT = { grant_type: 'client_credentials' }

t.test('by Basic or in the body, encoded or as libraries leave it', async (t) => {
  const { url } = await startServices(t)
  const inBody = { client_id: 'billing', client_secret: BILLING }
  const everyOctet = Buffer.from(BILLING).reduce((text, octet) => `${text}%${octet.toString(16)}`, '')
  const table: Readonly<Record<string, readonly [Record<string, string>, Record<string, string>]>> = {
    'Basic, encoded': [GRANT, asBilling],
    'Basic, not encoded (curl -u)': [GRANT, rawBasic(`billing:${BILLING}`)],
    'Basic, every octet encoded': [GRANT, rawBasic(`b%69lling:${everyOctet}`)],
    'Basic in another case': [GRANT, { authorization: asBilling.authorization.replace('Basic', 'bAsIc') }],
    'Basic beside its own client_id': [{ ...GRANT, client_id: 'billing' }, asBilling],
    'in the body': [{ ...GRANT, ...inBody }, {}]
  }
  for (const [name, [fields, headers]] of Object.entries(table)) {
    t.equal(await errorOf(await postForm(`${url}/auth/token`, fields, headers)), '200', name)
  }
  t.equal(await errorOf(await post(`${url}/auth/token`, { ...GRANT, ...inBody })), '200', 'in a JSON body')
})

t.test('all that proves nothing is refused alike, at every endpoint', async (t) => {
  const services = await startServices(t)
  const { url, audit } = services
  const table: Readonly<Record<string, readonly [fields: Record<string, string>, headers: Record<string, string>]>> = {
    nothing: [{}, {}],
    'an id alone': [{ client_id: 'billing' }, {}],
    'a wrong secret': [{}, basic('billing', `${BILLING}x`)],
    'an empty secret': [{}, rawBasic('billing:')],
    'the beginning of the secret': [{}, basic('billing', BILLING.slice(0, -1))],
    "another client's secret": [{}, basic('billing', REPORTS)],
    'an unknown client': [{}, basic('nobody', BILLING)],
    'a name of every object': [{}, basic('__proto__', BILLING)],
    'another name of every object': [{}, basic('constructor', BILLING)],
    'another letter case': [{}, basic('Billing', BILLING)],
    'no colon': [{}, rawBasic('billing')],
    'no id': [{}, rawBasic(`:${BILLING}`)],
    'a malformed id': [{}, rawBasic(`billing%zz:${BILLING}`)],
    'no base64': [{}, { authorization: 'Basic !!!' }],
    'no credentials': [{}, { authorization: 'Basic' }],
    'a bearer token': [{}, { authorization: 'Bearer x' }],
    'the client of users': [{}, basic('portcullis', 'x')],
    'a wrong secret in the body': [{ client_id: 'billing', client_secret: 'x' }, {}]
  }
  for (const [name, [fields, headers]] of Object.entries(table)) {
    for (const path of ['/auth/token', '/auth/introspect', '/auth/revoke']) {
      const response = await postForm(url + path, { ...GRANT, token: 'x', ...fields }, headers)
      t.match(response.headers.get('www-authenticate'), /^Basic realm="portcullis"/, `${path}: ${name}`)
      t.equal(response.headers.get('cache-control'), 'no-store')
      t.equal(await errorOf(response), '401 invalid_client', `${path}: ${name}`)
    }
  }
  t.equal(JSON.stringify(audit).includes(BILLING), false)
  t.match(audit.at(-1), {
    event: 'client_authentication_failed',
    fields: { client_id: 'billing', address: '127.0.0.1' }
  })
})

t.test('two ways at once are a mistake, and so is a secret in the query', async (t) => {
  const { url, port } = await startServices(t)
  const inBody = { client_id: 'billing', client_secret: BILLING }
  const ask = (fields: Record<string, string>, headers: Record<string, string>, query = '') =>
    postForm(`${url}/auth/token${query}`, { ...GRANT, ...fields }, headers).then(errorOf)
  t.equal(await ask(inBody, asBilling), '400 invalid_request')
  t.equal(await ask({ client_secret: BILLING }, asBilling), '400 invalid_request')
  t.equal(await ask({ client_id: 'reports' }, asBilling), '400 invalid_request')
  t.equal(await ask({ client_secret: BILLING }, {}), '400 invalid_request', 'a secret of nobody')
  t.equal(await ask({}, {}, `?${new URLSearchParams(inBody)}`), '400 invalid_request')
  t.equal(await ask({}, asBilling, '?client_secret=x'), '400 invalid_request')
  t.equal(await ask({}, asBilling, '?a=b'), '200', 'what is not known is ignored (RFC 6749 §3.2)')
  const lines = [asBilling, asBilling].map(({ authorization }) => `Authorization: ${authorization}`)
  const twice = rawGet('/auth/token', ...lines, 'Content-Length: 0').replace('GET', 'POST')
  t.equal((await sendRaw(port, twice)).status, 400, 'two fields')
})

t.test('while a secret is replaced both are good', async (t) => {
  const secrets = ['old-secret-0123456789-0123456789-0', 'new-secret-0123456789-0123456789-0']
  const { url } = await startServices(t, { clients: { billing: `{ secrets: [${secrets}] }` } })
  for (const secret of secrets)
    t.equal(await errorOf(await postForm(`${url}/auth/token`, GRANT, basic('billing', secret))), '200')
  t.equal(
    await errorOf(await postForm(`${url}/auth/token`, GRANT, basic('billing', secrets.join()))),
    '401 invalid_client'
  )
})

t.test('a client of certain networks proves nothing from others', async (t) => {
  const clients = { billing: DEFINITIONS.billing.replace('}', ', networks: [10.0.0.0/8, "2001:db8::/32"] }') }
  const { url } = await startServices(t, { clients, more: 'trusted_proxies: [127.0.0.1]' })
  const from = (address: string) =>
    postForm(`${url}/auth/token`, GRANT, { ...asBilling, 'x-forwarded-for': address }).then(errorOf)
  for (const address of ['10.1.2.3', '2001:db8::1']) t.equal(await from(address), '200', address)
  for (const address of ['11.1.2.3', '2001:db9::1', '::1']) t.equal(await from(address), '401 invalid_client', address)
})

t.test('wrong secrets are counted before they are compared, per client and network', async (t) => {
  const clock = freezeClock(t)
  const { url, audit, resources } = await startServices(t, { more: 'trusted_proxies: [127.0.0.1]' })
  const ask = (credentials: Record<string, string>, address = '192.0.2.1') =>
    postForm(`${url}/auth/token`, GRANT, { ...credentials, 'x-forwarded-for': address })
  const wrong = basic('billing', 'wrong')
  const guesses = await Promise.all(Array.from({ length: 40 }, () => ask(wrong).then(errorOf)))
  t.equal(guesses.filter((verdict) => verdict === '401 invalid_client').length, 30)
  t.equal(guesses.filter((verdict) => verdict === '429 temporarily_unavailable').length, 10)
  const refused = await ask(asBilling)
  t.equal(refused.status, 429, 'the right one too')
  t.match(refused.headers.get('retry-after'), /^\d+$/)
  t.match(audit.at(-1), { event: 'client_throttled', fields: { client_id: 'billing' } })
  t.match(await resources.metrics.registry.metrics(), 'portcullis_auth_events_total{event="client_throttled"} 11')
  t.equal((await ask(asBilling, '192.0.2.2')).status, 200, 'from elsewhere')
  t.equal((await ask(basic('reports', REPORTS))).status, 200, 'another client')
  clock.advance(60)
  t.equal((await ask(asBilling)).status, 200, 'a minute later')
  for (let i = 0; i < 40; i++) t.equal((await ask(asBilling)).status, 200, 'right ones are not counted')
})
