import type { ServerResponse } from 'node:http'
import t from 'tap'
import { noteAnswer, noteFailure } from '../../gateway/proxy/ejection.js'
import { stateOf } from '../../gateway/proxy/endpoint.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway, type TestGateway } from '../helpers/gateway.js'
import { startRawUpstream, startUpstream } from '../helpers/upstream.js'
import { metricOf, policy, statusesOf } from './targets.js'

const send = async ({ url }: TestGateway, times: number) => {
  const statuses: number[] = []
  for (let i = 0; i < times; i += 1) statuses.push((await fetch(`${url}/${i}`)).status)
  return statusesOf(statuses)
}

t.test('an endpoint where requests fail is left out, and taken in again when its time is over', async (t) => {
  let broken = true
  const shaky = await startRawUpstream(t, (socket) => {
    if (broken) socket.resetAndDestroy()
    else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  const sound = await startUpstream(t)
  const gateway = await startGateway(t, policy([shaky.url, sound.url], 'ejection: { failures: 3, for: 700ms }'))
  t.same(await send(gateway, 20), { 200: 17, 502: 3 })
  t.equal(await metricOf(gateway, 'portcullis_upstream_healthy', shaky.url), 0)
  t.equal(await metricOf(gateway, 'portcullis_upstream_ejections_total', shaky.url), 1)
  t.match((await gateway.gateway.readReadiness()).details, { unusable_endpoints: [`web ${shaky.url} ejected`] })
  t.equal(gateway.failures.length >= 3, true, 'and the log tells why')
  broken = false
  await eventually(async () => (await metricOf(gateway, 'portcullis_upstream_healthy', shaky.url)) === 1, 'it is back')
  const before = shaky.connections.length
  t.same(await send(gateway, 10), { 200: 10 })
  t.equal(shaky.connections.length - before, 5)
  t.notOk('unusable_endpoints' in (await gateway.gateway.readReadiness()).details)
})

t.test('answers are failures only where the file says so', async (t) => {
  const busy = await startUpstream(t, (_request, response) => response.writeHead(503).end())
  const sound = await startUpstream(t)
  const urls = [busy.url, sound.url]
  const lenient = await startGateway(t, policy(urls, 'ejection: { failures: 2, for: 1h }'))
  t.same(await send(lenient, 20), { 200: 10, 503: 10 })
  const strict = await startGateway(t, policy(urls, 'ejection: { failures: 2, for: 1h, statuses: [503] }'))
  t.same(await send(strict, 20), { 200: 18, 503: 2 })
})

t.test('a lone endpoint is used whatever happens there', async (t) => {
  let broken = true
  const shaky = await startRawUpstream(t, (socket) => {
    if (broken) socket.resetAndDestroy()
    else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  const gateway = await startGateway(t, policy([shaky.url]))
  t.same(await send(gateway, 12), { 502: 12 })
  broken = false
  t.same(await send(gateway, 3), { 200: 3 })
})

t.test('a client that leaves and a stream that is silent say nothing against an endpoint', async (t) => {
  const open: ServerResponse[] = []
  const streaming = await startUpstream(t, (_request, response) => {
    response.write('data: 1\n\n')
    open.push(response)
  })
  const keys = 'idle_timeout: 300ms, ejection: { failures: 1, for: 1h }'
  const gateway = await startGateway(t, policy([streaming.url, (await startUpstream(t)).url], keys))
  for (let i = 0; i < 4; i += 1) {
    const leaving = new AbortController()
    const response = await fetch(gateway.url, { signal: leaving.signal })
    if (i < 2) leaving.abort()
    else await response.text().catch(() => {})
  }
  await eventually(() => open.every(({ destroyed }) => destroyed), 'the streams end')
  t.equal(await metricOf(gateway, 'portcullis_upstream_ejections_total', streaming.url), 0)
})

t.test('each ejection in a row is longer, up to ten times, until an answer comes', (t) => {
  const clock = t.intercept(Date, 'now', { value: () => now })
  t.teardown(() => clock.restore?.())
  let now = 1_000_000
  const endpoint = {
    health: 'unknown',
    failures: 0,
    ejections: 0,
    ejectedUntil: 0,
    counts: { ejections: 0 }
  } as unknown as Parameters<typeof stateOf>[0]
  const ejection = { failures: 2, forMs: 1000, statuses: new Set<number>() }
  const lengths: number[] = []
  for (let i = 0; i < 12; i += 1) {
    t.notOk(noteFailure(endpoint, ejection))
    t.ok(noteFailure(endpoint, ejection))
    t.equal(stateOf(endpoint), 'ejected')
    lengths.push(endpoint.ejectedUntil - now)
    now = endpoint.ejectedUntil
    t.equal(stateOf(endpoint), 'healthy')
  }
  t.same(lengths, [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000, 10_000, 10_000])
  noteAnswer(endpoint)
  noteFailure(endpoint, ejection)
  noteFailure(endpoint, ejection)
  t.equal(endpoint.ejectedUntil - now, 1000)
  t.end()
})
