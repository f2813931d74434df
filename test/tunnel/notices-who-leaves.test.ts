import t from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { agree, handshake, openRaw } from '../helpers/websocket.js'

const policy = (url: string) => `
upstreams: { chat: { url: "${url}" } }
rules: [{ path: /**, allow: anyone, to: chat }]
`

const LARGE = Buffer.alloc(16 * 1024 * 1024, 'x')

/** Answers a handshake when it is told to, `/large` with more than a connection holds, anything else at once. */
async function start(t: Parameters<typeof startRawUpstream>[0]) {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const text = bytes.toString('latin1')
    if (text.startsWith('GET /large')) socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE.length}\r\n\r\n${LARGE}`)
    else if (!/^upgrade: websocket\r$/im.test(text)) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  })
  const gateway = await startGateway(t, policy(upstream.url))
  const inFlight = async () => {
    const text = await gateway.resources.metrics.registry.getSingleMetricAsString('portcullis_requests_in_flight')
    return Number(/^portcullis_requests_in_flight (\d+)$/m.exec(text)?.[1] ?? Number.NaN)
  }
  return { upstream, gateway, inFlight }
}

const CONNECT = 'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n'
const CASES: Readonly<Record<string, string>> = {
  'a handshake': handshake('/chat'),
  'a handshake, and more': `${handshake('/chat')}${handshake('/other')}`,
  'a handshake, and bytes of any kind': `${handshake('/chat')}${'\0\xff'.repeat(500)}`,
  'a large answer that is not read': rawGet('/large'),
  'a large answer, and a tunnel': `${rawGet('/large')}${CONNECT}and more`
}

for (const [name, bytes] of Object.entries(CASES)) {
  t.test(`${name}: whoever leaves is in flight no more`, async (t) => {
    const { upstream, gateway, inFlight } = await start(t)
    const client = openRaw(t, gateway.port, bytes)
    client.socket.pause()
    await eventually(() => upstream.connections.length > 0, 'it has arrived')
    await eventually(async () => (await inFlight()) === 1, 'it is in flight')
    // No more than a FIN: what it was sent by then has been taken.
    client.socket.end()
    client.socket.resume()
    await eventually(async () => (await inFlight()) === 0, 'it is over')
    t.equal((await sendRaw(gateway.port, rawGet('/control', 'Connection: close'))).status, 200)
  })
}

t.test('what comes before the answer comes through, up to a bound', async (t) => {
  const { upstream, gateway } = await start(t)
  const client = openRaw(t, gateway.port, `${handshake('/chat')}early`)
  await eventually(() => upstream.connections.length > 0, 'it has arrived')
  client.socket.write(' words')
  const peer = upstream.connections[0]
  await eventually(() => client.socket.bytesWritten > handshake('/chat').length + 10, 'they are sent')
  await new Promise((resolve) => setTimeout(resolve, 50))
  peer?.socket.write(agree(peer.bytes.toString('latin1')))
  await eventually(() => peer?.bytes.toString().endsWith('early words') === true, 'they come through, in their order')
  client.socket.write(' and late ones')
  await eventually(() => peer?.bytes.toString().endsWith('early words and late ones') === true, 'and so does the rest')

  const flood = openRaw(t, gateway.port, handshake('/chat'))
  await eventually(() => upstream.connections.length > 1, 'another one has arrived')
  flood.socket.write(Buffer.alloc(128 * 1024))
  await eventually(flood.closed, 'nobody keeps so much')
})
