import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { eventually } from '../../helpers/eventually.js'
import { startRawUpstream } from '../../helpers/upstream.js'
import { follow, requestOf, startPool } from './exchanges.js'

const SHORT = 150
const LONG = 20_000
const TWO = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'
const MUCH = 8 * 1024 * 1024
const post = (body: Readable) => requestOf({ method: 'POST', body })

/** A body that begins; the rest of it, when that is told to come, is more than fits on the way at once. */
function startBody() {
  const body = new Readable({ read() {} })
  body.push('x')
  const finish = () => {
    body.push(Buffer.alloc(MUCH))
    body.push(null)
  }
  return { body, finish }
}
const silence = (told: readonly string[]) =>
  ['UPSTREAM_HEADERS_TIMEOUT', 'UPSTREAM_BODY_TIMEOUT'].filter((one) => told.includes(one))

t.test(
  'an answer that begins early may be silent for as long as any other, while the body goes on and after it',
  async (t) => {
    let length = 0
    const upstream = await startRawUpstream(t, (socket, bytes) => {
      if (length === 0) socket.write(`${TWO}a`)
      length = bytes.length
    })
    const pool = startPool(t, upstream.url, { timeoutMs: SHORT, idleTimeoutMs: LONG })
    const one = follow()
    const { body, finish } = startBody()
    pool.dispatch(post(body), one, false)
    await eventually(() => one.told.includes('data'), 'the answer begins')
    finish()
    await eventually(() => length > MUCH, 'the body is whole', 20_000)
    await pause(4 * SHORT)
    upstream.connections[0]?.socket.write('b')
    await eventually(() => one.told.at(-1) === 'end', 'so is the answer')
    t.same([one.body(), silence(one.told)], ['ab', []])
  }
)

t.test('nobody is late while it is the client that does not read', async (t) => {
  let length = 0
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    if (length === 0) socket.write(`${TWO}a`)
    length = bytes.length
  })
  const pool = startPool(t, upstream.url, { timeoutMs: SHORT, idleTimeoutMs: SHORT, keepAliveMs: LONG })
  const one = follow({ data: ({ told }) => told.filter((what) => what === 'data').length > 1 })
  const { body, finish } = startBody()
  pool.dispatch(post(body), one, false)
  await eventually(() => one.told.includes('data'), 'the answer begins')
  finish()
  await eventually(() => length > MUCH, 'the body is whole', 20_000)
  await pause(4 * SHORT)
  t.same(silence(one.told), [])
  one.resume()
  await eventually(() => one.told.at(-1) === 'UPSTREAM_BODY_TIMEOUT', 'from then on it is the upstream')
  t.equal(one.body(), 'a')
})

t.test('who is asked has to answer in time, and who only begins, to go on', async (t) => {
  for (const [begins, outcome] of [
    ['', 'UPSTREAM_HEADERS_TIMEOUT'],
    ['HTTP/1.1 103 Early Hints\r\n\r\n', 'UPSTREAM_HEADERS_TIMEOUT'],
    ['HTTP/1.1 200 OK\r\n', 'UPSTREAM_HEADERS_TIMEOUT'],
    [TWO, 'UPSTREAM_BODY_TIMEOUT'],
    [`${TWO}a`, 'UPSTREAM_BODY_TIMEOUT']
  ] as const) {
    const upstream = await startRawUpstream(t, (socket) => socket.write(begins))
    const pool = startPool(t, upstream.url, { timeoutMs: SHORT, idleTimeoutMs: SHORT })
    const one = follow()
    const startedMs = performance.now()
    pool.dispatch(requestOf(), one, false)
    await eventually(() => one.told.at(-1) === outcome, `${outcome} after ${JSON.stringify(begins)}`)
    t.ok(performance.now() - startedMs >= SHORT - 1)
    t.equal(pool.figures().connections, 0)
  }
})

t.test('a body may be slow to come, and not slow to be taken', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => socket.bytesRead > 200 && socket.pause())
  const pool = startPool(t, upstream.url, { timeoutMs: SHORT, max: 2 })
  const [slow, fast] = [follow(), follow()]
  const endless = new Readable({
    read() {
      this.push(Buffer.alloc(16_384))
    }
  })
  pool.dispatch(post(new Readable({ read() {} })), slow, false)
  pool.dispatch(post(endless), fast, false)
  await eventually(() => fast.told.at(-1) === 'UPSTREAM_HEADERS_TIMEOUT', 'who does not take it is late')
  await pause(3 * SHORT)
  t.same(slow.told, ['wait', 'connect'])
})

t.test(
  'an idle connection is kept for as long as its server says, less a second, and else for as long as we like',
  async (t) => {
    for (const [field, keepAliveMs, leastMs, mostMs] of [
      ['X-A: b', SHORT, SHORT - 1, 5_000],
      ['Keep-Alive: timeout=2', LONG, 999, 6_000],
      ['Keep-Alive: timeout=1', LONG, 0, 900],
      ['Keep-Alive: timeout=0', LONG, 0, 900]
    ] as const) {
      const upstream = await startRawUpstream(t, (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${field}\r\nContent-Length: 0\r\n\r\n`)
      })
      const pool = startPool(t, upstream.url, { keepAliveMs })
      let endedMs = 0
      const one = follow({ end: () => (endedMs = performance.now()) })
      pool.dispatch(requestOf(), one, false)
      await eventually(() => endedMs > 0 && pool.figures().connections === 0, `${field} is over`, 10_000)
      const keptMs = performance.now() - endedMs
      t.ok(keptMs >= leastMs && keptMs < mostMs, `${field}: ${keptMs} ms`)
    }
  }
)
