import t from 'tap'
import { bearer, startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startUpstream } from '../helpers/upstream.js'

t.test('an anonymous rule is forwarded byte for byte', async (t) => {
  const upstream = await startUpstream(t)
  const { port } = await startGateway(
    t,
    `
upstreams: { web: { url: "${upstream.url}" } }
rules: [{ path: /**, allow: anyone, to: web }]
`
  )
  const answer = await sendRaw(port, rawGet('/a/%61b/c%c3%a9?x=1&&y=%2F..;', 'X-Custom: one', 'X-Custom: two'))
  t.equal(answer.status, 200)
  const received = upstream.last()
  t.equal(received.url, '/a/ab/c%C3%A9?x=1&&y=%2F..;', 'the path is canonical, the query is as it came')
  t.equal(received.headers.host, 'gateway.test')
  t.equal(received.headers['x-custom'], 'one, two')
})

t.test('the main job: sign in, be forwarded with an identity, be refused', async (t) => {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(
    t,
    `
upstreams: { web: { url: "${upstream.url}", strip_prefix: /api } }
rules:
  - { path: /api/admin/**, allow: { roles: [admin] }, to: web }
  - { path: /api/**, allow: authenticated, to: web }
`,
    [{ username: 'alice', roles: ['user'] }]
  )
  const { access_token } = await gateway.login('alice')
  const passed = await fetch(`${gateway.url}/api/hello`, { headers: bearer(access_token) })
  t.equal(passed.status, 200)
  t.match(upstream.last().headers, { 'x-user-name': 'alice', 'x-user-roles': 'user' })
  t.equal(upstream.last().headers.authorization, undefined)
  t.equal(upstream.last().url, '/hello')
  const refused = await fetch(`${gateway.url}/api/admin/x`, { headers: bearer(access_token) })
  t.equal(refused.status, 403)
  t.match(await refused.json(), { code: 'access_denied', status: 403, request_id: String, decision_id: String })
  t.equal((await fetch(`${gateway.url}/api/hello`)).status, 401)
  t.equal((await fetch(`${gateway.url}/elsewhere`)).status, 404)
})
