import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startGateway } from '../helpers/gateway.js'

const MIB = 1024 * 1024
const SIZE = 256 * MIB
const PIECE = Buffer.alloc(256 * 1024, 'x')
/** All three parties live in this process: what one of them buffered would show. */
const MOST_GROWTH = 60 * MIB

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

async function countAll(from: AsyncIterable<Buffer>) {
  let count = 0
  for await (const chunk of from) count += chunk.length
  return count
}

/** Runs while the resident set is sampled; how much it grew at most. */
async function growthWhile(run: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss()
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 10)
  await run()
  clearInterval(timer)
  return most - before
}

const responseOf = (request: ReturnType<typeof httpRequest>) =>
  new Promise<IncomingMessage>((resolve, reject) => request.once('response', resolve).once('error', reject))

t.test('a large body goes up whole and is held nowhere', async (t) => {
  const port = await start(t, async (request, response) => {
    response.end(String(await countAll(request)))
  })
  const warmUp = httpRequest({ port, method: 'POST', path: '/up' })
  const warm = responseOf(warmUp)
  await writeAll(warmUp, SIZE / 4)
  ;(await warm).resume()
  for (const headers of [{ 'content-length': String(SIZE) }, { 'transfer-encoding': 'chunked' }]) {
    const growth = await growthWhile(async () => {
      const request = httpRequest({ port, method: 'POST', path: '/up', headers })
      const answered = responseOf(request)
      await writeAll(request, SIZE)
      const answer = await answered
      t.equal(String((await answer.toArray())[0]), String(SIZE))
    })
    t.ok(growth < MOST_GROWTH, `grew by ${Math.round(growth / MIB)} MiB`)
  }
})

t.test('a large body comes down whole and is held nowhere', async (t) => {
  const port = await start(t, (request, response) => {
    if (request.url === '/sized') response.setHeader('content-length', SIZE)
    writeAll(response, SIZE)
  })
  for (const path of ['/sized', '/chunked']) {
    const growth = await growthWhile(async () => {
      const request = httpRequest({ port, path })
      request.end()
      t.equal(await countAll(await responseOf(request)), SIZE)
    })
    t.ok(growth < MOST_GROWTH, `${path} grew by ${Math.round(growth / MIB)} MiB`)
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
  await sleep(500)
  const stalledAt = sent
  await sleep(200)
  t.equal(sent, stalledAt, 'the upstream waits')
  t.ok(sent < 16 * MIB, `after ${sent / MIB} MiB`)
  answer.resume()
  while (sent === stalledAt) await sleep(10)
  t.pass('and goes on when the client does')
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
  await sleep(500)
  const stalledAt = sent
  await sleep(200)
  t.equal(sent, stalledAt, 'the client waits')
  t.ok(sent < 16 * MIB, `after ${sent / MIB} MiB`)
  atUpstream.resume()
  while (sent === stalledAt) await sleep(10)
  t.pass('and goes on when the upstream does')
  request.destroy()
  await writing
})
