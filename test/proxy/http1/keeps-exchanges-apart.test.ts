import t from 'tap'
import { eventually } from '../../helpers/eventually.js'
import { startRawUpstream } from '../../helpers/upstream.js'
import { follow, requestOf, startPool } from './exchanges.js'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const SWITCHES = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'
const isWebSocket = (bytes: Buffer) => /^upgrade: websocket\r$/im.test(bytes.toString('latin1'))
const asked = (bytes: Buffer) => bytes.toString('latin1').split('\r\n\r\n').length - 1

t.test('a WebSocket that had to wait gets a connection of its own, and all that comes over it', async (t) => {
  let answer = () => {}
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    if (!isWebSocket(bytes)) answer = () => socket.write(OK)
    else if (socket.bytesWritten === 0) socket.write(`${SWITCHES}first,`)
    else socket.write('then')
  })
  const pool = startPool(t, upstream.url)
  const first = follow()
  let came = ''
  const webSocket = follow({
    upgrade: ({ socket }) => socket?.on('data', (chunk) => (came += chunk)).write('more')
  })
  pool.dispatch(requestOf(), first, false)
  pool.dispatch(requestOf({ upgrade: true }), webSocket, false)
  await eventually(() => asked(upstream.connections[0]?.bytes ?? Buffer.alloc(0)) === 1, 'the first is asked')
  t.same(pool.figures(), { connections: 1, waiting: 1 })
  answer()
  await eventually(() => came === 'first,then', 'all of it came')
  t.same(webSocket.told, ['wait', 'wait', 'connect', 'started', 'upgrade'])
  t.equal(upstream.connections.length, 2)
  t.same(pool.figures(), { connections: 0, waiting: 0 })
  webSocket.socket?.destroy()
})

t.test('who had to wait, and wants a new connection, gets none that was used', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => socket.write(OK))
  const pool = startPool(t, upstream.url)
  const all = [follow(), follow(), follow()]
  for (const [i, one] of all.entries()) pool.dispatch(requestOf(), one, i === 1)
  await eventually(() => all.every(({ told }) => told.at(-1) === 'end'), 'all are answered')
  t.same(
    upstream.connections.map(({ bytes }) => asked(bytes)),
    [1, 2]
  )
})

t.test('who was given a connection that ends before it is used comes before those who came later', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const { length } = upstream.connections
    if (asked(bytes) > 0) socket.write(length === 1 ? `${OK}poison` : OK)
  })
  const pool = startPool(t, upstream.url)
  const served: string[] = []
  const [one, other] = [follow({ end: () => served.push('one') }), follow({ end: () => served.push('other') })]
  const first = follow({ end: () => queueMicrotask(() => pool.dispatch(requestOf(), other, false)) })
  pool.dispatch(requestOf(), first, false)
  pool.dispatch(requestOf(), one, false)
  await eventually(() => served.length === 2, 'both are served')
  t.same(served, ['one', 'other'])
})

t.test('octets that come between an answer and the next request are nobody’s', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const poison = upstream.connections.length === 1 ? 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison' : ''
    if (asked(bytes) > 0) socket.write(OK + poison)
  })
  const pool = startPool(t, upstream.url)
  const [one, other] = [follow(), follow()]
  pool.dispatch(requestOf(), one, false)
  pool.dispatch(requestOf(), other, false)
  await eventually(() => other.told.at(-1) === 'end', 'both are answered')
  t.same([one.body(), other.body()], ['ok', 'ok'])
  t.equal(upstream.connections.length, 2)
})
