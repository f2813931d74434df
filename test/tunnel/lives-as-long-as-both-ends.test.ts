import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { agree, codeOf, handshake, nextMessage, openRaw, openWebSocket, startPeer } from '../helpers/websocket.js'

const policy = (upstream: string, terms = 'true') => `
upstreams: { chat: { url: "${upstream}", websocket: ${terms} } }
rules: [{ path: /**, allow: anyone, to: chat }]
`

/** An open tunnel whose ends are bare connections. */
async function open(t: Test, terms?: string) {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const text = bytes.toString('latin1')
    if (text.startsWith('GET /control')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    else if (socket.bytesWritten === 0) socket.write(agree(text))
  })
  const gateway = await startGateway(t, policy(upstream.url, terms))
  const client = openRaw(t, gateway.port, handshake('/x'))
  await eventually(() => client.text().endsWith('\r\n\r\n'), 'it opens')
  const end = upstream.connections[0]
  if (end === undefined) throw new Error('nobody came')
  const endedBy = () => (gateway.access[0]?.websocket as { ended_by: string } | undefined)?.ended_by
  const isOver = () => end.socket.destroyed && client.closed() && endedBy() !== undefined
  return { client, upstream: end, gateway, endedBy, isOver }
}

/** What ends a tunnel, and who is said to have done so. */
const table: Readonly<Record<string, readonly [(tunnel: Awaited<ReturnType<typeof open>>) => void, string]>> = {
  'a client that closes': [({ client }) => client.socket.destroy(), 'client'],
  'a client that says it will send no more': [({ client }) => client.socket.end(), 'client'],
  'a client that resets': [({ client }) => client.socket.resetAndDestroy(), 'client'],
  'an upstream that closes': [({ upstream }) => upstream.socket.destroy(), 'upstream'],
  'an upstream that says it will send no more': [({ upstream }) => upstream.socket.end(), 'upstream'],
  'an upstream that resets': [({ upstream }) => upstream.socket.resetAndDestroy(), 'upstream']
}

for (const [name, [leave, side]] of Object.entries(table)) {
  t.test(`${name} ends the other side`, async (t) => {
    const tunnel = await open(t)
    leave(tunnel)
    if (side === 'upstream') await eventually(tunnel.client.closed, 'the client hears of it')
    tunnel.client.socket.end()
    await eventually(tunnel.isOver, 'both are closed', 15_000)
    t.equal(tunnel.endedBy(), side)
    t.equal((await sendRaw(tunnel.gateway.port, rawGet('/control', 'Connection: close'))).status, 200)
  })
}

t.test('the last words of one side reach the other', async (t) => {
  const { client, upstream, isOver } = await open(t)
  upstream.socket.end('farewell')
  await eventually(() => client.text().endsWith('farewell'), 'the client reads it')
  client.socket.end()
  await eventually(isOver, 'it is over')
  const other = await open(t)
  other.client.socket.end('farewell')
  await eventually(() => other.upstream.bytes.toString().endsWith('farewell'), 'the upstream reads it')
  await eventually(() => other.upstream.socket.destroyed, 'and is told that this is all')
})

t.test('without a byte either way for `idle_timeout` it ends; with one it does not', async (t) => {
  const { client, upstream, isOver, endedBy } = await open(t, '{ idle_timeout: 2s }')
  const started = performance.now()
  for (let beat = 0; beat < 16; beat += 1) {
    await new Promise((resolve) => setTimeout(resolve, 250))
    if (beat % 2 === 0) upstream.socket.write('.')
    else client.socket.write('.')
  }
  t.notOk(client.closed(), 'after twice the time')
  await eventually(isOver, 'it ends')
  t.ok(performance.now() - started > 5_500)
  t.equal(endedBy(), 'idle')
})

t.test('the silence that ends an ordinary connection does not end it', async (t) => {
  const peer = await startPeer(t)
  const { gateway, port } = await startGateway(t, policy(peer.url))
  gateway.app.server.timeout = 200
  const silent = openRaw(t, port, 'GET ')
  const socket = await openWebSocket(t, port)
  await eventually(silent.closed, 'the ordinary one ends')
  await new Promise((resolve) => setTimeout(resolve, 400))
  const message = nextMessage(socket)
  socket.send('still here')
  t.equal(String(await message), 'still here')
})

t.test('a reload keeps it, and its rule', async (t) => {
  const peer = await startPeer(t)
  const gateway = await startGateway(t, policy(peer.url))
  const socket = await openWebSocket(t, gateway.port)
  gateway.reload(policy('http://127.0.0.1:9', 'false'))
  const message = nextMessage(socket)
  socket.send('still here')
  t.equal(String(await message), 'still here')
  t.equal((await sendRaw(gateway.port, handshake('/'))).status, 403, 'the next one is judged by the new policy')
  const code = codeOf(socket)
  socket.close(1000)
  t.equal(await code, 1000)
  await eventually(() => gateway.access.length === 2, 'both have their lines')
  t.match(gateway.access, [{ status: 403 }, { status: 101, revision: gateway.settings.revision }])
})

t.test('while draining it goes on, and ends when the time is over; none is opened any more', async (t) => {
  const peer = await startPeer(t)
  const { gateway, port, access } = await startGateway(t, policy(peer.url))
  const late = openRaw(t, port, handshake('/late').slice(0, -2))
  const sockets = await Promise.all(Array.from({ length: 50 }, () => openWebSocket(t, port)))
  await eventually(() => peer.opened.length === 50, 'all are open')
  const codes = Promise.all(sockets.map(codeOf))
  const started = performance.now()
  const closed = gateway.close(1_000)
  const [first] = sockets
  if (first === undefined) throw new Error('there is none')
  const message = nextMessage(first)
  first.send('still here')
  t.equal(String(await message), 'still here')
  late.socket.write('\r\n')
  await eventually(late.closed, 'the late one is answered')
  t.match(late.text(), /^HTTP\/1\.1 503 [\s\S]*"code":"shutting_down"/)
  await closed
  const took = performance.now() - started
  t.ok(took >= 950 && took < 5_000, `${took} ms`)
  t.same(new Set(await codes), new Set([1006]))
  await eventually(() => peer.server.clients.size === 0, 'the upstream hears of it')
  const lines = access.filter(({ status }) => status === 101)
  t.equal(lines.length, 50, 'each has its line')
  t.match(lines[0]?.websocket, { ended_by: 'shutting_down' })
})

t.test('once all are closed nothing is waited for', async (t) => {
  const peer = await startPeer(t)
  const { gateway, port } = await startGateway(t, policy(peer.url))
  const socket = await openWebSocket(t, port)
  const started = performance.now()
  const closed = gateway.close(20_000)
  socket.close()
  await closed
  t.ok(performance.now() - started < 10_000)
})
