import { randomBytes } from 'node:crypto'
import { connect } from 'node:tls'
import t from 'tap'
import { sumOf } from '../door/figures.js'
import { openConnection } from '../helpers/connections.js'
import { until } from '../helpers/gateway-process.js'
import { NOWHERE } from '../helpers/site.js'
import { shakeHands, shownName, startTlsGateway } from './tls-site.js'

/** A record that announces a handshake and more than comes of it (RFC 8446 §5.1). */
const HALF_HELLO = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'

t.test('what is no handshake ends its own connection and nothing else', async (t) => {
  const gateway = await startTlsGateway(t, NOWHERE, 'listener: { header_timeout: 2s }')
  const { port, adminUrl } = gateway
  const hostile = [
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    randomBytes(2_000).toString('latin1'),
    '\x16\x03\x01',
    HALF_HELLO,
    `\x15\x03\x01\x00\x02\x02\x28`,
    ''
  ]
  for (const bytes of hostile) {
    const connection = openConnection(t, port, bytes)
    const ms = await connection.closed
    t.ok(ms < 10_000, `${JSON.stringify(bytes.slice(0, 12))} after ${ms} ms`)
    t.notMatch(connection.text(), /HTTP/, 'nothing is said in clear')
    t.equal(await shownName(t, port), 'first', 'control')
  }
  for (let times = 0; times < 50; times += 1) {
    const { socket } = openConnection(t, port, HALF_HELLO)
    socket.on('connect', () => socket.destroy())
  }
  await until('every failure is counted', async () => {
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text()
    return sumOf(metrics, 'portcullis_tls_handshake_failures_total') >= hostile.length
  })
  t.same(
    gateway.lines().filter(({ log, level }) => log === 'access' || level === 'error'),
    [],
    'none fills the logs'
  )

  const malformed = await shakeHands(t, port)
  const answered = new Promise<string>((resolve) => {
    let text = ''
    malformed.socket.on('data', (chunk) => {
      text += chunk
    })
    malformed.socket.on('close', () => resolve(text))
  })
  malformed.socket.write('no HTTP\r\n\r\n')
  t.match(await answered, /^HTTP\/1\.1 400 [\s\S]*invalid_request/, 'within a session malformed bytes are answered')
  const slow = await shakeHands(t, port)
  let text = ''
  slow.socket.on('data', (chunk) => {
    text += chunk
  })
  slow.socket.write('GET / HTTP/1.1\r\nX')
  await until('408', () => text.startsWith('HTTP/1.1 408 '))

  const before = Date.now()
  const silent = openConnection(t, port)
  const half = openConnection(t, port, HALF_HELLO)
  const idle = await shakeHands(t, port)
  const idleClosed = new Promise((resolve) => idle.socket.on('close', resolve))
  const { status } = await gateway.stop()
  t.equal(status, 0)
  t.ok(Date.now() - before < 9_000, `none of them holds up the end: ${Date.now() - before} ms`)
  await Promise.all([silent.closed, half.closed, idleClosed])
})

t.test('a client may not renegotiate', async (t) => {
  const { port } = await startTlsGateway(t, NOWHERE)
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
  t.teardown(() => socket.destroy())
  await new Promise((resolve) => socket.once('secureConnect', resolve))
  socket.on('error', () => {})
  const outcome = await new Promise<string>((resolve) => {
    socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error === null ? 'renegotiated' : 'refused'))
    socket.once('close', () => resolve('refused'))
  })
  t.equal(outcome, 'refused')
  t.equal(await shownName(t, port), 'first', 'control')
})
