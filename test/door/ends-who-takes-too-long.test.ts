import t, { type Test } from 'tap'
import { openConnection } from '../helpers/connections.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startRecorder } from '../helpers/recorder.js'
import { site } from '../helpers/site.js'
import { startUpstream } from '../helpers/upstream.js'
import { figureOf } from './figures.js'

const LISTENER = 'listener: { header_timeout: 1s, body_timeout: 1s, idle_timeout: 2s }'

async function start(t: Test) {
  const upstream = await startRecorder(t)
  return { upstream, ...(await startGateway(t, site(upstream.url, LISTENER))) }
}

/** Sends a piece again and again until the connection ends. */
function drip(t: Test, port: number, head: string, piece: string) {
  const connection = openConnection(t, port, head)
  const timer = setInterval(() => connection.socket.write(piece), 100)
  connection.closed.then(() => clearInterval(timer))
  return connection
}

const control = async (t: Test, port: number) =>
  t.equal((await sendRaw(port, rawGet('/open/x'))).status, 200, 'control')

t.test('a header section that does not become whole is given up, however fast it drips', async (t) => {
  const gateway = await start(t)
  const heads = ['', 'GET /open/x HTTP/1.1\r\n', 'GET /open/x HTTP/1.1\r\nHost: a\r\nX: ', 'G']
  const silent = heads.map((head) => openConnection(t, gateway.port, head))
  const dripping = heads.slice(1, 3).map((head) => drip(t, gateway.port, head, 'E'))
  for (const connection of [...silent, ...dripping]) {
    const ms = await connection.closed
    t.ok(ms > 900 && ms < 8_000, `${ms} ms`)
    t.match(connection.text(), /^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*"code":"request_timeout"/)
    t.match(connection.text(), /\r\nproxy-status: portcullis; /)
  }
  t.equal(await figureOf(gateway, 'portcullis_refusals_total', 'request_timeout'), silent.length + dripping.length)
  t.equal(gateway.upstream.requests().length, 0)
  await control(t, gateway.port)
})

t.test('the header section of a later request has as long', async (t) => {
  const { port } = await start(t)
  const connection = drip(t, port, `${rawGet('/open/x')}GET /open/y HTTP/1.1\r\nHost: a\r\nX: `, 'x')
  await connection.closed
  t.match(connection.text(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*HTTP\/1\.1 408 /)
})

t.test('a connection that asks for nothing more is kept for the time it has, and no longer', async (t) => {
  const { port } = await start(t)
  const connection = openConnection(t, port, rawGet('/open/x'))
  const ms = await connection.closed
  t.ok(ms > 1_900 && ms < 8_000, `${ms} ms`)
  t.match(connection.text(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nKeep-Alive: timeout=2\r\n/i)
  t.notMatch(connection.text(), /408/)
})

const post = (path: string) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n`

t.test('a body for an endpoint of ours must be whole in time', async (t) => {
  const { port, upstream } = await start(t)
  const connection = drip(t, port, post('/auth/login'), ' ')
  const ms = await connection.closed
  t.ok(ms > 900 && ms < 8_000, `${ms} ms`)
  t.match(connection.text(), /^HTTP\/1\.1 408 /)
  t.equal(upstream.requests().length, 0)
  await control(t, port)
})

t.test('a body that is forwarded may trickle, but its client may not fall silent', async (t) => {
  const { port, upstream } = await start(t)
  const trickling = drip(t, port, post('/open/trickle'), 'x')
  await eventually(() => /^HTTP\/1\.1 200 /.test(trickling.text()), 'the answer to what trickles', 20_000)
  t.match(upstream.requests().at(-1), /x{20}$/)
  trickling.socket.destroy()

  const silent = openConnection(t, port, `${post('/open/silent')}xxx`)
  const ms = await silent.closed
  t.ok(ms > 900 && ms < 20_000, `${ms} ms`)
  t.match(silent.text(), /^HTTP\/1\.1 408 /)
  await control(t, port)
})

t.test('whoever waits for an upstream is not silent', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    setTimeout(() => response.end('late'), 2_500)
  })
  const { port } = await startGateway(t, site(upstream.url, LISTENER))
  const connection = openConnection(t, port, `${post('/open/x')}${'x'.repeat(10)}`)
  setTimeout(() => connection.socket.write('x'.repeat(10)), 500)
  await eventually(() => connection.text() !== '', 'the answer', 20_000)
  t.match(connection.text(), /^HTTP\/1\.1 200 [\s\S]*late/)
})
