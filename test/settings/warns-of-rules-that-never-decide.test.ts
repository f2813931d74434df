import t from 'tap'
import { mistakesOf, warningsOf } from './reading.js'

const head = 'auth: { hosts: [a.example] }\nupstreams: { app: { url: "http://a" } }\nrules:\n'
const file = (...rules: string[]) => head + rules.map((rule) => `  - { ${rule}, allow: anyone, to: app }\n`).join('')

t.test('a rule that repeats an earlier one can never match', (t) => {
  const table: readonly (readonly [first: string, second: string, repeats: boolean])[] = [
    ['path: /a', 'path: /a', true],
    ['path: /a', 'path: /%61', true],
    ['path: "/a/{id}"', 'path: "/a/{key}"', true],
    ['path: /a, host: [x, y]', 'path: /a, host: [Y, X]', true],
    ['path: /a, methods: [GET, POST]', 'path: /a, methods: [POST, GET]', true],
    ['path: /a', 'path: /b', false],
    ['path: /a', 'path: /a/**', false],
    ['path: /a, methods: [GET]', 'path: /a', false],
    ['path: /a, host: x', 'path: /a', false]
  ]
  for (const [first, second, repeats] of table) {
    const expected = repeats ? ['5:5 rules[1]: can never match: rules[0] takes the same requests first'] : []
    t.same(warningsOf(file(first, second)), expected, second)
    t.same(mistakesOf(file(first, second)), [])
  }
  t.end()
})

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
