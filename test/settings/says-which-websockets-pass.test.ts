import t from 'tap'
import { settingsOf } from './reading.js'

const DEFAULT = { endsWith: 'token', idleTimeoutMs: 3_600_000 }

const table: readonly (readonly [upstream: string | null, rule: string | null, terms: unknown])[] = [
  [null, null, DEFAULT],
  ['true', null, DEFAULT],
  ['false', null, null],
  ['false', 'true', DEFAULT],
  ['true', 'false', null],
  ['{ ends_with: session }', null, { ...DEFAULT, endsWith: 'session' }],
  ['{ ends_with: session, idle_timeout: 5m }', 'true', { endsWith: 'session', idleTimeoutMs: 300_000 }],
  ['{ ends_with: session, idle_timeout: 5m }', '{ idle_timeout: 1m }', { endsWith: 'session', idleTimeoutMs: 60_000 }],
  ['false', '{ ends_with: client }', { ...DEFAULT, endsWith: 'client' }],
  [null, '{ ends_with: client, idle_timeout: 24d }', { endsWith: 'client', idleTimeoutMs: 2_073_600_000 }]
]

t.test('a rule inherits what its upstream says of WebSockets, key by key', async (t) => {
  for (const [upstream, rule, terms] of table) {
    const { rules } = settingsOf(`
upstreams: { app: { url: http://127.0.0.1:9001${upstream === null ? '' : `, websocket: ${upstream}`} } }
rules: [{ path: /**, allow: anyone, to: app${rule === null ? '' : `, websocket: ${rule}`} }]
`)
    t.same(rules[0]?.websocket, terms, `${upstream} ${rule}`)
  }
})
