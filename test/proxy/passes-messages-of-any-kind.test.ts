import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRecorder } from '../helpers/recorder.js'
import { startUpstream } from '../helpers/upstream.js'

const yaml = (url: string) => `
upstreams: { web: { url: "${url}", timeout: 1s } }
rules: [{ path: /**, allow: anyone, to: web }]
`

t.test('a body is forwarded as it is, whatever its method, kind or size', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const kinds = [
    '',
    'Content-Type: foo\r\n',
    'Content-Type:\r\n',
    'Content-Type: text/plain\r\n',
    'Content-Type: application/json\r\n',
    'Content-Type: application/x-www-form-urlencoded\r\n',
    'Content-Type: multipart/form-data; boundary=x\r\n',
    'Content-Type: application/json; charset=\r\nContent-Encoding: gzip\r\n'
  ]
  const body = '{"not": json\xff\xfe\0'
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE', 'REPORT']) {
    for (const kind of kinds) {
      for (const [framing, sent, arrives] of [
        [`Content-Length: ${body.length}\r\n`, body, body],
        [
          'Transfer-Encoding: chunked\r\n',
          `1\r\n{\r\n${(body.length - 1).toString(16)}\r\n${body.slice(1)}\r\n0\r\n\r\n`,
          /\r\n0\r\n\r\n$/
        ],
        ['Content-Length: 0\r\n', '', '\r\n\r\n'],
        ['', '', '\r\n\r\n']
      ] as const) {
        const what = `${method} ${kind}${framing}`
        const head = `${method} /x HTTP/1.1\r\nHost: a\r\n${kind}${framing}Connection: close\r\n\r\n`
        const answer = await sendRaw(port, head + sent)
        t.equal(answer.status, 200, what)
        const request = upstream.requests().at(-1) ?? ''
        t.ok(request.startsWith(`${method} /x HTTP/1.1\r\n`), what)
        t.ok(typeof arrives === 'string' ? request.endsWith(arrives) : arrives.test(request), what)
        const type = kind.split('\r\n')[0] ?? ''
        if (type !== '') t.ok(request.includes(`\r\n${type === 'Content-Type:' ? 'Content-Type: ' : type}\r\n`), what)
      }
    }
  }
})

t.test('answers without content have none, and keep what they say of it', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    const status = Number(request.url?.slice(1))
    if (status === 304) response.setHeader('etag', '"x"')
    if (request.method === 'HEAD') response.setHeader('content-length', 1234)
    response.writeHead(status).end()
  })
  const { port } = await startGateway(t, yaml(upstream.url))
  for (const [start, status, field] of [
    ['HEAD /200', 200, /^content-length: 1234$/im],
    ['GET /204', 204, /^(?!.*(content-length|transfer-encoding))/is],
    ['GET /304', 304, /^etag: "x"$/im],
    ['GET /205', 205, /^content-length: 0|transfer-encoding: chunked$/im],
    ['DELETE /404', 404, /404 Not Found/],
    ['GET /599', 599, /^/],
    ['GET /503', 503, /^/]
  ] as const) {
    const answer = await sendRaw(port, `${start} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(2), 50)
    t.equal(answer.status, status, start)
    t.match(answer.head, field, start)
    t.equal(answer.text.match(/HTTP\/1\.1 \d/g)?.length, 2, `${start}: the connection goes on with the next answer`)
    t.notMatch(answer.head, /proxy-status/i, 'the upstream spoke')
  }
  t.equal(upstream.received.length, 14, 'and each was asked for once')
})

t.test('an HTTP/1.0 client gets an answer that ends with the connection', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.write('one')
    response.end('two')
  })
  const { port } = await startGateway(t, yaml(upstream.url))
  const answer = await sendRaw(port, 'GET / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n\r\n')
  t.equal(answer.status, 200)
  t.equal(answer.body, 'onetwo')
  t.ok(answer.closed)
  t.notMatch(answer.head, /transfer-encoding/i)
})

t.test('a stream of events arrives as it is sent, and `timeout` does not cut it', async (t) => {
  /** What the upstream has yet to say, by path, each once what was said before has come. */
  const toSay = new Map<string, (() => void)[]>()
  const upstream = await startUpstream(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (request.url === '/silent') response.flushHeaders()
    else response.write('data: first\n\n')
    const later = [() => response.write('data: second\n\n'), () => response.end('data: third\n\n')]
    toSay.set(request.url ?? '', later)
  })
  const { url } = await startGateway(t, yaml(upstream.url))
  await Promise.all(
    ['/', '/silent'].map(async (path) => {
      const answer = await fetch(`${url}${path}`)
      const sayNext = () => toSay.get(path)?.shift()?.()
      const afterTimeout = () => setTimeout(sayNext, 2_300)
      if (path === '/silent') afterTimeout()
      const pieces: string[] = []
      for await (const piece of answer.body ?? []) {
        pieces.push(Buffer.from(piece).toString())
        if (pieces.length === 1 && path === '/') afterTimeout()
        else sayNext()
      }
      const events = ['data: second\n\n', 'data: third\n\n']
      t.strictSame(pieces, path === '/' ? ['data: first\n\n', ...events] : events)
    })
  )
})
