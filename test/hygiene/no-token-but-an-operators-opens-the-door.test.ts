import t, { type Test } from 'tap'
import { encode, openToken, signText } from '../helpers/forge.js'
import { PASSWORD, post } from '../helpers/gateway.js'
import { createSigningKey, now, sign, startIssuer } from '../helpers/issuer.js'
import { type HostileSite, startHostileSite } from './hostile-site.js'
import { valuesOf } from './strict-http.js'

const SECRET = 'a secret that Django and the gateway share'
const OPERATOR = 'portcullis:admin'
const CLAIMED = [OPERATOR, 'admin', ' portcullis:admin', 'PORTCULLIS:admin', 'portcullis:admin,admin', 'portcullis:']

const settings = (issuer: string, jwksUrl: string) => `
tokens: { cookies: { enabled: true } }
compat: { simplejwt: { signing_key: { secret: "${SECRET}" }, auth_tokens: [access, sliding],
  auth_header: X-Access-Token, auth_header_types: [Bearer, JWT] } }
issuers: { corp: { issuer: "${issuer}", audience: [api], insecure_http: true, jwks_url: "${jwksUrl}",
  roles: { from: roles } } }
`
const yaml = (url: string, more: string) => `
${more}
upstreams: { web: { url: "${url}" } }
rules:
  - { path: /operator/**, allow: { roles: ["${OPERATOR}"] }, to: web }
  - { path: /admin/**, allow: { roles: [admin] }, to: web }
  - { path: /open/**, allow: anyone, to: web }
  - { path: /**, allow: authenticated, to: web }
`

/** Where a token may stand, as raw header lines. */
const PLACES: Readonly<Record<string, (token: string) => readonly string[]>> = {
  'the Authorization field': (token) => [`Authorization: Bearer ${token}`],
  'the same, oddly spelt': (token) => [`aUTHORIZATION:bEARER   ${token}  `],
  'the field that the settings name': (token) => [`X-Access-Token: JWT ${token}`],
  'the same, oddly spelt too': (token) => [`x-ACCESS-token:JWT   ${token}  `],
  'the cookie': (token) => ['Sec-Fetch-Site: same-origin', `Cookie: a=b; __Host-portcullis-access=${token}; c=d`]
}

const HOST = 'Host: a\r\nConnection: close'

/** Where none may: RFC 6750 §2.2 and §2.3 let a server read these, and this one does not. */
const NOWHERE_READ: Readonly<Record<string, (token: string, path: string) => string>> = {
  'the query': (token, path) => `GET ${path}?access_token=${token}&token=${token} HTTP/1.1\r\n${HOST}\r\n\r\n`,
  'a form': (token, path) => {
    const body = `access_token=${token}`
    const type = 'Content-Type: application/x-www-form-urlencoded'
    return `POST ${path} HTTP/1.1\r\n${HOST}\r\n${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  },
  'a trailer': (token, path) =>
    `POST ${path} HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  'the field of proxies': (token, path) =>
    `GET ${path} HTTP/1.1\r\n${HOST}\r\nProxy-Authorization: Bearer ${token}\r\n\r\n`,
  'a refresh cookie': (token, path) =>
    `GET ${path} HTTP/1.1\r\n${HOST}\r\nSec-Fetch-Site: same-origin\r\nCookie: __Host-portcullis-refresh=${token}\r\n\r\n`,
  'names that fold into it': (token, path) =>
    `GET ${path} HTTP/1.1\r\n${HOST}\r\nX_Access_Token: JWT ${token}\r\nAuthorization_: Bearer ${token}\r\n\r\n`
}

async function start(t: Test) {
  const key = await createSigningKey('corp-key')
  const issuer = await startIssuer(t, [key])
  const users = [
    { username: 'ada', roles: ['admin'] },
    { username: 'root', roles: [OPERATOR, 'admin'] }
  ]
  const site = await startHostileSite(t, { settings: settings(issuer.issuer, issuer.jwksUrl), yaml, users })
  const obtain = async (path: string, username: string) =>
    (await (await post(`${site.url}/api/token/${path}`, { username, password: PASSWORD })).json()) as Record<
      string,
      string
    >
  const corp = (roles: unknown) =>
    sign(key, { iss: issuer.issuer, aud: 'api', sub: 'u', username: 'root', roles, iat: now(), exp: now() + 300 })
  return { site, obtain, corp, own: (await site.login('ada')).access_token }
}

const say = ({ send }: HostileSite, path: string, lines: readonly string[]) =>
  send([`GET ${path} HTTP/1.1`, 'Host: a', ...lines, 'Connection: close', '', ''].join('\r\n'))

/** What the upstream was told of roles, by all that has arrived since this was last asked. */
const toldRoles = ({ arrived }: HostileSite) => arrived().flatMap((message) => valuesOf(message, 'x-user-roles'))

t.test('a token that somebody else signs gives no role of the operator, wherever it stands', async (t) => {
  const { site, obtain, corp } = await start(t)
  const shared = (token: string | undefined) => {
    const { header, claims } = openToken(token ?? '')
    return signText(JSON.stringify(header), JSON.stringify({ ...claims, roles: CLAIMED }), SECRET, 'HS256')
  }
  const tokens = {
    'a token of simplejwt': shared((await obtain('', 'ada')).access),
    'a sliding one': shared((await obtain('sliding/', 'ada')).token),
    'that of the operator': shared((await obtain('', 'root')).access),
    'a token of another issuer': await corp(CLAIMED)
  }
  site.arrived()
  for (const [place, linesOf] of Object.entries(PLACES)) {
    for (const [what, token] of Object.entries(tokens)) {
      const name = `${what} in ${place}`
      const refused = await say(site, '/operator/x', linesOf(token))
      t.match(refused.text, /^HTTP\/1\.1 403 [\s\S]*"code":"access_denied"/, name)
      t.strictSame(site.arrived(), [], name)
      for (const path of ['/admin/x', '/open/x']) {
        t.equal((await say(site, path, linesOf(token))).status, 200, `${name}: it is good for all else`)
        const [told = '', ...more] = toldRoles(site)
        t.strictSame(more, [])
        t.ok(told.split(',').includes('admin'), name)
        t.notOk(decodeURIComponent(told).split(',').includes(OPERATOR), `${name}: ${told}`)
      }
    }
    // Control: whom the operator made one, by a token that nobody else can sign.
    const { access_token: operator } = await site.login('root')
    t.equal((await say(site, '/operator/x', linesOf(operator))).status, 200, place)
    t.match(toldRoles(site), [/portcullis:admin/])
  }
  t.strictSame(site.upstream.faults, [])
})

t.test('a token that nobody of ours has signed gives nothing at all, wherever it stands', async (t) => {
  const { site, own, obtain } = await start(t)
  const { header, claims } = openToken(own)
  const changed = JSON.stringify({ ...claims, username: 'root', roles: CLAIMED })
  const [, , signature] = own.split('.')
  const as = (members: object) => JSON.stringify({ ...header, ...members })
  const simple = openToken((await obtain('', 'ada')).access ?? '')
  const simpleClaims = JSON.stringify({ ...simple.claims, roles: CLAIMED })
  const tokens = {
    'another payload under the same signature': `${own.split('.')[0]}.${encode(changed)}.${signature}`,
    'no algorithm': `${encode(as({ alg: 'none' }))}.${encode(changed)}.`,
    'the shared secret for a token of ours': signText(as({ alg: 'HS256' }), changed, SECRET, 'HS256'),
    'the same without a key id': signText(JSON.stringify({ alg: 'HS256', typ: 'at+jwt' }), changed, SECRET, 'HS256'),
    'another secret': signText(JSON.stringify(simple.header), simpleClaims, `${SECRET}.`, 'HS256'),
    'simplejwt without an algorithm': `${encode(JSON.stringify({ alg: 'none', typ: 'JWT' }))}.${encode(simpleClaims)}.`,
    'more than any token has': `${own}${'A'.repeat(14_400 - own.length)}`
  }
  site.arrived()
  for (const [place, linesOf] of Object.entries(PLACES)) {
    for (const [what, token] of Object.entries(tokens)) {
      for (const path of ['/operator/x', '/admin/x', '/x', '/auth/userinfo']) {
        const { text } = await say(site, path, linesOf(token))
        t.match(text, /^HTTP\/1\.1 401 [\s\S]*\r\nwww-authenticate: /i, `${what} in ${place}: ${path}`)
      }
      t.strictSame(site.arrived(), [], `${what} in ${place}`)
      t.equal((await say(site, '/open/x', linesOf(token))).status, 200)
      t.strictSame(toldRoles(site), [], `${what} in ${place} makes nobody somebody`)
    }
  }
  t.strictSame(site.upstream.faults, [])
})

t.test('where no token may stand none is read, not even a good one', async (t) => {
  const { site, own } = await start(t)
  const { access_token: operator } = await site.login('root')
  for (const [place, bytesOf] of Object.entries(NOWHERE_READ)) {
    for (const token of [own, operator]) {
      for (const path of ['/operator/x', '/x']) {
        const { text } = await site.send(bytesOf(token, path))
        t.match(text, /^HTTP\/1\.1 401 [\s\S]*"code":"missing_token"/, `${place}: ${path}`)
        t.strictSame(site.arrived(), [], place)
      }
      t.equal((await site.send(bytesOf(token, '/open/x'))).status, 200, place)
      t.strictSame(toldRoles(site), [], place)
    }
  }
  for (const linesOf of Object.values(PLACES)) t.equal((await say(site, '/operator/x', linesOf(operator))).status, 200)
  t.strictSame(site.upstream.faults, [])
})
