import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { openConnection } from '../helpers/connections.js'
import { type GatewayProcess, makePlace, startProcess, until } from '../helpers/gateway-process.js'
import { withDescriptors } from '../helpers/limited.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { site } from '../helpers/site.js'
import { startUpstream } from '../helpers/upstream.js'
import { sumOf } from './figures.js'

const FLOOD = 400

async function start(t: Test, descriptors: number) {
  const upstream = await startUpstream(t, (_request, response) => {
    // Late enough that many are in flight at once.
    setTimeout(() => response.setHeader('connection', 'close').end('ok'), 200)
  })
  const place = await makePlace(t, site(upstream.url, 'listener: { max_connections_per_address: 20000 }'))
  return startProcess(t, place, { command: withDescriptors(descriptors) })
}

const status = async (port: number) => (await sendRaw(port, rawGet('/open/x', 'Connection: close'))).status

/** Connects again and again, and asks for something upstream; ends by closing all. */
async function flood(t: Test, { port }: GatewayProcess) {
  const statuses = new Set<string>()
  for (let turn = 0; turn < 3; turn += 1) {
    const connections = Array.from({ length: FLOOD }, () => openConnection(t, port, rawGet('/open/x')))
    // Each is answered or turned away; those that the system itself keeps waiting are not waited for.
    const isOver = () => connections.every(({ socket, text }) => text() !== '' || socket.destroyed)
    for (const endMs = Date.now() + 5_000; !isOver() && Date.now() < endMs; ) await pause(50)
    for (const { socket, text } of connections) {
      statuses.add(text().slice(9, 12))
      socket.destroy()
    }
  }
  return statuses
}

async function isWellAfter(t: Test, gateway: GatewayProcess) {
  t.equal(gateway.running.child.exitCode, null, 'it lives')
  await until('it serves again', async () => (await status(gateway.port)) === 200)
  for (let times = 0; times < 20; times += 1) t.equal(await status(gateway.port), 200)
  const lines = gateway.lines().filter(({ log }) => log === 'gateway')
  t.ok(lines.length < 40, `${lines.length} lines of its own`)
  t.equal((await fetch(`${gateway.adminUrl}/readyz`)).status, 200)
  t.equal((await gateway.stop()).status, 0)
}

t.test(
  'connections beyond what the descriptors are enough for are turned away, and upstreams can be reached',
  async (t) => {
    const gateway = await start(t, 512)
    t.match(gateway.running.stdout(), /"affordable":224,"wanted":20000.*fewer than listener\.max_connections/)
    const statuses = await flood(t, gateway)
    statuses.delete('')
    t.same([...statuses], ['200'], 'whoever was let in was served')
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
    t.ok(sumOf(metrics, 'portcullis_connections_dropped_total', '"max_connections"') > 100)
    await isWellAfter(t, gateway)
  }
)

t.test('when descriptors are used up all the same, the process lives, says little, and serves again', async (t) => {
  const gateway = await start(t, 1_000)
  const child = gateway.running.child.pid
  // From now on: what it opened before it knew, it has.
  const open = readdirSync(`/proc/${child}/fd`).length
  t.equal(spawnSync('prlimit', ['--pid', String(child), `--nofile=${open + 20}`]).status, 0)
  const statuses = await flood(t, gateway)
  for (const one of statuses) t.ok(['', '200', '502', '503'].includes(one), `${one}`)
  await isWellAfter(t, gateway)
})
