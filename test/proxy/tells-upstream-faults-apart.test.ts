import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRawUpstream, startUpstream } from '../helpers/upstream.js'

const yaml = (url: string) => `
upstreams: { web: { url: "${url}", timeout: 500ms, idle_timeout: 500ms } }
rules: [{ path: /**, allow: anyone, to: web }]
`
const get = (path: string, ...lines: readonly string[]) =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`

type Answer = (socket: Socket) => void
const says =
  (text: string): Answer =>
  (socket) => {
    socket.write(text, 'latin1')
  }
const saysAndEnds =
  (text: string): Answer =>
  (socket) => {
    socket.end(text, 'latin1')
  }
const OK = 'HTTP/1.1 200 OK\r\n'

/** What an upstream does in place of answering; the status that the client must see. */
const FAULTS: Readonly<Record<string, readonly [answer: Answer, status: number]>> = {
  silence: [() => {}, 504],
  half: [says('HTTP/1.1 200 OK\r\nX-A: '), 504],
  reset: [(socket) => socket.resetAndDestroy(), 502],
  closes: [(socket) => socket.end(), 502],
  closesInHead: [saysAndEnds('HTTP/1.1 200 OK\r\nX-A: b\r\n'), 502],
  resetInHead: [
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      setTimeout(() => socket.resetAndDestroy(), 20)
    },
    502
  ],
  garbage: [saysAndEnds('\x16\x03\x01\x02\0garbage\r\n\r\n'), 502],
  html: [saysAndEnds('<html>hello</html>'), 502],
  http09: [saysAndEnds('hello'), 502],
  smtp: [saysAndEnds('220 mail.internal.test ESMTP\r\n'), 502],
  noStatus: [saysAndEnds('HTTP/1.1 OK\r\n\r\n'), 502],
  oddStatus: [saysAndEnds('HTTP/1.1 99 Odd\r\nContent-Length: 0\r\n\r\n'), 502],
  zeroStatus: [saysAndEnds('HTTP/1.1 000 Zero\r\nContent-Length: 0\r\n\r\n'), 502],
  longStatus: [saysAndEnds('HTTP/1.1 2000 Long\r\nContent-Length: 0\r\n\r\n'), 502],
  largeHead: [saysAndEnds(`${OK}X-A: ${'a'.repeat(40_000)}\r\nContent-Length: 0\r\n\r\n`), 502],
  manyFields: [saysAndEnds(`${OK}${'X-A: a\r\n'.repeat(9_000)}\r\n`), 502],
  twoLengths: [saysAndEnds(`${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc`), 502],
  listedLengths: [saysAndEnds(`${OK}Content-Length: 2, 3\r\n\r\nabc`), 502],
  negativeLength: [saysAndEnds(`${OK}Content-Length: -1\r\n\r\nabc`), 502],
  lengthAndChunked: [saysAndEnds(`${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`), 502],
  controlInValue: [saysAndEnds(`${OK}X-A: a\x01b\r\nContent-Length: 0\r\n\r\n`), 502],
  nulInValue: [saysAndEnds(`${OK}X-A: a\0b\r\nContent-Length: 0\r\n\r\n`), 502],
  bareCr: [saysAndEnds(`${OK}X-A: a\rX-B: b\r\nContent-Length: 0\r\n\r\n`), 502],
  badName: [saysAndEnds(`${OK}X A: a\r\nContent-Length: 0\r\n\r\n`), 502],
  upgraded: [says('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'), 502],
  hundred: [saysAndEnds('HTTP/1.1 100 Continue\r\n\r\n'), 502]
}

t.test('each fault of an upstream is a problem in time, in words of our own', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const name = /^GET \/(\w+)/.exec(bytes.toString('latin1'))?.[1] ?? ''
    FAULTS[name]?.[0](socket)
  })
  const { port, failures, access } = await startGateway(t, yaml(upstream.url))
  await Promise.all(
    Object.entries(FAULTS).map(async ([name, [, status]]) => {
      const started = Date.now()
      const answer = await sendRaw(port, get(`/${name}`), 20)
      t.equal(answer.status, status, name)
      t.ok(Date.now() - started < 2_500, `${name} in ${Date.now() - started} ms`)
      const problem = JSON.parse(answer.body)
      t.match(
        problem,
        { code: status === 504 ? 'upstream_timeout' : 'upstream_error', status, request_id: String },
        name
      )
      t.match(answer.head, /^proxy-status: portcullis; error=/im, name)
      t.notMatch(answer.text, /127\.0\.0\.1|localhost|undici|UND_|ECONN|HPE_|parse|socket|\.js|internal\.test/i, name)
    })
  )
  const asked = upstream.connections.map(({ bytes }) => bytes.toString('latin1')).filter((text) => text !== '')
  t.equal(asked.length, Object.keys(FAULTS).length, 'each request was sent once')
  t.equal(failures.length, asked.length, 'the cause of each is logged')
  t.ok(access.every((line) => line.verdict === 'allow' && typeof line.code === 'string'))
})

t.test('an answer with an odd reason phrase is an answer', async (t) => {
  const reasons = ['O\x01K', 'O\rK', 'O\0K', '', ' ', '\xff', 'Fine']
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const reason = reasons[Number(/^GET \/(\d)/.exec(bytes.toString('latin1'))?.[1])]
    socket.end(`HTTP/1.1 200 ${reason}\r\nContent-Length: 0\r\n\r\n`, 'latin1')
  })
  const { port } = await startGateway(t, yaml(upstream.url))
  for (const [at, reason] of reasons.entries()) {
    const answer = await sendRaw(port, get(`/${at}`), 20)
    t.match(String(answer.status), /^(200|502)$/, JSON.stringify(reason))
    t.notMatch(answer.head, /[\0\x01]|O\r[^\n]/)
  }
})

t.test('an upstream that is not there is unavailable', async (t) => {
  const upstream = await startUpstream(t)
  await new Promise((resolve) => upstream.server.close(resolve))
  const { port } = await startGateway(t, yaml(upstream.url))
  for (const bytes of [get('/x'), 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello']) {
    const answer = await sendRaw(port, bytes, 20)
    t.equal(answer.status, 502)
    t.match(JSON.parse(answer.body), { code: 'upstream_unavailable' })
    t.notMatch(answer.text, /127\.0\.0\.1|ECONN/)
  }
})

t.test('an answer that breaks off breaks off for the client', async (t) => {
  const head: Record<string, string> = {
    sized: `${OK}Content-Length: 10\r\n\r\nhello`,
    chunked: `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
    badChunk: `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx\r\n`
  }
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const [, name = '', how = ''] = /^GET \/(\w+)\/(\w+)/.exec(bytes.toString('latin1')) ?? []
    socket.write(head[name] ?? '')
    setTimeout(() => (how === 'end' ? socket.end() : how === 'reset' ? socket.resetAndDestroy() : undefined), 20)
  })
  const { port } = await startGateway(t, yaml(upstream.url))
  for (const name of Object.keys(head)) {
    for (const how of ['end', 'reset', 'stall']) {
      const answer = await sendRaw(port, get(`/${name}/${how}`), 4_000)
      const what = `${name} ${how}`
      t.equal(answer.status, 200, what)
      t.match(answer.body, /hello/, what)
      t.notMatch(answer.body, /\r\n0\r\n/, `${what} does not look whole`)
      t.ok(answer.closed, `${what} ends the connection`)
    }
  }
})

t.test('an HTTP/1.0 client, for whom the end of the connection is the end, sees a reset', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => {
    socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`)
    setTimeout(() => socket.end(), 20)
  })
  const { port } = await startGateway(t, yaml(upstream.url))
  const error = await new Promise<unknown>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.0\r\nHost: a\r\n\r\n'))
    socket.resume()
    socket.on('end', () => resolve('end'))
    socket.on('error', resolve)
  })
  t.match(error, { code: 'ECONNRESET' })
})

t.test("bytes after an answer are nobody's answer", async (t) => {
  const upstream = await startRawUpstream(t, (socket) => {
    socket.write(`${OK}Content-Length: 2\r\n\r\nok${OK}Content-Length: 6\r\n\r\npoison`)
  })
  const { port } = await startGateway(t, yaml(upstream.url))
  for (let i = 0; i < 5; i++) {
    const answer = await sendRaw(port, get(`/${i}`), 30)
    t.notMatch(answer.text, /poison/)
    t.equal(answer.status, 200)
  }
  t.ok(upstream.connections.length >= 5, 'a connection with bytes too many is used no more')
})

t.test('a connection that the upstream closed while it was idle costs no request', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => {
    socket.write(`${OK}Content-Length: 2\r\n\r\nok`)
    setTimeout(() => socket.end(), 40)
  })
  const { port } = await startGateway(t, yaml(upstream.url))
  for (const [i, pause] of [0, 150, 150, 200].entries()) {
    await sleep(pause)
    const answer = await sendRaw(port, get(`/${i}`), 5)
    t.equal(answer.status, 200)
  }
})

t.test('whatever comes of it, a request is sent once', async (t) => {
  let count = 0
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    if (!bytes.toString('latin1').endsWith('\r\n\r\n') && !bytes.toString('latin1').endsWith('hello')) return
    count += 1
    const path = /^\w+ \/(\w+)/.exec(bytes.toString('latin1'))?.[1]
    if (path === 'unavailable')
      socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n')
    else if (path === 'throttled') socket.end('HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n')
    else if (path === 'misdirected') socket.end('HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n\r\n')
    else if (path === 'moved') socket.end('HTTP/1.1 307 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n')
    else if (path === 'reset') socket.resetAndDestroy()
    else socket.end()
  })
  const { port } = await startGateway(t, yaml(upstream.url))
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'POST', 'PATCH']) {
    for (const path of ['unavailable', 'throttled', 'misdirected', 'moved', 'reset', 'closed']) {
      const body = method === 'PUT' || method === 'POST' ? 'Content-Length: 5\r\n\r\nhello' : '\r\n'
      const before = count
      const answer = await sendRaw(port, `${method} /${path} HTTP/1.1\r\nHost: a\r\n${body}`, 10)
      const status = { unavailable: 503, throttled: 429, misdirected: 421, moved: 307 }[path] ?? 502
      t.equal(answer.status, status, `${method} ${path}`)
      t.equal(count - before, 1, `${method} ${path}`)
    }
  }
})

t.test('a client that leaves is left by the upstream too', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    if (bytes.includes('/begun')) socket.write(`${OK}Content-Length: 1000\r\n\r\nhello`)
  })
  const { port, access } = await startGateway(t, yaml(upstream.url).replaceAll('500ms', '20s'))
  for (const path of ['/silent', '/begun']) {
    await sendRaw(port, get(path), 50, 100)
    const connection = upstream.connections.find(({ bytes }) => bytes.includes(path))
    const until = Date.now() + 2_000
    while (connection?.socket.readyState !== 'closed' && Date.now() < until) await sleep(5)
    t.equal(connection?.socket.readyState, 'closed', path)
    t.match(access.at(-1), { complete: false })
  }
})

t.test('a client that stops reading is given up', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.on('error', () => {})
    const piece = Buffer.alloc(1024 * 1024)
    const write = () => {
      while (!response.destroyed && response.write(piece));
    }
    response.on('drain', write)
    write()
  })
  const { port, access } = await startGateway(t, yaml(upstream.url))
  const socket = connect(port, '127.0.0.1', () => socket.write(get('/')))
  socket.on('error', () => {})
  socket.pause()
  const until = Date.now() + 6_000
  while (access.length === 0 && Date.now() < until) await sleep(20)
  t.match(access[0], { status: 200, complete: false })
  socket.destroy()
})
