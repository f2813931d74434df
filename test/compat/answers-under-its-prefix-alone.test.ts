import t from 'tap'
import { PASSWORD, startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRecorder } from '../helpers/recorder.js'
import { ask, json } from './ask.js'
import { said, startCompat } from './compat-fixture.js'

const open = (url: string, paths: string) => `
compat: { simplejwt: { prefix: /api/token } }
upstreams: { web: { url: "${url}", paths: ${paths} } }
rules: [{ path: /**, allow: anyone, to: web }]
`
const TOLERANT = '{ encoded_slash: allow, semicolon: allow, empty_segments: allow }'

const get = (path: string, method = 'POST') =>
  `${method} ${path} HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`

t.test('below the prefix only the endpoints answer, in the form of REST framework', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, open(upstream.url, TOLERANT))
  for (const [method, path, status] of [
    ['POST', '/api/token', 400],
    ['POST', '/api/token/', 400],
    ['POST', '/%61pi/token/refresh', 400],
    ['POST', '/api/token/refresh/?a=b', 400],
    ['POST', '/api/token/verify', 400],
    ['POST', '/api/token/blacklist', 400],
    ['POST', '/api/token/sliding', 404],
    ['POST', '/api/token/nothing', 404],
    ['GET', '/api/token/refresh/x', 404],
    ['POST', '/api/token/REFRESH/', 404],
    ['POST', '/api/token//', 404],
    ['POST', '/api/token//refresh/', 404],
    ['POST', '/api/token/refresh//', 404],
    ['POST', '/api/token/refresh;x/', 404],
    ['POST', '/api/token/x%2Frefresh/', 404],
    ['POST', '/api/token/constructor', 404],
    ['GET', '/api/token/', 405],
    ['PROPFIND', '/api/token/verify/', 405],
    ['HEAD', '/api/token/refresh', 405]
  ] as const) {
    const answer = await sendRaw(port, get(path, method))
    t.equal(answer.status, status, `${method} ${path}`)
    if (status === 405) t.match(answer.head, /^allow: POST, OPTIONS\r?$/im, `${method} ${path} says what is allowed`)
    if (method === 'HEAD') t.equal(answer.body, '')
    else if (status !== 400) t.strictSame(Object.keys(JSON.parse(answer.body)), ['detail'], `${method} ${path}`)
  }
  t.equal(upstream.requests().length, 0)
})

t.test('no path that another reader takes for one below the prefix is forwarded', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, open(upstream.url, TOLERANT))
  for (const path of [
    '/API/token',
    '/api/Token/refresh/',
    '/api//token/',
    '//api/token',
    '/api/token;x',
    '/api%2Ftoken/',
    '/api/x/..;/token'
  ])
    t.equal((await sendRaw(port, get(path))).status, 400, path)
  t.equal(upstream.requests().length, 0)
  t.equal((await sendRaw(port, get('/api/tokens'))).status, 200, 'a longer name is another one')
})

t.test('without the section there are no such endpoints', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, open(upstream.url, TOLERANT).replace(/compat:.*\n/, ''))
  await sendRaw(port, get('/api/token/'))
  t.equal(upstream.requests().length, 1, 'the path is a rule’s to judge')
})

t.test('a page below the prefix shows to no script of another origin, but to those that are listed', async (t) => {
  const { gateway } = await startCompat(t, '', { rest: 'cors: { origins: [https://app.example] }' })
  const preflight = { path: '/api/token/', method: 'OPTIONS' }
  const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
  t.equal((await ask(gateway.url, { ...preflight, headers })).status, 204)
  t.equal(
    (await ask(gateway.url, { ...preflight, headers: { ...headers, origin: 'https://other.example' } })).status,
    200
  )
})

t.test('guesses and floods are counted as everywhere, and told in the form of REST framework', async (t) => {
  const limits = 'users: { login: { per_account_and_network: 3 } }\nlistener_limit: { requests: 8, window: 1h }'
  const { gateway, post } = await startCompat(t, '', { rest: limits })
  const guesses = [1, 2, 3].map((turn) => post('', { username: 'ada', password: `guess ${turn}` }))
  t.strictSame(
    (await Promise.all(guesses)).map(({ status }) => status),
    [401, 401, 401]
  )
  const throttled = await post('', { username: 'ada', password: PASSWORD })
  t.equal(throttled.status, 429)
  t.equal(said(throttled), `429 Request was throttled. Expected available in ${throttled.retryAfter} seconds.`)
  t.ok(Number(throttled.retryAfter) > 890)
  t.equal((await post('', { username: 'grace', password: PASSWORD })).status, 200, 'another account is another')
  const auth = await ask(gateway.url, json('/auth/login', { username: 'ada', password: PASSWORD }))
  t.equal(auth.status, 429, 'both doors count together')
  for (const status of [400, 400, 429]) t.equal((await post('verify/', {})).status, status)
  const flooded = await post('verify/', {})
  t.equal(said(flooded), `429 Request was throttled. Expected available in ${flooded.retryAfter} seconds.`)
  t.strictSame(
    gateway.audit.map(({ event }) => event).filter((event) => event !== 'user_added'),
    [
      'login_failed',
      'login_failed',
      'login_failed',
      'login_throttled',
      'login',
      'login_throttled',
      'rate_limited',
      'rate_limited'
    ]
  )
})

t.test('a store that is away is said in that form too, and nothing is handed out', async (t) => {
  let away = false
  const { obtain, refresh, post } = await startCompat(t, 'rotate: true', {
    wrapStore: (store) => ({
      ...store,
      sessions: {
        ...store.sessions,
        rotate: async (rotation) => (away ? Promise.reject(new Error('away')) : store.sessions.rotate(rotation)),
        endSessionOf: async (...which) =>
          away ? Promise.reject(new Error('away')) : store.sessions.endSessionOf(...which)
      }
    })
  })
  const pair = await obtain()
  away = true
  for (const answer of [await refresh(pair.refresh), await post('blacklist/', { refresh: pair.refresh })])
    t.equal(said(answer), '500 A server error occurred.')
  away = false
  t.equal((await refresh(pair.refresh)).status, 200)
})

t.test('no token and no password of these endpoints is in a log', async (t) => {
  const { gateway, obtain, refresh } = await startCompat(t, 'rotate: true')
  const pair = await obtain()
  await refresh(pair.refresh)
  await refresh(pair.refresh)
  const logged = JSON.stringify([gateway.access, gateway.audit, gateway.failures])
  for (const secret of [PASSWORD, ...pair.refresh.split('.').slice(1), ...pair.access.split('.').slice(1)])
    t.notOk(logged.includes(secret))
})
