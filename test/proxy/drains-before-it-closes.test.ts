import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'

const start = async (t: Test) => {
  const answers: ServerResponse[] = []
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/fast') response.end('fast')
    else answers.push(response)
  })
  const gateway = await startGateway(
    t,
    `
upstreams: { web: { url: "${upstream.url}" } }
rules: [{ path: /**, allow: anyone, to: web }]
`
  )
  return { upstream, answers, ...gateway }
}

/** A connection that collects what comes back. */
function open(port: number) {
  const connection = {
    text: '',
    closed: false,
    socket: connect(port, '127.0.0.1')
  }
  connection.socket.on('data', (chunk) => {
    connection.text += chunk
  })
  connection.socket.on('error', () => {})
  connection.socket.on('close', () => {
    connection.closed = true
  })
  return connection
}

const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

async function eventually(condition: () => boolean, timeoutMs = 20_000) {
  const until = Date.now() + timeoutMs
  while (!condition() && Date.now() < until) await sleep(5)
  return condition()
}

t.test('what is in flight is answered, and is the last of its connection', async (t) => {
  const { gateway, port, answers } = await start(t)
  const fresh = open(port)
  const idle = open(port)
  idle.socket.write(request('/fast'))
  const waiting = open(port)
  waiting.socket.write(request('/slow'))
  const streaming = open(port)
  streaming.socket.write(request('/stream'))
  const login = open(port)
  const form = 'POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n'
  login.socket.write(form)
  t.ok(await eventually(() => idle.text.includes('fast') && answers.length === 2))
  const stream = answers.find(({ req }) => req.url === '/stream')
  stream?.write('begun')
  t.ok(await eventually(() => streaming.text.includes('begun')))

  const started = Date.now()
  const closed = gateway.close(5_000)
  t.ok(await eventually(() => idle.closed), 'an idle connection ends at once')
  t.ok(await eventually(() => fresh.closed), 'and so does one that has asked for nothing yet')
  t.notOk(waiting.closed || streaming.closed || login.closed)
  const late = open(port)
  t.ok(await eventually(() => late.closed), 'nobody new is let in')
  for (const answer of answers) answer.end('ended')
  login.socket.write('{}')
  await closed
  t.ok(Date.now() - started < 4_000, 'no longer than it takes')
  t.ok(await eventually(() => waiting.closed && streaming.closed && login.closed))
  t.match(waiting.text, /^HTTP\/1\.1 200 OK\r\n/)
  t.match(waiting.text, /\r\nConnection: close\r\n/i)
  t.match(waiting.text, /ended/)
  t.match(streaming.text, /ended\r\n0\r\n\r\n$/, 'a stream that had begun ends as it should')
  t.match(login.text, /^HTTP\/1\.1 400 [\s\S]*\r\nconnection: close\r\n/i)
})

t.test('what is stuck is ended when the time is over', async (t) => {
  const { gateway, port, answers } = await start(t)
  const stuck = open(port)
  stuck.socket.write(request('/stuck'))
  const uploading = open(port)
  uploading.socket.write('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx')
  t.ok(await eventually(() => answers.length === 1))
  const started = Date.now()
  await gateway.close(300)
  const took = Date.now() - started
  t.ok(took >= 250 && took < 5_000, `after ${took} ms`)
  t.ok(await eventually(() => stuck.closed && uploading.closed))
  t.ok(await eventually(() => answers[0]?.req.socket.readyState === 'closed'), 'upstream too')
})

t.test('a request on an open connection is still answered while others drain', async (t) => {
  const { gateway, port, answers } = await start(t)
  const waiting = open(port)
  waiting.socket.write(request('/slow') + request('/fast'))
  t.ok(await eventually(() => answers.length === 1))
  const closed = gateway.close(3_000)
  answers[0]?.end('slow')
  await closed
  t.ok(await eventually(() => waiting.closed))
  t.match(waiting.text, /^HTTP\/1\.1 200 /)
})
