import t from 'tap'
import { createAuthority } from '../../helpers/certificates.js'
import { storm } from './storm.js'

/** What Node says of listeners that nobody takes away. */
function collectWarnings(): { readonly warnings: string[]; readonly stop: () => void } {
  const warnings: string[] = []
  const note = ({ name, message }: Error) => warnings.push(`${name}: ${message}`)
  process.on('warning', note)
  return { warnings, stop: () => process.off('warning', note) }
}

for (const over of ['TCP', 'TLS']) {
  t.test(`whatever clients and upstreams do, each exchange ends once, with its own answer, over ${over}`, async (t) => {
    const { warnings, stop } = collectWarnings()
    t.teardown(stop)
    const secure = over === 'TLS' ? createAuthority(t).issue(['IP:127.0.0.1']) : null
    let answered = 0
    for (let times = 0; times < 2; times += 1) {
      const seed = Math.floor(Math.random() * 1_000_000)
      const { faults, outcomes } = await storm({ seed, exchanges: 150, secure })
      t.same(faults, [], `seed ${seed}: ${JSON.stringify(outcomes)}`)
      answered += outcomes.answered ?? 0
    }
    t.ok(answered > 0)
    t.same(warnings, [])
  })
}
