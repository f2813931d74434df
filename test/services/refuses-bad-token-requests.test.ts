import t from 'tap'
import { freezeClock } from '../helpers/clock.js'
import { openToken } from '../helpers/forge.js'
import { bearer, verdictOf } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { asBilling, asReports, errorOf, postForm, startServices, tokenOf } from './services-fixture.js'

const JSON_TYPE = { 'content-type': 'application/json' }

t.test('each fault has its error, in the JSON of RFC 6749 §5.2', async (t) => {
  const { url } = await startServices(t)
  const long = `grant_type=client_credentials&scope=${'x'.repeat(70_000)}`
  const table: readonly (readonly [name: string, body: string, verdict: string, headers?: Record<string, string>])[] = [
    ['nothing', '', '400 invalid_request'],
    ['no grant type', 'scope=orders.read', '400 invalid_request'],
    ['an empty grant type', 'grant_type=', '400 invalid_request'],
    ['another grant type', 'grant_type=authorization_code&code=x', '400 unsupported_grant_type'],
    ['the grant of passwords', 'grant_type=password&username=alice&password=x', '400 unsupported_grant_type'],
    ['a name of every object', 'grant_type=constructor', '400 unsupported_grant_type'],
    ['another letter case', 'grant_type=Client_Credentials', '400 unsupported_grant_type'],
    ['a parameter twice', 'grant_type=client_credentials&grant_type=client_credentials', '400 invalid_request'],
    ['an empty parameter twice', 'grant_type=client_credentials&scope=&scope=', '400 invalid_request'],
    ['an unknown parameter twice', 'grant_type=client_credentials&x=1&x=1', '400 invalid_request'],
    ['an unknown parameter', 'grant_type=client_credentials&x=1&resource=y', '200'],
    ['a scope of nobody', 'grant_type=client_credentials&scope=admin', '400 invalid_scope'],
    ['one scope too many', 'grant_type=client_credentials&scope=orders.read+admin', '400 invalid_scope'],
    ['a scope in another letter case', 'grant_type=client_credentials&scope=Orders.read', '400 invalid_scope'],
    ['two spaces', 'grant_type=client_credentials&scope=orders.read++orders.write', '400 invalid_scope'],
    ['a comma', 'grant_type=client_credentials&scope=orders.read,orders.write', '400 invalid_scope'],
    ['a control character', 'grant_type=client_credentials&scope=orders.read%0a', '400 invalid_scope'],
    ['a body of 70 kB', long, '413 invalid_request'],
    ['JSON', '{"grant_type":"client_credentials"}', '200', JSON_TYPE],
    [
      'JSON with a charset',
      '{"grant_type":"client_credentials"}',
      '200',
      { 'content-type': 'application/json; charset=utf-8' }
    ],
    ['JSON: no JSON', '{', '400 invalid_request', JSON_TYPE],
    ['JSON: nothing', '', '400 invalid_request', JSON_TYPE],
    ['JSON: an array', '[{"grant_type":"client_credentials"}]', '400 invalid_request', JSON_TYPE],
    ['JSON: null', 'null', '400 invalid_request', JSON_TYPE],
    ['JSON: a list', '{"grant_type":["client_credentials"]}', '400 invalid_request', JSON_TYPE],
    ['JSON: a number', '{"grant_type":"client_credentials","scope":1}', '400 invalid_request', JSON_TYPE],
    [
      'JSON: a list of scopes',
      '{"grant_type":"client_credentials","scope":["orders.read"]}',
      '400 invalid_request',
      JSON_TYPE
    ],
    [
      'JSON: a name twice',
      '{"grant_type":"client_credentials","scope":"orders.read","scope":"x"}',
      '400 invalid_request',
      JSON_TYPE
    ],
    ['JSON: a prototype', '{"__proto__":{"grant_type":"client_credentials"}}', '400 invalid_request', JSON_TYPE],
    ['plain text', 'grant_type=client_credentials', '400 invalid_request', { 'content-type': 'text/plain' }],
    [
      'multipart',
      'grant_type=client_credentials',
      '400 invalid_request',
      { 'content-type': 'multipart/form-data; boundary=x' }
    ],
    ['no refresh token', 'grant_type=refresh_token', '400 invalid_request', { authorization: '' }]
  ]
  for (const [name, body, verdict, headers = {}] of table) {
    const { authorization, ...others } = { ...asBilling, ...headers }
    const response = await postForm(`${url}/auth/token`, body, {
      ...others,
      ...(authorization === '' ? {} : { authorization })
    })
    t.equal(response.headers.get('cache-control'), 'no-store', name)
    t.equal(response.headers.get('pragma'), 'no-cache', name)
    t.match(response.headers.get('content-type'), /^application\/json/, name)
    const answer = (await response.clone().json()) as Record<string, string>
    if (response.status !== 200) {
      t.same(Object.keys(answer), ['error', 'error_description'], name)
      t.match(answer.error_description, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, `${name}: characters of RFC 6749 §5.2`)
    }
    t.equal(await errorOf(response), verdict, name)
  }
})

t.test('the endpoints are closed to other methods and paths', async (t) => {
  const { url, upstream, port } = await startServices(t)
  for (const path of ['/auth/token', '/auth/introspect', '/auth/revoke']) {
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await fetch(url + path, { method, headers: asBilling })
      t.equal(response.headers.get('allow'), 'POST', `${method} ${path}`)
      t.equal(await verdictOf(response), '405 method_not_allowed')
    }
    t.equal(await verdictOf(await postForm(`${url}${path}/`, {}, asBilling)), '404 not_found')
  }
  t.equal((await sendRaw(port, rawGet('/auth/token').replace('GET', 'POST'))).status, 400, 'no body at all')
  t.same(upstream.received, [])
})

t.test('a user refreshes at the token endpoint as at /auth/refresh, without a secret', async (t) => {
  const clock = freezeClock(t)
  const services = await startServices(t)
  const { url, audit } = services
  const first = await services.login('alice')
  const refresh = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    postForm(`${url}/auth/token`, { grant_type: 'refresh_token', ...fields }, headers)
  const token = first.refresh_token
  t.equal(await errorOf(await refresh({ refresh_token: token }, asBilling)), '400 invalid_grant', 'by a service')
  t.equal(await errorOf(await refresh({ refresh_token: token, client_id: 'billing' })), '401 invalid_client')
  t.equal(await errorOf(await refresh({ refresh_token: token, client_id: 'nobody' })), '401 invalid_client')
  t.equal(await errorOf(await refresh({ refresh_token: token, scope: 'orders.read' })), '400 invalid_scope')
  t.equal(await errorOf(await refresh({ refresh_token: first.access_token })), '400 invalid_grant', 'an access token')
  t.equal(await errorOf(await refresh({ refresh_token: 'x' })), '400 invalid_grant')
  t.equal(audit.at(-1)?.event, 'refresh_failed')

  const response = await refresh({ refresh_token: token, client_id: 'portcullis' })
  const second = (await response.json()) as { access_token: string; refresh_token: string }
  t.match(second, { token_type: 'Bearer', expires_in: 900, refresh_expires_in: 604_800 })
  t.not(second.refresh_token, token)
  t.equal(audit.at(-1)?.event, 'refresh')
  t.equal(openToken(second.access_token).claims.sid, openToken(first.access_token).claims.sid)
  t.equal((await fetch(`${url}/any`, { headers: bearer(second.access_token) })).status, 200)
  clock.advance(60)
  t.equal(await errorOf(await refresh({ refresh_token: token })), '400 invalid_grant', 'a spent one')
  t.equal(audit.filter(({ event }) => event === 'refresh_reuse').length, 1)
  t.equal(
    await errorOf(await refresh({ refresh_token: second.refresh_token })),
    '400 invalid_grant',
    'ended its session'
  )
})

t.test('a limit of the listener speaks the language of the endpoint', async (t) => {
  const { url } = await startServices(t, { more: 'listener_limit: { requests: 1, window: 1m }' })
  const ask = () => postForm(`${url}/auth/token`, { grant_type: 'client_credentials' }, asBilling)
  t.equal(await errorOf(await ask()), '200')
  const refused = await ask()
  t.match(refused.headers.get('retry-after'), /^\d+$/)
  t.equal(await errorOf(refused), '429 temporarily_unavailable')
})

t.test('where no client is named, none gets a token', async (t) => {
  const { url } = await startServices(t, { clients: {} })
  for (const headers of [asBilling, asReports, {}]) {
    t.equal(
      await errorOf(await postForm(`${url}/auth/token`, { grant_type: 'client_credentials' }, headers)),
      '401 invalid_client'
    )
  }
})

t.test('what other endpoints say of a service', async (t) => {
  const services = await startServices(t)
  const { access_token } = await tokenOf(services)
  const headers = bearer(access_token)
  t.same(await (await fetch(`${services.url}/auth/userinfo`, { headers })).json(), {
    sub: 'billing',
    roles: ['service']
  })
  const everywhere = await fetch(`${services.url}/auth/logout-all`, { method: 'POST', headers })
  t.equal(await verdictOf(everywhere), '403 access_denied', 'it has no sessions')
  t.equal((await fetch(`${services.url}/any`, { headers })).status, 200)
  t.equal((await fetch(`${services.url}/auth/logout`, { method: 'POST', headers })).status, 204)
  t.equal(await verdictOf(await fetch(`${services.url}/any`, { headers })), '401 revoked_token')
})
