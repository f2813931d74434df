// The second part of `npm run bench -- login`: what a flood of sign-ins does to everybody else. So many (--logins) are
// kept under way at once, each with a wrong password, while others are proxied; shown are the requests that went
// through and their latency, before and during the flood, and the delay of the gateway's event loop as it measures it
// itself (nodejs_eventloop_lag_p99_seconds).
import { setTimeout as sleep } from 'node:timers/promises'

const MOST_LAG_MS = 20
const SECONDS = 10
const POLITE_CONNECTIONS = 10

/** Keeps `count` sign-ins under way until told to stop; answers how they ended, by status. */
function flood(url, count) {
  const ends = new Map()
  let on = true
  const body = JSON.stringify({ username: 'admin', password: 'a wrong guess' })
  const headers = { 'content-type': 'application/json' }
  const one = async () => {
    while (on) {
      const response = await fetch(`${url}/auth/login`, { method: 'POST', headers, body })
      await response.arrayBuffer()
      ends.set(response.status, (ends.get(response.status) ?? 0) + 1)
    }
  }
  const all = Promise.all(Array.from({ length: count }, one))
  return {
    async stop() {
      on = false
      await all
      return ends
    }
  }
}

/** Reads, and thereby resets, the greatest delays since the last reading; milliseconds. */
async function readLag(adminUrl) {
  const text = await (await fetch(`${adminUrl}/metrics`)).text()
  const read = (name) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1] ?? Number.NaN) * 1000
  return { p99: read('nodejs_eventloop_lag_p99_seconds'), max: read('nodejs_eventloop_lag_max_seconds') }
}

async function measure({ url, adminUrl, headers }, seconds) {
  const { default: autocannon } = await import('autocannon')
  await readLag(adminUrl)
  const load = await autocannon({
    url: `${url}/api/hello`,
    connections: POLITE_CONNECTIONS,
    duration: seconds,
    headers,
    // A steady pace, as of people: a closed loop would measure how much the machine can do at all.
    overallRate: 200
  })
  const lag = await readLag(adminUrl)
  return { requests: load.requests.total, failed: load.non2xx + load.errors, latency: load.latency, lag }
}

const row = (name, { requests, failed, latency, lag }) =>
  [name.padEnd(14), requests, failed, latency.p50, latency.p99, lag.p99.toFixed(1), lag.max.toFixed(1)]
    .map((cell) => String(cell).padStart(9))
    .join(' ')

/** Runs the measurement against a gateway that `startGateway` starts. Status 1: the flood held others up; 2: cannot tell. */
export async function benchFlood({ logins = '200', startGateway, startUpstream }) {
  const upstream = await startUpstream()
  const gateway = await startGateway(
    upstream.url,
    'off',
    'users: { login: { per_account_and_network: 1000000, per_network: 1000000, per_account: 1000000 } }'
  )
  await measure(gateway, 1)
  const before = await measure(gateway, SECONDS)
  const flooding = flood(gateway.url, Number(logins))
  await sleep(500)
  const during = await measure(gateway, SECONDS)
  const ends = await flooding.stop()
  for (const { child } of [gateway, upstream]) child.kill('SIGTERM')
  gateway.remove()
  const shown = [...ends].map(([status, count]) => `${count} × ${status}`).join(', ')
  process.stdout.write(
    `${logins} sign-ins under way, node ${process.versions.node}, ended by status: ${shown}\n` +
      `${'proxied'.padEnd(14)}  requests    failed    p50 ms    p99 ms  loop p99  loop max\n` +
      `${row('before', before)}\n${row('during', during)}\n`
  )
  if (before.failed > 0) throw new Error('requests fail without any flood')
  if (before.lag.p99 >= MOST_LAG_MS) {
    process.stderr.write(
      'The loop was held up before any sign-in: the machine is too busy for this to tell anything.\n'
    )
    process.exitCode = 2
  } else if (during.lag.p99 >= MOST_LAG_MS || during.failed > 0) process.exitCode = 1
}
