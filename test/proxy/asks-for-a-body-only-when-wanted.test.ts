import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRecorder } from '../helpers/recorder.js'
import { startRawUpstream } from '../helpers/upstream.js'

const yaml = (url: string) => `
limits: { none_left: { by: ip, requests: 1, window: 1h } }
upstreams: { web: { url: "${url}", timeout: 2s, idle_timeout: 2s } }
rules:
  - { path: /closed/**, allow: authenticated, to: web }
  - { path: /limited, allow: anyone, to: web, limit: none_left }
  - { path: /**, allow: anyone, to: web }
`
const post = (path: string, expect = '100-continue', version = '1.1') =>
  `POST ${path} HTTP/${version}\r\nHost: a\r\nExpect: ${expect}\r\nContent-Length: 5\r\n\r\n`

t.test('100 is said to those who may go on, and to nobody else', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  await sendRaw(port, 'GET /limited HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  for (const [path, status] of [
    ['/closed', 401],
    ['/limited', 429],
    ['/../x', 400],
    ['/auth/nothing', 404]
  ] as const) {
    const answer = await sendRaw(port, post(path))
    t.equal(answer.status, status, path)
    t.notMatch(answer.text, / 100 /, path)
    t.match(answer.head, /^connection: close$/im, 'whether the body follows is unknown, so nothing else may')
  }
  t.equal(upstream.requests().length, 1)
})

t.test('the body is asked for once, and arrives', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  for (const expect of ['100-continue', '100-Continue']) {
    const text = await new Promise<string>((resolve) => {
      let text = ''
      const socket = connect(port, '127.0.0.1', () => socket.write(post('/x', expect)))
      socket.on('data', (chunk) => {
        text += chunk
        if (text === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write('hello')
        else if (text.endsWith('ok')) socket.end()
      })
      socket.on('close', () => resolve(text))
    })
    t.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
    const request = upstream.requests().at(-1)
    t.match(request, /hello$/)
    t.notMatch(request, /expect/i)
  }
})

t.test('a client that does not wait for the 100 is served all the same', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const answer = await sendRaw(port, `${post('/x')}hello`, 50)
  t.match(answer.text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
  t.match(upstream.requests().at(-1), /hello$/)
})

t.test('no other expectation changes anything, and HTTP/1.0 has none', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  for (const bytes of [post('/x', 'tea'), post('/x', ''), post('/x', '200-ok'), post('/x', '100-continue', '1.0')]) {
    const answer = await sendRaw(port, `${bytes}hello`, 50)
    t.equal(answer.status, 200, bytes)
    t.match(upstream.requests().at(-1), /hello$/)
  }
  t.equal((await sendRaw(port, `${post('/closed', 'tea')}hello`, 50)).status, 401)
})

t.test('an answer that comes before the body has been read reaches the client', async (t) => {
  const early = 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n'
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const text = bytes.toString('latin1')
    if (/^POST \/close/.test(text)) socket.end(`${early}Connection: close\r\n\r\nmuch`)
    else if (/^POST \/keep/.test(text)) socket.write(`${early}\r\nmuch`)
    else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    socket.pause()
  })
  const { port } = await startGateway(t, yaml(upstream.url))
  for (const path of ['/close', '/keep']) {
    const body = 'x'.repeat(4 * 1024 * 1024)
    const answer = await sendRaw(
      port,
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    )
    t.equal(answer.status, 413, path)
    t.equal(answer.body, 'much', path)
  }
  t.equal((await sendRaw(port, 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).status, 200)
})

t.test('a body that stops coming is given up', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const started = Date.now()
  const answer = await sendRaw(port, 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel', 150, 8_000)
  t.equal(answer.status, 408)
  t.match(JSON.parse(answer.body), { code: 'request_timeout' })
  t.match(answer.head, /^connection: close$/im)
  t.ok(Date.now() - started < 5_000)
  const until = Date.now() + 20_000
  const connection = upstream.connections.find(({ bytes }) => bytes.includes('hel'))
  while (connection?.socket.readyState !== 'closed' && Date.now() < until) await sleep(10)
  t.equal(connection?.socket.readyState, 'closed', 'and the upstream does not wait either')
})
