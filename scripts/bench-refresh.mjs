// `npm run bench -- refresh [--rounds 3 --seconds 3]`: refreshes a second, each durable before it is answered, with 50
// sessions refreshed in parallel, and CPU microseconds (utime + stime of the process that serves) a refresh. Beside the
// gateway, in turn within one run, Django with djangorestframework-simplejwt under gunicorn with one worker and SQLite,
// rotating and blacklisting likewise. The gateway has one core: its process is pinned where taskset is.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './ready.mjs'

const SESSIONS = 50
const SITE = join(root, 'scripts', 'django-refresh')
const PYTHON = '/usr/bin/python3'
const PACKAGES = 'gunicorn python3-djangorestframework-simplejwt'

function post(agent, url, body) {
  const text = JSON.stringify(body)
  const headers = { 'content-type': 'application/json', 'content-length': text.length }
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent, headers }, (response) => {
      let answer = ''
      response.on('data', (chunk) => {
        answer += chunk
      })
      response.once('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(answer))
        else reject(new Error(`${url} answered ${response.statusCode}: ${answer}`))
      })
    })
    asked.once('error', reject)
    asked.setTimeout(20_000, () => asked.destroy(new Error(`${url} did not answer in 20 s`)))
    asked.end(text)
  })
}

/** Refreshes every session again and again for so long; answers how many were confirmed. */
async function refreshAll({ agent, url, field, tokens }, seconds) {
  const end = performance.now() + seconds * 1000
  let done = 0
  const one = async (at) => {
    while (performance.now() < end) {
      tokens[at] = (await post(agent, `${url}/auth/refresh`, { [field]: tokens[at] }))[field]
      done += 1
    }
  }
  await Promise.all(tokens.map((_, at) => one(at)))
  return done
}

async function measure(contender, seconds, cpuMicroseconds) {
  await refreshAll(contender, 0.5)
  const cpu = () => contender.pids().reduce((sum, pid) => sum + cpuMicroseconds(pid), 0)
  const [before, since] = [cpu(), performance.now()]
  const done = await refreshAll(contender, seconds)
  return { rate: done / ((performance.now() - since) / 1000), cost: (cpu() - before) / done }
}

async function preparePortcullis({ credentials, startGateway, startUpstream }) {
  const upstream = await startUpstream()
  const gateway = await startGateway(upstream.url, 'off')
  const agent = new Agent({ keepAlive: true, maxSockets: SESSIONS })
  const signIn = () => post(agent, `${gateway.url}/auth/login`, credentials)
  const tokens = []
  // One after another: attempts under way at one account are limited.
  while (tokens.length < SESSIONS) tokens.push((await signIn()).refresh_token)
  return {
    name: 'portcullis',
    agent,
    url: gateway.url,
    field: 'refresh_token',
    tokens,
    pids: () => [gateway.child.pid],
    stop() {
      agent.destroy()
      for (const { child } of [gateway, upstream]) child.kill('SIGTERM')
      gateway.remove()
    }
  }
}

const childrenOf = (pid) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((part) => part !== '')

/** null, and a word about it: Django is not here. */
async function prepareDjango({ start, freePort, answers }) {
  const imports = 'import django, rest_framework_simplejwt'
  const isThere = spawnSync(PYTHON, ['-c', imports]).status === 0 && existsSync('/usr/bin/gunicorn')
  if (!isThere) {
    process.stderr.write(`compared with nothing, because Django is missing: apt-get install ${PACKAGES}\n`)
    return null
  }
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'))
  const env = {
    ...process.env,
    DJANGO_SETTINGS_MODULE: 'site_settings',
    SITE_DATABASE: join(folder, 'site.db'),
    PYTHONPATH: SITE,
    PYTHONDONTWRITEBYTECODE: '1'
  }
  const signIn = [join(SITE, 'sign_in.py'), String(SESSIONS)]
  const tokens = execFileSync(PYTHON, signIn, { env, encoding: 'utf8' }).trim().split('\n')
  const port = await freePort()
  // Threads, because without them gunicorn keeps no connection open; kept while others have their turn.
  const serve = [
    '--chdir',
    SITE,
    '-w',
    '1',
    '--threads',
    '8',
    '--keep-alive',
    '75',
    '-b',
    `127.0.0.1:${port}`,
    '--log-level',
    'error'
  ]
  const child = start(0, ['/usr/bin/gunicorn', ...serve, 'site_wsgi'], { env }, PYTHON)
  const url = `http://127.0.0.1:${port}`
  await answers(url)
  const agent = new Agent({ keepAlive: true, maxSockets: SESSIONS })
  return {
    name: 'Django + simplejwt',
    agent,
    url,
    field: 'refresh',
    tokens,
    pids: () => [child.pid, ...childrenOf(child.pid)],
    stop() {
      agent.destroy()
      child.kill('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/** Runs the measurement and prints a line for each contender, then the ratio. */
export async function benchRefresh({ args, cpuMicroseconds, ...tools }) {
  const options = { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '3' } }
  const { values } = parseArgs({ args, options })
  const contenders = [await preparePortcullis(tools), await prepareDjango(tools)].filter((one) => one !== null)
  const figures = contenders.map(() => [])
  try {
    for (let round = 1; round <= Number(values.rounds); round += 1) {
      for (const [at, contender] of contenders.entries()) {
        figures[at].push(await measure(contender, Number(values.seconds), cpuMicroseconds))
      }
      process.stderr.write(`round ${round} of ${values.rounds}\n`)
    }
  } finally {
    for (const contender of contenders) contender.stop()
  }
  report(contenders, figures)
}

function report(contenders, figures) {
  process.stdout.write(`durable refreshes, node ${process.versions.node}, ${SESSIONS} sessions in parallel\n`)
  process.stdout.write(`${'who'.padEnd(20)} per second   (best)   CPU µs each   (best)\n`)
  for (const [at, { name }] of contenders.entries()) {
    const rates = figures[at].map(({ rate }) => rate)
    const costs = figures[at].map(({ cost }) => cost)
    const cells = [median(rates), Math.max(...rates), median(costs), Math.min(...costs)]
    const [rate, bestRate, cost, bestCost] = cells.map((value) => value.toFixed(0))
    process.stdout.write(
      `${name.padEnd(20)} ${rate.padStart(10)} ${bestRate.padStart(8)} ${cost.padStart(13)} ${bestCost.padStart(8)}\n`
    )
  }
  if (contenders.length < 2) return
  const [own, other] = figures.map((rounds) => median(rounds.map(({ cost }) => cost)))
  process.stdout.write(`a refresh costs 1/${(other / own).toFixed(1)} of Django's CPU\n`)
}
