import t from 'tap'
import { WebSocket } from 'ws'
import { eventually } from '../helpers/eventually.js'
import { bearer, startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { codeOf, handshake, nextMessage, openWebSocket, startPeer } from '../helpers/websocket.js'

const policy = (upstream: string) => `
limits: { few: { by: user, requests: 2, window: 1h } }
upstreams: { chat: { url: "${upstream}", strip_prefix: /chat } }
rules:
  - { path: /open/**, allow: anyone, to: chat }
  - { path: /chat/few, allow: authenticated, to: chat, limit: few }
  - { path: /chat/admin/**, allow: { roles: [admin] }, to: chat }
  - { path: /chat/**, allow: authenticated, to: chat }
`

/** Every spelling by which some upstream reads an identity. */
const FORGED = [
  'X-User-Id: eve',
  'x-user-id: eve',
  'X_User_Id: eve',
  'X_USER-ID: eve',
  'X.User.Id: eve',
  'X-User-Name: eve',
  'X-User-Roles: admin',
  'X_User_Roles: admin',
  'Remote-User: eve',
  'X-Forwarded-User: eve',
  'X-Forwarded-For: 6.6.6.6',
  'X-Real-IP: 6.6.6.6',
  'X-Original-URL: /admin',
  'X-Request-Id: eve-eve-eve'
]
const STRIPPING = 'Connection: Upgrade, X-User-Id, X-User-Roles, X-Forwarded-For'

const refusalOf = (text: string) => `${/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]} ${/"code":"(\w+)"/.exec(text)?.[1]}`

t.test('who may not pass opens nothing, and the upstream never hears of it', async (t) => {
  const peer = await startPeer(t)
  const gateway = await startGateway(t, policy(peer.url), [{ username: 'ada', roles: ['user'] }])
  const { access_token } = await gateway.login('ada')
  const token = `Authorization: Bearer ${access_token}`
  for (const [path, lines, verdict] of [
    ['/chat/x', [], '401 missing_token'],
    ['/chat/x', ['Authorization: Bearer x.y.z'], '401 invalid_token'],
    ['/chat/admin/x', [token], '403 access_denied'],
    ['/chat//x', [token], '400 bad_path'],
    ['/chat/%2e%2e/x', [token], '400 bad_path'],
    ['/elsewhere', [token], '404 no_rule'],
    [`/chat/x?access_token=${access_token}`, [], '401 missing_token']
  ] as const) {
    t.equal(refusalOf((await sendRaw(gateway.port, handshake(path, lines))).text), verdict, path)
  }
  await openWebSocket(t, gateway.port, '/chat/few', { headers: bearer(access_token) })
  await openWebSocket(t, gateway.port, '/chat/few', { headers: bearer(access_token) })
  const limited = await sendRaw(gateway.port, handshake('/chat/few', [token]))
  t.equal(refusalOf(limited.text), '429 rate_limited')
  t.match(limited.head, /^retry-after:/im)
  t.equal(peer.opened.length, 2)
})

t.test('the upstream is told the identity of the token, whatever else the handshake says', async (t) => {
  const peer = await startPeer(t)
  const gateway = await startGateway(t, policy(peer.url), [{ username: 'ada', roles: ['user'] }])
  const { access_token } = await gateway.login('ada')
  const token = `Authorization: Bearer ${access_token}`
  for (const lines of [FORGED, [...FORGED, STRIPPING]]) {
    const without = lines.includes(STRIPPING) ? ['Connection'] : []
    await sendRaw(gateway.port, handshake('/chat/x?a=%2F&b', [token, ...lines], without))
    const { request } = peer.last()
    t.equal(request.url, '/x?a=%2F&b')
    const names = request.rawHeaders.filter((_, at) => at % 2 === 0)
    const values = request.rawHeaders.filter((_, at) => at % 2 === 1)
    t.notOk(
      values.some((value) => /eve|admin|6\.6\.6\.6/.test(value)),
      'nothing of what it forged'
    )
    const identities = names
      .map((name) => name.toLowerCase().replace(/[^a-z]/g, '-'))
      .filter((name) => /x-user/.test(name))
    t.same(identities.sort(), ['x-user-id', 'x-user-name', 'x-user-roles'])
    t.equal(request.headers['x-user-name'], 'ada')
    t.equal(request.headers['x-forwarded-for'], '127.0.0.1')
    t.equal(request.headers.host, 'gateway.test')
    t.equal(request.headers.authorization, undefined)
  }
  t.equal(peer.opened.length, 2)
})

t.test('under a rule for anyone a stranger stays one', async (t) => {
  const peer = await startPeer(t)
  const { port } = await startGateway(t, policy(peer.url))
  for (const lines of [FORGED, [...FORGED, 'Authorization: Bearer x.y.z']]) {
    await sendRaw(port, handshake('/open/x', lines))
    t.notMatch(peer.last().request.rawHeaders.join('\n'), /x.user.(id|name|roles)|eve|remote-user/i)
  }
  t.equal(peer.opened.length, 2)
})

t.test('Origin and what belongs to the handshake pass as they came', async (t) => {
  const peer = await startPeer(t)
  const { port } = await startGateway(t, policy(peer.url))
  await openWebSocket(t, port, '/open/x', { origin: 'https://app.example.com', protocols: ['b', 'a'] })
  const { headers } = peer.last().request
  t.equal(headers.origin, 'https://app.example.com')
  t.equal(headers['sec-websocket-protocol'], 'b,a')
  t.equal(headers['sec-websocket-extensions'], 'permessage-deflate; client_max_window_bits')
  t.equal(headers['sec-websocket-version'], '13')
  t.equal(headers.upgrade, 'websocket')
  t.equal(headers.connection?.toLowerCase(), 'upgrade')
})

t.test('it has one line in the access log and is counted, when it is over', async (t) => {
  const peer = await startPeer(t)
  const gateway = await startGateway(t, policy(peer.url), [{ username: 'ada', roles: ['user'] }])
  const { access_token } = await gateway.login('ada')
  const lines = () => gateway.access.filter(({ path }) => path === '/chat/x')
  const metrics = async () => gateway.resources.metrics.registry.metrics()
  const socket = await openWebSocket(t, gateway.port, '/chat/x', { headers: bearer(access_token) })
  t.match(await metrics(), /^portcullis_websockets_open 1$/m)
  socket.send('hello')
  t.equal(String(await nextMessage(socket)), 'hello')
  t.same(lines(), [], 'nothing is said of it before')
  const code = codeOf(socket)
  socket.close(4001)
  t.equal(await code, 4001)
  await eventually(() => lines().length > 0, 'its line')
  t.match(lines(), [
    {
      status: 101,
      verdict: 'allow',
      username: 'ada',
      upstream: 'chat',
      decision_id: String,
      // Masked frames of "hello" and of the code; the same without masks.
      websocket: { ended_by: /client|upstream/, bytes_from_client: 11 + 8, bytes_from_upstream: 7 + 4 }
    }
  ])
  t.equal(lines()[0]?.complete, undefined)
  const text = await metrics()
  t.match(text, /^portcullis_websockets_open 0$/m)
  t.match(text, /^portcullis_websockets_opened_total 1$/m)
  t.match(text, /^portcullis_websockets_ended_total\{by="(client|upstream)"\} 1$/m)
  t.match(text, /^portcullis_websocket_bytes_total\{from="client"\} 19$/m)
  t.match(text, /^portcullis_requests_total\{rule="\/chat\/\*\*",verdict="allow",status="101"\} 1$/m)
  t.equal(socket.readyState, WebSocket.CLOSED)
})
