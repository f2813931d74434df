import type { Socket } from 'node:net'
import t from 'tap'
import { converse } from '../helpers/conversation.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { get, openSite, pathOf } from './open-site.js'

const FINAL = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const interim = (status: number, ...lines: readonly string[]) =>
  `HTTP/1.1 ${status} Well\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))

t.test('interim responses reach the client in their order, before the final one', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => {
    socket.write(interim(103, 'Link: </a.css>; rel=preload', 'Link: </b.js>; rel=preload') + interim(102))
  })
  const { port, access } = await startGateway(t, openSite(upstream.url))
  const client = converse(t, port)
  client.say(get('/x'))
  await client.hears(/103 Early Hints\r\nLink: <\/a.css>; rel=preload\r\nLink: <\/b.js>; rel=preload\r\n\r\n/)
  await client.hears('HTTP/1.1 102 Processing\r\n\r\n')
  upstream.connections.find(({ bytes }) => bytes.length > 0)?.socket.write(interim(199) + FINAL)
  await client.hears(/\r\n\r\nok$/)
  t.strictSame(statuses(client.text()), [103, 102, 199, 200])
  client.say(get('/y'))
  await eventually(() => access.length === 1, 'its line in the log')
  t.match(access[0], { status: 200, complete: undefined })
})

t.test('what frames, or is said to us alone, is no part of them', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => {
    socket.end(
      interim(
        103,
        'Content-Length: 5',
        'Connection: X-Listed',
        'X-Listed: gone',
        'Keep-Alive: gone',
        'Upgrade: gone',
        'Trailer: gone',
        'Proxy-Status: gone',
        'RateLimit: gone',
        'X-Kept: kept'
      ) + FINAL
    )
  })
  const { port } = await startGateway(t, openSite(upstream.url))
  const { head, text } = await sendRaw(port, get('/x'), 100)
  t.equal(head, 'HTTP/1.1 103 Early Hints\r\nX-Kept: kept')
  t.strictSame(statuses(text), [103, 200])
})

t.test('a client of HTTP/1.0, and one who still waits for an earlier answer, gets none', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    if (pathOf(bytes) !== 'slow') socket.end(interim(103, 'Link: </a>') + FINAL)
  })
  const { port } = await startGateway(t, openSite(upstream.url))
  const old = await sendRaw(port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')
  t.match(old.text, /^HTTP\/1\.1 200 OK\r\n/)
  const client = converse(t, port)
  client.say(get('/slow') + get('/x'))
  await eventually(() => upstream.connections.some(({ bytes }) => pathOf(bytes) === 'x'), 'both were asked')
  upstream.connections.find(({ bytes }) => pathOf(bytes) === 'slow')?.socket.write(FINAL)
  await client.hears(/ok[\s\S]*ok$/)
  t.strictSame(statuses(client.text()), [200, 200])
})

t.test('a 100 that nobody asked for is passed over, in whatever pieces it comes', async (t) => {
  const spoken: Record<string, readonly string[]> = {
    once: [interim(100) + FINAL],
    often: [interim(100).repeat(500) + FINAL],
    pieces: [...interim(100, 'X-A: b'), 'H', ...FINAL.slice(1)],
    mixed: [interim(100) + interim(103, 'Link: </a>') + interim(100), interim(102), interim(100) + FINAL],
    head: ['HTTP/1.1', ' 100 Continue\r\n\r', '\nHTTP/1.1 200 OK\r\n', 'Content-Length: 2\r\n\r\no', 'k']
  }
  const say = async (socket: Socket, pieces: readonly string[]) => {
    socket.setNoDelay()
    for (const piece of pieces) {
      await new Promise((resolve) => socket.write(piece, resolve))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    // Each on a connection that is used again.
    const last =
      bytes
        .toString('latin1')
        .split(/(?=GET |POST )/)
        .at(-1) ?? ''
    if (last.endsWith('\r\n\r\n') || last.endsWith('hello')) say(socket, spoken[pathOf(Buffer.from(last))] ?? [FINAL])
  })
  const { port } = await startGateway(t, openSite(upstream.url))
  for (const name of Object.keys(spoken)) {
    for (const request of [get(`/${name}`), `POST /${name} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`]) {
      const client = converse(t, port)
      client.say(request)
      await client.hears(/\r\n\r\nok$/)
      t.strictSame(statuses(client.text()), name === 'mixed' ? [103, 102, 200] : [200], name)
      client.socket.destroy()
    }
  }
  t.ok(upstream.connections.length < 5, 'and costs no connection')
})

t.test('a body that looks like an interim response is a body', async (t) => {
  const body = interim(100).repeat(3)
  const upstream = await startRawUpstream(t, async (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`)
    setTimeout(() => socket.write(body), 20)
  })
  const { port } = await startGateway(t, openSite(upstream.url))
  const client = converse(t, port)
  client.say(get('/x'))
  await client.hears(body)
})

t.test('without end they are no answer, and come to an end', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const words = interim(pathOf(bytes) === 'asked' ? 100 : 103)
    const timer = setInterval(() => socket.write(words), 20)
    socket.on('close', () => clearInterval(timer))
  })
  const { port } = await startGateway(t, openSite(upstream.url, 'timeout: 500ms'))
  for (const path of ['/told', '/asked']) {
    const started = Date.now()
    const client = converse(t, port)
    client.say(get(path))
    await client.hears('"upstream_timeout"')
    t.equal(statuses(client.text()).at(-1), 504)
    t.ok(Date.now() - started < 5_000, `${path} after ${Date.now() - started} ms`)
  }
  await eventually(
    () => upstream.connections.every(({ socket }) => socket.readyState === 'closed'),
    'the upstream is left'
  )
})

t.test('whoever does not read them gathers none', async (t) => {
  const words = interim(103, `Link: <${'a'.repeat(8_000)}>`)
  let said = 0
  const upstream = await startRawUpstream(t, (socket) => {
    const write = () => {
      while (!socket.destroyed && said < 64 * 1024 * 1024) {
        said += words.length
        if (!socket.write(words)) return
      }
      socket.write(FINAL)
    }
    socket.on('drain', write)
    write()
  })
  const { port } = await startGateway(t, openSite(upstream.url, 'timeout: 20s'))
  const client = converse(t, port)
  client.socket.pause()
  client.say(get('/x'))
  await eventually(() => said >= 64 * 1024 * 1024, 'all was said', 20_000)
  client.socket.resume()
  await client.hears(/\r\n\r\nok$/)
  t.ok(client.text().length < 32 * 1024 * 1024, `${client.text().length} octets were kept for it`)
})
