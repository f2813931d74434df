import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startUpstream } from '../helpers/upstream.js'
import { metricOf, policy, startFickleUpstream, statusesOf } from './targets.js'

const request = (method: string, body = '') =>
  `${method} / HTTP/1.1\r\nHost: a\r\n${body === '' ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body}`

const resets = (socket: Socket) => socket.resetAndDestroy()

/** One answer over a connection; what the upstream does with the next request on it; what the client gets then. */
async function second(t: Test, then: (socket: Socket) => void, bytes: string, keys = '') {
  const upstream = await startFickleUpstream(t, 1, then)
  const gateway = await startGateway(t, policy([upstream.url], keys))
  t.equal((await sendRaw(gateway.port, request('GET'))).status, 200)
  const { status } = await sendRaw(gateway.port, bytes, 50)
  return { status, requests: upstream.requests() - 1, connections: upstream.connections.length, gateway }
}

t.test('what goes into a connection that is just closing is sent again, if it may be done twice', async (t) => {
  const ends = [resets, (socket: Socket) => socket.end()]
  const cases = ['GET', 'OPTIONS', 'TRACE', 'DELETE', 'PUT'].flatMap((method) => ends.map((end) => ({ method, end })))
  await Promise.all(
    cases.map(async ({ method, end }) => {
      const { status, requests, connections, gateway } = await second(t, end, request(method))
      t.equal(status, 200, method)
      t.equal(requests, 2, method)
      t.equal(connections, 2, 'over a connection that has not been used yet')
      t.equal(await metricOf(gateway, 'portcullis_upstream_retries_total', 'stale'), 1)
    })
  )
})

const resetsAfterOneByte = (socket: Socket) => socket.write('H', () => setTimeout(() => socket.resetAndDestroy(), 50))

const ONCE: readonly (readonly [what: string, then: (socket: Socket) => void, bytes: string, status: number])[] = [
  ['POST', resets, request('POST'), 502],
  ['PATCH', resets, request('PATCH'), 502],
  ['an unknown method', resets, request('PURGE'), 502],
  ['POST with a body', resets, request('POST', 'hello'), 502],
  ['PUT with a body that was sent', resets, request('PUT', 'hello'), 502],
  ['silence', () => {}, request('GET'), 504],
  ['one byte of an answer', (socket) => socket.end('H'), request('GET'), 502],
  ['garbage', (socket) => socket.end('garbage\r\n\r\n'), request('GET'), 502],
  ['half a header section', (socket) => socket.end('HTTP/1.1 200 OK\r\nA: b'), request('GET'), 502],
  [
    'an interim answer, which is passed on',
    (socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n'),
    request('GET'),
    103
  ],
  ['one byte of an answer, and a reset', resetsAfterOneByte, request('GET'), 502],
  [
    '503',
    (socket) => socket.end('HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n'),
    request('GET'),
    503
  ],
  ['421', (socket) => socket.end('HTTP/1.1 421 Misdirected\r\nContent-Length: 0\r\n\r\n'), request('GET'), 421]
]

t.test('anything else is sent once', async (t) => {
  await Promise.all(
    ONCE.map(async ([what, then, bytes, status]) => {
      const answer = await second(t, then, bytes, 'timeout: 2s')
      t.equal(answer.status, status, what)
      t.equal(answer.requests, 1, what)
      t.equal(await metricOf(answer.gateway, 'portcullis_upstream_retries_total', 'stale'), 0)
    })
  )
})

t.test('a truncated answer is not begun again', async (t) => {
  const { status, requests } = await second(
    t,
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
    request('GET')
  )
  t.equal(status, 200)
  t.equal(requests, 1)
})

t.test('a connection that breaks before its first answer is a fault, not a connection that was closing', async (t) => {
  const upstream = await startFickleUpstream(t, 0, resets)
  const gateway = await startGateway(t, policy([upstream.url]))
  t.equal((await sendRaw(gateway.port, request('GET'))).status, 502)
  t.equal(upstream.requests(), 1)
})

t.test('`attempts: 0` sends everything once', async (t) => {
  const { status, requests } = await second(t, resets, request('GET'), 'retries: { attempts: 0 }')
  t.equal(status, 502)
  t.equal(requests, 1)
})

t.test('a client that leaves is no reason to try again', async (t) => {
  const upstream = await startFickleUpstream(t, 1, () => {})
  const gateway = await startGateway(t, policy([upstream.url]))
  await sendRaw(gateway.port, request('GET'))
  const socket = connect(gateway.port, '127.0.0.1', () => socket.write(request('GET')))
  await eventually(() => upstream.requests() === 2, 'the request arrives')
  socket.destroy()
  await eventually(
    async () => (await metricOf(gateway, 'portcullis_upstream_requests_total', 'left')) === 1,
    'it is left'
  )
  t.equal(upstream.requests(), 2)
})

t.test('a server that drops idle connections without a word costs no GET', async (t) => {
  const upstream = await startUpstream(t)
  upstream.server.keepAliveTimeout = 0
  // Whatever of the next request has come by then, or comes later, is lost with the connection.
  upstream.server.on('request', ({ socket }, response) => {
    response.on('finish', () => setTimeout(() => socket.destroy(), 300))
  })
  const gateway = await startGateway(t, policy([upstream.url]))
  const statuses: number[] = []
  await Promise.all(
    Array.from({ length: 8 }, async (_, i) => {
      for (let turn = 0; turn < 12; turn += 1) {
        statuses.push((await fetch(`${gateway.url}/${i}/${turn}`)).status)
        await sleep(290 + Math.random() * 20)
      }
    })
  )
  t.same(statusesOf(statuses), { 200: 96 })
})

t.test('retries have a budget: an outage is not met with twice the load', async (t) => {
  const upstream = await startFickleUpstream(t, 1, resets)
  const gateway = await startGateway(t, policy([upstream.url], 'retries: { attempts: 1, budget: 0% }'))
  const statuses: number[] = []
  const hundred = async () => {
    for (let i = 0; i < 100; i += 1) statuses.push((await fetch(gateway.url)).status)
  }
  // Time allows ten in a second: however slow the machine, one of these is faster.
  do await hundred()
  while (!statuses.includes(502) && statuses.length < 5000)
  const again = await metricOf(gateway, 'portcullis_upstream_retries_total', 'stale')
  const refused = await metricOf(gateway, 'portcullis_upstream_retries_total', 'refused')
  t.ok(again >= 100, 'what was saved up is spent')
  t.ok(refused > 0, 'and then no more')
  t.equal(statusesOf(statuses)[502] ?? 0, refused, 'beyond that a failure is a failure')
  t.equal(upstream.requests(), statuses.length + again)
})
