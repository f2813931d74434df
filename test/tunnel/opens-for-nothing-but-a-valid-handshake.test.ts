import t from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { agree, handshake, KEY, openRaw } from '../helpers/websocket.js'

const CONTROL = rawGet('/control', 'Connection: close')

const policy = (upstream: string) => `
upstreams: { web: { url: "${upstream}" } }
rules:
  - { path: /none/**, allow: anyone, to: web, websocket: false }
  - { path: /**, allow: anyone, to: web }
`

/** Agrees to whatever asks for a WebSocket, and answers the rest. */
const answer = (text: string) =>
  /^upgrade: websocket/im.test(text)
    ? agree(text)
    : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'

const without = (...names: string[]) => names

/** What is sent, the status that comes back, and the code of a refusal. */
const table: Readonly<Record<string, readonly [bytes: string, status: number, code?: string]>> = {
  'a handshake': [handshake('/'), 101],
  'in other letters': [handshake('/', ['upgrade: WebSocket'], without('Upgrade')), 101],
  'with more said of the connection': [handshake('/', ['Connection: keep-alive, UPGRADE'], without('Connection')), 101],
  'with an announced body of nothing': [handshake('/', ['Content-Length: 0']), 101],
  'of another version': [
    handshake('/', ['Sec-WebSocket-Version: 8'], without('Sec-WebSocket-Version')),
    400,
    'invalid_request'
  ],
  'of two versions': [handshake('/', ['Sec-WebSocket-Version: 13']), 400, 'invalid_request'],
  'of no version': [handshake('/', [], without('Sec-WebSocket-Version')), 400, 'invalid_request'],
  'without a key': [handshake('/', [], without('Sec-WebSocket-Key')), 400, 'invalid_request'],
  'with two keys': [handshake('/', [`Sec-WebSocket-Key: ${KEY}`]), 400, 'invalid_request'],
  'with a short key': [
    handshake('/', ['Sec-WebSocket-Key: dGhlIHNhbXBsZQ=='], without('Sec-WebSocket-Key')),
    400,
    'invalid_request'
  ],
  'with a key spelled in another way': [
    handshake('/', ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR=='], without('Sec-WebSocket-Key')),
    400,
    'invalid_request'
  ],
  'with a body': [`${handshake('/', ['Content-Length: 5'])}hello`, 400, 'invalid_request'],
  'with a chunked body': [`${handshake('/', ['Transfer-Encoding: chunked'])}0\r\n\r\n`, 400, 'invalid_request'],
  'with POST': [handshake('/').replace('GET', 'POST'), 400, 'invalid_request'],
  'with HEAD': [handshake('/').replace('GET', 'HEAD'), 400],
  'with OPTIONS': [handshake('/').replace('GET', 'OPTIONS'), 400, 'invalid_request'],
  'where none are forwarded': [handshake('/none/x'), 403, 'upgrade_refused'],
  'with two hosts': [handshake('/', ['Host: b']), 400, 'invalid_request'],
  'to a path of two readings': [handshake('/a/../b'), 400, 'bad_path'],
  'to an endpoint of our own': [handshake('/auth/nothing'), 404, 'not_found'],
  'in HTTP/1.0': [handshake('/').replace('HTTP/1.1', 'HTTP/1.0'), 200],
  'without Connection': [handshake('/', [], without('Connection')), 200],
  'with another Connection': [handshake('/', ['Connection: close'], without('Connection')), 200],
  'to h2c': [handshake('/', ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA'], without('Upgrade')), 200],
  'to one of two': [handshake('/', ['Upgrade: h2c, websocket'], without('Upgrade')), 200],
  'to websocket twice': [handshake('/', ['Upgrade: websocket']), 200],
  'to a version of it': [handshake('/', ['Upgrade: websocket/13'], without('Upgrade')), 200],
  'to h2c, with a body': [
    `${handshake('/', ['Upgrade: h2c', 'Content-Length: 5'], without('Upgrade')).replace('GET', 'POST')}hello`,
    200
  ]
}

t.test('a WebSocket is opened by a valid handshake alone, and nothing else is ever upgraded', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const text = bytes.toString('latin1')
    if (text.includes('\r\n\r\n')) socket.write(answer(text))
  })
  const { port, access } = await startGateway(t, policy(upstream.url))
  for (const [name, [bytes, status, code]] of Object.entries(table)) {
    const before = upstream.connections.length
    const client = openRaw(t, port, bytes)
    await eventually(() => client.text().includes('\r\n\r\n'), `${name} is answered`)
    t.equal(Number(/^HTTP\/1\.1 (\d+)/.exec(client.text())?.[1]), status, name)
    if (status === 101) t.match(client.text(), /^upgrade: websocket\r$/im)
    else {
      await eventually(client.closed, `${name}: the connection ends`)
      t.notMatch(client.text(), /^upgrade:/im)
      t.equal(client.text().match(/^HTTP\//gm)?.length, 1, 'one answer')
    }
    if (code !== undefined) t.match(client.text(), `"code":"${code}"`)
    const reached = upstream.connections.slice(before).map((connection) => connection.bytes.toString('latin1'))
    t.equal(reached.length, status < 400 ? 1 : 0, `${name}: whether the upstream heard of it`)
    if (status === 200) for (const text of reached) t.notMatch(text, /^(upgrade|http2-settings):/im)
    client.socket.destroy()
    t.equal((await sendRaw(port, CONTROL)).status, 200, `after ${name}`)
  }
  await eventually(() => access.length >= 2 * Object.keys(table).length, 'each has its line')
  t.equal(access.length, 2 * Object.keys(table).length)
})

t.test('whoever speaks another version is told ours', async (t) => {
  const { port } = await startGateway(t, policy('http://127.0.0.1:9'))
  const answer = await sendRaw(port, handshake('/', ['Sec-WebSocket-Version: 7'], ['Sec-WebSocket-Version']))
  t.match(answer.head, /^sec-websocket-version: 13\r?$/im)
})

t.test('a body that is sent with another upgrade arrives whole', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    if (bytes.toString('latin1').endsWith('hello')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  })
  const { port } = await startGateway(t, policy(upstream.url))
  const lines = 'Host: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\n'
  t.equal((await sendRaw(port, `POST / HTTP/1.1\r\n${lines}hello`)).status, 200)
})
