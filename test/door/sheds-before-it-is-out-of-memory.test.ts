import t from 'tap'
import { openConnection } from '../helpers/connections.js'
import { makePlace, startProcess, until } from '../helpers/gateway-process.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { site } from '../helpers/site.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { sumOf } from './figures.js'

const MIB = 1024 * 1024
const LIMIT_MIB = 96
const AT_ONCE = 200
const MOST = 8_000

t.test('requests that take memory are refused before it is used up, and let in when it is free', async (t) => {
  const upstream = await startRawUpstream(t, () => {})
  const settings = `public_health: /healthz\nlogs: { access: off }
listener: { max_memory: ${LIMIT_MIB}mb, max_connections_per_address: 20000 }`
  // V8 would end the process here.
  const env = { NODE_OPTIONS: '--max-old-space-size=256' }
  const gateway = await startProcess(t, await makePlace(t, site(upstream.url, settings)), { env })
  const figure = async (name: string, part?: string) =>
    sumOf(await (await fetch(`${gateway.adminUrl}/metrics`)).text(), name, part)
  const heavy = rawGet('/open/x', `X: ${'x'.repeat(15_000)}`)

  const connections: ReturnType<typeof openConnection>[] = []
  const isRefused = () => connections.some(({ text }) => text().includes('"code":"overloaded"'))
  while (!isRefused() && connections.length < MOST) {
    const batch = Array.from({ length: AT_ONCE }, () => openConnection(t, gateway.port, heavy))
    connections.push(...batch)
    await until(
      'each is at the upstream or refused',
      () => upstream.connections.length + connections.filter(({ text }) => text() !== '').length >= connections.length
    )
  }
  t.ok(isRefused(), `after ${connections.length} requests`)
  const refused = connections.find(({ text }) => text() !== '')
  t.match(refused?.text(), /^HTTP\/1\.1 503 [\s\S]*\r\nretry-after: 1\r\n/)
  t.ok((await figure('portcullis_requests_shed_total', '"memory"')) > 0)
  const used = (await figure('nodejs_heap_size_used_bytes')) + (await figure('nodejs_external_memory_bytes'))
  t.comment(`${Math.round(used / MIB)} MiB in use when it began to refuse, after ${connections.length} requests`)
  t.ok(used < 2 * LIMIT_MIB * MIB, `${Math.round(used / MIB)} MiB`)
  t.equal((await sendRaw(gateway.port, rawGet('/healthz'))).status, 200)
  t.match(JSON.stringify(gateway.audit()), /"event":"overloaded","because":"memory"/)

  for (const { socket } of connections) socket.destroy()
  await until(
    'it lets in again',
    async () => (await sendRaw(gateway.port, rawGet('/.well-known/jwks.json', 'Connection: close'))).status === 200
  )
  t.equal(gateway.running.child.exitCode, null)
})
