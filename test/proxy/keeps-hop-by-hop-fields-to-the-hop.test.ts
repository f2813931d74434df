import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRecorder } from '../helpers/recorder.js'
import { startRawUpstream } from '../helpers/upstream.js'

const yaml = (url: string, more = '') => `
upstreams: { web: { url: "${url}"${more} } }
rules: [{ path: /**, allow: anyone, to: web }]
`

t.test('what a client says to us alone goes no further', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const answer = await sendRaw(
    port,
    'POST /x HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Listed\r\nConnection: x-other , ,\r\nX-Listed: gone\r\n' +
      'X-Other: gone\r\nKeep-Alive: gone\r\nProxy-Connection: gone\r\nProxy-Authorization: gone\r\nProxy-Authenticate: gone\r\n' +
      'TE: trailers, gone\r\nTrailer: gone\r\nUpgrade: gone\r\nHTTP2-Settings: gone\r\nProxy: http://gone\r\nExpect: gone\r\n' +
      'Transfer-Encoding: chunked\r\nX-Kept: kept\r\nAuthorization: Basic gone\r\nX-HTTP-Method-Override: gone\r\n' +
      'X-Original-URL: /gone\r\nX-Rewrite-URL: /gone\r\nX_Original_Url: /gone\r\n\r\n0\r\n\r\n',
    50
  )
  t.equal(answer.status, 200)
  const request = upstream.requests().at(-1) ?? ''
  t.notMatch(request, /gone|x-listed/i)
  t.match(request, /^X-Kept: kept\r$/m)
  t.match(request, /^connection: (keep-alive|close)\r$/im)
})

t.test('what an upstream says to us alone goes no further', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => {
    socket.end(
      'HTTP/1.1 200 Fine\r\nConnection: close, X-Listed\r\nConnection: X-Other\r\nX-Listed: gone\r\nX-Other: gone\r\n' +
        'Keep-Alive: gone=1\r\nProxy-Authenticate: gone\r\nProxy-Connection: gone\r\nUpgrade: gone\r\nProxy-Status: gone\r\n' +
        'RateLimit: gone\r\nratelimit-policy: gone\r\nX-Kept: \xe9\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n' +
        'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      'latin1'
    )
  })
  const { port } = await startGateway(t, yaml(upstream.url))
  const answer = await sendRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 50)
  t.match(answer.head, /^HTTP\/1\.1 200 Fine\r\n/)
  t.notMatch(answer.head, /gone|x-listed|x-other/i)
  t.match(answer.head, /^X-Kept: \xe9\r$/m, 'bytes beyond ASCII stay the bytes they are')
  t.strictSame(
    answer.head.match(/^Set-Cookie: .*$/gm),
    ['Set-Cookie: a=1\r', 'Set-Cookie: b=2\r'].map((s) => s.trim())
  )
  t.match(answer.head, /^Connection: keep-alive\r?$/m, 'our own connection is ours to keep')
})

t.test('nothing but a WebSocket is upgraded, and nothing breaks by asking', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const upgrade = (protocol: string) =>
    `GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\n` +
    'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'
  for (const protocol of ['h2c', 'TLS/1.0', 'websocket, h2c', '']) {
    for (const times of [1, 2, 20]) {
      const answer = await sendRaw(port, upgrade(protocol).repeat(times), 60)
      t.equal(answer.status, 200, `${protocol} ${times}`)
      t.notMatch(answer.text, / 101 /)
      // The parser stops at an upgrade, and what it would make of the rest is not certain.
      t.equal(answer.text.match(/HTTP\/1\.1 200/g)?.length, 1)
      t.ok(answer.closed)
    }
    await sendRaw(port, `${upgrade(protocol)}\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58`, 30)
  }
  for (const request of upstream.requests()) t.notMatch(request, /upgrade|http2/i)
  t.equal((await sendRaw(port, 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).status, 200)
})

t.test('a redirection to the upstream leads to us', async (t) => {
  let location = ''
  const upstream = await startRawUpstream(t, (socket) => {
    socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`)
  })
  const { port } = await startGateway(t, yaml(upstream.url, ', strip_prefix: /api'))
  const inner = upstream.url
  for (const [said, seen] of [
    [`${inner}/x?y#z`, '/api/x?y#z'],
    [inner, '/api/'],
    [`${inner}?q`, '/api/?q'],
    [inner.toUpperCase(), '/api/'],
    [`${inner}//evil.test/x`, '/api/evil.test/x'],
    [`${inner}0/x`, `${inner}0/x`],
    [`${inner}@evil.test/`, `${inner}@evil.test/`],
    ['https://elsewhere.test/x', 'https://elsewhere.test/x'],
    ['/x', '/x']
  ] as const) {
    location = said
    const answer = await sendRaw(port, 'GET /api/y HTTP/1.1\r\nHost: a\r\n\r\n', 20)
    t.equal(/^location: (.*)\r?$/im.exec(answer.head)?.[1], seen, said)
  }
})

t.test('a redirection never becomes one to another host', async (t) => {
  let location = ''
  const upstream = await startRawUpstream(t, (socket) => {
    socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`)
  })
  const { port } = await startGateway(t, yaml(upstream.url))
  for (const path of ['//evil.test/x', '///evil.test', '/\\evil.test', '\\\\evil.test', '/\t/evil.test']) {
    location = `${upstream.url}${path}`
    const answer = await sendRaw(port, 'GET /y HTTP/1.1\r\nHost: a\r\n\r\n', 20)
    const seen = /^location: (.*)\r?$/im.exec(answer.head)?.[1] ?? ''
    t.not(new URL(seen, 'http://gateway.test/').host, 'evil.test', `${path} → ${seen}`)
  }
})
