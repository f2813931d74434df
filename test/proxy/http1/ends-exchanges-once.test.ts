import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { createEndpoint } from '../../../gateway/proxy/endpoint.js'
import { watchHealth } from '../../../gateway/proxy/health.js'
import { eventually } from '../../helpers/eventually.js'
import { startRawUpstream } from '../../helpers/upstream.js'
import { type Followed, follow, NO_TLS, requestOf, startPool } from './exchanges.js'

const HINT = 'HTTP/1.1 103 Early Hints\r\n\r\n'
const ANSWERS = {
  sized: `${HINT}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd`,
  chunked: `${HINT}HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n`,
  empty: `${HINT}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`,
  closing: `${HINT}HTTP/1.1 200 OK\r\n\r\nabcd`
}
const MOMENTS = ['connect', 'started', '103', '200', 'data']
const closed = ({ figures }: { figures: () => { connections: number } }) => figures().connections === 0

const WAYS: Readonly<Record<string, (followed: Followed) => void>> = {
  aborts: ({ abort }) => abort(new Error('left')),
  'aborts twice': ({ abort }) => {
    abort(new Error('left'))
    abort(new Error('left again'))
  },
  throws: () => {
    throw new Error('left')
  }
}

t.test('who aborts or throws while it is told something is told of that, and of nothing else', async (t) => {
  for (const [kind, answer] of Object.entries(ANSWERS)) {
    const upstream = await startRawUpstream(t, (socket) => socket.end(answer))
    for (const moment of MOMENTS) {
      if (kind === 'empty' && moment === 'data') continue
      for (const [way, give] of Object.entries(WAYS)) {
        const pool = startPool(t, upstream.url)
        const one = follow({ [moment]: give })
        pool.dispatch(requestOf(), one, false)
        await eventually(() => one.told.includes('left') && closed(pool), `${kind}: ${way} at ${moment}`)
        await turn()
        const before = ['wait', ...MOMENTS.slice(0, MOMENTS.indexOf(moment) + 1)]
        t.same(one.told, [...before, 'left'], `${kind}: ${way} at ${moment}`)
      }
    }
  }
})

t.test('an abort when all has been told changes nothing', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => socket.write(ANSWERS.sized))
  const pool = startPool(t, upstream.url)
  const one = follow({ end: ({ abort }) => abort(new Error('left')) })
  pool.dispatch(requestOf(), one, false)
  await eventually(() => one.told.includes('end'), 'it is answered')
  one.abort(new Error('left'))
  one.giveUp(new Error('left'))
  const other = follow()
  pool.dispatch(requestOf(), other, false)
  await eventually(() => other.told.includes('end'), 'so is another')
  t.same(one.told, ['wait', ...MOMENTS, 'end'])
  t.same(other.told, [...MOMENTS, 'end'])
  t.equal(upstream.connections.length, 1)
})

t.test('a connection of which the end cannot be told, or the upgrade, ends', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const asks = bytes.includes('upgrade: websocket')
    socket.write(asks ? 'HTTP/1.1 101 Switching Protocols\r\n\r\nrest' : ANSWERS.sized)
  })
  for (const [moment, upgrade] of [
    ['end', false],
    ['upgrade', true]
  ] as const) {
    const pool = startPool(t, upstream.url)
    const one = follow({
      [moment]: () => {
        throw new Error('failed')
      }
    })
    pool.dispatch(requestOf({ upgrade }), one, false)
    await eventually(() => one.told.includes(moment) && closed(pool), `${moment} is told`)
    await eventually(() => upstream.connections.at(-1)?.socket.destroyed === true, 'the upstream sees it')
    t.equal(one.told.at(-1), moment)
  }
})

t.test('who waits in line gives up once, and not when its turn has come', async (t) => {
  let answer = () => {}
  const upstream = await startRawUpstream(t, (socket) => {
    answer = () => socket.write(ANSWERS.empty)
  })
  const pool = startPool(t, upstream.url)
  const [second, third] = [follow(), follow()]
  // Its turn has come with the end of the first, and it is sent when that has been looked at.
  const first = follow({ end: () => queueMicrotask(() => third.giveUp(new Error('left'))) })
  for (const one of [first, second, third]) pool.dispatch(requestOf(), one, false)
  second.giveUp(new Error('left'))
  second.giveUp(new Error('left again'))
  t.same(second.told, ['wait', 'left'])
  await eventually(() => upstream.connections.length === 1, 'the first is asked')
  await eventually(() => (upstream.connections[0]?.bytes.length ?? 0) > 0, 'the first is asked')
  answer()
  await eventually(() => third.told.includes('connect'), 'the third is sent')
  third.abort(new Error('left'))
  t.same(third.told, ['wait', 'connect', 'left'])
  t.same(pool.figures(), { connections: 0, waiting: 0 })
})

t.test('a connection that nobody waits for any more is not opened to the end', async (t) => {
  // It never answers the first message of TLS.
  const upstream = await startRawUpstream(t, () => {})
  const origin = upstream.url.replace('http:', 'https:')
  const gone = (i: number) => upstream.connections[i]?.socket.destroyed === true
  const pool = startPool(t, origin)
  const [one, other] = [follow(), follow()]
  pool.dispatch(requestOf(), one, false)
  await eventually(() => upstream.connections.length === 1, 'it connects')
  one.giveUp(new Error('left'))
  t.same([one.told, pool.figures().connections], [['wait', 'left'], 0])
  await eventually(() => gone(0), 'given up')

  pool.dispatch(requestOf(), other, false)
  await eventually(() => upstream.connections.length === 2, 'another one connects')
  pool.destroy()
  t.same(other.told, ['wait', 'UPSTREAM_POOL_DESTROYED'])
  await eventually(() => gone(1), 'destroyed')

  const times = { timeoutMs: 20_000, idleTimeoutMs: 20_000, keepAliveMs: 20_000 }
  const endpoint = createEndpoint({ origin, ...times, connections: { max: 1, maxWaiting: 1 }, tls: NO_TLS }, null)
  const often = { path: '/', everyMs: 20_000, timeoutMs: 20_000, healthyAfter: 1, unhealthyAfter: 1 }
  const stop = watchHealth(endpoint, { ...often, statuses: [[200, 299]], host: null }, () => {})
  await eventually(() => upstream.connections.length === 3, 'a check connects')
  stop()
  await eventually(() => gone(2), 'stopped')
  t.pass()
})

t.test(
  'an answer that ends with its connection is whole when that ends in order, and not when it is reset',
  async (t) => {
    const MUCH = 200_000
    for (const ends of ['in order', 'with a reset']) {
      const upstream = await startRawUpstream(t, (socket) => {
        // A reset that comes together with octets looks like an end to who reads.
        socket.write(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(MUCH)}`, () => {
          if (ends === 'in order') socket.end()
          else socket.resetAndDestroy()
        })
      })
      for (let times = 0; times < 10; times += 1) {
        const pool = startPool(t, upstream.url)
        const one = follow()
        pool.dispatch(requestOf(), one, false)
        const isOver = () => ['end', 'UPSTREAM_CLOSED', 'ECONNRESET'].includes(one.told.at(-1) ?? '')
        await eventually(isOver, 'it is over')
        t.equal(one.told.at(-1) === 'end', ends === 'in order', `${one.told.at(-1)} ${ends}`)
        t.equal(one.body().length === MUCH || ends === 'with a reset', true)
      }
    }
  }
)
