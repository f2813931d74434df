import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { createServer } from 'node:tls'
import t, { type Test } from 'tap'
import { createAuthority } from '../../helpers/certificates.js'
import { eventually } from '../../helpers/eventually.js'
import { startRawUpstream } from '../../helpers/upstream.js'
import { follow, requestOf, startPool } from './exchanges.js'

/** More than kernels hold for two sockets. */
const MUCH = 64 * 1024 * 1024
const ONE_READ = 64 * 1024
const HEAD = `HTTP/1.1 200 OK\r\nContent-Length: ${MUCH}\r\n\r\n`

function pour(socket: Socket): void {
  socket.write(HEAD)
  for (let octets = 0; octets < MUCH; octets += 1024 * 1024) socket.write(Buffer.alloc(1024 * 1024, 'x'))
}

async function startSecure(t: Test): Promise<string> {
  const { cert, key } = createAuthority(t).issue(['IP:127.0.0.1'])
  const server = createServer({ cert, key }, (socket) => {
    socket.on('error', () => {})
    socket.once('data', () => pour(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  return `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

t.test('of an answer that nobody reads, no more is read than was there', async (t) => {
  const plain = await startRawUpstream(t, (socket) => socket.bytesWritten === 0 && pour(socket))
  for (const origin of [plain.url, await startSecure(t)]) {
    const pool = startPool(t, origin)
    let octets = 0
    let room = false
    const one = follow()
    const onData = (chunk: Buffer) => {
      octets += chunk.length
      return room
    }
    pool.dispatch(requestOf(), { ...one, onData }, false)
    await eventually(() => octets > 0, 'it begins')
    await pause(200)
    t.ok(octets <= 2 * ONE_READ, `${octets} octets were read`)
    room = true
    one.resume()
    await eventually(() => one.told.at(-1) === 'end', 'it comes when there is room', 30_000)
    t.equal(octets, MUCH)
  }
})

t.test('of a body that the upstream does not read, no more is taken than kernels hold', async (t) => {
  const upstream = await startRawUpstream(
    t,
    () => {},
    (socket) => socket.pause()
  )
  const pool = startPool(t, upstream.url)
  for (const headers of [
    ['host', 'a'],
    ['host', 'a', 'content-length', `${MUCH}`]
  ]) {
    let octets = 0
    const body = new Readable({
      read() {
        octets += 16_384
        this.push(Buffer.alloc(16_384))
      }
    })
    const one = follow()
    pool.dispatch(requestOf({ method: 'POST', headers, body }), one, false)
    await eventually(() => octets > 0, 'it begins')
    await pause(300)
    t.ok(octets < MUCH / 2, `${octets} octets were taken`)
    one.abort(new Error('left'))
    t.equal(body.listenerCount('data') + body.listenerCount('end'), 0, 'nobody listens to it any more')
  }
})

t.test(
  'who says late that there is room stirs nothing: neither the next answer, nor a connection that is gone',
  async (t) => {
    const upstream = await startRawUpstream(t, (socket, bytes) => {
      const asked = bytes.toString('latin1').split('\r\n\r\n').length - 1
      // The second answer comes in two pieces.
      if (asked === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok')
    })
    const pool = startPool(t, upstream.url)
    const first = follow({ data: () => false })
    const second = follow({ data: ({ body }) => body().length > 2 })
    pool.dispatch(requestOf(), first, false)
    pool.dispatch(requestOf(), second, false)
    await eventually(() => second.told.includes('data'), 'what was held back at an end is read on')
    t.equal(upstream.connections.length, 1)
    upstream.connections[0]?.socket.write('ko')
    first.resume()
    await pause(100)
    t.equal(second.body(), 'ok', 'the first has no say in it')
    second.resume()
    await eventually(() => second.told.at(-1) === 'end', 'it goes on')
    t.equal(second.body(), 'okko')
    second.resume()
    pool.destroy()
    second.resume()
  }
)
