import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { affordableConnections } from '../../gateway/listener/descriptors.js'
import { startCommand } from '../helpers/command.js'
import { makePlace, parseLines, startProcess, until } from '../helpers/gateway-process.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { NOWHERE, site } from '../helpers/site.js'
import { sumOf } from './figures.js'

const WANTED = 10_000
const MOST_OCTETS_EACH = 20_000
const MIB = 1024 * 1024

/** As many as a gateway lets in from one address here, which is said when it is fewer than there should be. */
function affordable(t: Test): number {
  const hard = spawnSync('bash', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout.trim()
  const descriptors = hard === 'unlimited' ? null : Number(hard)
  // Node raises its soft limit to the hard one.
  const most = affordableConnections({ maxConnections: 20_000, maxRequests: 5_000 }, descriptors) * 0.75 - 50
  if (most < WANTED) t.comment(`ONLY ${most} CONNECTIONS, NOT ${WANTED}: the hard limit of descriptors is ${hard}`)
  return Math.floor(Math.min(WANTED, most))
}

/** Its resident set, which is what the system must find. */
const residentOf = (processId: number | undefined) =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))?.[1]) * 1024

t.test('10,000 idle connections cost little, hold nobody up, and end when their time is over', async (t) => {
  const number = affordable(t)
  const place = await makePlace(t, site(NOWHERE, 'listener: { idle_timeout: 10m }\nlogs: { access: off }'))
  const gateway = await startProcess(t, place)
  const child = gateway.running.child.pid
  const figure = async (name: string) => sumOf(await (await fetch(`${place.adminUrl}/metrics`)).text(), name)
  for (let times = 0; times < 300; times += 1) await fetch(`${place.url}/.well-known/jwks.json`)
  const before = residentOf(child)

  const holder = startCommand(t, [String(place.port), String(number)], {
    cwd: place.folder,
    keepInput: true,
    command: [process.execPath, join(import.meta.dirname, 'holds-idle-connections.js')]
  })
  await holder.seen('}', 120_000)
  t.same(parseLines(holder.stdout()), [{ answered: number, closed: 0 }])
  t.ok((await figure('portcullis_connections')) >= number)
  const each = (residentOf(child) - before) / number
  t.comment(`${number} idle connections: ${Math.round(each)} octets each, ${Math.round(before / MIB)} MiB before them`)
  t.ok(each < MOST_OCTETS_EACH, `${Math.round(each)} octets each`)

  const startedMs = performance.now()
  for (let times = 0; times < 20; times += 1)
    t.equal((await sendRaw(place.port, rawGet('/.well-known/jwks.json', 'Connection: close'))).status, 200)
  t.ok(performance.now() - startedMs < 10_000)

  await gateway.stop('SIGTERM')
  await until('all are closed', () => {
    holder.child.stdin?.write('\n')
    return holder.stdout().includes(`"closed":${number}`)
  })
})

t.test('idle connections end when their time is over', async (t) => {
  const number = 2_000
  const place = await makePlace(t, site(NOWHERE, 'listener: { idle_timeout: 3s }\nlogs: { access: off }'))
  await startProcess(t, place)
  const holder = startCommand(t, [String(place.port), String(number)], {
    cwd: place.folder,
    keepInput: true,
    command: [process.execPath, join(import.meta.dirname, 'holds-idle-connections.js')]
  })
  await holder.seen('}', 120_000)
  await until('all are closed', () => {
    holder.child.stdin?.write('\n')
    return holder.stdout().includes(`"closed":${number}`)
  })
  t.equal((await sendRaw(place.port, rawGet('/.well-known/jwks.json'))).status, 200, 'control')
})
