import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { createWaitingLine } from '../../gateway/proxy/waiting-line.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway, type TestGateway, verdictOf } from '../helpers/gateway.js'
import { rawGet } from '../helpers/raw-request.js'
import { startUpstream } from '../helpers/upstream.js'
import { metricOf, policy } from './targets.js'

/** An upstream that answers when it is told to, and counts the connections it has at once. */
async function startHolding(t: Test) {
  const held: ServerResponse[] = []
  const state = { open: 0, most: 0 }
  const upstream = await startUpstream(t, (_request, response) => held.push(response))
  upstream.server.on('connection', (socket: Socket) => {
    state.open += 1
    state.most = Math.max(state.most, state.open)
    socket.on('close', () => (state.open -= 1))
  })
  return { ...upstream, held, state }
}

const waiting = (gateway: TestGateway) => metricOf(gateway, 'portcullis_upstream_waiting', 'web')

t.test('no more connections than allowed, no more waiting than allowed, and 503 beyond', async (t) => {
  const upstream = await startHolding(t)
  const gateway = await startGateway(t, policy([upstream.url], 'connections: { max: 3, max_waiting: 4 }'))
  const served = Array.from({ length: 7 }, (_, i) => fetch(`${gateway.url}/${i}`))
  await eventually(async () => upstream.held.length === 3 && (await waiting(gateway)) === 4, 'three served, four wait')
  t.equal(await metricOf(gateway, 'portcullis_upstream_in_flight', 'web'), 7)
  for (let i = 0; i < 5; i += 1) {
    const refused = await fetch(`${gateway.url}/beyond`)
    t.equal(refused.headers.get('retry-after'), '1')
    t.equal(await verdictOf(refused), '503 overloaded')
  }
  let answered = 0
  const answering = setInterval(() => {
    const response = upstream.held[answered]
    if (response === undefined) return
    answered += 1
    response.end('ok')
  }, 5)
  t.teardown(() => clearInterval(answering))
  for (const response of served) t.equal((await response).status, 200)
  t.equal(upstream.state.most, 3)
  t.same(
    upstream.received.map(({ url }) => url),
    ['/0', '/1', '/2', '/3', '/4', '/5', '/6'],
    'who came first is served first'
  )
  t.equal(await metricOf(gateway, 'portcullis_upstream_requests_total', 'overloaded'), 5)
  t.equal(await metricOf(gateway, 'portcullis_upstream_in_flight', 'web'), 0)
})

t.test('nobody waits longer than `timeout`', async (t) => {
  const upstream = await startHolding(t)
  const keys = 'timeout: 600ms, idle_timeout: 20s, connections: { max: 1 }'
  const gateway = await startGateway(t, policy([upstream.url], keys))
  const first = fetch(gateway.url)
  await eventually(() => upstream.held.length === 1, 'it is served')
  upstream.held[0]?.write('x')
  const refused = await Promise.all(['/1', '/2'].map((path) => fetch(gateway.url + path).then(verdictOf)))
  t.same(refused, ['503 overloaded', '503 overloaded'])
  upstream.held[0]?.end()
  t.equal((await first).status, 200)
  t.equal(upstream.received.length, 1, 'nothing was sent for them')
})

t.test('a client that leaves gives up its place', async (t) => {
  const upstream = await startHolding(t)
  const gateway = await startGateway(t, policy([upstream.url], 'connections: { max: 1, max_waiting: 1 }'))
  const first = fetch(gateway.url)
  await eventually(() => upstream.held.length === 1, 'it is served')
  const socket = connect(gateway.port, '127.0.0.1', () => socket.write(rawGet('/left')))
  await eventually(async () => (await waiting(gateway)) === 1, 'another waits')
  socket.destroy()
  await eventually(async () => (await waiting(gateway)) === 0, 'it is gone')
  const second = fetch(gateway.url)
  await eventually(async () => (await waiting(gateway)) === 1, 'its place is free')
  upstream.held[0]?.end()
  await first
  await eventually(() => upstream.held.length === 2, 'the next is served')
  upstream.held[1]?.end()
  t.equal((await second).status, 200)
  t.notOk(upstream.received.some(({ url }) => url === '/left'))
})

t.test('of several endpoints one that is full is passed over', async (t) => {
  const full = await startHolding(t)
  const free = await startUpstream(t)
  const gateway = await startGateway(t, policy([free.url, full.url], 'connections: { max: 1, max_waiting: 1 }'))
  const first = fetch(gateway.url)
  await eventually(() => full.held.length === 1, 'it is full')
  for (let i = 0; i < 6; i += 1) t.equal((await fetch(gateway.url)).status, 200)
  t.equal(free.received.length, 6)
  full.held[0]?.end()
  await first
})

t.test('after a crowd, connections that nobody needs end, and the others are used again', async (t) => {
  const upstream = await startHolding(t)
  const gateway = await startGateway(t, policy([upstream.url], 'keep_alive: 200ms'))
  const crowd = Array.from({ length: 30 }, () => fetch(gateway.url))
  await eventually(() => upstream.held.length === 30, 'all are there')
  for (const response of upstream.held.splice(0)) response.end()
  await Promise.all(crowd)
  await eventually(() => upstream.state.open === 0, 'all have ended')
  t.equal(await metricOf(gateway, 'portcullis_upstream_connections', 'web'), 0)
  for (let i = 0; i < 5; i += 1) {
    const one = fetch(gateway.url)
    await eventually(() => upstream.held.length === 1, 'it is there')
    upstream.held.splice(0)[0]?.end()
    t.equal((await one).status, 200)
  }
})

t.test('an idle connection is ended here before a server ends it that keeps it for two seconds', async (t) => {
  const upstream = await startUpstream(t)
  upstream.server.keepAliveTimeout = 60_000
  const ended = new Promise<number>((resolve) => {
    upstream.server.on('connection', (socket: Socket) => {
      let lastMs = 0
      socket.on('data', () => (lastMs = performance.now()))
      socket.on('end', () => resolve(performance.now() - lastMs))
    })
  })
  // The header that Node would add says that it waits longer, and would be believed.
  upstream.server.on('request', (_request, response) => response.setHeader('keep-alive', ''))
  const gateway = await startGateway(t, policy([upstream.url]))
  t.equal((await fetch(gateway.url)).status, 200)
  const idleMs = await ended
  t.ok(idleMs > 1_300, `${idleMs} ms: it is kept`)
  t.ok(idleMs < 3_500, `${idleMs} ms: it is not kept longer`)
})

t.test('when the gateway stops, those that wait are told so', async (t) => {
  const upstream = await startHolding(t)
  const gateway = await startGateway(t, policy([upstream.url], 'connections: { max: 1 }'))
  const answers = ['/1', '/2'].map((path) => fetch(gateway.url + path).then(verdictOf))
  await eventually(async () => (await waiting(gateway)) === 1, 'one waits')
  await gateway.gateway.close(50)
  t.same(await Promise.all(answers), ['503 shutting_down', '503 shutting_down'])
})

t.test('a line is first come, first served, and each in it has its time', async (t) => {
  const gone: string[] = []
  const line = createWaitingLine<string>(60, (one) => gone.push(one))
  for (const one of ['a', 'b', 'c', 'd']) line.join(one)
  t.equal(line.next(), 'a')
  line.leave('c')
  t.equal(line.length(), 2)
  // The timer that sees to them keeps no process alive; this one does.
  const alive = setInterval(() => {}, 1000)
  await eventually(() => gone.length === 2, 'their time is over')
  line.join('e')
  await eventually(() => gone.length === 3, 'a later one has its time too')
  clearInterval(alive)
  t.same(gone, ['b', 'd', 'e'])
  t.equal(line.next(), undefined)
})
