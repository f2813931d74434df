import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRecorder } from '../helpers/recorder.js'

const yaml = (url: string) => `
upstreams: { web: { url: "${url}" } }
rules:
  - { path: /closed/**, allow: authenticated, to: web }
  - { path: /**, allow: anyone, to: web }
`

const CONTROL = 'GET /control HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'

/** Header lines and body of a POST. */
const FAULTS: readonly (readonly [what: string, fields: string, body: string])[] = [
  ['TE and CL', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'],
  ['CL and TE', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ['two CL that differ', 'Content-Length: 5\r\nContent-Length: 0\r\n', 'hello'],
  ['two CL alike', 'Content-Length: 0\r\nContent-Length: 0\r\n', ''],
  ['a list of CL', 'Content-Length: 0, 0\r\n', ''],
  ['CL with a sign', 'Content-Length: +0\r\n', ''],
  ['a negative CL', 'Content-Length: -1\r\n', ''],
  ['a hexadecimal CL', 'Content-Length: 0x0\r\n', ''],
  ['CL with a fraction', 'Content-Length: 0.0\r\n', ''],
  ['CL with a blank inside', 'Content-Length: 0 0\r\n', ''],
  ['an empty CL', 'Content-Length: \r\n', ''],
  ['a CL beyond 64 bits', 'Content-Length: 18446744073709551616\r\n', ''],
  ['TE identity', 'Transfer-Encoding: identity\r\n', ''],
  ['TE gzip', 'Transfer-Encoding: gzip\r\n', ''],
  ['TE gzip, chunked', 'Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'],
  ['TE chunked, gzip', 'Transfer-Encoding: chunked, gzip\r\n', '0\r\n\r\n'],
  ['TE chunked twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ['TE chunked, chunked', 'Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n'],
  ['TE xchunked', 'Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'],
  ['TE "chunked"', 'Transfer-Encoding: "chunked"\r\n', '0\r\n\r\n'],
  ['TE chunked;q=1', 'Transfer-Encoding: chunked;q=1\r\n', '0\r\n\r\n'],
  ['TE with a vertical tab', 'Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n'],
  ['an empty TE', 'Transfer-Encoding:\r\n', '0\r\n\r\n'],
  ['a blank before the colon', 'Content-Length : 0\r\n', ''],
  ["a blank before TE's colon", 'Transfer-Encoding : chunked\r\n', '0\r\n\r\n'],
  ['a folded line', 'X-Folded: a\r\n b\r\n', ''],
  ['a folded TE', 'Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'],
  ['a line without colon', 'X-None\r\n', ''],
  ['an empty name', ': a\r\n', ''],
  ['a name with a blank', 'X Name: a\r\n', ''],
  ['a name with a byte beyond ASCII', 'X-\xe9: a\r\n', ''],
  ['a name with NUL', 'X-\0: a\r\n', ''],
  ['a name in quotes', '"X": a\r\n', ''],
  ['NUL in a value', 'X-Nul: a\0b\r\n', ''],
  ['a bare CR in a value', 'X-Cr: a\rX-Smuggled: b\r\n', ''],
  ['a bare LF in a value', 'X-Lf: a\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ['a bare LF line end', 'X-Lf: a\nContent-Length: 0\n', ''],
  ['a control byte in a value', 'X-Bel: a\x07b\r\n', ''],
  ['a chunk size that is no number', 'Transfer-Encoding: chunked\r\n', 'x\r\n\r\n'],
  ['a chunk size with a sign', 'Transfer-Encoding: chunked\r\n', '+5\r\nhello\r\n0\r\n\r\n'],
  ['a chunk size with 0x', 'Transfer-Encoding: chunked\r\n', '0x5\r\nhello\r\n0\r\n\r\n'],
  ['a chunk size before a blank', 'Transfer-Encoding: chunked\r\n', '5 \r\nhello\r\n0\r\n\r\n'],
  ['a chunk size beyond 64 bits', 'Transfer-Encoding: chunked\r\n', '10000000000000005\r\nhello\r\n0\r\n\r\n'],
  ['a chunk longer than it says', 'Transfer-Encoding: chunked\r\n', '4\r\nhello\r\n0\r\n\r\n'],
  ['a chunk ended by LF', 'Transfer-Encoding: chunked\r\n', '5\nhello\r\n0\r\n\r\n'],
  ['chunk data ended by LF', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\n0\r\n\r\n'],
  ['a bare CR in a chunk extension', 'Transfer-Encoding: chunked\r\n', '5;a\rb\r\nhello\r\n0\r\n\r\n'],
  ['a bare LF in a chunk extension', 'Transfer-Encoding: chunked\r\n', '5;a\n\r\nhello\r\n0\r\n\r\n'],
  ['an endless chunk extension', 'Transfer-Encoding: chunked\r\n', `5;${'a'.repeat(40_000)}\r\nhello\r\n0\r\n\r\n`],
  ['a malformed trailer', 'Transfer-Encoding: chunked\r\n', '0\r\nX Y: a\r\n\r\n']
]

t.test('a request whose end is in doubt is refused and is the last of its connection', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const results = await Promise.all(
    FAULTS.map(([, fields, body]) => sendRaw(port, `POST /x HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}${SMUGGLED}`))
  )
  for (const [at, [what]] of FAULTS.entries()) {
    const answer = results[at]
    t.match(String(answer?.status), /^4\d\d$/, `${what} is refused`)
    t.match(answer?.head, /^connection: close$/im, `${what} ends the connection`)
    t.ok(answer?.closed, `${what} ends it indeed`)
    t.match(answer?.head, /content-type: application\/problem\+json/i, what)
  }
  // A chunked body is under way before its fault is met; then it must never have looked whole.
  for (const request of upstream.requests()) {
    t.notMatch(request, /smuggled/i)
    t.notMatch(request, /0\r\n\r\n$/, 'nothing that is faulty arrives whole')
    t.match(request, /^POST \/x /)
  }
  const control = await sendRaw(port, CONTROL)
  t.equal(control.status, 200)
})

t.test('faulty bytes never become the next request, wherever they are cut', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const bytes = `POST /closed HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`
  for (let cut = 60; cut < bytes.length; cut += 7) {
    const text = await sendInTwo(port, bytes.slice(0, cut), bytes.slice(cut))
    t.match(text, /^HTTP\/1\.1 400 /)
    t.notMatch(text, /HTTP\/1\.1 200/, `cut at ${cut}`)
  }
  t.strictSame(upstream.requests(), [])
})

/** Sends two pieces apart and collects what comes back until the gateway closes. */
function sendInTwo(port: number, first: string, second: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', async () => {
      socket.setNoDelay().write(first, 'latin1')
      await sleep(4)
      socket.write(second, 'latin1')
    })
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

t.test('HTTP/1.0 knows no chunks', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const answer = await sendRaw(
    port,
    `POST /x HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`
  )
  t.equal(answer.status, 400)
  t.ok(answer.closed)
  t.strictSame(upstream.requests(), [])
})

t.test('the body of a refused request is never read as the next one', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const inner = SMUGGLED.repeat(3)
  for (const framed of [
    `Content-Length: ${inner.length}\r\n\r\n${inner}`,
    `Transfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`,
    `Expect: 100-continue\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`
  ]) {
    for (const start of ['POST /closed', 'GET /closed', 'POST /auth/nothing', 'POST /../x', 'DELETE /closed']) {
      const answer = await sendRaw(port, `${start} HTTP/1.1\r\nHost: a\r\n${framed}`, 30)
      t.equal(answer.text.match(/HTTP\/1\.1 /g)?.length, 1, `${start} ${framed.slice(0, 20)}: one answer`)
      t.match(String(answer.status), /^40[014]$/)
    }
  }
  t.strictSame(upstream.requests(), [])
})

t.test('whole requests in one piece are answered in their order', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const answer = await sendRaw(
    port,
    'GET /one HTTP/1.1\r\nHost: a\r\n\r\nPOST /closed HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello' +
      'POST /three HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n' +
      'GET /four HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /five HTTP/1.1\r\nHost: a\r\n\r\n'
  )
  t.strictSame(answer.text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 401', 'HTTP/1.1 200', 'HTTP/1.1 200'])
  t.ok(answer.closed)
  const lines = upstream.requests().map((request) => request.split(' HTTP')[0])
  t.strictSame(lines.sort(), ['GET /four', 'GET /one', 'POST /three'])
})

t.test('a body goes on in one framing, ours', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  for (const [fields, body, forwarded] of [
    ['Content-Length: 5\r\n', 'hello', /\r\ncontent-length: 5\r\n(?:[\s\S]*\r\n)?\r\nhello$/i],
    ['content-length: 005\r\n', 'hello', /\r\ncontent-length: 5\r\n(?:[\s\S]*\r\n)?\r\nhello$/i],
    [
      'Transfer-Encoding: CHUNKED\r\n',
      '5;x="y"\r\nhello\r\n000\r\n\r\n',
      /\r\ntransfer-encoding: chunked\r\n[\s\S]*hello\r\n0\r\n\r\n$/
    ],
    ['Connection: content-length\r\nContent-Length: 5\r\n', 'hello', /hello(\r\n0\r\n\r\n)?$/],
    [
      'Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n',
      '5\r\nhello\r\n0\r\n\r\n',
      /hello\r\n0\r\n\r\n$/
    ],
    ['Content_Length: 99\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\n', 'hello', /\r\n\r\nhello$/]
  ] as const) {
    const answer = await sendRaw(port, `POST /x HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}`, 30)
    t.equal(answer.status, 200, fields)
    const request = upstream.requests().at(-1) ?? ''
    t.match(request, forwarded, fields)
    t.equal(request.match(/\r\n(content.length|transfer.encoding):/gi)?.length, 1, `${fields} has one length`)
  }
})

t.test('a client that leaves in the middle leaves the upstream a broken request', async (t) => {
  const upstream = await startRecorder(t)
  const { port, access, failures } = await startGateway(t, yaml(upstream.url))
  for (const start of ['Content-Length: 10\r\n\r\nhello', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n']) {
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const seen = new Set(upstream.connections.filter(({ bytes }) => bytes.length > 0))
      const find = () =>
        upstream.connections.find((connection) => !seen.has(connection) && connection.bytes.includes('hello'))
      const socket = connect(port, '127.0.0.1', () => socket.write(`POST /x HTTP/1.1\r\nHost: a\r\n${start}`))
      socket.on('error', () => {})
      const until = Date.now() + 3_000
      while (find() === undefined && Date.now() < until) await sleep(5)
      const connection = find()
      socket[leave]()
      while (connection?.socket.readyState !== 'closed' && Date.now() < until) await sleep(5)
      t.equal(connection?.socket.readyState, 'closed', `${leave}: the upstream's connection is closed`)
      t.match(connection?.bytes.toString(), /hello(\r\n)?$/, 'and no end of the body was made up')
      socket.destroy()
    }
  }
  t.strictSame(failures, [], 'which is no failure of ours')
  t.ok(
    access.some((line) => line.status === 499),
    'and is told apart in the log'
  )
  t.equal((await sendRaw(port, CONTROL)).status, 200)
})
