import t, { type Test } from 'tap'
import { createReplay } from '../../gateway/on-paper/replay.js'
import { settingsOf, startGateway, type TestGateway } from '../helpers/gateway.js'
import { inquire, lineAt } from '../helpers/inquiry.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startUpstream } from '../helpers/upstream.js'

const head = (url: string) => `tokens: { claims: { tenant: user.tenant, level: user.level } }
forward_auth: { mode: traefik, from: [127.0.0.1] }
cors: { origins: [https://app.example.com] }
limits:
  tight: { by: user, requests: 1, window: 1h }
  closed: { by: ip, requests: 1, window: 1h }
upstreams:
  app: { url: "${url}" }
  two: { url: "${url}" }
`

const first = `rules:
  - { path: /open/**, allow: anyone, to: app }
  - { path: /tight, allow: authenticated, to: app, limit: tight }
  - { path: /closed, allow: authenticated, to: app, limit: closed }
  - { path: /tenant/{t}/**, allow: [{ claims: { tenant: "{t}" } }, { roles: [admin] }], to: app }
  - { path: /levels, allow: { claims: { level: [2, 3] } }, to: app }
  - { path: /net/**, allow: { networks: [127.0.0.0/8] }, to: app }
  - { path: /admin/**, allow: { roles: [admin] }, to: app }
  - { path: /api/**, host: other.example, allow: nobody }
  - { path: /api/**, allow: authenticated, to: app }
`.replaceAll(/path: (\S+\{t\}\S*),/g, 'path: "$1",')

/** Another policy about the same paths: opened, closed, sent elsewhere, and bound to claims that the first reads too. */
const second = `rules:
  - { path: /open/inner/**, allow: authenticated, to: app }
  - { path: /open/**, allow: anyone, to: two }
  - { path: /tight, allow: nobody }
  - { path: /closed, allow: anyone, to: app }
  - { path: "/tenant/{t}/x", allow: { claims: { tenant: acme } }, to: app }
  - { path: /levels, allow: { claims: { level: 3 } }, to: app }
  - { path: /net/**, allow: { networks: [10.0.0.0/8] }, to: app }
  - { path: /admin/**, allow: { roles: [admin, user] }, to: app }
  - { path: /api/**, methods: [GET], allow: anyone, to: app }
`

const requests: readonly (readonly [who: string | null, method: string, target: string, host?: string])[] = [
  [null, 'GET', '/open/a?secret=1'],
  [null, 'GET', '/open/inner/b'],
  ['ann', 'GET', '/open/inner/b'],
  ['bad', 'GET', '/open/inner/b'],
  ['bad', 'GET', '/api/x'],
  [null, 'GET', '/api/x'],
  ['ann', 'GET', '/api/x'],
  ['ann', 'POST', '/api/x'],
  ['ann', 'GET', '/api/x', 'other.example:77'],
  ['ann', 'GET', '/tenant/acme/x'],
  ['bob', 'GET', '/tenant/acme/x'],
  ['bob', 'GET', '/tenant/caf%C3%A9/x'],
  ['root', 'GET', '/tenant/acme/x'],
  ['ann', 'GET', '/levels'],
  ['bob', 'GET', '/levels'],
  ['root', 'GET', '/levels'],
  [null, 'GET', '/net/a'],
  ['ann', 'GET', '/net/a'],
  ['bob', 'GET', '/admin/a'],
  ['root', 'DELETE', '/admin/a'],
  ['ann', 'GET', '/tight'],
  ['ann', 'GET', '/tight'],
  [null, 'GET', '/nowhere'],
  ['root', 'GET', '/nowhere/%41'],
  [null, 'GET', '/API/x'],
  [null, 'GET', '/a/../b'],
  [null, 'GET', '/a%2Fb'],
  [null, 'GET', '/auth/login'],
  [null, 'GET', '/.well-known/jwks.json']
]

const users = [
  { username: 'ann', roles: ['user'], attributes: { tenant: 'acme', level: 2 } },
  { username: 'bob', roles: ['user'], attributes: { tenant: 'café' } },
  { username: 'root', roles: ['admin'] }
]

async function start(t: Test, policy: string) {
  const upstream = await startUpstream(t)
  return startGateway(t, head(upstream.url) + policy, users)
}

/** Sends every request, byte for byte; its line of the log as it is written, or null where there is none yet. */
async function sendAll(gateway: TestGateway): Promise<string[]> {
  const tokens = new Map<string, string>([['bad', 'no.such.token']])
  for (const { username } of users) tokens.set(username, (await gateway.login(username)).access_token)
  const lines: string[] = []
  for (const [who, method, target, host = 'api.example.com'] of requests) {
    const before = gateway.access.length
    const token = who === null ? '' : `Authorization: Bearer ${tokens.get(who)}\r\n`
    await sendRaw(gateway.port, `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${token}Connection: close\r\n\r\n`)
    const line = await lineAt(gateway, before)
    lines.push(JSON.stringify({ time: new Date().toISOString(), log: 'access', ...line }))
  }
  return lines
}

/** What the rules said, as a line of the log tells it. */
function saidOf(text: string) {
  const { verdict, code, upstream = null } = JSON.parse(text) as Record<string, unknown>
  return verdict === 'deny' ? { verdict, code, upstream: null } : { verdict: 'allow', code: null, upstream }
}

t.test('a log judged by its own policy has no difference, and nothing that cannot be told', async (t) => {
  const gateway = await start(t, first)
  const lines = await sendAll(gateway)
  t.ok(
    lines.some((line) => line.includes('"verdict":"limit"')),
    'a request refused by a limit is among them'
  )
  const replay = createReplay(gateway.settings)
  const kinds = lines.map((line) => replay(JSON.parse(line)).kind)
  t.strictSame([...new Set(kinds)].sort(), ['own', 'same', 'skipped'])
  t.equal(kinds.filter((kind) => kind === 'own').length, 2)
  t.equal(kinds.filter((kind) => kind === 'skipped').length, 1, 'the dot segment had no path')
})

t.test('what a replay foretells is what a gateway with the other policy then does', async (t) => {
  const [before, after] = [await start(t, first), await start(t, second)]
  const [logged, real] = [await sendAll(before), await sendAll(after)]
  const replay = createReplay(after.settings)
  let differing = 0
  for (const [index, text] of logged.entries()) {
    const replayed = replay(JSON.parse(text))
    const name = String(requests[index]?.join(' '))
    const then = real[index] ?? ''
    if (replayed.kind === 'same') t.strictSame(saidOf(then), saidOf(text), name)
    else if (replayed.kind === 'differs') {
      differing += 1
      const { verdict, code, upstream } = replayed.now
      t.strictSame({ verdict, code, upstream }, saidOf(then), name)
      t.notSame(saidOf(then), saidOf(text), name)
    } else t.ok(['own', 'skipped'].includes(replayed.kind), `${name}: ${replayed.kind}`)
  }
  t.ok(differing > 8, `${differing} differ`)
})

t.test('inquiries of other proxies are judged, preflights and early limits are told apart', async (t) => {
  const gateway = await start(t, first)
  const { access_token: token } = await gateway.login('ann')
  const replay = createReplay(settingsOf(head('http://127.0.0.1:1') + second, '/tmp'))
  async function told(send: () => Promise<unknown>): Promise<unknown> {
    const before = gateway.access.length
    await send()
    const replayed = replay(JSON.parse(JSON.stringify(await lineAt(gateway, before))))
    if (replayed.kind === 'differs') return [replayed.before.code, replayed.now.code]
    return 'because' in replayed ? replayed.because : replayed.kind
  }
  const asking = (...lines: readonly string[]) => told(() => inquire(gateway.port, 'traefik', { uri: '/api/x', lines }))
  const sending = (path: string, init: RequestInit = {}) => told(() => fetch(`${gateway.url}${path}`, init))
  t.strictSame(await asking(), ['missing_token', null])
  t.equal(await asking(`Authorization: Bearer ${token}`), 'same')
  const preflight = { origin: 'https://app.example.com', 'access-control-request-method': 'PUT' }
  t.equal(await sending('/api/x', { method: 'OPTIONS', headers: preflight }), 'preflight')
  t.strictSame(await sending('/closed'), ['missing_token', null])
  t.equal(await sending('/closed'), 'refused_by_limit')
})
