import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.js'
import { post, startGateway } from '../helpers/gateway.js'
import { site } from '../helpers/site.js'
import { startUpstream } from '../helpers/upstream.js'
import { figureOf } from './figures.js'

async function start(t: Test) {
  const held: ServerResponse[] = []
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/open/held') held.push(response)
    else response.end('ok')
  })
  const settings = `
public_health: /healthz
listener: { max_requests: 10 }
limits: { few: { by: ip, requests: 1000, window: 1h } }
listener_limit: { requests: 1000, window: 1h }
`
  return { upstream, held, ...(await startGateway(t, site(upstream.url, settings), [{ username: 'ann' }])) }
}

t.test('beyond what may be in flight, requests are refused before anything is done for them', async (t) => {
  const gateway = await start(t)
  const { url, held, upstream } = gateway
  const waiting = Array.from({ length: 10 }, () => fetch(`${url}/open/held`))
  await eventually(() => held.length === 10, 'ten in flight')

  const answer = await fetch(`${url}/open/more`)
  t.equal(answer.status, 503)
  t.equal(answer.headers.get('retry-after'), '1')
  t.match(answer.headers.get('proxy-status'), /^portcullis; error=connection_limit_reached; details="overloaded"$/)
  t.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  t.match(await answer.json(), { code: 'overloaded', status: 503 })
  t.equal(answer.headers.get('ratelimit'), null, 'no limit was counted')

  const forged = await fetch(`${url}/x`, { headers: { authorization: 'Bearer forged' } })
  t.equal(forged.status, 503, 'no token was read')
  t.equal((await post(`${url}/auth/login`, { username: 'ann', password: 'wrong' })).status, 503)
  t.notOk(
    gateway.audit.some(({ event }) => event === 'login_failed'),
    'no password was hashed'
  )
  t.equal((await fetch(`${url}/healthz`)).status, 200, 'that it lives is told all the same')
  t.equal(upstream.received.length, 10)
  t.equal(await figureOf(gateway, 'portcullis_requests_shed_total', '"requests"'), 3)
  t.equal(await figureOf(gateway, 'portcullis_refusals_total', 'overloaded'), 3)
  t.ok((await figureOf(gateway, 'portcullis_requests_in_flight')) >= 10)
  t.equal(gateway.audit.filter(({ event }) => event === 'overloaded').length, 1)
  t.same(gateway.failures, [], 'it is no failure of ours')

  for (const response of held) response.end('at last')
  for (const response of await Promise.all(waiting)) t.equal(await response.text(), 'at last')
  t.equal((await fetch(`${url}/open/more`)).status, 200, 'control')
  await gateway.login('ann')
})

t.test('one that leaves makes room for another', async (t) => {
  const { url, held } = await start(t)
  const leaving = new AbortController()
  const waiting = Array.from({ length: 10 }, () =>
    fetch(`${url}/open/held`, { signal: leaving.signal }).catch(() => null)
  )
  await eventually(() => held.length === 10, 'ten in flight')
  t.equal((await fetch(`${url}/open/more`)).status, 503)
  leaving.abort()
  await Promise.all(waiting)
  await eventually(async () => (await fetch(`${url}/open/more`)).status === 200, 'room')
})

t.test('a changed number counts at once', async (t) => {
  const gateway = await start(t)
  const waiting = Array.from({ length: 10 }, () => fetch(`${gateway.url}/open/held`))
  await eventually(() => gateway.held.length === 10, 'ten in flight')
  gateway.reload(site(gateway.upstream.url, 'listener: { max_requests: 20 }'))
  t.equal((await fetch(`${gateway.url}/open/more`)).status, 200)
  for (const response of gateway.held) response.end()
  await Promise.all(waiting)
})
