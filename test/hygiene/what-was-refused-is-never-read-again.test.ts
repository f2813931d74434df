import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'
import { startHostileSite } from './hostile-site.js'
import { SMUGGLED } from './malformed-messages.js'

const LENGTHS: readonly (readonly [framing: string, body: string])[] = [
  [`Content-Length: ${SMUGGLED.length}`, SMUGGLED],
  ['Transfer-Encoding: chunked', `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`],
  [`Expect: 100-continue\r\nContent-Length: ${SMUGGLED.length}`, SMUGGLED],
  ['Expect: 100-continue\r\nTransfer-Encoding: chunked', `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`]
]
const AFTER = 'GET /open/after HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

t.test('the body of a refused request is no request', async (t) => {
  const { send, arrived, control } = await startHostileSite(t)
  for (const start of [
    ...['POST /closed', 'GET /closed', 'DELETE /admin/x', 'PUT /auth/nothing', 'GET /auth/login'],
    ...['POST /a/../b', 'POST /%00', 'OPTIONS /closed', 'TRACE /closed', 'HEAD /closed']
  ]) {
    for (const [framing, body] of LENGTHS) {
      const what = `${start} ${JSON.stringify(framing)}`
      const answer = await send(`${start} HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n${body}${AFTER}`)
      t.match(String(answer.status), /^4\d\d$/, `${what} is refused`)
      t.notMatch(answer.text, /^HTTP\/1\.1 100/m, `${what} is not asked for its body`)
      for (const { target } of arrived())
        t.equal(target, '/open/after', `${what}: what follows it may pass, its body not`)
      await control(t, what)
    }
  }
})

t.test('behind a request that cannot be told from what follows, nothing is read', async (t) => {
  const { send, arrived, control } = await startHostileSite(t)
  const good = 'GET /open/before HTTP/1.1\r\nHost: a\r\n\r\n'
  for (const bad of [
    'GET /open HTTP/1.1\r\n\r\n',
    'GET /open HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    'GET http://b/open HTTP/1.1\r\nHost: a\r\n\r\n',
    'POST /open HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello',
    'GET /open HTTP/2.0\r\nHost: a\r\n\r\n',
    'GET /open HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n',
    'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n',
    '\x00\x01\x02\r\n\r\n'
  ]) {
    const what = JSON.stringify(bad)
    const answer = await send(good + bad + SMUGGLED)
    const statuses = answer.text.match(/HTTP\/1\.1 \d/g)?.map((line) => line.slice(9))
    t.strictSame(statuses, ['2', '4'], `${what} is refused in its turn, and is the last`)
    t.ok(answer.closed, `${what} ends the connection`)
    t.strictSame(
      arrived().map(({ target }) => target),
      ['/open/before'],
      what
    )
    await control(t, what)
  }
})

/** A client that says something and stays; `left` is when its connection has closed. */
const stay = (port: number, bytes: string) => {
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
  socket.on('error', () => {}).resume()
  const left = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  return { socket, left }
}

t.test('a body is asked for when it may pass, and never looks whole when its client leaves', async (t: Test) => {
  const site = await startHostileSite(t)
  for (const [framing, part] of [
    ['Content-Length: 10', 'hello'],
    ['Transfer-Encoding: chunked', '5\r\nhello\r\n'],
    ['Transfer-Encoding: chunked', 'a\r\nhello'],
    ['Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n']
  ] as const) {
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const what = `${framing} ${JSON.stringify(part)} ${leave}`
      const of = site.upstream.bytes().length
      const { socket, left } = stay(site.port, `POST /open HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n${part}`)
      const begun = () => site.upstream.bytes().filter((bytes) => bytes.includes('hello') && !bytes.includes(' /seen'))
      await eventually(() => begun().length > 0 || site.upstream.bytes().length > of, `${what} is under way`)
      socket[leave]()
      await left
      await site.control(t, what)
      t.notMatch(JSON.stringify(site.upstream.messages), /hello/, `${what} never arrives whole`)
      for (const bytes of begun()) t.match(bytes, /hello(\r\n)?$/, `${what}: nothing follows it on its connection`)
    }
  }
})

t.test('what waits behind another answer ends when its client leaves', async (t) => {
  const held: ServerResponse[] = []
  const upstream = await startUpstream(t, (_request, response) => held.push(response))
  const { port, access } = await startGateway(
    t,
    `{ upstreams: { web: { url: "${upstream.url}" } }, rules: [{ path: /**, allow: anyone, to: web }] }`
  )
  const { socket, left } = stay(port, 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(8))
  await eventually(() => held.length === 8, 'all of them have arrived')
  socket.destroy()
  await left
  await eventually(() => held.every((response) => response.destroyed), 'none is left open upstream')
  await eventually(() => access.length === 8, 'each has its line in the log')
  t.ok(access.every(({ status }) => status === 499))
})
