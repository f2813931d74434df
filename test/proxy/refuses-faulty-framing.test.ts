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
      const until = Date.now() + 20_000
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
