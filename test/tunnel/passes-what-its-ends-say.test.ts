import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { type ServerOptions, WebSocket } from 'ws'
import { startGateway } from '../helpers/gateway.js'
import { codeOf, nextMessage, openWebSocket, startPeer } from '../helpers/websocket.js'

const MIB = 1024 * 1024

async function start(t: Test, options: ServerOptions = {}, onOpen?: Parameters<typeof startPeer>[2]) {
  const peer = await startPeer(t, { maxPayload: 64 * MIB, ...options }, onOpen)
  const { port } = await startGateway(
    t,
    `
upstreams: { chat: { url: "${peer.url}" } }
rules: [{ path: /**, allow: anyone, to: chat }]
`
  )
  return { peer, port }
}

const echo = async (socket: WebSocket, data: string | Buffer): Promise<{ data: Buffer; binary: boolean }> => {
  const message = once(socket, 'message')
  socket.send(data)
  const [echoed, binary] = (await message) as [Buffer, boolean]
  return { data: echoed, binary }
}

const hashOf = (data: Buffer) => createHash('sha256').update(data).digest('hex')

// The sizes at which a frame's length takes another form (RFC 6455 §5.2).
const SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, MIB]

for (const perMessageDeflate of [false, true]) {
  t.test(`messages of any size come back, ${perMessageDeflate ? 'compressed' : 'plain'}`, async (t) => {
    const { port } = await start(t, { perMessageDeflate })
    const socket = await openWebSocket(t, port, '/', { perMessageDeflate })
    t.equal(socket.extensions, perMessageDeflate ? 'permessage-deflate' : '')
    for (const size of SIZES) {
      const bytes = randomBytes(size)
      const { data, binary } = await echo(socket, bytes)
      t.ok(binary)
      t.equal(hashOf(data), hashOf(bytes), `${size} bytes`)
      const text = 'ż'.repeat(size / 2)
      const echoed = await echo(socket, text)
      t.notOk(echoed.binary)
      t.ok(String(echoed.data) === text, `${size} bytes of text`)
    }
  })
}

t.test('one message of 32 MiB comes back', async (t) => {
  const { port } = await start(t)
  const socket = await openWebSocket(t, port, '/', { maxPayload: 64 * MIB, perMessageDeflate: false })
  const bytes = Buffer.alloc(32 * MIB, 'portcullis')
  t.equal(hashOf((await echo(socket, bytes)).data), hashOf(bytes))
})

t.test('a thousand messages sent at once come back in order', async (t) => {
  const { port } = await start(t)
  const socket = await openWebSocket(t, port)
  const received: string[] = []
  socket.on('message', (data) => received.push(String(data)))
  const sent = Array.from({ length: 1000 }, (_, at) => `message ${at}`)
  for (const text of sent) socket.send(text)
  while (received.length < sent.length) await once(socket, 'message')
  t.same(received, sent)
})

t.test('fragments, and pings between them, arrive as they were sent', async (t) => {
  const { peer, port } = await start(t)
  const socket = await openWebSocket(t, port, '/', { perMessageDeflate: false })
  const pinged = once(peer.last().socket, 'ping')
  const ponged = once(socket, 'pong')
  const message = nextMessage(socket)
  socket.send('one ', { fin: false })
  socket.ping('between')
  socket.send('two ', { fin: false })
  socket.send('three', { fin: true })
  t.equal(String((await pinged)[0]), 'between')
  t.equal(String((await ponged)[0]), 'between')
  t.equal(String(await message), 'one two three')
  const answered = once(peer.last().socket, 'pong')
  peer.last().socket.ping('back')
  t.equal(String((await answered)[0]), 'back')
})

t.test('the upstream chooses the subprotocol', async (t) => {
  const { port } = await start(t, { handleProtocols: (offered) => (offered.has('v2') ? 'v2' : false) })
  t.equal((await openWebSocket(t, port, '/', { protocols: ['v1', 'v2'] })).protocol, 'v2')
})

t.test('each end hears the close code of the other, and why', async (t) => {
  const { peer, port } = await start(t)
  for (const code of [1000, 1001, 1011, 3000, 4999]) {
    const client = await openWebSocket(t, port)
    const heard = once(peer.last().socket, 'close')
    client.close(code, 'enough')
    const [told, reason] = await heard
    t.equal(told, code)
    t.equal(String(reason), 'enough')
    const other = await openWebSocket(t, port)
    const closed = codeOf(other)
    peer.last().socket.close(code, 'enough')
    t.equal(await closed, code)
  }
})

t.test('what an end breaks, the other may complain of', async (t) => {
  const { peer, port } = await start(t, { maxPayload: 10 })
  const client = await openWebSocket(t, port)
  const closed = codeOf(client)
  client.send('longer than ten')
  t.equal(await closed, 1009)
  const broken = await openWebSocket(t, port)
  const code = codeOf(broken)
  // RFC 6455 §5.1: a frame of a client without a mask.
  const connection = (broken as unknown as { _socket: NodeJS.WritableStream })._socket
  connection.write(Buffer.from([0x81, 0x01, 0x61]))
  t.equal(await code, 1002)
  t.equal(peer.opened.length, 2)
})

t.test('what the upstream sends with its 101, and before it closes, arrives', async (t) => {
  const { port } = await start(t, {}, (socket) => {
    socket.send('hello')
    socket.send('x'.repeat(MIB))
    socket.close(1000)
  })
  const client = new WebSocket(`ws://127.0.0.1:${port}/`)
  t.teardown(() => client.terminate())
  const lengths: number[] = []
  client.on('message', (data: Buffer) => lengths.push(data.length))
  t.equal(await codeOf(client), 1000)
  t.same(lengths, [5, MIB])
})
