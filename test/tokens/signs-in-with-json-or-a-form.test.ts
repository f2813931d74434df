import t from 'tap'
import { openToken } from '../helpers/forge.js'
import { bearer, PASSWORD, post, startGateway, verdictOf } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'
const right = { username: 'alice', password: PASSWORD }
const form = new URLSearchParams(right).toString()

const bodies: readonly (readonly [name: string, type: string, body: string, verdict: string])[] = [
  ['JSON', JSON_TYPE, JSON.stringify(right), '200'],
  ['JSON with a charset', `${JSON_TYPE}; charset=utf-8`, JSON.stringify(right), '200'],
  ['JSON with more members', JSON_TYPE, JSON.stringify({ ...right, remember: true }), '200'],
  ['a form', FORM_TYPE, form, '200'],
  ['a form with a charset', `${FORM_TYPE};charset=UTF-8`, form, '200'],
  ['a name in another case', JSON_TYPE, JSON.stringify({ ...right, username: 'ALICE' }), '200'],
  ['a wrong password', JSON_TYPE, JSON.stringify({ ...right, password: 'x' }), '401 invalid_credentials'],
  ['a form whose plus is a space', FORM_TYPE, form.replace('%20', '+'), '200'],
  [
    'a name that stands twice',
    JSON_TYPE,
    JSON.stringify(right).replace('{', '{"username":"bob",'),
    '400 invalid_request'
  ],
  [
    'and once with escapes',
    JSON_TYPE,
    JSON.stringify(right).replace('{', '{"user\\u006eame":"b",'),
    '400 invalid_request'
  ],
  ['a byte order mark', JSON_TYPE, `\ufeff${JSON.stringify(right)}`, '400 invalid_request'],
  ['no password', JSON_TYPE, '{"username":"alice"}', '400 invalid_request'],
  ['no username', JSON_TYPE, '{"password":"x"}', '400 invalid_request'],
  ['an empty password', JSON_TYPE, '{"username":"alice","password":""}', '400 invalid_request'],
  ['a number', JSON_TYPE, '{"username":"alice","password":1}', '400 invalid_request'],
  ['a list', JSON_TYPE, '{"username":["alice"],"password":"x"}', '400 invalid_request'],
  ['a nested object', JSON_TYPE, '{"username":{"$ne":null},"password":{"$ne":null}}', '400 invalid_request'],
  ['null', JSON_TYPE, '{"username":null,"password":null}', '400 invalid_request'],
  ['an array', JSON_TYPE, JSON.stringify([right]), '400 invalid_request'],
  ['a JSON string', JSON_TYPE, '"alice"', '400 invalid_request'],
  ['JSON null', JSON_TYPE, 'null', '400 invalid_request'],
  ['malformed JSON', JSON_TYPE, '{"username":"alice"', '400 invalid_request'],
  ['an empty body', JSON_TYPE, '', '400 invalid_request'],
  ['__proto__', JSON_TYPE, `{"__proto__":${JSON.stringify(right)}}`, '400 invalid_request'],
  ['constructor.prototype', JSON_TYPE, '{"constructor":{"prototype":{"username":"a"}}}', '400 invalid_request'],
  ['a form with __proto__', FORM_TYPE, `__proto__=1&${form}`, '200'],
  ['a form field twice', FORM_TYPE, `${form}&username=bob`, '400 invalid_request'],
  ['an empty form', FORM_TYPE, '', '400 invalid_request'],
  ['brackets in a form', FORM_TYPE, 'username[]=alice&password[]=x', '400 invalid_request'],
  ['65 KiB', JSON_TYPE, JSON.stringify({ ...right, more: 'x'.repeat(65 * 1024) }), '413 too_large'],
  ['a name of 60 KB', JSON_TYPE, JSON.stringify({ ...right, username: 'a'.repeat(60_000) }), '401 invalid_credentials'],
  ['plain text', 'text/plain', JSON.stringify(right), '415 unsupported_media_type'],
  ['multipart', 'multipart/form-data; boundary=x', '--x--', '415 unsupported_media_type'],
  ['XML', 'application/xml', '<a/>', '415 unsupported_media_type'],
  ['another JSON', 'application/vnd.api+json', JSON.stringify(right), '415 unsupported_media_type'],
  ['a malformed type', 'json', JSON.stringify(right), '415 unsupported_media_type']
]

t.test('login understands a JSON object or a form, and nothing else', async (t) => {
  const { url, failures } = await startGateway(
    t,
    site(NOWHERE, 'users: { login: { per_account_and_network: 1000, per_network: 1000 } }'),
    [{ username: 'alice' }]
  )
  for (const [name, type, body, verdict] of bodies) {
    const response = await fetch(`${url}/auth/login`, { method: 'POST', headers: { 'content-type': type }, body })
    t.equal(response.headers.get('cache-control'), 'no-store', `${name}: not to be stored`)
    t.equal(await verdictOf(response), verdict, name)
  }
  const bare = await fetch(`${url}/auth/login`, { method: 'POST' })
  t.equal(await verdictOf(bare), '400 invalid_request', 'no body at all')
  t.equal(({} as Record<string, unknown>).username, undefined, 'no prototype was written to')
  t.notOk(
    failures.some((failure) => failure === undefined),
    'none was taken for a failure of ours'
  )
})

t.test('the answer has the five members of a grant', async (t) => {
  const { url } = await startGateway(t, site(NOWHERE, 'tokens: { access: 15m, refresh: { idle: 7d } }'), [
    { username: 'alice' }
  ])
  const response = await post(`${url}/auth/login`, right)
  t.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
  const grant = (await response.json()) as Record<string, unknown>
  t.same(Object.keys(grant), ['access_token', 'token_type', 'expires_in', 'refresh_token', 'refresh_expires_in'])
  t.equal(grant.token_type, 'Bearer')
  t.ok(Math.abs(Number(grant.expires_in) - 900) <= 1)
  t.ok(Math.abs(Number(grant.refresh_expires_in) - 7 * 86_400) <= 1)
  t.match(grant.refresh_token, /^prt_[\w-]{22}\.[\w-]{43}$/)
})

t.test('a refusal names the field, and no more than 32 characters of it', async (t) => {
  const { url } = await startGateway(t, site(NOWHERE))
  const twice = await fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': FORM_TYPE },
    body: `${'x'.repeat(500)}=1&${'x'.repeat(500)}=2`
  })
  t.match(await twice.json(), { detail: `The field "${'x'.repeat(32)}" stands twice.` })
})

t.test('a type without a body is no mistake where no field is needed', async (t) => {
  const { url, login } = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  for (const type of [JSON_TYPE, FORM_TYPE]) {
    const ask = (method: string, path: string, token: string) =>
      fetch(`${url}${path}`, { method, headers: { ...bearer(token), 'content-type': type }, body: '' }).then(verdictOf)
    const [one, other] = [(await login('alice')).access_token, (await login('alice')).access_token]
    t.equal(await ask('DELETE', '/auth/sessions', one), '204', type)
    t.equal(await ask('DELETE', `/auth/sessions/${openToken(other).claims.sid}`, one), '404 not_found', type)
    t.equal(await ask('POST', '/auth/logout', one), '204', type)
    t.equal(await ask('POST', '/auth/refresh', one), '400 invalid_request', type)
  }
})
