import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { buffersInUse } from '../helpers/memory-in-use.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { agree, handshake } from '../helpers/websocket.js'

const MIB = 1024 * 1024
const SIZE = 256 * MIB
const PIECE = Buffer.alloc(256 * 1024, 'x')
/** All three parties live in this process, and what is in use of each is counted. */
const MOST_GROWTH = SIZE / 4
const LOOK_EVERY = 16 * MIB

/** An open tunnel of two bare connections, both paused. */
async function open(t: Test, terms = 'true') {
  const upstream = await startRawUpstream(
    t,
    () => {},
    (socket) => {
      // Its own record would be all that grows.
      socket.removeAllListeners('data')
      socket.once('data', (head) => {
        socket.pause()
        socket.write(agree(head.toString('latin1')))
      })
    }
  )
  const gateway = await startGateway(
    t,
    `
upstreams: { chat: { url: "${upstream.url}", websocket: ${terms} } }
rules: [{ path: /**, allow: anyone, to: chat }]
`
  )
  const client = connect(gateway.port, '127.0.0.1')
  t.teardown(() => client.destroy())
  await new Promise<void>((resolve) => {
    client.once('data', () => {
      client.pause()
      resolve()
    })
    client.write(handshake('/'))
  })
  await eventually(() => upstream.connections[0] !== undefined, 'the upstream is there')
  const end = upstream.connections[0]?.socket
  if (end === undefined) throw new Error('nobody came')
  end.removeAllListeners('data')
  return { client, upstream: end, gateway }
}

for (const direction of ['client', 'upstream'] as const) {
  t.test(`a ${direction} that sends to whoever does not read is held back, in flat memory`, async (t) => {
    const tunnel = await open(t)
    const [from, to] = direction === 'client' ? [tunnel.client, tunnel.upstream] : [tunnel.upstream, tunnel.client]
    const before = buffersInUse()
    let most = 0
    let sent = 0
    const write = () => {
      while (sent < SIZE) {
        sent += PIECE.length
        if (!from.write(PIECE)) return
      }
      from.end()
    }
    from.on('drain', write)
    write()
    // It stands still when two looks, a while apart, see the same.
    let seen = -1
    await eventually(async () => {
      const last = seen
      seen = sent
      await new Promise((resolve) => setTimeout(resolve, 400))
      return last === sent
    }, 'it stands still')
    const stoodAt = sent
    most = buffersInUse() - before
    t.ok(stoodAt < SIZE / 4, `after ${stoodAt / MIB} MiB`)

    let received = 0
    const finished = new Promise<void>((resolve) => to.once('end', resolve))
    to.on('data', (chunk) => {
      const looked = Math.floor(received / LOOK_EVERY)
      received += chunk.length
      if (Math.floor(received / LOOK_EVERY) > looked) most = Math.max(most, buffersInUse() - before)
    })
    to.resume()
    await finished
    t.equal(received, SIZE, 'then all of it arrives')
    t.ok(most < MOST_GROWTH, `grew by ${most / MIB} MiB`)
    to.end()
    await eventually(() => tunnel.gateway.access.length === 1, 'its line')
    const counted = tunnel.gateway.access[0]?.websocket as Record<string, number>
    t.equal(counted[`bytes_from_${direction}`], SIZE)
  })
}

t.test('who never reads again is left after the idle time', async (t) => {
  const { client, upstream, gateway } = await open(t, '{ idle_timeout: 1s }')
  upstream.write(Buffer.alloc(32 * MIB))
  await eventually(() => upstream.destroyed, 'the connection of who still sends ends', 30_000)
  client.resume()
  await eventually(() => gateway.access.length === 1, 'its line')
  t.match(gateway.access[0]?.websocket, { ended_by: 'idle' })
})
