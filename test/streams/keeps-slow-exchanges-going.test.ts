import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { converse } from '../helpers/conversation.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { get, openSite } from './open-site.js'

const MIB = 1024 * 1024
/** Shorter than any of the exchanges takes. */
const SHORT = 'timeout: 2s, idle_timeout: 2s'

async function start(t: Test, answer: RequestListener, timeouts = SHORT) {
  const server = createServer({ highWaterMark: 16 * 1024 }, answer)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return startGateway(t, openSite(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, timeouts))
}

t.test('a client that reads slowly gets all, as long as it reads', { timeout: 120_000 }, async (t) => {
  const size = 24 * MIB
  const { port, access } = await start(t, (_request, response) => response.end(Buffer.alloc(size, 'x')))
  const client = converse(t, port)
  client.socket.pause()
  client.say(get('/', 'Connection: close'))
  const started = Date.now()
  for (let i = 0; i < 5; i++) {
    await sleep(600)
    client.socket.resume()
    await sleep(2)
    client.socket.pause()
  }
  client.socket.resume()
  await client.end(30_000)
  t.ok(Date.now() - started >= 3_000)
  t.ok(client.text().length > size, `${client.text().length} octets`)
  await eventually(() => access.length === 1, 'its line in the log')
  t.match(access[0], { status: 200, complete: undefined })
})

t.test('a client that writes slowly may, as long as it writes', async (t) => {
  const { port } = await start(t, async (request, response) => {
    response.end(String((await request.toArray()).length > 0 ? 'received' : 'nothing'))
  })
  const client = converse(t, port)
  client.say('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n')
  for (let i = 0; i < 5; i++) {
    await sleep(600)
    client.say('x')
  }
  await client.hears('received')
})

t.test('an upstream that reads slowly may, and is timed from the end of the body', { timeout: 120_000 }, async (t) => {
  const size = 64 * MIB
  const answer: RequestListener = async (request, response) => {
    let received = 0
    for await (const chunk of request) {
      received += chunk.length
      if (received % (2 * MIB) < chunk.length) await sleep(200)
    }
    response.end(`${received} octets`)
  }
  // What the system keeps of a body on its way counts as taken.
  const { port } = await start(t, answer, 'timeout: 5s, idle_timeout: 5s')
  const client = converse(t, port)
  client.say(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`)
  client.socket.write(Buffer.alloc(size))
  await client.hears(`${size} octets`, 40_000)
  t.match(client.text(), /^HTTP\/1\.1 200 /)
})

t.test('an upstream that writes slowly may, as long as it writes', async (t) => {
  const { port } = await start(t, async (_request, response) => {
    for (let i = 0; i < 5; i++) {
      response.write(`piece ${i}\n`)
      await sleep(600)
    }
    response.end('end')
  })
  const client = converse(t, port)
  client.say(get('/'))
  await client.hears('piece 0')
  await client.hears(/end\r\n0\r\n\r\n$/)
})

t.test('a long poll is answered late and whole, and holds up nobody', async (t) => {
  const waiting: (() => void)[] = []
  const { port, url } = await start(
    t,
    (request, response) => {
      if (request.url === '/poll') waiting.push(() => response.end('news'))
      else response.end('ok')
    },
    'timeout: 30s, idle_timeout: 30s'
  )
  const polls = Array.from({ length: 50 }, () => converse(t, port))
  for (const poll of polls) poll.say(get('/poll', 'Connection: close'))
  await eventually(() => waiting.length === polls.length, 'all wait')
  t.equal(await (await fetch(`${url}/x`)).text(), 'ok', 'while they wait')
  for (const answer of waiting) answer()
  await Promise.all(polls.map((poll) => poll.end()))
  t.ok(polls.every((poll) => /news/.test(poll.text())))
})
