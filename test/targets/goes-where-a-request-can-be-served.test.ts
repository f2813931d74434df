import t from 'tap'
import { freePort } from '../helpers/command.js'
import { startGateway, verdictOf } from '../helpers/gateway.js'
import { startRawUpstream, startUpstream } from '../helpers/upstream.js'
import { policy, statusesOf } from './targets.js'

t.test('while one of two endpoints refuses connections, no request fails, whatever its method', async (t) => {
  const alive = await startUpstream(t)
  const dead = `http://127.0.0.1:${await freePort()}`
  const gateway = await startGateway(t, policy([dead, alive.url]))
  const bodies = new Set<string>()
  for (let i = 0; i < 40; i += 1) {
    const method = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'][i % 6] ?? ''
    const body = ['GET', 'OPTIONS'].includes(method) ? null : `body ${i}`.repeat(10_000)
    if (body !== null) bodies.add(body)
    const response = await fetch(`${gateway.url}/${i}`, { method, body })
    t.equal(await verdictOf(response), '200', `${method} ${i}`)
  }
  t.equal(alive.received.length, 40, 'each arrived once')
  t.ok(
    [...bodies].every((body) => alive.received.some((one) => one.body.toString() === body)),
    'and whole'
  )
})

t.test('so do many requests at once', async (t) => {
  const alive = await startUpstream(t)
  const dead = `http://127.0.0.1:${await freePort()}`
  const gateway = await startGateway(t, policy([dead, alive.url]))
  const statuses = await Promise.all(
    Array.from({ length: 150 }, (_, i) => {
      const method = i % 2 === 0 ? 'GET' : 'POST'
      return fetch(`${gateway.url}/${i}`, { method, body: method === 'GET' ? null : 'x' }).then(({ status }) => status)
    })
  )
  t.same(statusesOf(statuses), { 200: 150 })
  t.equal(new Set(alive.received.map(({ url }) => url)).size, 150)
  t.equal(alive.received.length, 150)
})

t.test('when all endpoints are dead the answer is 502, at once, and recovery needs nobody', async (t) => {
  const ports = [await freePort(), await freePort()]
  const gateway = await startGateway(
    t,
    policy(
      ports.map((port) => `http://127.0.0.1:${port}`),
      'ejection: { failures: 1, for: 1h }'
    )
  )
  const started = performance.now()
  for (let i = 0; i < 10; i += 1) {
    t.equal(await verdictOf(await fetch(gateway.url)), '502 upstream_unavailable')
  }
  t.ok(performance.now() - started < 5_000)
  const back = await startRawUpstream(
    t,
    (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    undefined,
    ports[0]
  )
  t.equal((await fetch(gateway.url)).status, 200, 'although both have been ejected for an hour')
  t.equal(back.connections.length, 1)
})

t.test('an endpoint that is silent fails the request that is with it, with 504, and no other', async (t) => {
  const alive = await startUpstream(t)
  const silent = await startRawUpstream(t, () => {})
  const gateway = await startGateway(t, policy([silent.url, alive.url], 'timeout: 300ms, ejection: { failures: 2 }'))
  const statuses: number[] = []
  for (let i = 0; i < 12; i += 1) statuses.push((await fetch(gateway.url)).status)
  t.same(statusesOf(statuses), { 200: 10, 504: 2 }, 'what may have been done is not done again')
  t.equal(silent.connections.length, 2, 'and after two failures the endpoint is left out')
})

t.test('an upstream that says another endpoint’s name in Location is translated all the same', async (t) => {
  const there = await startUpstream(t)
  const here = await startUpstream(t, (_request, response) => {
    response.writeHead(302, { location: `${there.url}/next` }).end()
  })
  const gateway = await startGateway(t, policy([here.url, there.url]))
  const locations = new Set<string | null>()
  for (let i = 0; i < 2; i += 1) {
    locations.add((await fetch(gateway.url, { redirect: 'manual' })).headers.get('location'))
  }
  t.ok(locations.has('/next'))
})

t.test('with `host: upstream` each endpoint is called by its own name', async (t) => {
  const [a, b] = [await startUpstream(t), await startUpstream(t)]
  const gateway = await startGateway(t, policy([a.url, b.url], 'host: upstream'))
  for (let i = 0; i < 4; i += 1) await fetch(gateway.url)
  t.same(new Set(a.received.map(({ headers }) => headers.host)), new Set([`127.0.0.1:${a.port}`]))
  t.same(new Set(b.received.map(({ headers }) => headers.host)), new Set([`127.0.0.1:${b.port}`]))
})
