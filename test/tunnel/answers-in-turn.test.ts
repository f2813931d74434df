import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { agree, handshake, openRaw } from '../helpers/websocket.js'

/** A text frame with "Hello", masked (RFC 6455 §5.7). */
const FRAME = '\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58'
const CONTROL = rawGet('/control', 'Connection: close')

/** An upstream that agrees under /open and refuses elsewhere; /slow waits until it is let go. */
async function start(t: Test) {
  const waiting: (() => void)[] = []
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const text = bytes.toString('latin1')
    const plain = (body: string) =>
      socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    if (text.startsWith('GET /slow')) waiting.push(() => plain('slow'))
    else if (text.startsWith('GET /open')) {
      if (socket.bytesWritten === 0) socket.write(agree(text))
    } else plain('plain')
  })
  const gateway = await startGateway(
    t,
    `
upstreams: { web: { url: "${upstream.url}" } }
rules:
  - { path: /closed, allow: authenticated, to: web }
  - { path: /**, allow: anyone, to: web }
`
  )
  const heard = () => upstream.connections.map(({ bytes }) => bytes.toString('latin1'))
  const release = () => {
    for (const go of waiting.splice(0)) go()
  }
  return { ...gateway, heard, release, isWaiting: () => waiting.length > 0 }
}

const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))

t.test('what is sent before the answer passes when the WebSocket opens', async (t) => {
  const { port, heard } = await start(t)
  openRaw(t, port, handshake('/open') + FRAME)
  await eventually(() => heard().some((text) => text.endsWith(FRAME)), 'the frame arrives')
  t.equal(heard().join('').split(FRAME).length, 2, 'once')
})

t.test('what is sent with a refused handshake is neither a request nor forwarded', async (t) => {
  const { port, heard } = await start(t)
  const smuggled = rawGet('/smuggled')
  for (const [path, status] of [
    ['/refused', 200],
    ['/closed', 401],
    ['/a//b', 400]
  ] as const) {
    for (const pieces of [[handshake(path) + smuggled], [handshake(path), smuggled]]) {
      const client = openRaw(t, port, '')
      for (const piece of pieces) client.socket.write(piece)
      await eventually(client.closed, `${path} ends`)
      t.same(statuses(client.text()), [status], path)
    }
  }
  t.equal((await sendRaw(port, CONTROL)).status, 200)
  t.notMatch(heard().join(''), /smuggled/)
})

t.test(
  'handshakes one after the other on a connection are one, and the rest is what it says to the upstream',
  async (t) => {
    const { port, heard } = await start(t)
    const client = openRaw(t, port, handshake('/open/first') + handshake('/open/second').repeat(20))
    await eventually(() => heard().join('').split('/open/second').length === 21, 'all of it arrives')
    t.same(statuses(client.text()), [101])
    t.equal(heard().length, 1, 'on one connection')
    t.equal((await sendRaw(port, CONTROL)).status, 200)
  }
)

t.test('a handshake after a request that is not answered yet is refused in its turn', async (t) => {
  const { port, heard, release, isWaiting } = await start(t)
  for (const more of ['', FRAME, handshake('/open'), rawGet('/smuggled')]) {
    const client = openRaw(t, port, rawGet('/slow') + handshake('/open') + more)
    await eventually(isWaiting, 'the first is forwarded')
    t.equal(client.text(), '', 'nobody is answered out of turn')
    release()
    await eventually(client.closed, 'the connection ends')
    t.same(statuses(client.text()).slice(0, 2), [200, 400])
    t.match(client.text(), /slow[\s\S]*"code":"invalid_request"/)
    t.equal((await sendRaw(port, CONTROL)).status, 200)
  }
  t.notMatch(heard().join(''), /open|smuggled/)
})

t.test('a handshake after an answered request on the same connection opens', async (t) => {
  const { port, heard } = await start(t)
  const client = openRaw(t, port, rawGet('/first'))
  await eventually(() => client.text().endsWith('plain'), 'the first is answered')
  client.socket.write(handshake('/open'))
  await eventually(() => statuses(client.text()).includes(101), 'the second opens')
  client.socket.write(FRAME, 'latin1')
  await eventually(() => heard().some((text) => text.endsWith(FRAME)), 'and carries')
})

t.test('a client that leaves amid its requests leaves nothing behind', async (t) => {
  const { port, access, isWaiting } = await start(t)
  for (const bytes of [rawGet('/slow') + handshake('/open'), handshake('/slow'), handshake('/slow') + FRAME]) {
    const before = access.length
    const client = openRaw(t, port, bytes)
    await eventually(isWaiting, 'it is forwarded')
    client.socket.resetAndDestroy()
    await eventually(() => access.length > before, 'it is accounted for')
    t.equal((await sendRaw(port, CONTROL)).status, 200)
  }
})
