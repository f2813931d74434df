import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRawUpstream, startUpstream } from '../helpers/upstream.js'

const yaml = (url: string) => `
upstreams: { web: { url: "${url}", timeout: 500ms, idle_timeout: 500ms } }
rules: [{ path: /**, allow: anyone, to: web }]
`
const get = (path: string, ...lines: readonly string[]) =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`

const OK = 'HTTP/1.1 200 OK\r\n'

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
    const client = connect(port, '127.0.0.1', () => client.write(get(path)))
    const find = () => upstream.connections.find(({ bytes }) => bytes.includes(path))
    await eventually(() => find() !== undefined, `${path} has come to the upstream`)
    if (path === '/begun') await new Promise((resolve) => client.once('data', resolve))
    client.destroy()
    await eventually(() => find()?.socket.readyState === 'closed', `${path}: the connection to the upstream ends`)
    await eventually(() => access.some((line) => line.path === path), 'its line in the log')
    t.match(access.at(-1), { path, complete: false })
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
  await eventually(() => access.length > 0, 'its line in the log')
  t.match(access[0], { status: 200, complete: false })
  socket.destroy()
})
