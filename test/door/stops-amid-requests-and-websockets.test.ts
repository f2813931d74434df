import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { makeCertificate } from '../helpers/certificates.js'
import { openConnection } from '../helpers/connections.js'
import { type GatewayProcess, makePlace, startProcess, until } from '../helpers/gateway-process.js'
import { rawGet } from '../helpers/raw-request.js'
import { site } from '../helpers/site.js'
import { startUpstream } from '../helpers/upstream.js'
import { codeOf, nextMessage } from '../helpers/websocket.js'

const REQUESTS = 500
const ANSWERED = 400
const UPLOADS = 20
const STREAMS = 20
const WEBSOCKETS = 50
const LEAVING = 25

/** A gateway process before an upstream that answers when it is told to, begins streams at once, and echoes WebSockets. */
async function start(t: Test, secure: boolean) {
  const held: ServerResponse[] = []
  const streams: ServerResponse[] = []
  const uploads: string[] = []
  const upstream = await startUpstream(t, (request, response, { body }) => {
    if (request.url === '/open/held') return held.push(response)
    if (request.url === '/open/upload') uploads.push(body.toString())
    if (request.url !== '/open/stream') return response.end('ok')
    response.write('begun,')
    return streams.push(response)
  })
  // Uploads are told from others before they are whole.
  let begun = 0
  upstream.server.prependListener('request', ({ url }: IncomingMessage) => {
    if (url === '/open/upload') begun += 1
  })
  const peer = new WebSocketServer({ server: upstream.server })
  peer.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))))
  const place = await makePlace(t, '')
  const { cert, key } = makeCertificate(place.folder, 'gateway')
  const { file, yaml } = place
  writeFileSync(file, yaml(site(upstream.url, secure ? `tls: { cert: "${cert}", key: "${key}" }` : '')))
  const gateway = await startProcess(t, place)
  const open = (bytes: string) => openConnection(t, gateway.port, bytes, { secure })
  const post = 'POST /open/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfirst'
  const clients = {
    waiting: Array.from({ length: REQUESTS }, () => open(rawGet('/open/held'))),
    uploading: Array.from({ length: UPLOADS }, () => open(post)),
    streaming: Array.from({ length: STREAMS }, () => open(rawGet('/open/stream')))
  }
  const sockets = await Promise.all(Array.from({ length: WEBSOCKETS }, () => openWebSocket(t, gateway, secure)))
  await until('all are in flight', () => held.length === REQUESTS && streams.length === STREAMS && begun === UPLOADS)
  await until('streams have begun', () => clients.streaming.every(({ text }) => text().includes('begun,')))
  return { gateway, held, streams, uploads, sockets, ...clients }
}

async function openWebSocket(t: Test, { port }: GatewayProcess, secure: boolean): Promise<WebSocket> {
  const socket = new WebSocket(`${secure ? 'wss' : 'ws'}://127.0.0.1:${port}/open/ws`, { rejectUnauthorized: false })
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  socket.on('error', () => {})
  return socket
}

/** Nothing that looks like a crash. */
function isQuiet(t: Test, { running, lines }: GatewayProcess) {
  t.notMatch(running.stderr(), /\n +at |Error|rejection|exception/i)
  t.same(
    lines().filter(({ log, level }) => log === 'gateway' && ['error', 'fatal'].includes(String(level))),
    []
  )
}

for (const secure of [false, true]) {
  const how = secure ? 'over TLS' : 'plain'
  t.test(`SIGTERM amid requests and WebSockets, ${how}: all go on, or are told, whatever signals follow`, async (t) => {
    const { gateway, held, streams, uploads, sockets, waiting, uploading, streaming } = await start(t, secure)
    const codes = sockets.map(codeOf)
    const startedMs = performance.now()
    const stopped = gateway.stop('SIGTERM')
    await until('it drains', () => gateway.running.stdout().includes('draining'))
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGTERM', 'SIGHUP'] as const) gateway.running.child.kill(signal)

    const [first, ...others] = sockets
    if (first === undefined) throw new Error('there is none')
    const echo = nextMessage(first)
    first.send('still here')
    t.equal(String(await echo), 'still here', 'an open WebSocket goes on')
    t.ok(
      [...waiting, ...uploading, ...streaming].every(({ isClosed }) => !isClosed()),
      'so does every request'
    )
    const late = openConnection(t, gateway.port, rawGet('/open/x'), { secure })
    await late.closed
    t.equal(late.text(), '', 'nobody new comes in')
    for (const socket of others.slice(0, LEAVING)) socket.close(1000)
    for (const { socket } of uploading) socket.write('-last')
    for (const response of streams) response.end('ended')
    for (const response of held.slice(0, ANSWERED)) response.end('at last')

    const { status, stderr } = await stopped
    const took = performance.now() - startedMs
    t.equal(status, 0, stderr)
    t.ok(took > 9_000 && took < 15_500, `${took} ms`)
    await Promise.all([...waiting, ...uploading, ...streaming].map(({ closed }) => closed))
    const count = (of: typeof waiting, pattern: RegExp) => of.filter(({ text }) => pattern.test(text())).length
    t.equal(count(waiting, /^HTTP\/1\.1 200 OK\r\n(?=[\s\S]*connection: close\r\n)[\s\S]*\r\n\r\nat last$/i), ANSWERED)
    t.equal(count(waiting, /^HTTP\/1\.1 503 [\s\S]*"code":"shutting_down"/), REQUESTS - ANSWERED)
    t.equal(count(uploading, /^HTTP\/1\.1 200 OK\r\n[\s\S]*ok$/), UPLOADS)
    t.same(
      uploads,
      Array.from({ length: UPLOADS }, () => 'first-last')
    )
    t.equal(count(streaming, /^HTTP\/1\.1 200 OK\r\n[\s\S]*begun,[\s\S]*ended\r\n0\r\n\r\n$/), STREAMS)
    const heard = await Promise.all(codes)
    t.equal(heard.filter((code) => code === 1000).length, LEAVING)
    t.equal(heard.filter((code) => code === 1006).length, WEBSOCKETS - LEAVING)
    const access = gateway.lines().filter(({ log }) => log === 'access')
    t.equal(access.length, REQUESTS + UPLOADS + STREAMS + WEBSOCKETS, 'each has its line')
    isQuiet(t, gateway)
  })
}

t.test('SIGTERM ends within the bound when nobody who is in flight moves, over TLS', async (t) => {
  const { gateway, sockets, waiting, uploading, streaming } = await start(t, true)
  const codes = sockets.map(codeOf)
  const startedMs = performance.now()
  const { status } = await gateway.stop('SIGTERM')
  const took = performance.now() - startedMs
  t.equal(status, 0)
  t.ok(took > 9_000 && took < 15_500, `${took} ms`)
  await Promise.all([...waiting, ...uploading, ...streaming].map(({ closed }) => closed))
  const told = /^HTTP\/1\.1 503 [\s\S]*"code":"shutting_down"/
  t.ok([...waiting, ...uploading].every(({ text }) => told.test(text())))
  t.ok(
    streaming.every(({ text }) => /begun,/.test(text()) && !/\r\n0\r\n/.test(text())),
    'what has begun breaks off, and looks so'
  )
  t.same(new Set(await Promise.all(codes)), new Set([1006]))
  isQuiet(t, gateway)
})

t.test('SIGINT amid what drains ends it at once: a person said so twice', async (t) => {
  const { gateway } = await start(t, false)
  const stopped = gateway.stop('SIGINT')
  await until('it drains', () => gateway.running.stdout().includes('draining'))
  const startedMs = performance.now()
  gateway.running.child.kill('SIGINT')
  t.equal((await stopped).status, 1)
  t.ok(performance.now() - startedMs < 5_000)
})
