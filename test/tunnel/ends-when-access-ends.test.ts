import t, { type Test } from 'tap'
import type { WebSocket } from 'ws'
import { freezeClock } from '../helpers/clock.js'
import { eventually } from '../helpers/eventually.js'
import { bearer, PASSWORD, post, startGateway, type TestGateway } from '../helpers/gateway.js'
import { createSigningKey, now, sign, startIssuer } from '../helpers/issuer.js'
import { codeOf, nextMessage, openWebSocket, startPeer } from '../helpers/websocket.js'

const policy = (upstream: string, terms = 'true', settings = '') => `
tokens: { access: 60s, refresh: { idle: 10m } }
${settings}
upstreams: { chat: { url: "${upstream}", websocket: ${terms} } }
rules: [{ path: /open/**, allow: anyone, to: chat }, { path: /**, allow: authenticated, to: chat }]
`

async function start(t: Test, terms?: string, settings?: string) {
  const peer = await startPeer(t)
  const yaml = policy(peer.url, terms, settings)
  const gateway = await startGateway(t, yaml, [{ username: 'ada' }, { username: 'bob' }])
  const open = (token: string, path = '/x') => openWebSocket(t, gateway.port, path, { headers: bearer(token) })
  return { peer, gateway, open, yaml }
}

/** A WebSocket that somebody else holds, to see that it is left alone. */
async function isAlive(socket: WebSocket): Promise<boolean> {
  const message = nextMessage(socket)
  socket.send('alive?')
  return String(await message) === 'alive?'
}

const endedBy = ({ access }: TestGateway) =>
  access.flatMap(({ websocket }) => (websocket as { ended_by: string } | undefined)?.ended_by ?? [])

const seconds = async (socket: WebSocket, run: () => Promise<unknown>) => {
  const code = codeOf(socket)
  await run()
  const from = performance.now()
  return { code: await code, seconds: (performance.now() - from) / 1000 }
}

/** What takes access away, of one session or of the user. */
const table: Readonly<
  Record<string, (gateway: TestGateway, tokens: { access: string; refresh: string }) => Promise<unknown>>
> = {
  'signing out': ({ url }, { refresh }) => post(`${url}/auth/logout`, { refresh_token: refresh }),
  'signing out everywhere': ({ url }, { access }) => post(`${url}/auth/logout-all`, {}, bearer(access)),
  'a session that an operator ends': ({ gateway }) => gateway.operatorAccounts.endSessionsOf('ada'),
  'a disabled user': ({ gateway }) => gateway.operatorUsers.setDisabled('ada', true),
  'other roles': ({ gateway }) => gateway.operatorUsers.setRoles('ada', ['admin']),
  'another password': ({ gateway }) => gateway.operatorUsers.setPassword('ada', `${PASSWORD}!`)
}

for (const [name, takeAway] of Object.entries(table)) {
  t.test(`${name} ends a WebSocket within a second, whatever its terms`, async (t) => {
    for (const terms of ['true', '{ ends_with: session }', '{ ends_with: client }']) {
      const { gateway, open } = await start(t, terms)
      const { access_token, refresh_token } = await gateway.login('ada')
      const socket = await open(access_token)
      const other = await open((await gateway.login('bob')).access_token)
      const ended = await seconds(socket, () => takeAway(gateway, { access: access_token, refresh: refresh_token }))
      t.equal(ended.code, 1006, terms)
      // A quarter of a second is what it takes; the rest is for a busy machine.
      t.ok(ended.seconds < 2, `${ended.seconds} s`)
      await eventually(() => endedBy(gateway).length === 1, 'its line')
      t.same(endedBy(gateway), ['revoked_token'])
      t.ok(await isAlive(other), 'nobody else is touched')
    }
  })
}

t.test('a WebSocket ends with its token, or with its session, or with its client', async (t) => {
  for (const [terms, at] of [
    ['true', 'expired_token'],
    ['{ ends_with: session }', 'ended_session'],
    ['{ ends_with: client }', null]
  ] as const) {
    await t.test(terms, async (t) => {
      const { gateway, open } = await start(t, terms)
      const clock = freezeClock(t)
      const { access_token } = await gateway.login('ada')
      const socket = await open(access_token)
      const stranger = await openWebSocket(t, gateway.port, '/open/x')
      clock.advance(59)
      await new Promise((resolve) => setTimeout(resolve, 700))
      t.ok(await isAlive(socket), 'it outlives nothing yet')
      clock.advance(2)
      if (at === 'expired_token') t.equal(await codeOf(socket), 1006)
      else {
        await new Promise((resolve) => setTimeout(resolve, 700))
        t.ok(await isAlive(socket), 'it outlives the token')
        clock.advance(600)
        if (at === 'ended_session') t.equal(await codeOf(socket), 1006)
        else {
          await new Promise((resolve) => setTimeout(resolve, 700))
          t.ok(await isAlive(socket), 'it outlives the session')
        }
      }
      t.ok(await isAlive(stranger), 'a stranger has no token that could expire')
      if (at !== null) await eventually(() => endedBy(gateway).includes(at), 'its line')
    })
  }
})

t.test('a session that goes on, goes on', async (t) => {
  const { gateway, open } = await start(t, '{ ends_with: session }')
  const clock = freezeClock(t)
  const { access_token, refresh_token } = await gateway.login('ada')
  const socket = await open(access_token)
  clock.advance(500)
  t.equal((await post(`${gateway.url}/auth/refresh`, { refresh_token })).status, 200)
  clock.advance(500)
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  t.ok(await isAlive(socket))
})

t.test('access that ends while the upstream thinks opens nothing', async (t) => {
  let agree = () => {}
  const peer = await startPeer(t, {
    verifyClient: (_info, callback) => {
      agree = () => callback(true)
    }
  })
  const gateway = await startGateway(t, policy(peer.url), [{ username: 'ada' }])
  const { access_token, refresh_token } = await gateway.login('ada')
  const opening = openWebSocket(t, gateway.port, '/x', { headers: bearer(access_token) }).then(
    () => 'opened',
    (error: Error) => error.message
  )
  const before = agree
  await eventually(() => agree !== before, 'the upstream is asked')
  await post(`${gateway.url}/auth/logout`, { refresh_token })
  agree()
  t.match(await opening, '401')
  await eventually(() => peer.server.clients.size === 0, 'the upstream hears of it')
})

const CLIENTS = 'clients: { billing: { secret: "0123456789abcdef0123456789abcdef", roles: [service] } }'

t.test(
  'a service that is no longer in the settings loses its WebSockets at the reload; others keep theirs',
  async (t) => {
    const { gateway, open, yaml } = await start(t, '{ ends_with: session }', CLIENTS)
    const answer = await post(`${gateway.url}/auth/token`, {
      grant_type: 'client_credentials',
      client_id: 'billing',
      client_secret: '0123456789abcdef0123456789abcdef'
    })
    const { access_token } = (await answer.json()) as { access_token: string }
    const service = await open(access_token)
    const person = await open((await gateway.login('ada')).access_token)
    gateway.reload(`# another revision\n${yaml}`)
    t.ok(await isAlive(service))
    const code = codeOf(service)
    gateway.reload(yaml.replace(CLIENTS, ''))
    t.equal(await code, 1006)
    t.ok(await isAlive(person))
  }
)

t.test("another issuer's token ends its WebSocket when it expires, and when the issuer is gone", async (t) => {
  const key = await createSigningKey('one')
  const { issuer, jwksUrl } = await startIssuer(t, [key])
  const settings = `issuers: { corp: { issuer: "${issuer}", jwks_url: "${jwksUrl}", audience: api, insecure_http: true } }`
  const issue = (lifetime: number) =>
    sign(key, { iss: issuer, sub: 'eve', aud: 'api', iat: now(), exp: now() + lifetime })
  const { gateway, open, yaml } = await start(t, '{ ends_with: session }', settings)
  const short = await open(await issue(4))
  const long = await open(await issue(600))
  t.equal(await codeOf(short), 1006)
  t.ok(await isAlive(long))
  const code = codeOf(long)
  gateway.reload(yaml.replace(settings, ''))
  t.equal(await code, 1006)
  await eventually(() => endedBy(gateway).length === 2, 'their lines')
  t.same(endedBy(gateway), ['expired_token', 'revoked_token'])
})
