import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway, type TestGateway } from '../helpers/gateway.js'
import { startRawUpstream, startUpstream } from '../helpers/upstream.js'
import { metricOf, policy, statusesOf } from './targets.js'

/** An endpoint that says of itself how it is. */
async function startSelfAware(t: Test) {
  const state = { status: 200, checks: 0, hosts: new Set<string | undefined>() }
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url !== '/healthz?deep') {
      response.end('ok')
      return
    }
    state.checks += 1
    state.hosts.add(request.headers.host)
    response.writeHead(state.status).end()
  })
  const served = () => upstream.received.filter(({ url }) => url !== '/healthz?deep').length
  return { ...upstream, state, served }
}

const checks = 'health: { path: "/healthz?deep", every: 30ms, timeout: 5s'
const healthOf = (gateway: TestGateway, url: string) => metricOf(gateway, 'portcullis_upstream_healthy', url)
const becomes = (gateway: TestGateway, url: string, value: number) =>
  eventually(async () => (await healthOf(gateway, url)) === value, `${url} becomes ${value}`)

const send = async (gateway: TestGateway, times: number) => {
  const statuses: number[] = []
  for (let i = 0; i < times; i += 1) statuses.push((await fetch(`${gateway.url}/`)).status)
  return statusesOf(statuses)
}

t.test('an endpoint that checks find bad is left out until they find it good', async (t) => {
  const [a, b] = [await startSelfAware(t), await startSelfAware(t)]
  const gateway = await startGateway(t, policy([a.url, b.url], `${checks} }`))
  a.state.status = 500
  await becomes(gateway, a.url, 0)
  t.match((await gateway.gateway.readReadiness()).details, { unusable_endpoints: [`web ${a.url} unhealthy`] })
  const before = a.served()
  t.same(await send(gateway, 10), { 200: 10 })
  t.equal(a.served(), before)
  a.state.status = 204
  await becomes(gateway, a.url, 1)
  await send(gateway, 10)
  t.equal(a.served(), before + 5)
  t.same([...a.state.hosts], [`127.0.0.1:${a.port}`])
})

t.test('it takes several bad checks, and several good ones', async (t) => {
  const one = await startSelfAware(t)
  const keys = `${checks}, healthy_after: 2, unhealthy_after: 3, status: [200, 300-310], host: health.test }`
  const gateway = await startGateway(t, policy([one.url, (await startSelfAware(t)).url], keys))
  const next = async (status: number) => {
    const { checks } = one.state
    one.state.status = status
    // The first of these may have been asked before; when another has come, this one was judged.
    await eventually(() => one.state.checks >= checks + 1, 'a check')
  }
  await next(302)
  t.equal(await healthOf(gateway, one.url), 1, 'a status that counts as good')
  one.state.status = 500
  const begun = one.state.checks
  await becomes(gateway, one.url, 0)
  t.ok(one.state.checks - begun >= 3, `${one.state.checks - begun} checks`)
  one.state.status = 200
  const again = one.state.checks
  await becomes(gateway, one.url, 1)
  t.ok(one.state.checks - again >= 2, `${one.state.checks - again} checks`)
  t.same([...one.state.hosts], ['health.test'])
})

t.test('refused, silent, and what is no HTTP: all are bad; the first check decides at once', async (t) => {
  const silent = await startRawUpstream(t, () => {})
  const garbage = await startRawUpstream(t, (socket) => socket.end('hello'))
  const good = await startSelfAware(t)
  const urls = [silent.url, garbage.url, 'http://127.0.0.1:9', good.url]
  const gateway = await startGateway(t, policy(urls, 'health: { path: "/healthz?deep", every: 1h, timeout: 3s }'))
  for (const url of urls.slice(0, 3)) await becomes(gateway, url, 0)
  t.same(await send(gateway, 8), { 200: 8 })
  await eventually(() => gateway.failures.length === 3, 'each is told once')
})

t.test('when checks find none good, all are used', async (t) => {
  const [a, b] = [await startSelfAware(t), await startSelfAware(t)]
  a.state.status = 500
  b.state.status = 500
  const gateway = await startGateway(t, policy([a.url, b.url], `${checks} }`))
  for (const { url } of [a, b]) await becomes(gateway, url, 0)
  t.same(await send(gateway, 10), { 200: 10 })
  t.same([a.served(), b.served()], [5, 5])
})

t.test(
  'checks go on over a reload that leaves them as they are, change with others, and end with theirs',
  async (t) => {
    const [a, b] = [await startSelfAware(t), await startSelfAware(t)]
    a.state.status = 500
    const urls = [a.url, b.url]
    const gateway = await startGateway(t, policy(urls, 'health: { path: "/healthz?deep", every: 1h }'))
    await becomes(gateway, a.url, 0)
    await becomes(gateway, b.url, 1)
    const checksOf = () => a.state.checks + b.state.checks
    t.equal(checksOf(), 2)
    gateway.reload(policy(urls, 'health: { path: "/healthz?deep", every: 1h }, strip_prefix: /x'))
    t.equal(await healthOf(gateway, a.url), 0, 'what was known is known')
    gateway.reload(policy(urls, 'health: { path: "/healthz?deep", every: 50m }'))
    t.equal(await healthOf(gateway, a.url), 0, 'even where it is asked otherwise from now on')
    await eventually(() => checksOf() === 4, 'they ask at once')
    gateway.reload(policy(urls))
    t.equal(await healthOf(gateway, a.url), 1, 'nobody asks any more')
    t.equal(checksOf(), 4)
  }
)
