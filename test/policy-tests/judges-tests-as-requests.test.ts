import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runTests, showExpectation, showOutcome, titleOf } from '../../gateway/on-paper/run-tests.js'
import { fragmentOf } from '../helpers/documentation.js'
import { settingsOf } from '../helpers/gateway.js'
import { CLONE } from '../helpers/gateway-process.js'

const rules = `upstreams:
  app: { url: "http://127.0.0.1:1" }
  two: { url: "http://127.0.0.1:2" }
issuers:
  corp: { issuer: https://c.example, audience: [a] }
rules:
  - { path: /public/**, allow: anyone, to: app }
  - { path: /only/**, host: api.example.com, allow: anyone, to: two }
  - { path: /read/**, methods: [GET], allow: { scopes: [read] }, to: app }
  - { path: "/u/{id}", allow: { claims: { sub: "{id}" } }, to: app }
  - { path: /near/**, allow: { networks: [10.0.0.0/8] }, to: app }
  - { path: /corp/**, allow: { issuers: [corp] }, to: app }
tests:
`

const resultsOf = (tests: readonly string[]) =>
  runTests(settingsOf(rules + tests.map((test) => `  - ${test}\n`).join(''), '/tmp'))

const holding = [
  '{ request: GET /public/a, expect: 200 }',
  '{ request: GET /public/a, expect: { verdict: allow, upstream: app, rule: /public/** } }',
  '{ request: GET /only/a, expect: { code: no_rule } }',
  '{ request: GET /only/a, host: api.example.com, expect: { upstream: two } }',
  '{ request: "GET https://API.example.com:8443/only/a", expect: { rule: 1 } }',
  '{ request: GET /read/a, expect: 401 }',
  '{ request: HEAD /read/a, as: { scopes: [read] }, expect: allow }',
  '{ request: POST /read/a, as: { scopes: [read] }, expect: 404 }',
  '{ request: GET /read/a, as: {}, expect: { status: 403, code: insufficient_scope } }',
  '{ request: GET /u/7, as: { sub: "7" }, expect: allow }',
  '{ request: GET /u/7, as: { claims: { sub: "7" } }, expect: allow }',
  '{ request: GET /u/7, as: { sub: "7", issuer: corp }, expect: { code: access_denied } }',
  '{ request: GET /u/corp:7, as: { sub: "7", issuer: corp }, expect: allow }',
  '{ request: GET /near/a, expect: deny }',
  '{ request: GET /near/a, address: 10.1.2.3, expect: allow }',
  '{ request: GET /corp/a, as: { issuer: corp }, expect: allow }',
  '{ request: GET /corp/a, as: {}, expect: 403 }',
  '{ request: GET /public/../u/7, expect: { status: 400, code: bad_path } }',
  '{ request: GET /PUBLIC/a, expect: 404 }',
  '{ request: GET http://a^b/c, expect: { code: invalid_request } }'
]

t.test('tests hold as the same requests would be served', async (t) => {
  for (const { test, passed, outcome } of resultsOf(holding)) {
    t.ok(passed, `${titleOf(test)}: ${showExpectation(test.expect)}, got ${showOutcome(outcome)}`)
  }
})

t.test('each part of what is expected counts', async (t) => {
  const failing = [
    '{ request: GET /public/a, expect: deny }',
    '{ request: GET /public/a, expect: 401 }',
    '{ request: GET /public/a, expect: { verdict: allow, upstream: two } }',
    '{ request: GET /public/a, expect: { verdict: allow, rule: /only/** } }',
    '{ request: GET /read/a, expect: { status: 401, rule: 1 } }',
    '{ request: GET /read/a, as: {}, expect: { status: 403, code: access_denied } }',
    '{ request: GET /auth/login, expect: allow }',
    '{ request: GET /auth/login, expect: 404 }'
  ]
  for (const { test, passed } of resultsOf(failing)) t.notOk(passed, titleOf(test))
})

t.test('what is said of a test names what was asked, who asked and what decided', async (t) => {
  const said = resultsOf([
    '{ request: GET /read/a, as: { roles: [a, b], scopes: [x], claims: { tenant: 7 }, sub: ann }, expect: { verdict: allow, rule: 2 } }',
    '{ request: GET /only/a, host: api.example.com, as: {}, expect: deny }',
    '{ request: GET /auth/x, name: by its name, expect: 200 }'
  ]).map(({ test, outcome }) => [titleOf(test), showExpectation(test.expect), showOutcome(outcome)])
  t.strictSame(said, [
    [
      'GET /read/a, roles a, b, scope x, tenant 7, sub ann',
      'allow by rules[2]',
      '403 insufficient_scope by /read/** (line 9)'
    ],
    ['GET //api.example.com/only/a, somebody signed in', 'deny', '200 to two by /only/** (line 8)'],
    ['by its name', '200', 'an answer of the gateway itself, before any rule']
  ])
})

t.test('the tests of the documentation hold where they would', async (t) => {
  const documented = `upstreams: { console: { url: "http://127.0.0.1:1" } }
rules:
  - { path: /public/**, allow: anyone, to: console }
  - { path: /api/admin/**, allow: { roles: [admin] }, to: console }
  - { path: "/api/users/{id}/**", allow: { claims: { sub: "{id}" } }, to: console }
  - { path: /, host: console.example.com, allow: { roles: [admin], claims: { tenant: acme }, networks: [10.0.0.0/8] }, to: console }
${fragmentOf('testing-policies.md', 'Tests', 'yaml')}`
  const results = runTests(settingsOf(documented, '/tmp'))
  t.equal(results.length, 4)
  for (const { test, passed, outcome } of results) t.ok(passed, `${titleOf(test)}: ${showOutcome(outcome)}`)
})

t.test("the clone's own tests hold, reach every rule, and notice each rule that is loosened or gone", async (t) => {
  const source = readFileSync(join(CLONE, 'gateway.yaml'), 'utf8')
  const run = (yaml: string) => runTests(settingsOf(yaml, '/tmp'))
  const results = run(source)
  t.ok(results.length > 3 && results.every(({ passed }) => passed))
  t.equal(new Set(results.flatMap(({ outcome }) => outcome.rule?.index ?? [])).size, 4)
  for (const [written, otherwise] of [
    ['allow: { roles: [admin] }', 'allow: { roles: [user] }'],
    ['allow: { roles: [admin] }', 'allow: authenticated'],
    ['allow: anyone', 'allow: authenticated'],
    ['allow: authenticated', 'allow: anyone'],
    ['- claims: { sub: "{id}" }', '- roles: [user]'],
    ['path: /api/users/{id}/**', 'path: /api/people/{id}/**']
  ] as const) {
    const changed = source.replace(written, otherwise).replace('rule: "/api/users/{id}/**"', 'verdict: deny')
    t.not(changed, source)
    t.ok(
      run(changed).some(({ passed }) => !passed),
      `${written} → ${otherwise}`
    )
  }
})
