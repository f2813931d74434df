/**
 * Clients and upstreams that do what they should not, over few connections, for as long as one likes. Run by hand, because
 * the suite has a few seconds for it: after `npm run build`, `node dist/test/by-hand/weathers-storms.js 300 1` for five
 * minutes, with seeds from 1 on; `tls` after that: over TLS. Ends with the first storm in which something went wrong.
 */
import t from 'tap'
import { createAuthority } from '../helpers/certificates.js'
import { storm } from '../proxy/http1/storm.js'

const [, , seconds = '60', first = '1', over = 'tcp'] = process.argv

const timeout = (Number(seconds) + 60) * 1000
t.setTimeout(timeout)
t.test(`${seconds} s of storms over ${over}`, { timeout }, async (t) => {
  const warnings: Error[] = []
  process.on('warning', (warning) => warnings.push(warning))
  const secure = over === 'tls' ? createAuthority(t).issue(['IP:127.0.0.1']) : null
  const untilMs = performance.now() + Number(seconds) * 1000
  const totals: Record<string, number> = {}
  for (let seed = Number(first); performance.now() < untilMs; seed += 1) {
    const { faults, outcomes } = await storm({ seed, exchanges: 150, secure })
    for (const [outcome, times] of Object.entries(outcomes)) totals[outcome] = (totals[outcome] ?? 0) + times
    if (faults.length > 0 || warnings.length > 0) return t.fail(`seed ${seed}`, { faults, warnings })
  }
  t.pass(JSON.stringify(totals))
})
