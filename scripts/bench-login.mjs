// `npm run bench -- login [--rounds 9 --seconds 1] [--logins 200]`: CPU microseconds (utime + stime of all threads) of a
// sign-in, beside those of the password hash that it has to verify, by a process that does nothing else, and by a bare
// Fastify endpoint. The gateway verifies its own argon2id, and of a user that somebody else keeps the hash that Django
// made, asked at its own endpoint and at that of djangorestframework-simplejwt; Django under gunicorn verifies that very
// hash. One sign-in at a time, in turn within one run, each on a core of its own, away from the load. What a process
// spends at rest is measured in each turn and is no part of it. A sign-in with next to no hash tells what is added to any
// with less noise, but warmer: while a hash is computed, the processor forgets everything else, of anybody's.
// Then, what a flood of sign-ins does to everybody else: bench-flood.mjs.
import { pbkdf2Sync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startDjango } from './bench-django.mjs'
import { benchFlood } from './bench-flood.mjs'
import { measureInTurn, median, post, repeat, SIMPLEJWT, tableOf } from './bench-rounds.mjs'
import { root } from './ready.mjs'

/** What a sign-in may cost beside its hash. */
const MOST_ABOVE_HASH = 1000
/** What a sign-in leaves to be done is done by then, and counted. */
const SETTLE_MS = 50
const REST_MS = 500
/** Sign-ins with next to no hash after which the engine has compiled what they need. */
const WARM_UP = 4000

/**
 * To the nanosecond (the first field of schedstat), because /proc/<pid>/stat counts in ticks of 10 ms: a hash that takes
 * 60 ms is not verified often enough in a turn to tell what is added to it from a tick.
 */
function threadMicroseconds(pid) {
  const tasks = `/proc/${pid}/task`
  const spent = (task) => Number(readFileSync(join(tasks, task, 'schedstat'), 'utf8').split(' ')[0]) / 1000
  return readdirSync(tasks).reduce((sum, task) => sum + spent(task), 0)
}

/** One turn of a contender: microseconds each, beyond what the process would have spent anyway. */
async function measure({ pids, run }, seconds) {
  const cpu = () => pids().reduce((sum, pid) => sum + threadMicroseconds(pid), 0)
  await run(0)
  await sleep(SETTLE_MS)
  const marks = [[cpu(), performance.now()]]
  const mark = () => marks.push([cpu(), performance.now()])
  await sleep(REST_MS)
  mark()
  const done = await run(seconds)
  await sleep(SETTLE_MS)
  mark()
  const [rest, work] = [1, 2].map((at) => ({
    us: marks[at][0] - marks[at - 1][0],
    ms: marks[at][1] - marks[at - 1][1]
  }))
  return (work.us - (rest.us / rest.ms) * work.ms) / done
}

const startHash = ({ start }, ...args) =>
  start(0, [join(root, 'scripts', 'bench-hash.mjs'), ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })

async function prepareHash(tools, name, passwordHash, password) {
  const child = startHash(tools, passwordHash, password)
  const answer = () => new Promise((resolve) => child.once('message', resolve))
  await answer()
  return {
    name: `${name}, hash alone`,
    pids: () => [child.pid],
    run(seconds) {
      child.send(seconds)
      return answer()
    },
    stop: () => child.kill('SIGTERM')
  }
}

/** The same hash behind the least that an endpoint can be here: what waking up and HTTP cost anybody. */
async function prepareBareEndpoint(tools, name, passwordHash, password) {
  const port = await tools.freePort()
  const child = startHash(tools, passwordHash, password, String(port))
  await once(child, 'message')
  const stop = () => child.kill('SIGTERM')
  const url = `http://127.0.0.1:${port}/`
  await warmUp(`${url}warm`, { password })
  return signingIn(`${name}, bare endpoint`, url, () => [child.pid], { password }, stop)
}

async function warmUp(url, credentials) {
  const { run, stop } = signingIn('warm', url, () => [], credentials)
  for (let times = 0; times < WARM_UP; times += 1) await run(0)
  stop()
}

/** Signs in at an endpoint, one after another on one connection. */
function signingIn(name, url, pids, credentials, stop = () => undefined) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return {
    name,
    pids,
    run: (seconds) => repeat(() => post(agent, url, credentials), seconds),
    stop() {
      agent.destroy()
      stop()
    }
  }
}

/** A gateway with an own user, and with users that somebody else keeps, whose hashes stay as they are. */
async function preparePortcullis(tools, { username, password }, foreignHash) {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'))
  const file = join(folder, 'users.yaml')
  const users = { ada: { password_hash: foreignHash }, warm: { password_hash: hashAsDjango(password, 1) } }
  writeFileSync(file, JSON.stringify({ users }))
  const more = `users: { source: { file: ${file} } }\n${SIMPLEJWT}`
  const { child, url, remove } = await tools.startGateway('http://127.0.0.1:1', 'off', more)
  const signIn = (name, path, who) => signingIn(name, `${url}${path}`, () => [child.pid], { username: who, password })
  const [native, compatible] = ['/auth/login', '/api/token/']
  for (const path of [native, compatible]) await warmUp(`${url}${path}`, { username: 'warm', password })
  return {
    own: [signIn('argon2id, portcullis', native, username)],
    foreign: [
      signIn('pbkdf2, portcullis', native, 'ada'),
      signIn('pbkdf2, portcullis as simplejwt', compatible, 'ada')
    ],
    bare: signIn('pbkdf2 of one iteration, portcullis', native, 'warm'),
    stop() {
      child.kill('SIGTERM')
      remove()
      rmSync(folder, { recursive: true })
    }
  }
}

/** With as many iterations as Django 3.2 has. */
function hashAsDjango(password, iterations = 260_000) {
  const salt = 'benchmarksalt'
  const hash = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  return `pbkdf2_sha256$${iterations}$${salt}$${hash.toString('base64')}`
}

async function benchCost({ args, credentials, ...tools }) {
  const { createPasswordHasher } = await import(join(root, 'dist', 'gateway', 'users', 'index.js'))
  const { password } = credentials
  const site = await startDjango(tools, 0)
  const ownHash = await createPasswordHasher().hash(password)
  const foreignHash = site?.passwordHash ?? hashAsDjango(password)
  const portcullis = await preparePortcullis(tools, credentials, foreignHash)
  const own = [...(await prepareBoth(tools, 'argon2id', ownHash, password)), ...portcullis.own]
  const foreign = [...(await prepareBoth(tools, 'pbkdf2', foreignHash, password)), ...portcullis.foreign]
  if (site !== null)
    foreign.push(signingIn('pbkdf2, Django', `${site.url}/auth/login`, site.pids, credentials, site.stop))
  const contenders = [portcullis.bare, ...own, ...foreign]
  const figures = await measureInTurn({ args, rounds: '9', seconds: '1', contenders, measure }).finally(portcullis.stop)
  process.stdout.write(
    tableOf({
      title: `CPU microseconds a sign-in, node ${process.versions.node}, one at a time`,
      contenders,
      figures,
      digits: 0
    })
  )
  const figuresOf = (contender) => figures[contenders.indexOf(contender)]
  for (const [hash, bare, ...logins] of [own, foreign]) {
    for (const login of [bare, ...logins]) showAbove(login.name, figuresOf(login), figuresOf(hash), figuresOf(bare))
  }
  process.stdout.write(`${MOST_ABOVE_HASH} above the hash are promised\n`)
}

const prepareBoth = (...args) => Promise.all([prepareHash(...args), prepareBareEndpoint(...args)])

/** Of one round each, because what a hash costs drifts with the machine by more than what is added to it. */
function showAbove(name, costs, ...bases) {
  const above = (base) =>
    `${median(costs.map((cost, round) => cost - base[round])).toFixed(0)} (best ${(Math.min(...costs) - Math.min(...base)).toFixed(0)})`
  const [hash, bare] = bases.map(above)
  process.stdout.write(`${name}: ${hash} above the hash, ${bare} above the bare endpoint\n`)
}

/** Runs both measurements; the exit status is that of the second. */
export async function benchLogin({ args, ...tools }) {
  const options = { rounds: { type: 'string' }, seconds: { type: 'string' }, logins: { type: 'string' } }
  const { logins, ...turns } = parseArgs({ args, options }).values
  const forTurns = Object.entries(turns).flatMap(([name, value]) => [`--${name}`, value])
  await benchCost({ args: forTurns, ...tools })
  await benchFlood({ logins, ...tools })
}
