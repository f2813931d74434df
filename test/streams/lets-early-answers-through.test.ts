import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Conversation, converse } from '../helpers/conversation.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'

const MIB = 1024 * 1024

/** A server that keeps nothing of a request. */
async function startServer(t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const site = (url: string) => `
upstreams: { web: { url: "${url}" } }
rules:
  - { path: /closed, allow: authenticated, to: web }
  - { path: /small, allow: anyone, to: web, max_body: 1kb }
  - { path: /**, allow: anyone, to: web }
`

const head = (path: string, size: number) => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`

/** Sends a body piece by piece as the gateway takes it, until it is whole or an answer is there. */
async function send(client: Conversation, size: number, until: () => boolean = () => false): Promise<number> {
  const piece = Buffer.alloc(64 * 1024, 'x')
  let sent = 0
  while (sent < size && !until() && !client.closed()) {
    sent += piece.length
    if (!client.socket.write(piece))
      await new Promise((resolve) => client.socket.once('drain', resolve).once('close', resolve))
    else await new Promise(setImmediate)
  }
  return sent
}

t.test('an answer that does not wait for the body reaches the client that still sends it', async (t) => {
  const url = await startServer(t, (request, response) => {
    const closes = request.url?.startsWith('/close') ? { connection: 'close' } : {}
    response.writeHead(Number(request.url?.split('/')[2]), closes)
    response.end('early')
  })
  const { port, failures, access } = await startGateway(t, site(url))
  for (const path of ['/close/413', '/close/401', '/keep/413', '/keep/200']) {
    for (let i = 0; i < 5; i++) {
      const client = converse(t, port)
      client.socket.setMaxListeners(0)
      client.say(head(path, 64 * MIB))
      const heard = () => client.text().includes('early')
      await send(client, 64 * MIB, heard)
      await client.hears('early')
      t.match(client.text(), `HTTP/1.1 ${path.slice(-3)} `, path)
      client.socket.destroy()
    }
  }
  t.strictSame(failures, [])
  await eventually(() => access.length === 20, 'their lines in the log')
  t.notOk(access.some(({ complete, code }) => complete === false || code !== undefined))
})

t.test(
  'a refusal reaches the client that sends all the same, and its body is thrown away for a while only',
  async (t) => {
    const url = await startServer(t, (_request, response) => response.end('ok'))
    const { port } = await startGateway(t, site(url))
    const clients = await Promise.all(
      (['/closed', '/small'] as const).map(async (path) => {
        const client = converse(t, port)
        client.socket.setMaxListeners(0)
        client.say(head(path, 1024 * MIB))
        await client.hears(path === '/closed' ? '"missing_token"' : '"too_large"')
        const answered = Date.now()
        // A body that trickles in, and would for hours.
        while (!client.closed() && Date.now() - answered < 15_000) {
          client.say('x')
          await sleep(50)
        }
        return { path, tookMs: Date.now() - answered }
      })
    )
    for (const { path, tookMs } of clients)
      t.ok(tookMs > 4_000 && tookMs < 12_000, `${path}: the connection ended after ${tookMs} ms`)
  }
)

t.test('a body that ends in time leaves the connection to the next request', async (t) => {
  const url = await startServer(t, (request, response) => {
    response.writeHead(request.method === 'POST' ? 413 : 200)
    response.end(request.method)
  })
  const { port } = await startGateway(t, site(url))
  for (const path of ['/x', '/closed']) {
    const client = converse(t, port)
    client.socket.setMaxListeners(0)
    // The upstream hears of a request with its first octets.
    client.say(`${head(path, MIB + 1)}x`)
    await client.hears(/HTTP\/1\.1 4\d\d /)
    await send(client, MIB)
    client.say('GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await client.end()
    t.match(client.text(), /\r\nGET\r\n0\r\n\r\n$/, `${path}: the next answer`)
  }
})

t.test('an answer may begin, and the body go on', async (t) => {
  const url = await startServer(t, (request, response) => {
    response.writeHead(200)
    response.flushHeaders()
    request.pipe(response)
  })
  const { port } = await startGateway(t, site(url))
  const client = converse(t, port)
  client.say('POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
  for (const word of ['one', 'two', 'three']) {
    client.say(`${word.length}\r\n${word}\r\n`)
    await client.hears(`\r\n${word}\r\n`)
  }
  client.say('0\r\n\r\n')
  await client.hears(/\r\n0\r\n\r\n$/)
  client.say('GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await client.end()
  t.equal(client.text().match(/HTTP\/1\.1 200/g)?.length, 2)
})

t.test('a connection remembers nothing of the early answers that it carried', async (t) => {
  const url = await startServer(t, (_request, response) => response.end('ok'))
  const { port, gateway } = await startGateway(t, site(url))
  const held = new Promise<Socket>((resolve) => gateway.app.server.once('connection', resolve))
  const client = converse(t, port)
  const closeListeners: number[] = []
  for (let turn = 1; turn <= 12; turn++) {
    client.say(`${head('/closed', 1)}`)
    await eventually(() => client.text().match(/HTTP\/1\.1 401/g)?.length === turn, 'the refusal')
    client.say('x')
    client.say('GET /next HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => client.text().match(/HTTP\/1\.1 200/g)?.length === turn, 'the next answer')
    closeListeners.push((await held).listenerCount('close'))
  }
  t.equal(closeListeners.at(-1), closeListeners[0])
})
