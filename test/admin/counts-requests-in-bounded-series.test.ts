import { setTimeout as sleep } from 'node:timers/promises'
import fastify from 'fastify'
import t from 'tap'
import { adminEndpoints, createMetrics } from '../../gateway/admin/index.js'
import { problems } from '../../gateway/problems.js'
import { bearer, PASSWORD, post, startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startUpstream } from '../helpers/upstream.js'

const yaml = (upstream: string) => `
limits: { few: { by: ip, requests: 2, window: 1m } }
upstreams: { web: { url: "${upstream}" } }
rules:
  - { path: /open/**, allow: anyone, to: web }
  - { path: /few/**, allow: anyone, to: web, limit: few }
  - { path: /admin/**, allow: { roles: [admin] }, to: web }
  - { path: /**, methods: [GET], allow: authenticated, to: web }
`

/** The lines of one metric without its comments. */
const linesOf = (text: string, name: string) => text.split('\n').filter((line) => line.startsWith(name))

t.test('requests are counted by rule, verdict and status, refusals by code, sign-ins by event', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    setTimeout(
      () => response.writeHead(request.url === '/open/teapot' ? 418 : 200).end('x'),
      request.url === '/open/slow' ? 150 : 0
    )
  })
  const { url, port, login, resources } = await startGateway(t, yaml(upstream.url), [{ username: 'alice' }])
  const { access_token, refresh_token } = await login('alice')
  await post(`${url}/auth/login`, { username: 'alice', password: 'wrong' })
  await post(`${url}/auth/refresh`, { refresh_token })
  await post(`${url}/auth/logout`, { refresh_token })
  const again = await login('alice')
  const get = (path: string, headers = bearer(again.access_token)) =>
    fetch(url + path, { headers }).then((response) => response.text())
  for (const path of ['/page', '/other', '/open/teapot', '/open/slow', '/admin/x', '/few/1', '/few/2', '/few/3'])
    await get(path)
  await get('/page', bearer(access_token))
  await get('/page', bearer('x'))
  await sendRaw(port, rawGet('/page', 'Connection: close'))
  await sendRaw(port, rawGet('/a/../b', 'Connection: close'))
  await sendRaw(port, rawGet('/x', 'Connection: close').replace('GET', 'POST'))
  await sendRaw(port, 'garbage\r\n\r\n')
  const text = await resources.metrics.registry.metrics()
  const expected = `
portcullis_requests_total{rule="/**",verdict="allow",status="200"} 2
portcullis_requests_total{rule="/**",verdict="deny",status="401"} 3
portcullis_requests_total{rule="/open/**",verdict="allow",status="418"} 1
portcullis_requests_total{rule="/open/**",verdict="allow",status="200"} 1
portcullis_requests_total{rule="/admin/**",verdict="deny",status="403"} 1
portcullis_requests_total{rule="/few/**",verdict="allow",status="200"} 2
portcullis_requests_total{rule="/few/**",verdict="limit",status="429"} 1
portcullis_requests_total{rule="none",verdict="deny",status="400"} 1
portcullis_requests_total{rule="none",verdict="deny",status="404"} 1
portcullis_requests_total{rule="gateway",verdict="allow",status="200"} 3
portcullis_requests_total{rule="gateway",verdict="deny",status="401"} 1
portcullis_requests_total{rule="gateway",verdict="allow",status="204"} 1
portcullis_refusals_total{code="access_denied"} 1
portcullis_refusals_total{code="bad_path"} 1
portcullis_refusals_total{code="invalid_credentials"} 1
portcullis_refusals_total{code="invalid_request"} 1
portcullis_refusals_total{code="invalid_token"} 1
portcullis_refusals_total{code="missing_token"} 1
portcullis_refusals_total{code="no_rule"} 1
portcullis_refusals_total{code="rate_limited"} 1
portcullis_refusals_total{code="revoked_token"} 1
portcullis_auth_events_total{event="login"} 2
portcullis_auth_events_total{event="login_failed"} 1
portcullis_auth_events_total{event="logout"} 1
portcullis_auth_events_total{event="refresh"} 1`
  const counters = ['portcullis_requests_total{', 'portcullis_refusals_total{', 'portcullis_auth_events_total{']
  const counted = counters.flatMap((name) => linesOf(text, name)).filter((line) => !line.endsWith(' 0'))
  t.same(counted.sort(), expected.trim().split('\n').sort())

  const figure = (line: string) => Number(linesOf(text, line)[0]?.split(' ').at(-1))
  t.equal(figure('portcullis_request_duration_seconds_count{rule="/open/**"}'), 2)
  t.ok(figure('portcullis_request_duration_seconds_sum{rule="/open/**"}') >= 0.15, 'with the upstream')
  t.equal(figure('portcullis_gateway_duration_seconds_count'), 13, 'all that rules judge, or that could not be judged')
  const whole = linesOf(text, 'portcullis_request_duration_seconds_sum{')
    .filter((line) => !line.includes('rule="gateway"'))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  t.ok(figure('portcullis_gateway_duration_seconds_sum') <= whole - 0.15, 'without the upstream, and without hashing')
})

t.test('what has not happened yet is counted as 0, so that its first time is an increase', async (t) => {
  const text = await createMetrics(['login', 'refresh_reuse']).registry.metrics()
  const codes = Object.keys(problems).map((code) => `portcullis_refusals_total{code="${code}"} 0`)
  t.same(linesOf(text, 'portcullis_refusals_total{'), codes)
  t.same(linesOf(text, 'portcullis_auth_events_total{'), [
    'portcullis_auth_events_total{event="login"} 0',
    'portcullis_auth_events_total{event="refresh_reuse"} 0'
  ])
  const { resources } = await startGateway(t, yaml((await startUpstream(t)).url))
  const served = linesOf(await resources.metrics.registry.metrics(), 'portcullis_auth_events_total{')
  t.ok(served.includes('portcullis_auth_events_total{event="refresh_reuse"} 0'))
  t.ok(served.length > 10)
})

t.test('a thousand paths, names and hosts make no new series', async (t) => {
  const upstream = await startUpstream(t)
  const { port, resources } = await startGateway(t, yaml(upstream.url))
  const ask = (i: number | string) => {
    const login = JSON.stringify({ username: `user ${i}`, password: 'x' })
    const requests = [
      `POST /nowhere/${i} HTTP/1.1\r\nHost: host-${i}.example\r\nContent-Length: 0\r\n\r\n`,
      `GET /page/${i} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${i}\r\n\r\n`,
      `GET /auth/${i} HTTP/1.1\r\nHost: a\r\n\r\n`,
      `POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${login.length}\r\n\r\n${login}`,
      `GET /a/../${i} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
    ]
    return sendRaw(port, requests.join(''))
  }
  await ask('first')
  // The account of a sign-in that is throttled is new only once.
  for (let i = 0; i < 100; i += 1) await ask(i)
  const series = async () =>
    (await resources.metrics.registry.metrics())
      .split('\n')
      .filter((line) => line.startsWith('portcullis_'))
      .map((line) => line.slice(0, line.lastIndexOf(' ')))
  const before = await series()
  for (let i = 100; i < 1_000; i += 1) await ask(i)
  t.same(await series(), before)
})

t.test('the admin port shows health, readiness and figures, and nothing else', async (t) => {
  const upstream = await startUpstream(t)
  const { gateway, resources, settings } = await startGateway(t, yaml(upstream.url))
  const app = fastify()
  t.teardown(() => app.close())
  await app.register(adminEndpoints, { metrics: resources.metrics, readReadiness: gateway.readReadiness })
  const get = (url: string) => app.inject({ url })
  const health = await get('/healthz')
  t.same([health.statusCode, health.json(), health.headers['cache-control']], [200, { status: 'ok' }, 'no-store'])
  const ready = await get('/readyz')
  t.same([ready.statusCode, ready.json()], [200, { status: 'ready', revision: settings.revision, store: 'ok' }])
  resources.metrics.noteReload(true, settings.revision)
  gateway.noteRejected(['gateway.yaml:1:1 wrong'])
  resources.metrics.noteReload(false, settings.revision)
  const rejected = await get('/readyz')
  t.equal(rejected.statusCode, 200, 'the old policy goes on')
  t.match(rejected.json(), { rejected_settings: ['gateway.yaml:1:1 wrong'] })
  const figures = await get('/metrics')
  t.match(figures.headers['content-type'], /^text\/plain; version=0\.0\.4/)
  for (const line of [
    'portcullis_policy_reloads_total{result="success"} 1',
    'portcullis_policy_reloads_total{result="failure"} 1',
    'portcullis_policy_reload_successful 0',
    `portcullis_policy_info{revision="${settings.revision}"} 1`,
    'process_cpu_seconds_total'
  ]) {
    t.match(figures.body, line)
  }
  t.equal((await get('/api/users')).statusCode, 404, 'the verbs are on the socket alone')
  await resources.store.close()
  const unready = await get('/readyz')
  t.same([unready.statusCode, unready.json().store], [503, 'unavailable'])
  t.equal((await get('/healthz')).statusCode, 200, 'a process without its store still runs')
})

t.test('of the delay of the event loop, the time between two looks is no part', async (t) => {
  const { registry } = createMetrics([])
  const read = async (figure: string) => {
    const found = new RegExp(`^nodejs_eventloop_lag_${figure}_seconds (\\S+)$`, 'm').exec(await registry.metrics())
    return Number(found?.[1])
  }
  await sleep(300)
  const rest = await read('min')
  t.ok(rest >= 0 && rest < 0.045, `${rest} at rest`)
  await sleep(100)
  const end = performance.now() + 400
  while (performance.now() < end);
  await sleep(100)
  t.ok((await read('max')) > 0.2, 'what holds it up is seen')
})

t.test('a public health path shows readiness and no reasons', async (t) => {
  const upstream = await startUpstream(t)
  const { url, resources } = await startGateway(t, `public_health: /health\n${yaml(upstream.url)}`)
  const ready = await fetch(`${url}/health`)
  t.same([ready.status, await ready.json()], [200, { status: 'ready' }])
  await resources.store.close()
  const unready = await fetch(`${url}/health`)
  t.same([unready.status, await unready.json()], [503, { status: 'not ready' }])
  t.equal((await fetch(`${url}/health`, { method: 'POST', body: PASSWORD })).status, 405)
})
