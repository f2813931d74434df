import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { buffersInUse } from '../helpers/memory-in-use.js'

const MIB = 1024 * 1024
const SIZE = 256 * MIB
const PIECE = Buffer.alloc(256 * 1024, 'x')
/** All three parties live in this process: what one of them buffered would show. */
const MOST_GROWTH = 16 * MIB
const LOOK_EVERY = 64 * MIB

/** An upstream that keeps nothing. */
async function start(t: Test, handler: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handler)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const gateway = await startGateway(
    t,
    `
upstreams: { web: { url: "http://127.0.0.1:${(server.address() as AddressInfo).port}" } }
rules: [{ path: /**, allow: anyone, to: web }]
`
  )
  return gateway.port
}

async function writeAll(to: NodeJS.WritableStream, size: number) {
  for (let left = size; left > 0; left -= PIECE.length)
    if (!to.write(PIECE)) await new Promise((resolve) => to.once('drain', resolve))
  to.end()
}

/** Counts to the end, and looks on the way at what is in use: how much there was at most. */
async function countAll(from: AsyncIterable<Buffer>): Promise<{ readonly count: number; readonly most: number }> {
  let [count, most] = [0, 0]
  for await (const chunk of from) {
    const looked = Math.floor(count / LOOK_EVERY)
    count += chunk.length
    if (Math.floor(count / LOOK_EVERY) > looked) most = Math.max(most, buffersInUse())
  }
  return { count, most }
}

/** Waits until as much was sent at two looks, a while apart. */
async function standsStill(sent: () => number) {
  let seen = -1
  await eventually(async () => {
    const last = seen
    seen = sent()
    await sleep(300)
    return last === sent()
  }, 'it stands still')
}

const responseOf = (request: ReturnType<typeof httpRequest>) =>
  new Promise<IncomingMessage>((resolve, reject) => request.once('response', resolve).once('error', reject))

t.test('a large body goes up whole and is held nowhere', async (t) => {
  const port = await start(t, async (request, response) => {
    response.end(JSON.stringify(await countAll(request)))
  })
  const warmUp = httpRequest({ port, method: 'POST', path: '/up' })
  const warm = responseOf(warmUp)
  await writeAll(warmUp, SIZE / 4)
  ;(await warm).resume()
  for (const headers of [{ 'content-length': String(SIZE) }, { 'transfer-encoding': 'chunked' }]) {
    const before = buffersInUse()
    const request = httpRequest({ port, method: 'POST', path: '/up', headers })
    const answered = responseOf(request)
    await writeAll(request, SIZE)
    const { count, most } = JSON.parse(String((await (await answered).toArray())[0]))
    t.equal(count, SIZE)
    t.ok(most - before < MOST_GROWTH, `grew by ${(most - before) / MIB} MiB`)
  }
})

t.test('a large body comes down whole and is held nowhere', async (t) => {
  const port = await start(t, (request, response) => {
    if (request.url === '/sized') response.setHeader('content-length', SIZE)
    writeAll(response, SIZE)
  })
  for (const path of ['/sized', '/chunked']) {
    const before = buffersInUse()
    const request = httpRequest({ port, path })
    request.end()
    const { count, most } = await countAll(await responseOf(request))
    t.equal(count, SIZE)
    t.ok(most - before < MOST_GROWTH, `${path} grew by ${(most - before) / MIB} MiB`)
  }
})

t.test('a slow reader slows the upstream down', async (t) => {
  let sent = 0
  const port = await start(t, async (_request, response) => {
    response.setMaxListeners(0).on('error', () => {})
    while (sent < SIZE && !response.destroyed) {
      sent += PIECE.length
      if (!response.write(PIECE)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
    }
  })
  const request = httpRequest({ port, path: '/' })
  request.end()
  const answer = await responseOf(request)
  await standsStill(() => sent)
  const stoodAt = sent
  t.ok(sent < 16 * MIB, `the upstream waits after ${sent / MIB} MiB`)
  answer.resume()
  await eventually(() => sent > stoodAt, 'it goes on when the client does')
  request.destroy()
})

t.test('a slow upstream slows the client down', async (t) => {
  let arrived: (request: IncomingMessage) => void
  const arrival = new Promise<IncomingMessage>((resolve) => {
    arrived = resolve
  })
  const port = await start(t, (request) => arrived(request))
  const request = httpRequest({ port, method: 'PUT', path: '/' })
  request.setMaxListeners(0).on('error', () => {})
  let sent = 0
  const writing = (async () => {
    while (sent < SIZE && !request.destroyed) {
      sent += PIECE.length
      if (!request.write(PIECE)) await new Promise((resolve) => request.once('drain', resolve).once('close', resolve))
    }
  })()
  const atUpstream = await arrival
  await standsStill(() => sent)
  const stoodAt = sent
  t.ok(sent < 16 * MIB, `the client waits after ${sent / MIB} MiB`)
  atUpstream.resume()
  await eventually(() => sent > stoodAt, 'it goes on when the upstream does')
  request.destroy()
  await writing
})
