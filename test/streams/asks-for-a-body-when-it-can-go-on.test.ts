import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { converse } from '../helpers/conversation.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'
import { openSite } from './open-site.js'

const head = 'POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n'

t.test('a client that waits for a 100 is not asked for a body that could go nowhere', async (t) => {
  const upstream = await startUpstream(t)
  const { port } = await startGateway(t, openSite(upstream.url))
  const first = converse(t, port)
  first.say(head)
  await first.hears('HTTP/1.1 100 Continue\r\n\r\n')
  first.say('hello')
  await first.hears('HTTP/1.1 200 OK')
  t.equal(upstream.last().body.toString(), 'hello')
  upstream.server.closeAllConnections()
  await new Promise((resolve) => upstream.server.close(resolve))
  const second = converse(t, port)
  second.say(head)
  await second.end()
  t.match(second.text(), /^HTTP\/1\.1 502 /, 'the first that it hears is the refusal')
})

t.test('requests in one piece are asked each in its turn', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    setTimeout(() => response.end(request.url), request.url === '/slow' ? 100 : 0)
  })
  const { port } = await startGateway(t, openSite(upstream.url))
  const client = converse(t, port)
  client.say(`GET /slow HTTP/1.1\r\nHost: a\r\n\r\n${head}hello`)
  await client.hears(/\/slowHTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK[\s\S]*\/x$/)
})

t.test('nor is one whose request waits for a connection, as long as it waits', async (t) => {
  const held: ServerResponse[] = []
  const upstream = await startUpstream(t, (_request, response) => held.push(response))
  const { port } = await startGateway(t, openSite(upstream.url, 'timeout: 2s, connections: { max: 1 }'))
  const [busy, patient, impatient] = [converse(t, port), converse(t, port), converse(t, port)]
  busy.say('GET /busy HTTP/1.1\r\nHost: a\r\n\r\n')
  await eventually(() => held.length === 1, 'the only connection is taken')
  patient.say(head)
  // Who sends the body all the same is not held against it.
  impatient.say(`${head}hello`)
  await sleep(200)
  t.equal(patient.text() + impatient.text(), '')
  held[0]?.end('first')
  await patient.hears('HTTP/1.1 100 Continue\r\n\r\n')
  patient.say('hello')
  await eventually(() => held.length === 2, 'it came through')
  held[1]?.end('second')
  await patient.hears(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK[\s\S]*second$/)
  await eventually(() => held.length === 3, 'so did the other one')
  held[2]?.end('third')
  await impatient.hears(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK[\s\S]*third$/)
  t.same(
    upstream.received.map(({ body }) => body.toString()),
    ['', 'hello', 'hello']
  )
})

t.test('of a request that waits in vain the refusal is the first that its client hears', async (t) => {
  const held: ServerResponse[] = []
  const upstream = await startUpstream(t, (_request, response) => held.push(response))
  const { port } = await startGateway(
    t,
    openSite(upstream.url, 'timeout: 500ms, idle_timeout: 20s, connections: { max: 1 }')
  )
  const busy = converse(t, port)
  busy.say('GET /busy HTTP/1.1\r\nHost: a\r\n\r\n')
  await eventually(() => held.length === 1, 'the only connection is taken')
  held[0]?.write('x')
  const vain = converse(t, port)
  vain.say(head)
  await vain.end()
  t.match(vain.text(), /^HTTP\/1\.1 503 [\s\S]*"code":"overloaded"/)
  const left = converse(t, port)
  left.say(head)
  left.socket.destroy()
  held[0]?.end()
  const control = converse(t, port)
  control.say('GET /control HTTP/1.1\r\nHost: a\r\n\r\n')
  await eventually(() => held.length === 2, 'the connection is free again')
  held[1]?.end('control')
  await control.hears(/^HTTP\/1\.1 200 OK[\s\S]*control$/)
})
