import type { Socket } from 'node:net'
import { Duplex, Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { createConnection } from '../../../gateway/proxy/http1/connection.js'
import { eventually } from '../../helpers/eventually.js'
import { startRawUpstream } from '../../helpers/upstream.js'
import { follow, requestOf, startPool } from './exchanges.js'

const HOST = ['host', 'a.test']
const pieces = (...all: string[]) => Readable.from(all.map((text) => Buffer.from(text)))
const EMPTY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

t.test('a body leaves as it was said to, and one that comes to nothing as nothing', async (t) => {
  const upstream = await startRawUpstream(t, () => {})
  const sized = (octets: number) => [...HOST, 'content-length', `${octets}`]
  const CHUNKED = 'transfer-encoding: chunked\r\n\r\n'
  const table: readonly (readonly [method: string, headers: readonly string[], body: Readable, sent: string])[] = [
    ['POST', HOST, pieces('ab', 'c'), `${CHUNKED}2\r\nab\r\n1\r\nc\r\n0\r\n\r\n`],
    // An empty chunk would be the last one.
    ['POST', HOST, pieces('ab', '', 'c'), `${CHUNKED}2\r\nab\r\n1\r\nc\r\n0\r\n\r\n`],
    ['POST', HOST, pieces('x'.repeat(17)), `${CHUNKED}11\r\n${'x'.repeat(17)}\r\n0\r\n\r\n`],
    ['POST', HOST, pieces(), 'connection: keep-alive\r\ncontent-length: 0\r\n\r\n'],
    ['DELETE', HOST, pieces(), 'connection: close\r\n\r\n'],
    ['DELETE', HOST, pieces('a'), `connection: close\r\n${CHUNKED}1\r\na\r\n0\r\n\r\n`],
    ['POST', sized(3), pieces('ab', 'c'), 'content-length: 3\r\n\r\nabc'],
    ['POST', sized(3), pieces('', 'abc', ''), 'content-length: 3\r\n\r\nabc']
  ]
  for (const [method, headers, body, sent] of table) {
    const pool = startPool(t, upstream.url)
    const one = follow()
    pool.dispatch(requestOf({ method, headers, body }), one, false)
    const expected = `${method} / HTTP/1.1\r\nhost: a.test\r\n${sent.startsWith('connection') ? '' : 'connection: keep-alive\r\n'}${sent}`
    const { length } = upstream.connections
    const arrived = () => upstream.connections[length]?.bytes.toString('latin1') ?? ''
    await eventually(() => arrived().length >= expected.length, `${method} ${sent} arrives`)
    t.equal(arrived(), expected)
    pool.destroy()
  }
})

t.test('a body that is not what it was said to be ends the exchange, and never looks whole', async (t) => {
  const upstream = await startRawUpstream(t, () => {})
  const table: readonly (readonly [headers: readonly string[], body: () => Readable, outcome: string])[] = [
    [[...HOST, 'content-length', '3'], () => pieces('ab'), 'a body is shorter than it was said to be'],
    [[...HOST, 'content-length', '3'], () => pieces(), 'a body is shorter than it was said to be'],
    [[...HOST, 'content-length', '3'], () => pieces('abcd'), 'a body is longer than it was said to be'],
    [[...HOST, 'content-length', '3'], () => pieces('abc', 'd'), 'a body is longer than it was said to be'],
    [HOST, () => pieces('ab').destroy(), 'a body broke off'],
    [HOST, () => pieces('ab').destroy(new Error('no')), 'no']
  ]
  for (const [headers, body, outcome] of table) {
    const pool = startPool(t, upstream.url)
    const one = follow()
    const { length } = upstream.connections
    const sent = body()
    sent.on('error', () => {})
    pool.dispatch(requestOf({ method: 'POST', headers, body: sent }), one, false)
    await eventually(() => one.told.at(-1) === outcome && pool.figures().connections === 0, outcome)
    await eventually(() => upstream.connections[length]?.socket.destroyed === true, 'the upstream sees it')
    t.notMatch(upstream.connections[length]?.bytes.toString('latin1'), /\r\n0\r\n\r\n$|\r\n\r\nabcd?$/)
    t.same(one.told, ['wait', 'connect', outcome])
    t.equal(sent.listenerCount('data'), 0)
  }
})

/** A connection over a socket in memory, and what was written to it. */
function startConnection() {
  const writes: string[] = []
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      writes.push(chunk.toString('latin1'))
      done()
    },
    writev(chunks, done) {
      writes.push(chunks.map(({ chunk }) => chunk.toString('latin1')).join(''))
      done()
    }
  })
  Object.assign(socket, { resetAndDestroy: () => socket.destroy() })
  const times = { timeoutMs: 20_000, idleTimeoutMs: 20_000, keepAliveMs: 20_000 }
  let closed = 0
  const owner = { onIdle: () => {}, onClosed: () => (closed += 1) }
  const connection = createConnection(socket as unknown as Socket, times, owner)
  return { connection, writes, closed: () => closed }
}

t.test('what comes before a request has left is no answer to it', async (t) => {
  const early = startConnection()
  const one = follow()
  early.connection.send(requestOf({ method: 'POST', body: new Readable({ read() {} }) }), one)
  early.connection.read(Buffer.from(EMPTY))
  t.same([one.told, early.closed(), early.writes], [['connect', 'UPSTREAM_UNREADABLE'], 1, []])
  await turn()
  t.same(early.writes, [], 'and the request does not leave any more')

  const due = startConnection()
  const other = follow()
  due.connection.send(requestOf({ method: 'POST', body: new Readable({ read() {} }) }), other)
  await turn()
  due.connection.read(Buffer.from(EMPTY))
  t.same(other.told, ['connect', 'started', '200', 'end'])
  t.equal(due.closed(), 1, 'its body is not whole')
})

t.test('a header section leaves in the same write as what there is of its body', async (t) => {
  for (const [headers, first] of [
    [HOST, 'transfer-encoding: chunked\r\n\r\n2\r\nab\r\n'],
    [[...HOST, 'content-length', '2'], 'content-length: 2\r\n\r\nab']
  ] as const) {
    const { connection, writes } = startConnection()
    connection.send(requestOf({ method: 'POST', headers, body: pieces('ab') }), follow())
    await eventually(() => writes.length > 0, 'it leaves')
    t.match(writes[0], first)
  }
})
