import { stdSerializers } from 'pino'
import t from 'tap'
import { bearer, PASSWORD, post, startGateway, type Tokens } from '../helpers/gateway.js'
import { lineAt } from '../helpers/inquiry.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startUpstream } from '../helpers/upstream.js'

const yaml = (upstream: string) => `
tokens: { claims: { tier: user.tier, plan: user.plan } }
limits: { few: { by: user, requests: 1, window: 1m }, ip: { by: ip, requests: 1, window: 1m } }
upstreams: { web: { url: "${upstream}" } }
rules:
  - { path: /open/**, allow: anyone, to: web }
  - { path: /few/**, allow: authenticated, to: web, limit: few }
  - { path: /ip/**, allow: anyone, to: web, limit: ip }
  - { path: "/tiers/{tier}", allow: { roles: [user], claims: { tier: "{tier}" } }, to: web }
  - { path: /**, allow: authenticated, to: web }
`

const start = async (t: Parameters<typeof startGateway>[0]) => {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, yaml(upstream.url), [
    { username: 'alice', roles: ['user'], attributes: { tier: 'gold', plan: 'secret plan' } }
  ])
  const tokens = await gateway.login('alice')
  const subject = (await gateway.resources.users.list())[0]?.id
  const get = async (path: string, headers: Record<string, string> = bearer(tokens.access_token)) => {
    const place = gateway.access.length
    const response = await fetch(gateway.url + path, { headers })
    await response.text()
    return { response, line: await lineAt(gateway, place) }
  }
  return { ...gateway, tokens, subject, get }
}

t.test('a line tells verdict, rule and every input of the decision', async (t) => {
  const { get, subject, settings } = await start(t)
  const { line: allowed } = await get('/tiers/gold?password=hunter2')
  const { decision_id, request_id, ms, gateway_ms, upstream_ms, host, ...rest } = allowed
  t.same(rest, {
    method: 'GET',
    path: '/tiers/gold',
    address: '127.0.0.1',
    status: 200,
    verdict: 'allow',
    rule: { index: 3, line: 9, path: '/tiers/{tier}' },
    revision: settings.revision,
    upstream: 'web',
    credential: 'valid',
    subject,
    issuer: 'self',
    username: 'alice',
    roles: ['user'],
    scopes: [],
    claims: { tier: 'gold' }
  })
  t.match({ decision_id, request_id, host }, { decision_id: String, request_id: String, host: '127.0.0.1' })
  t.ok(
    0 < Number(gateway_ms) && Number(gateway_ms) + Number(upstream_ms) <= Number(ms),
    `${gateway_ms} ${upstream_ms} ${ms}`
  )

  const denied = await get('/tiers/silver')
  t.match(denied.line, {
    status: 403,
    verdict: 'deny',
    code: 'access_denied',
    upstream: null,
    claims: { tier: 'gold' }
  })
  const body = await (await fetch(`${denied.response.url}`, { headers: {} })).json()
  t.match(body, { code: 'missing_token', decision_id: String })
  t.match((await get('/page', bearer('bad'))).line, {
    verdict: 'deny',
    code: 'invalid_token',
    credential: 'invalid_token'
  })
  t.notOk('subject' in (await get('/page', {})).line, 'nobody asked')
  t.match((await get('/page', {})).line, { verdict: 'deny', code: 'missing_token', credential: 'none' })
  t.match((await get('/open/x', bearer('bad'))).line, { verdict: 'allow', credential: 'invalid_token' })
  t.match((await get('/auth/nothing')).line, { verdict: 'deny', code: 'not_found', path: '/auth/nothing' })
})

t.test('a limited request is told apart, with its rule and what was left', async (t) => {
  const { get, audit, subject } = await start(t)
  t.match((await get('/few/x')).line, { verdict: 'allow', limits: { few: 0 } })
  const { line, response } = await get('/few/x')
  t.match(line, {
    verdict: 'limit',
    status: 429,
    code: 'rate_limited',
    limits: { few: 0 },
    rule: { path: '/few/**' },
    subject,
    roles: ['user']
  })
  t.equal(response.headers.get('ratelimit-policy'), '"few";q=1;w=60')
  t.match(audit.at(-1), {
    event: 'rate_limited',
    fields: { limit: 'few', key: `user:${subject}`, subject, address: '127.0.0.1', request_id: line.request_id }
  })
  await get('/ip/x', {})
  const { line: early } = await get('/ip/x', {})
  t.match(
    early,
    { verdict: 'limit', limits: { ip: 0 }, rule: { path: '/ip/**' } },
    'limits by ip come before any decision'
  )
  t.notOk('decision_id' in early)
})

t.test('security events are told with who, from where and which request', async (t) => {
  const { url, audit, subject, tokens, gateway, access } = await start(t)
  await post(`${url}/auth/login`, { username: 'alice', password: 'a wrong one' }, { 'user-agent': 'test' })
  await post(`${url}/auth/refresh`, { refresh_token: tokens.refresh_token })
  await post(`${url}/auth/refresh`, { refresh_token: 'x' })
  await post(`${url}/auth/logout-all`, { refresh_token: tokens.refresh_token })
  await gateway.operatorUsers.setRoles('alice', ['admin'])
  await fetch(`${url}/page`)
  await new Promise((resolve) => setTimeout(resolve, 10))
  t.same(
    audit.map(({ event }) => event),
    ['user_added', 'login', 'login_failed', 'refresh', 'refresh_failed', 'logout_all', 'user_roles_set', 'refused']
  )
  const fields = Object.fromEntries(audit.map((line) => [line.event, line.fields]))
  const from = { address: '127.0.0.1', request_id: String }
  t.match(fields.login, { ...from, subject, username: 'alice', session_id: String })
  t.match(fields.login_failed, { ...from, username: 'alice' })
  t.match(fields.refresh, { ...from, subject, session_id: String })
  t.match(fields.refresh_failed, from)
  t.match(fields.logout_all, { ...from, subject, session_id: String })
  t.match(fields.user_roles_set, { subject, username: 'alice', roles: ['admin'], disabled: false })
  const last = access.at(-1) ?? {}
  t.match(fields.refused, { request_id: last.request_id, decision_id: last.decision_id, code: 'missing_token' })
})

t.test('no token, password, cookie or query comes into any line', async (t) => {
  const started = await start(t)
  const { url, port, tokens, get, access, audit, failures, resources } = started
  const secrets = [PASSWORD, 'hunter2-in-query', 'hunter2-in-cookie', 'a mistyped password', 'hunter2-in-basic']
  const refreshed = (await (
    await post(`${url}/auth/refresh`, { refresh_token: tokens.refresh_token })
  ).json()) as Tokens
  await get('/page?access_token=hunter2-in-query', { ...bearer(refreshed.access_token), cookie: 'a=hunter2-in-cookie' })
  await get(`/page?token=${refreshed.access_token}`)
  await get('/page', { authorization: `Basic ${Buffer.from('a:hunter2-in-basic').toString('base64')}` })
  await post(`${url}/auth/login?password=hunter2-in-query`, { username: 'alice', password: 'a mistyped password' })
  await post(`${url}/auth/refresh`, { refresh_token: `${refreshed.refresh_token}x` })
  await post(`${url}/auth/verify`, { token: refreshed.access_token })
  await sendRaw(
    port,
    rawGet(`/a/../b?x=hunter2-in-query`, `Authorization: Bearer ${refreshed.access_token}`, 'Connection: close')
  )
  await sendRaw(port, `GET / HTTP/1.1\r\nHost: x\r\nAuthorization Bearer ${refreshed.access_token}\r\n\r\n`)
  await post(`${url}/auth/login`, `{"username":"alice","password":"${PASSWORD}`)
  await fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"password":"${PASSWORD}"`
  })
  await resources.store.close()
  await post(`${url}/auth/login`, { username: 'alice', password: PASSWORD })
  await post(`${url}/auth/logout`, { refresh_token: refreshed.refresh_token })
  await new Promise((resolve) => setTimeout(resolve, 20))

  const told = failures.map((failure) => stdSerializers.err(failure as Error))
  const everything = JSON.stringify([access, audit, told])
  t.ok(failures.length > 0 && access.length > 10 && audit.length > 5)
  for (const { access_token, refresh_token } of [tokens, refreshed]) {
    secrets.push(access_token, refresh_token, ...access_token.split('.').slice(1), refresh_token.split('.')[1] ?? '')
  }
  for (const secret of secrets) t.notOk(everything.includes(secret), secret.slice(0, 20))
  for (const secret of secrets) t.notOk(everything.includes(encodeURIComponent(secret)))
  const ours = access.filter(({ status }) => Number(status) >= 500).length
  t.equal(failures.length, ours, 'what clients do wrong is no failure of ours')
})
