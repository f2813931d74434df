// `npm run bench [-- --rounds 5 --seconds 4]`: CPU microseconds (utime + stime of the whole process) that one request
// costs, for the gateway doing its whole job with a token it has seen before, and for @fastify/http-proxy doing nothing
// but forward; same upstream, same load, in turn within one run, so that a noisy machine is noisy to all of them.
// Linux only: it reads /proc. `npm run bench -- login`, `-- protected`, `-- refresh`, `-- verify`, `-- policy`, `-- analysis`, `-- replay`:
// see the files of those names.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createProbe } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { tableOf } from './bench-rounds.mjs'
import { makeReady, root } from './ready.mjs'

const PASSWORD = 'bench only, never elsewhere'
const CONNECTIONS = 50
const ANSWER = JSON.stringify({ answer: 'x'.repeat(86) })

/** What this file is when it starts itself: an upstream, or the proxy that the gateway is compared with. */
const roles = {
  async upstream(port) {
    createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length })
      response.end(ANSWER)
    }).listen(port, '127.0.0.1')
  },
  async proxy(port, upstream) {
    const { default: fastify } = await import('fastify')
    const { default: httpProxy } = await import('@fastify/http-proxy')
    const app = fastify({ logger: false })
    await app.register(httpProxy, { upstream, disableRequestLogging: true })
    await app.listen({ port, host: '127.0.0.1' })
  }
}

const freePort = () =>
  new Promise((resolve) => {
    const probe = createProbe().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

const pins = spawnSync('taskset', ['-V']).status === 0 && cpus().length > 1

const started = []
process.on('exit', () => {
  for (const child of started) child.kill('SIGTERM')
})

/** Starts a process on a core of its own, away from the load; it ends with this one, whatever ends this one. */
function start(core, args, options = {}, program = process.execPath) {
  const command = pins ? ['taskset', '-c', String(core), program] : [program]
  const child = spawn(command[0], [...command.slice(1), ...args], { stdio: ['ignore', 'pipe', 'inherit'], ...options })
  started.push(child)
  child.stdout?.resume()
  return child
}

async function answers(url, headers = {}) {
  for (let tries = 0; tries < 200; tries += 1) {
    const response = await fetch(url, { headers }).catch(() => null)
    if (response !== null) return response
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nothing answers at ${url}`)
}

/** utime + stime of a process and its threads, microseconds (proc(5), fields 14 and 15, in ticks of 1/100 s). */
function cpuMicroseconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

const settings = (listen, admin, upstream, access, more) => `
listen: 127.0.0.1:${listen}
admin: { listen: 127.0.0.1:${admin} }
logs: { access: ${access}, audit: off }
limits: { per_user: { by: user, requests: 1000000000, window: 10m } }
default_limits: [per_user]
${more}
upstreams: { bench: { url: "${upstream}" } }
rules:
${Array.from({ length: 98 }, (_, at) => `  - { path: /other/area${at}/**, allow: { roles: [admin] }, to: bench }`).join('\n')}
  - { path: /api/admin/**, allow: { roles: [admin] }, to: bench }
  - { path: /api/**, allow: authenticated, to: bench }
`

/** The first user may still be on its way into the store. */
async function signIn(url) {
  const body = JSON.stringify({ username: 'admin', password: PASSWORD })
  const headers = { 'content-type': 'application/json' }
  for (let tries = 0; tries < 10; tries += 1) {
    const login = await fetch(`${url}/auth/login`, { method: 'POST', headers, body })
    if (login.status === 200) return login
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error('nobody can sign in')
}

async function startGateway(upstream, access, more = '') {
  const [listen, admin] = [await freePort(), await freePort()]
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'))
  writeFileSync(join(folder, 'gateway.yaml'), settings(listen, admin, upstream, access, more))
  const main = join(root, 'dist', 'gateway', 'cli', 'main.js')
  const environment = { ...process.env, PORTCULLIS_ADMIN_PASSWORD: PASSWORD }
  const child = start(0, [main, 'start', '-c', join(folder, 'gateway.yaml')], {
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore']
  })
  const url = `http://127.0.0.1:${listen}`
  await answers(`${url}/.well-known/jwks.json`)
  const login = await signIn(url)
  const { access_token } = await login.json()
  return {
    child,
    url,
    adminUrl: `http://127.0.0.1:${admin}`,
    headers: { authorization: `Bearer ${access_token}` },
    remove: () => rmSync(folder, { recursive: true })
  }
}

/** One round of one contender: microseconds a request. */
async function measure({ child, url, headers }, seconds) {
  const { default: autocannon } = await import('autocannon')
  const load = (duration) => autocannon({ url: `${url}/api/hello`, connections: CONNECTIONS, duration, headers })
  await load(1)
  const before = cpuMicroseconds(child.pid)
  const result = await load(seconds)
  const spent = cpuMicroseconds(child.pid) - before
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} errors`)
  return spent / result.requests.total
}

async function startUpstream() {
  const port = await freePort()
  const child = start(1, [fileURLToPath(import.meta.url), 'upstream', String(port)])
  const url = `http://127.0.0.1:${port}`
  await answers(url)
  return { child, url }
}

async function main() {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '4' } }
  })
  makeReady()
  const self = fileURLToPath(import.meta.url)
  if (pins) spawnSync('taskset', ['-cp', '1', String(process.pid)])
  const proxyPort = await freePort()
  const { child: upstream, url: upstreamUrl } = await startUpstream()
  const proxy = start(0, [self, 'proxy', String(proxyPort), upstreamUrl])
  const silent = await startGateway(upstreamUrl, 'off')
  const logging = await startGateway(upstreamUrl, 'stdout')
  const contenders = {
    '@fastify/http-proxy alone': { child: proxy, url: `http://127.0.0.1:${proxyPort}`, headers: {} },
    'portcullis, no access log': silent,
    'portcullis, access log': logging
  }
  await answers(contenders['@fastify/http-proxy alone'].url)
  const figures = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]))
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    for (const [name, contender] of Object.entries(contenders)) {
      figures[name].push(await measure(contender, Number(values.seconds)))
    }
    process.stderr.write(`round ${round} of ${values.rounds}\n`)
  }
  for (const child of [proxy, upstream, silent.child, logging.child]) child.kill('SIGTERM')
  silent.remove()
  logging.remove()
  process.stdout.write(
    tableOf({
      title: `CPU microseconds a request, node ${process.versions.node}, ${CONNECTIONS} connections, 100 rules`,
      contenders: Object.keys(contenders).map((name) => ({ name })),
      figures: Object.values(figures),
      base: 0
    })
  )
}

const [role, ...args] = process.argv.slice(2)
if (role !== undefined && Object.hasOwn(roles, role)) await roles[role](Number(args[0]), args[1])
else if (role === 'login') {
  makeReady()
  const { benchLogin } = await import('./bench-login.mjs')
  if (pins) spawnSync('taskset', ['-cp', '1', String(process.pid)])
  const credentials = { username: 'admin', password: PASSWORD }
  await benchLogin({ args, credentials, start, freePort, answers, startGateway, startUpstream })
} else if (role === 'protected') {
  makeReady()
  const { benchProtected } = await import('./bench-protected.mjs')
  if (pins) spawnSync('taskset', ['-cp', '1', String(process.pid)])
  await benchProtected({ args, start, freePort, answers, cpuMicroseconds, startGateway, startUpstream })
} else if (role === 'refresh') {
  makeReady()
  const { benchRefresh } = await import('./bench-refresh.mjs')
  if (pins) spawnSync('taskset', ['-cp', '1', String(process.pid)])
  const credentials = { username: 'admin', password: PASSWORD }
  await benchRefresh({ args, credentials, start, freePort, answers, cpuMicroseconds, startGateway, startUpstream })
} else if (role === 'analysis') {
  makeReady()
  const { benchAnalysis } = await import('./bench-analysis.mjs')
  await benchAnalysis({ args })
} else if (role === 'verify') {
  makeReady()
  const { benchVerify } = await import('./bench-verify.mjs')
  await benchVerify({ args })
} else if (role === 'replay') {
  makeReady()
  const { benchReplay } = await import('./bench-replay.mjs')
  await benchReplay({ args })
} else if (role === 'policy') {
  makeReady()
  const { benchPolicy } = await import('./bench-policy.mjs')
  await benchPolicy({ args })
} else await main()
