import t from 'tap'
import { converse } from '../helpers/conversation.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { openSite, pathOf } from './open-site.js'

/** More than the buffers of a connection take, in pieces that the gateway reads one by one. */
const SIZE = 24 * 1024 * 1024

t.test('an answer that ends with its connection is whole, however slowly it is read', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    if (pathOf(bytes) === 'control') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    else socket.end(`HTTP/1.0 200 OK\r\n\r\n${'x'.repeat(pathOf(bytes) === 'large' ? SIZE : 300_000)}`)
  })
  const { port, failures } = await startGateway(t, openSite(upstream.url))
  for (const path of ['large', ...Array.from({ length: 30 }, () => 'small')]) {
    const client = converse(t, port)
    let octets = 0
    client.socket.removeAllListeners('data')
    client.socket.on('data', (chunk) => {
      octets += chunk.length
      client.socket.pause()
      setImmediate(() => client.socket.resume())
    })
    client.say(`GET /${path} HTTP/1.0\r\nHost: a\r\n\r\n`)
    await client.end(20_000)
    t.ok(octets > (path === 'large' ? SIZE : 300_000), `${path}: ${octets} octets`)
  }
  t.strictSame(failures, [])
  t.equal((await sendRaw(port, rawGet('/control', 'Connection: close'))).status, 200)
})

t.test('a client that leaves amid its body, and an answer that it does not read, ends nothing else', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    if (pathOf(bytes) === 'control') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    else if (!socket.writableNeedDrain) socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${'x'.repeat(SIZE)}`)
  })
  const { port } = await startGateway(t, openSite(upstream.url))
  const client = converse(t, port)
  client.say('POST /large HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
  await client.hears('HTTP/1.1 200')
  client.socket.pause()
  await new Promise((resolve) => setTimeout(resolve, 300))
  client.socket.destroy()
  await eventually(() => upstream.connections[0]?.socket.destroyed === true, 'the upstream is left, too')
  t.equal((await sendRaw(port, rawGet('/control', 'Connection: close'))).status, 200)
})

t.test('an answer of small chunks that is not read is waited for once, and not once a chunk', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    if (bytes.toString('latin1').endsWith('\r\n\r\n'))
      socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(100_000)}0\r\n\r\n`)
  })
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const { port } = await startGateway(t, openSite(upstream.url))
  const answer = await sendRaw(port, rawGet('/x', 'Connection: close'), 5_000, 20_000)
  t.equal(answer.body.match(/x/g)?.length, 100_000)
  t.strictSame(warnings, [])
})
