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
  return { upstream, answers, app: gateway.gateway.app, ...gateway }
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

const statusesOf = (text: string) => text.match(/HTTP\/1\.1 \d{3}/g) ?? []

t.test('pipelined requests are all answered, whichever is ready first, and the last one says that it is', async (t) => {
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0]
  ]) {
    const { gateway, port, answers, access } = await start(t)
    const waiting = open(port)
    waiting.socket.write(request('/0') + request('/1') + request('/auth/nothing') + request('/2'))
    t.ok(await eventually(() => answers.length === 3))
    const closed = gateway.close(10_000)
    for (const place of order) {
      answers.find(({ req }) => req.url === `/${place}`)?.end(`the answer to ${place}`)
      await sleep(150)
    }
    await closed
    t.ok(await eventually(() => waiting.closed))
    t.strictSame(statusesOf(waiting.text), ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200'])
    t.match(waiting.text, /answer to 0[\s\S]*answer to 1[\s\S]*answer to 2/)
    t.equal(waiting.text.match(/\r\nConnection: close\r\n/gi)?.length, 1)
    t.ok(waiting.text.toLowerCase().lastIndexOf('connection: close') > waiting.text.indexOf('HTTP/1.1 404'))
    t.strictSame([...new Set(access.map(({ complete }) => complete))], [undefined])
  }
})

t.test('so are those that come while it drains, until an answer has said that it is the last', async (t) => {
  const { gateway, port, answers, upstream } = await start(t)
  const waiting = open(port)
  waiting.socket.write(request('/first'))
  t.ok(await eventually(() => answers.length === 1))
  const closed = gateway.close(10_000)
  // The one that the router refuses is not the last, either.
  waiting.socket.write(request('/auth/nothing') + request('/second'))
  t.ok(await eventually(() => answers.length === 2))
  answers[0]?.end('first')
  t.ok(await eventually(() => statusesOf(waiting.text).length === 2))
  answers[1]?.write('second begins,')
  t.ok(await eventually(() => waiting.text.includes('second begins,')))
  // Its client may send it again elsewhere, since it was told.
  waiting.socket.write(request('/third'))
  await sleep(200)
  answers[1]?.end('second ends')
  await closed
  t.ok(await eventually(() => waiting.closed))
  t.strictSame(statusesOf(waiting.text), ['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200'])
  t.match(waiting.text, /second ends\r\n0\r\n\r\n$/)
  t.equal(waiting.text.match(/\r\nConnection: close\r\n/gi)?.length, 1)
  t.strictSame(
    upstream.received.map(({ url }) => url),
    ['/first', '/second']
  )
})

t.test('so are those that nobody has read yet, since so many answers wait to be sent', async (t) => {
  const { gateway, port, answers, app } = await start(t)
  const responses: ServerResponse[] = []
  app.server.on('request', (_request, response) => responses.push(response))
  const waiting = open(port)
  // More than Node keeps for a client that waits for its first answer, and reads on.
  const many = 400
  waiting.socket.write(request('/first') + request('/auth/nothing').repeat(many))
  t.ok(await eventually(() => responses.length > many && responses.every((one, i) => i === 0 || one.writableEnded)))
  waiting.socket.write(request('/second'))
  t.ok(await eventually(() => answers.length === 2))
  waiting.socket.write(request('/third'))
  await sleep(200)
  t.equal(answers.length, 2, 'control: nothing more is read')
  const closed = gateway.close(10_000)
  const answerTo = (path: string) => answers.find(({ req }) => req.url === path)
  answerTo('/second')?.end('the second')
  await sleep(200)
  answerTo('/first')?.end('the first')
  t.ok(await eventually(() => answers.length === 3))
  answerTo('/third')?.end('the third')
  await closed
  t.ok(await eventually(() => waiting.closed))
  const refused = Array(many).fill('HTTP/1.1 404')
  t.strictSame(statusesOf(waiting.text), ['HTTP/1.1 200', ...refused, 'HTTP/1.1 200', 'HTTP/1.1 200'])
  t.match(waiting.text, /the first[\s\S]*the second[\s\S]*the third/)
  t.equal(waiting.text.match(/\r\nConnection: close\r\n/gi)?.length, 1)
  t.ok(waiting.text.toLowerCase().lastIndexOf('connection: close') > waiting.text.indexOf('the second'))
})

t.test('an answer that its client has yet to read is sent to its end', async (t) => {
  const { gateway, app, port, answers } = await start(t)
  const responses: ServerResponse[] = []
  app.server.on('request', (_request, response) => responses.push(response))
  const reading = open(port)
  reading.socket.pause()
  reading.socket.write(request('/long'))
  t.ok(await eventually(() => answers.length === 1))
  const piece = 'x'.repeat(8 * 1024)
  const [answer] = answers
  answer?.write(piece)
  t.ok(await eventually(() => responses[0]?.headersSent === true))
  // Until the system takes no more, in pieces so small that the gateway goes on reading.
  let pieces = 1
  for (let quiet = 0; quiet < 5; ) {
    const isFull = (responses[0]?.writableLength ?? 0) > 0
    if (!isFull) {
      answer?.write(piece)
      pieces += 1
    }
    quiet = isFull ? quiet + 1 : 0
    await sleep(isFull ? 20 : 1)
  }
  answer?.end()
  t.ok(await eventually(() => responses[0]?.writableEnded === true))
  t.notOk(responses[0]?.writableFinished, 'the gateway has handed all of it over, and it has not left')
  const closed = gateway.close(10_000)
  await sleep(300)
  reading.socket.resume()
  await closed
  t.ok(await eventually(() => reading.closed))
  t.match(reading.text.slice(-20), /x\r\n0\r\n\r\n$/)
  t.equal(reading.text.match(/x/g)?.length, pieces * piece.length)
})
