import { connect } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { acceptOf, agree, handshake, KEY } from '../helpers/websocket.js'

const CONTROL = rawGet('/control', 'Connection: close')

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code))
const bytes = (maxLength: number) => fc.string({ unit: byte, maxLength })

/** Handshakes, whole and broken, frames, halves of frames, other requests, anything. */
const piece = fc.oneof(
  fc.constant(handshake('/x')),
  fc.constantFrom(
    handshake('/closed'),
    handshake('/x', ['Content-Length: 5']),
    handshake('/x', ['Transfer-Encoding: chunked']),
    handshake('/x', ['Expect: 100-continue']),
    handshake('/x', [], ['Sec-WebSocket-Key']),
    handshake('/x', ['Upgrade: h2c'], ['Upgrade']),
    handshake('/x').replace('GET', 'POST'),
    handshake('/x').replace('GET', 'CONNECT'),
    handshake('/x').replace('HTTP/1.1', 'HTTP/1.0'),
    handshake('/x').slice(0, -2),
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    rawGet('/plain'),
    'POST /plain HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc',
    '\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58',
    '\x81\xfe',
    '\x88\x00',
    '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff',
    '\r\n\r\n',
    '0\r\n\r\n'
  ),
  bytes(60)
)

type Leaving = 'reset' | 'end' | 'destroy' | 'stay'
const leaving = fc.constantFrom<Leaving>('reset', 'end', 'destroy', 'stay')

/** Sends pieces, in one segment or in several, and leaves in one of the ways there are. */
const send = (port: number, pieces: readonly string[], apart: boolean, leave: Leaving) =>
  new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', async () => {
      if (apart) {
        for (const one of pieces) {
          socket.write(one, 'latin1')
          await new Promise((next) => setTimeout(next, 2))
        }
      } else socket.write(pieces.join(''), 'latin1')
      if (leave === 'reset') socket.resetAndDestroy()
      else if (leave === 'end') socket.end()
      else if (leave === 'destroy') socket.destroy()
    })
    setTimeout(() => socket.destroy(), 40)
    socket.on('data', () => setTimeout(() => socket.destroy(), 3))
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })

const valid = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${acceptOf(KEY)}`]
const said = fc.oneof(
  fc
    .array(fc.oneof(fc.constantFrom(...valid, 'Upgrade: h2c', 'Content-Length: 5', 'X: y'), bytes(20)), {
      maxLength: 5
    })
    .map((lines) => `HTTP/1.1 101 Switching Protocols\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`),
  fc.constantFrom(
    agree(handshake('/')),
    agree(handshake('/')) + agree(handshake('/')),
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 101 X\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    '\x81\x05Hello',
    '\x81'
  ),
  bytes(60)
)

t.test('no bytes on an upgrade, from either side, end the process or the service', async (t) => {
  let answers: readonly string[] = []
  let leave: Leaving = 'stay'
  // Of an upstream that says whatever it likes, a kept connection may say something in place of its next answer.
  const sound = await startRawUpstream(t, (socket) => {
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok')
  })
  const upstream = await startRawUpstream(t, (socket) => {
    for (const answer of answers) socket.write(answer, 'latin1')
    if (leave === 'reset') socket.resetAndDestroy()
    else if (leave === 'end') socket.end()
    else if (leave === 'destroy') socket.destroy()
  })
  const { port, failures, resources, gateway } = await startGateway(
    t,
    `
upstreams:
  sound: { url: "${sound.url}" }
  web: { url: "${upstream.url}", timeout: 1s, idle_timeout: 1s, websocket: { idle_timeout: 1s } }
rules:
  - { path: /control, allow: anyone, to: sound }
  - { path: /closed, allow: authenticated, to: web }
  - { path: /**, allow: anyone, to: web }
`
  )
  const cases = fc.tuple(
    fc.array(fc.tuple(fc.array(piece, { minLength: 1, maxLength: 4 }), fc.boolean(), leaving), {
      minLength: 10,
      maxLength: 25
    }),
    fc.array(fc.oneof({ arbitrary: fc.constant(agree(handshake('/'))), weight: 2 }, { arbitrary: said, weight: 3 }), {
      maxLength: 3
    }),
    fc.oneof(fc.constant<Leaving>('stay'), leaving)
  )
  await fc.assert(
    fc.asyncProperty(cases, async ([clients, answer, way]) => {
      answers = answer
      leave = way
      await Promise.all(clients.map(([pieces, apart, how]) => send(port, pieces, apart, how)))
      const { status, body } = await sendRaw(port, CONTROL)
      if (status !== 200) throw new Error(`${status}: ${body}`)
    }),
    { numRuns: 1_000, interruptAfterTimeLimit: 5_000, endOnFailure: true }
  )
  const metrics = async () => resources.metrics.registry.metrics()
  const opened = Number(/^portcullis_websockets_opened_total (\d+)$/m.exec(await metrics())?.[1])
  t.ok(opened > 5, `${opened} were opened on the way`)
  await eventually(async () => /^portcullis_websockets_open 0$/m.test(await metrics()), 'all have ended', 20_000)
  await eventually(
    () => new Promise((resolve) => gateway.app.server.getConnections((_, count) => resolve(count === 0))),
    'no connection is left',
    20_000
  )
  t.strictSame(
    failures.map(String).filter((failure) => /TypeError|RangeError|ERR_/.test(failure)),
    []
  )
})
