import t from 'tap'
import { bearer, startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startUpstream } from '../helpers/upstream.js'

const yaml = (url: string, dead: string) => `
limits: { one: { by: ip, requests: 1, window: 1h } }
upstreams: { web: { url: "${url}", timeout: 300ms }, dead: { url: "${dead}" } }
rules:
  - { path: /limited, allow: anyone, to: web, limit: one }
  - { path: /dead, allow: anyone, to: dead }
  - { path: /silent, allow: anyone, to: web }
  - { path: /nobody, allow: nobody }
  - { path: /admin/**, allow: { roles: [admin] }, to: web }
  - { path: /scoped, allow: { scopes: [read, write] }, to: web }
  - { path: /elsewhere, allow: { networks: [192.0.2.0/24] }, to: web }
  - { path: /closed/**, allow: authenticated, to: web }
`

t.test('every refusal has its code, status, challenge and words', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url !== '/silent') response.end()
  })
  const dead = await startUpstream(t)
  await new Promise((resolve) => dead.server.close(resolve))
  const gateway = await startGateway(t, yaml(upstream.url, dead.url), [{ username: 'alice', roles: ['user'] }])
  const token = (await gateway.login('alice')).access_token
  const signedIn = `Authorization: Bearer ${token}`
  const tampered = `Authorization: Bearer ${token.slice(0, -8)}AAAAAAAA`
  await sendRaw(gateway.port, 'GET /limited HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const realm = 'Bearer realm="portcullis"'
  const invalid = `${realm}, error="invalid_token", error_description="The access token is not valid"`
  for (const [start, field, status, code, challenge] of [
    ['GET /closed', 'Host: ', 400, 'invalid_request', null],
    ['GET /a/../b', '', 400, 'bad_path', null],
    ['GET /closed', '', 401, 'missing_token', realm],
    ['GET /closed', 'Authorization: Basic YTpi', 401, 'missing_token', realm],
    ['GET /closed', tampered, 401, 'invalid_token', invalid],
    ['GET /closed', 'Authorization: Bearer', 401, 'invalid_token', invalid],
    ['GET /closed', 'authorization: bearer   x', 401, 'invalid_token', invalid],
    ['GET /admin', signedIn, 403, 'access_denied', null],
    ['GET /nobody', signedIn, 403, 'access_denied', null],
    ['GET /nobody', '', 403, 'access_denied', null],
    ['GET /elsewhere', '', 403, 'access_denied', null],
    [
      'GET /scoped',
      signedIn,
      403,
      'insufficient_scope',
      `${realm}, error="insufficient_scope", error_description="The access token lacks a scope", scope="read write"`
    ],
    ['GET /nowhere', '', 404, 'no_rule', null],
    ['GET /auth/nothing', '', 404, 'not_found', null],
    ['GET /auth', '', 404, 'not_found', null],
    ['GET /auth/login', '', 405, 'method_not_allowed', null],
    ['GET /limited', '', 429, 'rate_limited', null],
    ['GET /dead', '', 502, 'upstream_unavailable', null],
    ['GET /silent', '', 504, 'upstream_timeout', null]
  ] as const) {
    const what = `${start} ${field.slice(0, 30)}`
    const host = field.startsWith('Host') ? '' : 'Host: a\r\n'
    const ask = (request: string) =>
      sendRaw(gateway.port, `${request} HTTP/1.1\r\n${host}${field === '' ? '' : `${field}\r\n`}\r\n`, 20)
    const answer = await ask(start)
    t.equal(answer.status, status, what)
    const problem = JSON.parse(answer.body)
    t.match(problem, { type: `urn:portcullis:problem:${code}`, title: String, status, code, request_id: String }, what)
    const named = (name: string) => new RegExp(`^${name}: (.*?)\r?$`, 'im').exec(answer.head)?.[1] ?? null
    t.equal(named('content-type'), 'application/problem+json; charset=utf-8', what)
    t.equal(named('cache-control'), 'no-store', what)
    t.match(named('proxy-status'), /^portcullis; error=[a-z_]+; details="/, what)
    t.equal(named('www-authenticate'), challenge, what)
    t.equal(named('retry-after') !== null, status === 429, what)
    if (status === 429) t.match(named('ratelimit'), /one/)
    if (status === 405) t.equal(named('allow'), 'POST')
    if (status === 403) t.match(problem, { decision_id: String })
    t.notMatch(answer.text, /127\.0\.0\.1|\.js\b|node:|at [A-Z]\w+\.|fastify|FST_|undici/i, what)
    t.ok(
      gateway.access.some((line) => line.request_id === problem.request_id && line.code === code),
      `${what} is logged`
    )

    const head = await ask(start.replace('GET', 'HEAD'))
    t.equal(head.status, status, `HEAD ${what}`)
    t.equal(head.body, '', `HEAD ${what} has no content`)
    t.match(head.head, /^content-length: [1-9]/im, `HEAD ${what} says how long it would be`)
  }
  t.equal(upstream.received.filter(({ url }) => !/silent|limited/.test(url)).length, 0)
})

t.test('an anonymous rule hears of no token, good or bad', async (t) => {
  const upstream = await startUpstream(t)
  const { url } = await startGateway(
    t,
    `
upstreams: { web: { url: "${upstream.url}" } }
rules: [{ path: /**, allow: anyone, to: web }]
`
  )
  const answer = await fetch(`${url}/x`, { headers: bearer('forged') })
  t.equal(answer.status, 200)
  t.equal(answer.headers.get('www-authenticate'), null)
})
