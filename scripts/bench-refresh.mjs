// `npm run bench -- refresh [--rounds 3 --seconds 3]`: refreshes a second, each durable before it is answered, with 50
// sessions refreshed in parallel, and CPU microseconds (utime + stime of the process that serves) a refresh. Beside the
// gateway, in turn within one run, Django with djangorestframework-simplejwt under gunicorn with one worker and SQLite,
// rotating and blacklisting likewise. The gateway has one core: its process is pinned where taskset is.
import { Agent, request } from 'node:http'
import { startDjango } from './bench-django.mjs'
import { measureInTurn, median } from './bench-rounds.mjs'

const SESSIONS = 50

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

/** null: Django is not here. */
async function prepareDjango(tools) {
  const site = await startDjango(tools, SESSIONS)
  if (site === null) return null
  const agent = new Agent({ keepAlive: true, maxSockets: SESSIONS })
  return {
    name: 'Django + simplejwt',
    agent,
    field: 'refresh',
    ...site,
    stop() {
      agent.destroy()
      site.stop()
    }
  }
}

/** Runs the measurement and prints a line for each contender, then the ratio. */
export async function benchRefresh({ args, cpuMicroseconds, ...tools }) {
  const contenders = [await preparePortcullis(tools), await prepareDjango(tools)].filter((one) => one !== null)
  const figures = await measureInTurn({
    args,
    rounds: '3',
    contenders,
    measure: (contender, seconds) => measure(contender, seconds, cpuMicroseconds)
  })
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
