import { writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { Socket } from 'node:net'
import t from 'tap'
import { createAuthority } from '../helpers/certificates.js'
import { freePort } from '../helpers/command.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway, type TestGateway } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'
import { metricOf, policy } from './targets.js'

async function startCounting(...args: Parameters<typeof startUpstream>) {
  const upstream = await startUpstream(...args)
  const state = { connections: 0, open: 0 }
  // Connections end because the gateway wants it so.
  upstream.server.keepAliveTimeout = 60_000
  upstream.server.on('connection', (socket: Socket) => {
    state.connections += 1
    state.open += 1
    socket.on('close', () => (state.open -= 1))
  })
  return { ...upstream, state }
}

const get = async ({ url }: TestGateway) => (await fetch(url)).status

t.test('an endpoint keeps its connections and what is known of it while nothing of it changes', async (t) => {
  const upstream = await startCounting(t)
  const dead = `http://127.0.0.1:${await freePort()}`
  const ejection = 'ejection: { failures: 1, for: 1h }, keep_alive: 1m'
  const gateway = await startGateway(t, policy([dead, upstream.url], ejection))
  for (let i = 0; i < 2; i += 1) t.equal(await get(gateway), 200)
  t.equal(await metricOf(gateway, 'portcullis_upstream_healthy', dead), 0)
  const served = await metricOf(gateway, 'portcullis_upstream_requests_total', upstream.url, 'answered')
  const { connections } = upstream.state
  const another = await startCounting(t)
  gateway.reload(policy([dead, upstream.url, another.url], `${ejection}, balance: least_requests`))
  t.equal(await metricOf(gateway, 'portcullis_upstream_healthy', dead), 0)
  for (let i = 0; i < 6; i += 1) t.equal(await get(gateway), 200)
  t.equal(upstream.state.connections, connections)
  t.ok(another.received.length >= 2, 'the new one is used')
  t.ok((await metricOf(gateway, 'portcullis_upstream_requests_total', upstream.url, 'answered')) > served)
  gateway.reload(policy([dead, upstream.url, another.url], `${ejection}, timeout: 5s`))
  t.equal(await metricOf(gateway, 'portcullis_upstream_healthy', dead), 0, 'even if connections are made otherwise now')
  await eventually(() => upstream.state.open === 0, 'those that are idle end at once')
})

t.test('what is under way with an endpoint that is gone ends there, and its connection then', async (t) => {
  const held: (() => void)[] = []
  const old = await startCounting(t, (_request, response) => held.push(() => response.end('old')))
  const next = await startCounting(t)
  const gateway = await startGateway(t, policy([old.url], 'connections: { max: 1 }, keep_alive: 1m'))
  const under = [fetch(gateway.url), fetch(gateway.url)]
  await eventually(async () => {
    return held.length === 1 && (await metricOf(gateway, 'portcullis_upstream_waiting', 'web')) === 1
  }, 'one is served, one waits')
  gateway.reload(policy([next.url]))
  t.equal(await get(gateway), 200)
  held[0]?.()
  await eventually(() => held.length === 2, 'the one that waited is served')
  held[1]?.()
  for (const response of under) t.equal(await (await response).text(), 'old')
  await eventually(() => old.state.open === 0, 'the connection ends')
  t.equal(next.received.length, 1)
})

t.test('another certificate in the same file means other connections', async (t) => {
  const [first, second] = [createAuthority(t), createAuthority(t)]
  const server = createServer(second.issue(['DNS:localhost']), (_request, response) => response.end())
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as { port: number }
  const file = policy([`https://localhost:${port}`], `tls: { ca: ${first.certFile} }`)
  const gateway = await startGateway(t, file)
  t.equal(await get(gateway), 502)
  writeFileSync(first.certFile, second.cert)
  gateway.reload(file)
  t.equal(await get(gateway), 200)
  writeFileSync(first.certFile, first.cert)
  gateway.reload(file)
  t.equal(await get(gateway), 502, 'a connection that was made by the other is not used')
})
