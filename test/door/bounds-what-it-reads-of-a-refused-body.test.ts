import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { openConnection } from '../helpers/connections.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startRecorder } from '../helpers/recorder.js'
import { site } from '../helpers/site.js'

async function start(t: Test) {
  const upstream = await startRecorder(t)
  return { upstream, ...(await startGateway(t, site(upstream.url))) }
}

const CHUNKED = 'POST /closed HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
const MIB = 1024 * 1024

t.test('a body that never ends is read for a while after its refusal, and then no more', async (t) => {
  const { port, upstream } = await start(t)
  const connection = openConnection(t, port, CHUNKED)
  const timer = setInterval(() => connection.socket.write('1\r\nx\r\n'), 100)
  const ms = await connection.closed
  clearInterval(timer)
  t.match(connection.text(), /^HTTP\/1\.1 401 [\s\S]*"code":"missing_token"/)
  t.ok(ms > 4_000 && ms < 15_000, `${ms} ms`)
  t.equal(upstream.requests().length, 0)
  t.equal((await sendRaw(port, rawGet('/open/x'))).status, 200, 'control')
})

t.test('nor is it read without end by being fast', async (t) => {
  const { port } = await start(t)
  const connection = openConnection(t, port, CHUNKED)
  const chunk = Buffer.from(`100000\r\n${'x'.repeat(MIB)}\r\n`)
  let sent = 0
  const send = () => {
    while (!connection.isClosed() && sent < 4_096 * MIB) {
      sent += MIB
      if (!connection.socket.write(chunk)) break
    }
  }
  connection.socket.on('drain', send)
  connection.socket.once('connect', send)
  await connection.closed
  t.match(connection.text(), /^HTTP\/1\.1 401 /, 'the answer was not lost')
  t.ok(sent < 4_096 * MIB, `${sent / MIB} MiB`)
  t.equal((await sendRaw(port, rawGet('/open/x'))).status, 200, 'control')
})

t.test('one that ends soon costs its connection nothing', async (t) => {
  const { port, upstream } = await start(t)
  const body = 'GET /open/inside HTTP/1.1\r\nHost: a\r\n\r\n'
  const head = `POST /closed HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`
  const connection = openConnection(t, port, `${head}${body.slice(0, 9)}`)
  await eventually(() => /^HTTP\/1\.1 401 /.test(connection.text()), 'the refusal')
  connection.socket.write(body.slice(9) + rawGet('/open/after'))
  await eventually(() => /HTTP\/1\.1 200 OK/.test(connection.text()), 'the answer after it', 20_000)
  t.equal(upstream.requests().length, 1)
  t.match(upstream.requests()[0], /^GET \/open\/after /, 'nothing of the body was read as a request')
  t.notOk(connection.isClosed())
})

t.test('nor does one that came behind the last answer of its connection keep that open', async (t) => {
  const upstream = await startRecorder(t)
  const settings = 'forward_auth: { mode: nginx, from: [127.0.0.1] }'
  const { port, access, resources } = await startGateway(t, site(upstream.url, settings))
  // Refused after the request behind it: the address that is asked about is missing, and nothing more is believed.
  const last = 'GET /auth/check HTTP/1.1\r\nHost: a\r\nX-Original-Method: GET\r\nX-Original-URI: /open/x\r\n\r\n'
  const begun = `POST /open/y HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n${'x'.repeat(100_000)}`
  // One that does not close when the gateway does.
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.write(last + begun))
  t.teardown(() => socket.destroy())
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', () => {})
  await eventually(() => access.length === 2, 'both requests are over', 15_000)
  t.match(text, /^HTTP\/1\.1 403 /)
  const figures = await resources.metrics.registry.metrics()
  for (const name of ['portcullis_requests_in_flight', 'portcullis_connections'])
    t.match(figures, new RegExp(`^${name} 0$`, 'm'))
  t.equal((await sendRaw(port, rawGet('/open/x'))).status, 200, 'control')
})
