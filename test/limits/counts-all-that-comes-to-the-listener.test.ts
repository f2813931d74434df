import t from 'tap'
import { bearer, post, startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startUpstream } from '../helpers/upstream.js'

t.test('refusals, bad paths and our own endpoints count, before anything else is done', async (t) => {
  const upstream = await startUpstream(t)
  const { url, port, audit, resources } = await startGateway(
    t,
    `
trusted_proxies: [127.0.0.1]
listener_limit: { by: ip, requests: 6, window: 1m }
upstreams: { web: { url: "${upstream.url}" } }
rules:
  - { path: /free/**, allow: anyone, to: web, limit: none }
  - { path: /page, allow: authenticated, to: web }
`
  )
  const raw = async (path: string, ...lines: string[]) =>
    (await sendRaw(port, rawGet(path, 'Connection: close', ...lines))).status
  t.equal(await raw('/page'), 401)
  t.equal(await raw('/nowhere'), 404)
  t.equal(await raw('/a/../b'), 400)
  t.equal(await raw('/free/x'), 200)
  const keys = await fetch(`${url}/.well-known/jwks.json`)
  t.equal(keys.status, 200)
  t.match(keys.headers.get('ratelimit'), /^"listener";r=1;t=60$/)
  t.equal(keys.headers.get('ratelimit-policy'), '"listener";q=6;w=60')
  t.equal((await post(`${url}/auth/login`, { username: 'a', password: 'b' })).status, 401)
  for (const path of ['/page', '/nowhere', '/a/../b', '/free/x', '/.well-known/jwks.json', '/auth/x']) {
    t.equal(await raw(path), 429, path)
  }
  const refused = await post(`${url}/auth/login`, { username: 'a', password: 'b' }, bearer('x'))
  t.match(await refused.json(), { code: 'rate_limited', detail: 'The limit is 6 requests in 60 seconds.' })
  t.match(refused.headers.get('retry-after'), /^\d+$/)
  t.equal(await raw('/free/x', 'X-Forwarded-For: 192.0.2.1'), 200, 'another address goes on')
  t.equal(upstream.received.length, 2)
  t.equal(audit.filter(({ event }) => event === 'rate_limited').length, 7)
  t.match(await resources.metrics.registry.metrics(), 'portcullis_refusals_total{code="rate_limited"} 7')
})
