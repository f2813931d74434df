import t from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { agree, handshake, openRaw } from '../helpers/websocket.js'
import { metricOf, policy } from './targets.js'

const startChat = (t: Parameters<typeof startRawUpstream>[0]) =>
  startRawUpstream(t, (socket, bytes) => {
    const text = bytes.toString('latin1')
    if (!/^upgrade: websocket\r$/im.test(text)) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    else if (socket.bytesWritten === 0) socket.write(agree(text))
  })

t.test('a WebSocket is in flight until it ends, and is no connection of the pool', async (t) => {
  const [one, other] = [await startChat(t), await startChat(t)]
  const gateway = await startGateway(
    t,
    policy([one.url, other.url], 'balance: least_requests, connections: { max: 2, max_waiting: 1 }')
  )
  const inFlight = async () =>
    (await metricOf(gateway, 'portcullis_upstream_in_flight', one.url)) +
    (await metricOf(gateway, 'portcullis_upstream_in_flight', other.url))
  const clients = []
  for (let i = 0; i < 10; i += 1) {
    const client = openRaw(t, gateway.port, handshake('/x'))
    await eventually(() => client.text().includes(' 101 '), `tunnel ${i} opens`)
    clients.push(client)
  }
  t.equal(await inFlight(), 10)
  t.same([one.connections.length, other.connections.length], [5, 5], 'spread by what is in flight')
  t.equal(
    (await metricOf(gateway, 'portcullis_upstream_connections', one.url)) +
      (await metricOf(gateway, 'portcullis_upstream_connections', other.url)),
    0
  )
  t.equal((await sendRaw(gateway.port, rawGet('/control', 'Connection: close'))).status, 200)
  for (const client of clients) client.socket.destroy()
  await eventually(async () => (await inFlight()) === 0, 'all are over')
})

t.test('an endpoint that is away is passed over for a WebSocket, too', async (t) => {
  const there = await startChat(t)
  const gateway = await startGateway(t, policy(['http://127.0.0.1:1', there.url]))
  for (let i = 0; i < 4; i += 1) {
    const client = openRaw(t, gateway.port, handshake('/x'))
    await eventually(() => client.text().includes(' 101 '), `tunnel ${i} opens`)
  }
  t.equal(there.connections.length, 4)
})
