// `npm run bench -- protected [--rounds 5 --seconds 3]`: CPU microseconds (utime + stime) of a request for a protected
// resource, a small JSON answer to whoever shows an access token. The gateway verifies, judges, limits and forwards it to
// another process; Django with djangorestframework-simplejwt under gunicorn verifies it and answers by a view of its own,
// as the tutorials have it. In turn within one run, each on a core of its own, away from the load.
import { startDjango } from './bench-django.mjs'
import { measureInTurn, tableOf } from './bench-rounds.mjs'

const CONNECTIONS = 20

async function preparePortcullis({ startGateway, startUpstream }) {
  const upstream = await startUpstream()
  const gateway = await startGateway(upstream.url, 'off')
  return {
    name: 'portcullis',
    url: gateway.url,
    headers: gateway.headers,
    pids: () => [gateway.child.pid],
    stop() {
      for (const { child } of [gateway, upstream]) child.kill('SIGTERM')
      gateway.remove()
    }
  }
}

async function prepareDjango(tools) {
  const site = await startDjango(tools, 1)
  if (site === null) return null
  const [refresh] = site.tokens
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${site.url}/auth/refresh`, { method: 'POST', headers, body: JSON.stringify({ refresh }) })
  const { access } = await answer.json()
  return { name: 'Django + simplejwt', ...site, headers: { authorization: `Bearer ${access}` } }
}

async function measure({ url, headers, pids }, seconds, cpuMicroseconds) {
  const { default: autocannon } = await import('autocannon')
  const load = (duration) => autocannon({ url: `${url}/api/hello`, connections: CONNECTIONS, duration, headers })
  await load(1)
  const cpu = () => pids().reduce((sum, pid) => sum + cpuMicroseconds(pid), 0)
  const before = cpu()
  const result = await load(seconds)
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} errors`)
  return (cpu() - before) / result.requests.total
}

/** Runs the measurement and prints a line for each contender. */
export async function benchProtected({ args, cpuMicroseconds, ...tools }) {
  const contenders = [await preparePortcullis(tools), await prepareDjango(tools)].filter((one) => one !== null)
  const figures = await measureInTurn({
    args,
    rounds: '5',
    contenders,
    measure: (contender, seconds) => measure(contender, seconds, cpuMicroseconds)
  })
  process.stdout.write(
    tableOf({
      title: `CPU microseconds a protected request, forwarding included, node ${process.versions.node}, ${CONNECTIONS} connections`,
      contenders,
      figures
    })
  )
}
