import t from 'tap'
import { bearer, startGateway } from '../helpers/gateway.js'
import { ask, fieldOf, inquire, lineAt, type Mode } from '../helpers/inquiry.js'
import { startUpstream } from '../helpers/upstream.js'

const policy = (url: string, mode: Mode) => `
forward_auth: { mode: ${mode}, from: [127.0.0.1] }
trusted_proxies: [127.0.0.1]
tokens: { algorithm: HS256, keys: { secret: two-gateways-that-know-one-secret-of-32-bytes } }
limits:
  few: { by: user, requests: 2, window: 10m }
  seldom: { by: ip, requests: 2, window: 10m }
listener_limit: { requests: 1000, window: 10m }
upstreams: { app: { url: "${url}", paths: { encoded_slash: allow } } }
rules:
  - { path: /public/secret, allow: nobody }
  - { path: /public/**, allow: anyone, to: app }
  - { path: /hosted, host: a.test, allow: anyone, to: app }
  - { path: /read, methods: [GET], allow: anyone, to: app }
  - { path: /inside, allow: { networks: [192.0.2.0/24] }, to: app }
  - { path: /scoped, allow: { scopes: [write] }, to: app }
  - { path: /few, allow: authenticated, to: app, limit: few }
  - { path: /seldom, allow: anyone, to: app, limit: seldom }
  - { path: "/own/{id}", allow: { claims: { sub: "{id}" } }, to: app }
  - { path: /admin/**, allow: { roles: [admin] }, to: app }
  - { path: /never, allow: nobody }
  - { path: /any/**, allow: authenticated, to: app }
`

interface Case {
  readonly uri: string
  readonly method?: string
  readonly host?: string
  readonly address?: string
  readonly token?: 'user' | 'bad'
  readonly status: number
}

const CASES: readonly Case[] = [
  { uri: '/public/x', status: 200 },
  { uri: '/public/x?a=%2F..&b', status: 200 },
  { uri: '/public/x', token: 'bad', status: 200 },
  { uri: '/hosted', host: 'A.test:8080', status: 200 },
  { uri: '/hosted', host: 'b.test', status: 404 },
  { uri: '/read', method: 'HEAD', status: 200 },
  { uri: '/read', method: 'POST', status: 404 },
  { uri: '/any/x', method: 'PROPFIND', token: 'user', status: 200 },
  { uri: '/inside', status: 200 },
  { uri: '/inside', address: '198.51.100.1', status: 403 },
  { uri: '/inside', address: '2001:db8::1', status: 403 },
  { uri: '/inside', address: '::ffff:192.0.2.1', status: 200 },
  { uri: '/scoped', token: 'user', status: 403 },
  { uri: '/few', token: 'user', status: 200 },
  { uri: '/few', token: 'user', status: 200 },
  { uri: '/few', token: 'user', status: 429 },
  { uri: '/seldom', address: '198.51.100.9', status: 200 },
  { uri: '/seldom', address: '198.51.100.9', status: 200 },
  { uri: '/seldom', address: '198.51.100.9', status: 429 },
  { uri: '/seldom', address: '198.51.100.10', status: 200 },
  { uri: '/own/someone', token: 'user', status: 403 },
  { uri: '/admin', token: 'user', status: 403 },
  { uri: '/public/Secret', token: 'user', status: 400 },
  { uri: '/admin/x', status: 401 },
  { uri: '/never', token: 'user', status: 403 },
  { uri: '/any/x', token: 'user', status: 200 },
  { uri: '/any/a%2Fb', token: 'user', status: 200 },
  { uri: '/any/a;b', token: 'user', status: 400 },
  { uri: '/any/../x', token: 'user', status: 400 },
  { uri: '/any/x#y', token: 'user', status: 400 },
  { uri: '/any/x', token: 'bad', status: 401 },
  { uri: '/any/x', status: 401 },
  { uri: '/any/x', host: 'a/b', token: 'user', status: 400 }
]

/** What a line of the access log says of the judging; ids, times and the endpoint are of the one request. */
function judged({
  request_id,
  decision_id,
  time,
  ms,
  gateway_ms,
  upstream_ms,
  endpoint,
  status,
  ...rest
}: Readonly<Record<string, unknown>>) {
  return rest
}

/** The two are asked one after the other: a second may pass in between. */
const withoutSeconds = (field: string | null) => field?.replace(/t=\d+/g, 't').replace(/^\d+$/, 'seconds') ?? null

for (const mode of ['nginx', 'traefik', 'caddy', 'envoy'] as const) {
  t.test(`${mode}: the verdict is the one that forwarding comes to, from the same inputs`, async (t) => {
    const app = await startUpstream(t)
    const yaml = policy(app.url, mode)
    const [asked, forwarding] = [
      await startGateway(t, yaml, [{ username: 'alice', roles: ['user'] }]),
      await startGateway(t, yaml)
    ]
    const { access_token: token } = await asked.login('alice')
    for (const [at, one] of CASES.entries()) {
      const { status, token: shown, method = 'GET', uri, host = 'shop.test', address = '192.0.2.7' } = one
      const what = `${method} ${uri} of ${host} by ${shown ?? 'nobody'} from ${address}`
      const lines = shown === undefined ? [] : [`Authorization: Bearer ${shown === 'user' ? token : 'x'}`]
      const answer = await inquire(asked.port, mode, { method, uri, host, address, lines })
      const before = app.received.length
      const start = `${method} ${uri} HTTP/1.1`
      const forwarded = await ask(forwarding.port, start, [`Host: ${host}`, `X-Forwarded-For: ${address}`, ...lines])
      t.equal(forwarded.status, status, what)
      t.equal(app.received.length - before, status === 200 ? 1 : 0)
      const folded = mode === 'nginx' && status >= 400 && status !== 401 ? 403 : status
      t.equal(answer.status, folded)
      t.equal(fieldOf(answer, 'x-portcullis-status'), mode === 'nginx' && status >= 400 ? String(status) : null)
      for (const name of ['www-authenticate', 'ratelimit', 'ratelimit-policy', 'retry-after', 'proxy-status']) {
        t.equal(withoutSeconds(fieldOf(answer, name)), withoutSeconds(fieldOf(forwarded, name)), name)
      }
      // The first line of the one that is asked is the login's.
      const line = await lineAt(asked, at + 1)
      t.same(judged(line), judged(await lineAt(forwarding, at)))
      t.equal(line.status, folded)
      t.equal(line.endpoint, '/auth/check')
      if (status === 200) t.match(line, { decision_id: /\S/ })
    }
    t.same(asked.failures, [])
  })
}

t.test('a fault of the gateway is no verdict, and is said as it is', async (t) => {
  const gateway = await startGateway(t, policy('http://127.0.0.1:1', 'nginx'), [{ username: 'alice' }])
  const { access_token } = await gateway.login('alice')
  Object.assign(gateway.resources.revocations, {
    isRevoked() {
      throw new Error('out of order')
    }
  })
  const lines = [`Authorization: ${bearer(access_token).authorization}`]
  const answer = await inquire(gateway.port, 'nginx', { uri: '/any/x', lines })
  t.equal(answer.status, 500)
  t.equal(fieldOf(answer, 'x-portcullis-status'), null)
  t.match(gateway.failures, [/out of order/])
})
