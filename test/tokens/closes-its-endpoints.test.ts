import { METHODS } from 'node:http'
import t from 'tap'
import { bearer, post, startGateway, verdictOf } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { site } from '../helpers/site.js'
import { startUpstream } from '../helpers/upstream.js'

const ENDPOINTS: Record<string, readonly string[]> = {
  '/auth/login': ['POST'],
  '/auth/refresh': ['POST'],
  '/auth/logout': ['POST'],
  '/auth/logout-all': ['POST'],
  '/auth/verify': ['POST'],
  '/auth/userinfo': ['GET', 'HEAD'],
  '/.well-known/jwks.json': ['GET', 'HEAD']
}

t.test('any other method is 405 with Allow, whatever its body, and is never forwarded', async (t) => {
  const upstream = await startUpstream(t)
  const { port } = await startGateway(
    t,
    `
upstreams: { web: { url: "${upstream.url}" } }
rules: [{ path: /**, allow: anyone, to: web }]
`
  )
  for (const [path, allowed] of Object.entries(ENDPOINTS)) {
    for (const method of METHODS) {
      if (method === 'CONNECT' || allowed.includes(method)) continue
      const lines = ['Content-Type: text/xml', 'Content-Length: 4', 'Connection: close']
      const head = rawGet(path, ...lines).replace(/^GET/, method)
      const answer = await sendRaw(port, `${head}<a/>`, 50)
      t.equal(answer.status, 405, `${method} ${path}`)
      t.match(answer.head, new RegExp(`^allow: ${allowed.join(', ')}\\r?$`, 'im'), `${method} ${path}: Allow`)
    }
  }
  t.equal(upstream.received.length, 0)
})

t.test('anything else under the prefix is 404, and is never forwarded', async (t) => {
  const upstream = await startUpstream(t)
  const { port, failures } = await startGateway(
    t,
    `
upstreams: { web: { url: "${upstream.url}", paths: { encoded_slash: allow, semicolon: allow, empty_segments: allow } } }
rules: [{ path: /**, allow: anyone, to: web }]
`
  )
  const paths = [
    '',
    '/',
    '/x',
    '/login/',
    '/Login',
    '/login/x',
    '/%E2%82%AC',
    '/__proto__',
    '/constructor',
    '/%25zz',
    '/*',
    '/:x',
    `/${'a'.repeat(8_000)}`
  ]
  for (const path of paths) {
    for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS', 'PROPFIND']) {
      const { status } = await sendRaw(port, rawGet(`/auth${path}`, 'Connection: close').replace(/^GET/, method), 50)
      t.equal(status, 404, `${method} ${path.slice(0, 40)}`)
    }
  }
  for (const path of [
    '/auth//login',
    '/auth/login;x',
    '/auth/%2Flogin',
    '/auth/./login',
    '/auth/x/../login',
    '/auth\\login'
  ]) {
    const { status } = await sendRaw(port, rawGet(path, 'Connection: close'), 50)
    t.match(String(status), /^40[04]$/, path)
  }
  t.equal(upstream.received.length, 0)
  t.same(
    failures.filter((failure) => failure === undefined),
    []
  )
})

t.test('a path in another spelling of the same characters is the same endpoint', async (t) => {
  const { url } = await startGateway(t, site('http://127.0.0.1:9'), [{ username: 'alice' }])
  t.equal((await fetch(`${url}/auth/log%69n`, { method: 'POST' })).status, 400)
  t.equal((await fetch(`${url}/%2ewell-known/jwks.json`)).status, 200)
})

t.test('verify shows the claims of a token that holds', async (t) => {
  const settings = 'tokens: { audience: api, claims: { active: user.active, tier: user.tier } }'
  const { url, login } = await startGateway(t, site('http://127.0.0.1:9', settings), [
    { username: 'alice', roles: ['user'], attributes: { active: false, tier: 2 } }
  ])
  const { access_token } = await login('alice')
  const response = await post(`${url}/auth/verify`, { token: access_token })
  t.equal(response.headers.get('cache-control'), 'no-store')
  const claims = await response.json()
  t.match(claims, { active: true, username: 'alice', roles: ['user'], aud: 'api', tier: 2, exp: Number, sid: String })
  t.equal(await verdictOf(await post(`${url}/auth/verify`, { token: 'x' })), '401 invalid_token')
  t.equal(await verdictOf(await post(`${url}/auth/verify`, {})), '400 invalid_request')
  t.equal(
    await verdictOf(await post(`${url}/auth/verify`, {}, bearer(access_token))),
    '400 invalid_request',
    'the token belongs in the body'
  )
})

t.test('userinfo tells the caller who they are, and nobody else', async (t) => {
  const { url, login } = await startGateway(t, site('http://127.0.0.1:9'), [{ username: 'alice', roles: ['user'] }])
  const { access_token } = await login('alice')
  const response = await fetch(`${url}/auth/userinfo`, { headers: bearer(access_token) })
  t.equal(response.headers.get('cache-control'), 'no-store')
  t.same(Object.keys((await response.json()) as object).sort(), ['roles', 'sub', 'username'])
  const head = await fetch(`${url}/auth/userinfo`, { method: 'HEAD', headers: bearer(access_token) })
  t.equal(head.status, 200)
  const without = await fetch(`${url}/auth/userinfo`)
  t.equal(without.headers.get('www-authenticate'), 'Bearer realm="portcullis"')
  t.equal(await verdictOf(without), '401 missing_token')
  t.equal((await fetch(`${url}/auth/userinfo`, { method: 'HEAD' })).status, 401)
})

t.test('the key set may be cached for a while', async (t) => {
  const { url } = await startGateway(t, site('http://127.0.0.1:9'))
  for (const method of ['GET', 'HEAD']) {
    const response = await fetch(`${url}/.well-known/jwks.json`, { method })
    t.equal(response.status, 200)
    t.equal(response.headers.get('cache-control'), 'public, max-age=300')
    t.match(response.headers.get('content-type'), /^application\/(jwk-set\+)?json/)
  }
})
