import t from 'tap'
import { warningsOf } from './reading.js'

const head = 'auth: { hosts: [a.example] }\nupstreams: { app: { url: "http://a" } }\nrules:\n'
const file = (...rules: string[]) => head + rules.map((rule) => `  - { ${rule}, allow: anyone, to: app }\n`).join('')

t.test('a rule under a path of the gateway itself is warned of', (t) => {
  const auth = 'lies under /auth, where the gateway answers itself before any rule'
  const wellKnown = 'lies under /.well-known, where the gateway answers for its keys and metadata before any rule'
  const table: readonly (readonly [rule: string, warning: string | null])[] = [
    ['path: /auth, host: a.example', auth],
    ['path: /auth/**, host: a.example', auth],
    ['path: /auth/x, host: [a.example, b.example]', null],
    ['path: /auth/x', null],
    ['path: /authors, host: a.example', null],
    ['path: /**', null],
    ['path: /.well-known/x, host: b.example', wellKnown]
  ]
  for (const [rule, warning] of table) {
    t.same(warningsOf(file(rule)), warning === null ? [] : [`4:13 rules[0].path: ${warning}`], rule)
  }
  const everywhere = file('path: /auth/x').replace('auth: { hosts: [a.example] }', 'auth: {}')
  t.same(warningsOf(everywhere), [`4:13 rules[0].path: ${auth}`])
  t.end()
})

t.test('a claim that no token carries is warned of', (t) => {
  const source = `${head}  - { path: /a, to: app, allow: { claims: { usernme: x } } }\n`
  t.same(warningsOf(source), [
    "4:54 rules[0].allow.claims.usernme: no token of this gateway has this claim, did you mean 'username'?"
  ])
  t.end()
})
