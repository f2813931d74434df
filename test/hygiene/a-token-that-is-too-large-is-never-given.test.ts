import t from 'tap'
import { bearer, PASSWORD, post } from '../helpers/gateway.js'
import { type HostileSite, startHostileSite } from './hostile-site.js'

/** Said often enough, an attribute that an account may have makes a token that nothing would accept. */
const BLOB = 'x'.repeat(3000)
const claims = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}: user.blob`).join(', ')
const yaml = (size: 'small' | 'large') => (url: string) =>
  `
tokens: { claims: { ${size === 'small' ? 'a: user.blob' : claims} }, cookies: { enabled: true } }
compat: { simplejwt: { rotate: true, auth_tokens: [access, sliding] } }
upstreams: { web: { url: "${url}" } }
rules: [{ path: /**, allow: authenticated, to: web }]
`
const PAGE = 'Sec-Fetch-Site: same-origin'
const JSON_TYPE = 'Content-Type: application/json'
const FORM_TYPE = 'Content-Type: application/x-www-form-urlencoded'

const request = (path: string, body: string, ...lines: readonly string[]) =>
  [`POST ${path} HTTP/1.1`, 'Host: a', ...lines, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n')
const form = (members: Record<string, string>) => new URLSearchParams(members).toString()
const multipart = (members: Record<string, string>) =>
  Object.entries(members)
    .map(([name, value]) => `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join('')
    .concat('--edge--\r\n')

/** A session of each kind, from the time when its tokens were small enough. */
async function openSessions({ url, login }: HostileSite) {
  const ask = async (path: string, body: object) =>
    (await (await post(`${url}${path}`, body, { 'sec-fetch-site': 'same-origin' })).json()) as Record<string, string>
  const ada = { username: 'ada', password: PASSWORD }
  const { access_token: access, refresh_token: own } = await login('ada')
  const { refresh: simple } = await ask('/api/token/', ada)
  const { token: sliding } = await ask('/api/token/sliding/', ada)
  return { access, own, simple: simple ?? '', sliding: sliding ?? '' }
}

t.test('whoever fits no token is told so at each door, by one whole answer, and nothing is spent', async (t) => {
  const users = [{ username: 'ada', attributes: { blob: BLOB } }]
  const site = await startHostileSite(t, { yaml: yaml('small'), users })
  const { access, own, simple, sliding } = await openSessions(site)
  site.reload(yaml('large')(site.upstream.url))
  const ada = { username: 'ada', password: PASSWORD }
  const cookie = `Cookie: __Host-portcullis-refresh=${own}`
  const problem = /"code":"token_too_large"/
  const oauth = /"error":"invalid_request"/
  const simpleJwt = /"detail":"[^"]*roles and attributes/
  const doors: readonly (readonly [what: string, bytes: string, said: RegExp])[] = [
    ['a login', request('/auth/login', JSON.stringify(ada), JSON_TYPE), problem],
    ['one by form', request('/auth/login', form(ada), FORM_TYPE, PAGE), problem],
    ['one for cookies', request('/auth/login', JSON.stringify({ ...ada, cookies: true }), JSON_TYPE, PAGE), problem],
    ['a refresh', request('/auth/refresh', JSON.stringify({ refresh_token: own }), JSON_TYPE), problem],
    ['one by cookie', request('/auth/refresh', '', PAGE, cookie), problem],
    [
      'one of OAuth',
      request('/auth/token', form({ grant_type: 'refresh_token', refresh_token: own }), FORM_TYPE),
      oauth
    ],
    ['simplejwt', request('/api/token/', JSON.stringify(ada), JSON_TYPE), simpleJwt],
    ['its form', request('/api/token/', form(ada), FORM_TYPE, PAGE), simpleJwt],
    [
      'its other form',
      request('/api/token/', multipart(ada), 'Content-Type: multipart/form-data; boundary=edge', PAGE),
      simpleJwt
    ],
    ['its sliding tokens', request('/api/token/sliding/', JSON.stringify(ada), JSON_TYPE), simpleJwt],
    ['its refresh', request('/api/token/refresh/', JSON.stringify({ refresh: simple }), JSON_TYPE), simpleJwt],
    [
      'that of sliding tokens',
      request('/api/token/sliding/refresh/', JSON.stringify({ token: sliding }), JSON_TYPE),
      simpleJwt
    ]
  ]
  const after = 'GET /auth/nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  for (const [what, bytes, said] of doors) {
    const { text } = await site.send(bytes + after)
    const [refused = '', next = '', ...more] = text.split(/(?=HTTP\/1\.1 )/)
    t.match(refused, /^HTTP\/1\.1 403 Forbidden\r\n(?:.*\r\n)*cache-control: no-store\r\n/i, what)
    t.match(refused, said, what)
    t.notMatch(refused, /set-cookie|eyJ|xxx/i, `${what}: nothing of a token, nor of what is in it`)
    t.match(next, /^HTTP\/1\.1 404 /, `${what}: the connection goes on behind it`)
    t.strictSame(more, [])
  }
  const told = site.audit.filter(({ event }) => event === 'token_too_large')
  t.equal(told.length, doors.length)
  t.ok(told.every(({ fields }) => fields.username === 'ada' && Number(fields.characters) > 14_336))
  t.same(site.failures, [], 'it is no failure of ours')

  const wrong = JSON.stringify({ ...ada, password: 'wrong' })
  t.match((await site.send(request('/auth/login', wrong, JSON_TYPE, 'Connection: close'))).head, / 401 /, 'a stranger')
  site.reload(yaml('small')(site.upstream.url))
  t.equal((await fetch(`${site.url}/x`, { headers: bearer(access) })).status, 200)
  for (const [path, body] of [
    ['/auth/refresh', { refresh_token: own }],
    ['/api/token/refresh/', { refresh: simple }],
    ['/api/token/sliding/refresh/', { token: sliding }]
  ] as const)
    t.equal((await post(`${site.url}${path}`, body)).status, 200, `${path}: the session is there, its token unspent`)
  t.strictSame(site.upstream.faults, [])
})
