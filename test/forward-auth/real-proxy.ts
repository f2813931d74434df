/** What must hold behind any real proxy that asks `/auth/check`, with the configuration of the documentation page. */
import { request } from 'node:http'
import t, { type Test } from 'tap'
import { fragmentOf } from '../helpers/documentation.js'
import { bearer, startGateway, type TestGateway } from '../helpers/gateway.js'
import { lineAt } from '../helpers/inquiry.js'
import type { ProxyPorts } from '../helpers/proxies.js'
import { sendRaw } from '../helpers/raw-request.js'
import { type EchoUpstream, startUpstream } from '../helpers/upstream.js'

export interface RealProxy {
  readonly mode: 'nginx' | 'caddy'
  readonly start: (t: Test, ports: ProxyPorts) => Promise<number>
}

interface Site {
  readonly port: number
  readonly url: string
  readonly app: EchoUpstream
  readonly gateway: TestGateway
  readonly user: string
  readonly admin: string
}

const PAGE = 'forward-auth.md'

/** The page's own settings, with more rules before its own. */
async function startSite(t: Test, { mode, start }: RealProxy, rules = '', more = ''): Promise<Site> {
  const app = await startUpstream(t)
  const settings = fragmentOf(PAGE, null, 'yaml')
    .replace('mode: nginx', `mode: ${mode}`)
    .replace('http://127.0.0.1:9001', app.url)
    .replace('rules:\n', `rules:\n${rules}`)
  const gateway = await startGateway(t, settings + more, [
    { username: 'alice', roles: ['user'] },
    { username: 'root', roles: ['admin'] }
  ])
  const port = await start(t, { gateway: gateway.port, app: app.port })
  const url = `http://127.0.0.1:${port}`
  const login = async (username: string) => {
    const response = await fetch(`${url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password: 'correct horse battery' })
    })
    t.equal(response.status, 200, 'login goes through the proxy')
    return ((await response.json()) as { access_token: string }).access_token
  }
  return { port, url, app, gateway, user: await login('alice'), admin: await login('root') }
}

const IDENTITY = /^x[^a-z0-9]user[^a-z0-9]/i

/** Identity fields that arrived with a value, as the least careful upstream reads their names. */
const identityOf = (app: EchoUpstream) => {
  const { rawHeaders } = app.last()
  return Object.fromEntries(
    rawHeaders.flatMap((name, at) => {
      const value = rawHeaders[at + 1] ?? ''
      return at % 2 === 0 && IDENTITY.test(name) && value !== '' ? [[name.toLowerCase(), value]] : []
    })
  )
}

/** GET from an address of this machine other than 127.0.0.1. */
const getFrom = (url: string, localAddress: string, headers: Record<string, string> = {}) =>
  new Promise<number>((resolve, reject) => {
    request(url, { localAddress, headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })

const raw = (method: string, target: string, lines: readonly string[] = []) =>
  `${method} ${target} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`

function testVerdicts(proxy: RealProxy): void {
  t.test(`${proxy.mode}: what passes arrives with the identity, what does not is told why`, async (t) => {
    const { url, app, gateway, user, admin } = await startSite(t, proxy)
    const passed = await fetch(`${url}/api/orders?x=%2F..`, {
      method: 'POST',
      headers: { ...bearer(user), 'content-type': 'text/plain' },
      body: 'the body'
    })
    t.equal(passed.status, 200)
    t.match(app.last(), { method: 'POST', url: '/api/orders?x=%2F..' })
    t.equal(app.last().body.toString(), 'the body')
    t.match(identityOf(app), { 'x-user-name': 'alice', 'x-user-roles': 'user', 'x-user-id': /\S/ })
    t.equal(app.last().headers.authorization, undefined, 'the token stays here')
    const line = await lineAt(gateway, 2)
    t.match(line, { endpoint: '/auth/check', method: 'POST', path: '/api/orders', host: '127.0.0.1', status: 200 })
    t.match(line, { verdict: 'allow', username: 'alice', address: '127.0.0.1', decision_id: /\S/ })
    t.equal(app.last().headers['x-request-id'], line?.request_id)

    const stranger = await fetch(`${url}/api/orders`)
    t.equal(stranger.status, 401)
    t.equal(stranger.headers.get('www-authenticate'), 'Bearer realm="portcullis"')
    const forged = await fetch(`${url}/api/orders`, { headers: bearer(`${user}x`) })
    t.equal(forged.status, 401)
    t.match(forged.headers.get('www-authenticate'), 'error="invalid_token"')
    t.equal((await fetch(`${url}/api/admin/x`, { headers: bearer(user) })).status, 403)
    t.match(await lineAt(gateway, 5), { verdict: 'deny', code: 'access_denied', path: '/api/admin/x' })
    t.equal((await fetch(`${url}/api/admin/x`, { headers: bearer(admin) })).status, 200)
    t.equal((await fetch(`${url}/elsewhere`, { headers: bearer(admin) })).status, 404)
    t.equal((await fetch(`${url}/auth/check`, { headers: bearer(admin) })).status, 404, 'clients ask in vain')
    t.equal((await fetch(`${url}/auth/check/public/x`)).status, 404)
    t.equal(app.received.length, 2)
  })

  t.test(`${proxy.mode}: a limit is told with the time to wait`, async (t) => {
    const { url, app, user } = await startSite(
      t,
      proxy,
      '  - { path: /api/few, allow: authenticated, to: app, limit: few }\n',
      'limits: { few: { by: user, requests: 2, window: 10m } }\n'
    )
    const statuses: number[] = []
    let last: Response | null = null
    for (let i = 0; i < 3; i += 1) {
      last = await fetch(`${url}/api/few`, { headers: bearer(user) })
      statuses.push(last.status)
    }
    t.same(statuses, [200, 200, 429])
    t.ok(Number(last?.headers.get('retry-after')) > 500)
    t.equal(app.received.length, 2)
  })

  t.test(`${proxy.mode}: the client's address is the one that the proxy saw`, async (t) => {
    const { url } = await startSite(t, proxy, '  - { path: /inside, allow: { networks: [127.0.0.2] }, to: app }\n')
    t.equal(await getFrom(`${url}/inside`, '127.0.0.2'), 200)
    t.equal(await getFrom(`${url}/inside`, '127.0.0.3'), 403)
    for (const name of ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'x-client-ip']) {
      t.equal(await getFrom(`${url}/inside`, '127.0.0.3', { [name]: '127.0.0.2' }), 403, name)
    }
  })
}

function testSpoofing(proxy: RealProxy): void {
  t.test(`${proxy.mode}: no identity of the client's own arrives`, async (t) => {
    const { port, app, user } = await startSite(t, proxy)
    const spellings = ['X-User-Id', 'x-user-id', 'X-USER-ID', 'X_User_Id', 'X-User_Id', 'X.User.Id', 'x_user-roles']
    const others = ['Remote-User', 'X-Forwarded-User', 'X-User-Roles', 'X-User-Name', 'X-Auth-Request-User']
    for (const name of [...spellings, ...others]) {
      for (const [path, token] of [
        ['/public/x', null],
        ['/api/x', user]
      ] as const) {
        const before = app.received.length
        const lines = [`${name}: root`, `${name}: root`, ...(token === null ? [] : [`Authorization: Bearer ${token}`])]
        const { status } = await sendRaw(port, raw('GET', path, lines))
        t.ok([200, 400, 403].includes(status), `${name}: ${status}`)
        if (app.received.length === before) continue
        t.notOk(app.last().rawHeaders.includes('root'), `${name} on ${path}`)
        const identity = identityOf(app)
        if (token === null) t.same(identity, {}, 'a stranger is nobody')
        else t.match(identity, { 'x-user-name': 'alice', 'x-user-roles': 'user' })
      }
    }
    t.ok(app.received.length >= 8, 'most of it passes, without its lie')
  })

  t.test(`${proxy.mode}: a client cannot have the true identity removed`, async (t) => {
    const { port, app, user } = await startSite(t, proxy)
    for (const listed of [
      'X-User-Id',
      'close, x-user-id, X-User-Roles',
      'keep-alive,X-User-Name',
      'close\r\nConnection: X-User-Id'
    ]) {
      const text = raw('GET', '/api/x', [`Authorization: Bearer ${user}`]).replace(
        'Connection: close',
        `Connection: ${listed}`
      )
      t.equal((await sendRaw(port, text)).status, 200)
      t.same(Object.keys(identityOf(app)).sort(), ['x-user-id', 'x-user-name', 'x-user-roles'], listed)
    }
  })

  t.test(`${proxy.mode}: fields that tell another request do not count`, async (t) => {
    const { port, app, user } = await startSite(t, proxy)
    for (const [name, value] of [
      ['X-Original-URI', '/public/x'],
      ['X-Original-Method', 'OPTIONS'],
      ['X-Forwarded-Uri', '/public/x'],
      ['X-Forwarded-Method', 'OPTIONS'],
      ['X-Forwarded-Host', 'other.test'],
      ['X-Original-URL', '/public/x'],
      ['X-Rewrite-Url', '/public/x']
    ]) {
      const { status } = await sendRaw(
        port,
        raw('GET', '/api/admin/x', [`${name}: ${value}`, `Authorization: Bearer ${user}`])
      )
      t.ok([400, 403].includes(status), `${name}: ${status}`)
    }
    for (const name of ['X-HTTP-Method-Override', 'X_Method_Override', 'X-Original-URL', 'X-Rewrite-URL']) {
      await sendRaw(port, raw('GET', '/public/x', [`${name}: /api/admin/x`]))
    }
    t.notOk(
      app.received.some(({ rawHeaders }) => rawHeaders.includes('/api/admin/x')),
      'nothing re-routes behind the proxy'
    )
  })
}

/** As the most lenient of servers would read it. */
function lenientReading(url: string): string {
  let path = url.split(/[?#]/)[0] ?? ''
  for (let i = 0; i < 3; i += 1) {
    try {
      path = decodeURIComponent(path)
    } catch {
      path = unescape(path)
    }
  }
  path = path
    .replaceAll('\\', '/')
    .replace(/;[^/]*/g, '')
    .replace(/[\0?#].*$/s, '')
    .replace(/\/{2,}/g, '/')
  return new URL(path, 'http://app').pathname.toLowerCase()
}

const TRICKS = [
  '/api/%61dmin/x',
  '/api/./admin/x',
  '/api/../api/admin/x',
  '/public/../api/admin/x',
  '/public/%2e%2e/api/admin/x',
  '/public/..%2fapi/admin/x',
  '/public/..;/api/admin/x',
  '/public/.%2e/api/admin/x',
  '//api/admin/x',
  '/api//admin/x',
  '/api/admin//x',
  '/api%2fadmin/x',
  '/api%2Fadmin%2Fx',
  '/api%252fadmin/x',
  '/api%5cadmin/x',
  '/api\\admin/x',
  '/api/Admin/x',
  '/API/admin/x',
  '/%41PI/admin/x',
  '/api/admin;x=1/x',
  '/api;/admin/x',
  '/api/admin%00/x',
  '/api/admin%20/x',
  '/api/%2561dmin/x',
  '/api/%u0061dmin/x',
  '/api/admin/x#/public',
  '/public/x#/../../api/admin/x',
  '/api/admin/x?/public/x',
  '/public/x?/../../api/admin/x',
  'http://shop.test/api/admin/x',
  'http://other.test/api/admin/x',
  'http://shop.test//api/admin/x',
  '/auth/../api/admin/x',
  '/auth/%2e%2e/api/admin/x',
  '/auth/check/../../api/admin/x',
  '/_portcullis/../api/admin/x',
  '/api/admin/x/..;/../x',
  '/api/\u00c3\u00a0/../admin/x',
  '/./api/admin/x',
  '/api/admin%2fx',
  '/api/admin.',
  '/api/%e2%84%aa/../admin'
]

function testPaths(proxy: RealProxy): void {
  t.test(`${proxy.mode}: no spelling of a path reaches what the policy refuses`, async (t) => {
    // An open site: whatever is not understood as the admin area is for anyone.
    const open =
      '  - { path: /api/admin/**, allow: { roles: [admin] }, to: app }\n  - { path: /**, allow: anyone, to: app }\n'
    const { port, app, user } = await startSite(t, proxy, open)
    for (const target of TRICKS) {
      for (const method of ['GET', 'POST', 'HEAD', 'delete', 'PROPFIND']) {
        const lines = [`Authorization: Bearer ${user}`, ...(method === 'POST' ? ['Content-Length: 0'] : [])]
        await sendRaw(port, raw(method, target, lines), 1000)
      }
    }
    const breaches = app.received.filter(({ url }) => /^\/api\/admin(\/|$)/.test(lenientReading(url)))
    t.same(
      breaches.map(({ method, url }) => `${method} ${url}`),
      []
    )
    t.notOk(
      app.received.some(({ method }) => method === 'delete'),
      'methods are judged in one case'
    )
    t.ok(
      app.received.some(({ url }) => url === '/public/x?/../../api/admin/x'),
      'what has one reading passes'
    )
  })
}

/** Declares all of it for one proxy. */
export function testBehind(proxy: RealProxy): void {
  testVerdicts(proxy)
  testSpoofing(proxy)
  testPaths(proxy)
}
