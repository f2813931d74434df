// `npm run bench -- refresh [--rounds 3 --seconds 3]`: CPU microseconds (utime + stime of the process that serves) of a
// refresh, durable before it is answered, with 50 sessions refreshed in parallel, and how many there are in a second.
// The gateway is asked at its own endpoint and at that of djangorestframework-simplejwt, whose tokens rotate; beside it, in
// turn within one run, Django with that package under gunicorn with one worker and SQLite, rotating and blacklisting
// likewise. The gateway has one core: its process is pinned where taskset is.
import { Agent } from 'node:http'
import { startDjango } from './bench-django.mjs'
import { measureInTurn, median, post, SIMPLEJWT, tableOf } from './bench-rounds.mjs'

const SESSIONS = 50

/** Refreshes every session again and again for so long; answers how many were confirmed. */
async function refreshAll({ agent, url, field, tokens }, seconds) {
  const end = performance.now() + seconds * 1000
  let done = 0
  const one = async (at) => {
    while (performance.now() < end) {
      tokens[at] = (await post(agent, url, { [field]: tokens[at] }))[field]
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

/** Sessions that one endpoint opens and another refreshes. */
async function openSessions({ credentials, signIn, url, field }) {
  const agent = new Agent({ keepAlive: true, maxSockets: SESSIONS })
  const tokens = []
  // One after another: attempts under way at one account are limited.
  while (tokens.length < SESSIONS) tokens.push((await post(agent, signIn, credentials))[field])
  return { agent, url, field, tokens }
}

async function preparePortcullis({ credentials, startGateway }) {
  const gateway = await startGateway('http://127.0.0.1:1', 'off', SIMPLEJWT)
  const ways = {
    portcullis: ['/auth/login', '/auth/refresh', 'refresh_token'],
    'portcullis as simplejwt': ['/api/token/', '/api/token/refresh/', 'refresh']
  }
  const contenders = []
  for (const [name, [login, refresh, field]] of Object.entries(ways)) {
    const [signIn, url] = [`${gateway.url}${login}`, `${gateway.url}${refresh}`]
    const sessions = await openSessions({ credentials, signIn, url, field })
    contenders.push({ name, ...sessions, pids: () => [gateway.child.pid], stop: () => sessions.agent.destroy() })
  }
  const stop = () => {
    gateway.child.kill('SIGTERM')
    gateway.remove()
  }
  return { contenders, stop }
}

/** None: Django is not here. */
async function prepareDjango(tools) {
  const site = await startDjango(tools, SESSIONS)
  if (site === null) return []
  const agent = new Agent({ keepAlive: true, maxSockets: SESSIONS })
  const stop = () => {
    agent.destroy()
    site.stop()
  }
  return [{ ...site, name: 'Django + simplejwt', agent, url: `${site.url}/auth/refresh`, field: 'refresh', stop }]
}

/** Runs the measurement and prints a line for each contender. */
export async function benchRefresh({ args, cpuMicroseconds, ...tools }) {
  const own = await preparePortcullis(tools)
  const contenders = [...own.contenders, ...(await prepareDjango(tools))]
  const figures = await measureInTurn({
    args,
    rounds: '3',
    contenders,
    measure: (contender, seconds) => measure(contender, seconds, cpuMicroseconds)
  }).finally(own.stop)
  process.stdout.write(
    tableOf({
      title: `CPU microseconds a durable refresh, node ${process.versions.node}, ${SESSIONS} sessions in parallel`,
      contenders,
      figures: figures.map((rounds) => rounds.map(({ cost }) => cost)),
      digits: 0
    })
  )
  const rates = contenders.map(({ name }, at) => `${name} ${median(figures[at].map(({ rate }) => rate)).toFixed(0)}`)
  process.stdout.write(`refreshes a second, by median: ${rates.join(', ')}\n`)
}
