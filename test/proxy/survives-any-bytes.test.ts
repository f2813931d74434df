import { connect } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRawUpstream, startUpstream } from '../helpers/upstream.js'

const CONTROL = 'GET /control HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

/** Sends bytes and leaves at once, or when the gateway has answered or closed. */
const throwBytes = (port: number, pieces: readonly string[], patient: boolean) =>
  new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      for (const piece of pieces) socket.write(piece, 'latin1')
      if (!patient) socket.resetAndDestroy()
    })
    setTimeout(() => socket.destroy(), 40)
    socket.on('data', () => setTimeout(() => socket.destroy(), 2))
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code))
const bytes = (maxLength: number) => fc.string({ unit: byte, maxLength })
const method = fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'TRACE', 'CONNECT', 'PRI', 'PROPFIND', 'x', '')
const path = fc.oneof(
  fc.constantFrom(
    '/',
    '/x',
    '/closed',
    '/auth/login',
    '/auth',
    '//',
    '/..',
    '*',
    'http://a/x',
    'a:443',
    '/AUTH/x',
    '/%'
  ),
  bytes(30).map((text) => `/${text}`),
  bytes(20)
)
const field = fc.oneof(
  fc.constantFrom(
    'Host: a',
    'Host: a',
    'Host:',
    'Connection: close',
    'Connection: Upgrade',
    'Connection: x-user-id, host, content-length, transfer-encoding',
    'Upgrade: websocket',
    'Upgrade: h2c',
    'Expect: 100-continue',
    'Expect: x',
    'Content-Length: 5',
    'Content-Length: 0',
    'Content-Length: 99999999999',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip',
    'Content-Type: application/json',
    'Content-Type: x',
    'Authorization: Bearer x.y.z',
    'Authorization: Bearer',
    'X-Forwarded-For: 1.2.3.4, x, ::1',
    'Forwarded: for="',
    'X-Forwarded-Host: \xff',
    'TE: trailers',
    '__proto__: x',
    'constructor: x'
  ),
  fc.tuple(bytes(8), bytes(20)).map(([name, value]) => `${name}: ${value}`)
)
const body = fc.oneof(
  fc.constantFrom('', 'hello', '5\r\nhello\r\n0\r\n\r\n', '0\r\nX: y\r\n\r\n', 'fffffffff\r\n'),
  bytes(40)
)
const request = fc
  .tuple(
    method,
    path,
    fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', ''),
    fc.array(field, { maxLength: 8 }),
    body
  )
  .map(
    ([verb, target, version, fields, content]) =>
      `${verb} ${target} ${version}\r\n${fields.map((line) => `${line}\r\n`).join('')}\r\n${content}`
  )

t.test('no bytes of a client end the process or the service', async (t) => {
  const upstream = await startUpstream(t)
  const { port, failures } = await startGateway(
    t,
    `
trusted_proxies: [127.0.0.1]
limits: { many: { by: ip, requests: 1000000, window: 1h } }
listener_limit: { requests: 1000000, window: 1h }
upstreams: { web: { url: "${upstream.url}", timeout: 2s } }
rules:
  - { path: /closed/**, allow: authenticated, to: web }
  - { path: /**, allow: anyone, to: web, limit: many }
`
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.array(request, { minLength: 1, maxLength: 4 }), fc.boolean()), {
        minLength: 20,
        maxLength: 40
      }),
      async (batch) => {
        await Promise.all(batch.map(([pieces, patient]) => throwBytes(port, pieces, patient)))
        return (await sendRaw(port, CONTROL)).status === 200
      }
    ),
    { numRuns: 1_000, interruptAfterTimeLimit: 2_500, endOnFailure: true }
  )
  t.strictSame(
    failures.map(String).filter((failure) => /TypeError|RangeError/.test(failure)),
    []
  )
})

t.test('no bytes of an upstream end the process or the service', async (t) => {
  let answer: readonly string[] = []
  const upstream = await startRawUpstream(t, (socket) => {
    for (const piece of answer) socket.write(piece, 'latin1')
    socket.end()
  })
  const { port, failures } = await startGateway(
    t,
    `
upstreams: { web: { url: "${upstream.url}", timeout: 2s, idle_timeout: 2s } }
rules: [{ path: /**, allow: anyone, to: web }]
`
  )
  const status = fc.oneof(
    fc.constantFrom('200 OK', '100 Continue', '101 X', '103 X', '204 X', '304 X', '000 X', '999 X'),
    bytes(6).map((reason) => `200 ${reason}`),
    bytes(12)
  )
  const line = fc.oneof(
    fc.constantFrom(
      'Content-Length: 5',
      'Content-Length: x',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: gzip',
      'Connection: close',
      'Connection: keep-alive',
      'Keep-Alive: timeout=99999999999',
      'Upgrade: websocket',
      'Trailer: X',
      'Location: http://127.0.0.1:',
      'Set-Cookie: a=b',
      'Date: x'
    ),
    fc.tuple(bytes(8), bytes(20)).map(([name, value]) => `${name}: ${value}`)
  )
  const response = fc
    .tuple(fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2', 'X'), status, fc.array(line, { maxLength: 6 }), body)
    .map(
      ([version, code, lines, content]) =>
        `${version} ${code}\r\n${lines.map((text) => `${text}\r\n`).join('')}\r\n${content}`
    )
  await fc.assert(
    fc.asyncProperty(
      fc.array(response, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('GET', 'HEAD', 'POST'),
      async (said, verb) => {
        answer = said
        await Promise.all([
          throwBytes(port, [`${verb} /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`], true),
          throwBytes(port, [`${verb} /x HTTP/1.0\r\nHost: a\r\n\r\n`], true)
        ])
        answer = ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok']
        return (await sendRaw(port, CONTROL)).status === 200
      }
    ),
    { numRuns: 1_000, interruptAfterTimeLimit: 2_500, endOnFailure: true }
  )
  t.strictSame(
    failures.map(String).filter((failure) => /TypeError|RangeError/.test(failure)),
    []
  )
})
