import t from 'tap'
import { compareWithPolicy } from '../../gateway/openapi/index.js'
import { compilePolicy } from '../../gateway/policy/index.js'
import type { Settings } from '../../gateway/settings/index.js'
import { settingsOf } from '../helpers/gateway.js'
import { apiOf, documentOf } from '../helpers/openapi.js'

const compile = (rules: Settings['rules']) => compilePolicy({ revision: 'r', rules }).find

/** What is found, each as one line. */
function compared(document: object, yaml: string) {
  const { rules, upstreams, auth } = settingsOf(yaml, '/nowhere')
  const closed = [{ path: auth.prefix, hosts: auth.hosts }]
  const stripped = Object.values(upstreams).flatMap(({ name, stripPrefix }) =>
    stripPrefix === null ? [] : [[name, stripPrefix] as const]
  )
  const coverage = compareWithPolicy({
    api: apiOf(document),
    rules,
    find: compilePolicy({ revision: 'r', rules, closed }).find,
    compile,
    stripped: new Map(stripped)
  })
  const nameOf = ({
    operation: { method, template }
  }: (typeof coverage.shut)[number] | (typeof coverage.uncovered)[number]) => `${method} ${template}`
  return {
    uncovered: coverage.uncovered.map((gap) => `${nameOf(gap)}: ${gap.because}`),
    wider: coverage.wider.map((meeting) => `${nameOf(meeting)}: ${meeting.rule.path}`),
    shut: coverage.shut.map((meeting) => `${nameOf(meeting)}: ${meeting.rule.path}`),
    idle: coverage.idle.map(({ path }) => path)
  }
}

const good = { uncovered: [], wider: [], shut: [], idle: [] }
const head = 'upstreams: { app: { url: "http://a" }, cut: { url: "http://b", strip_prefix: /api } }\nrules:\n'
const policy = (...rules: string[]) =>
  head +
  rules.map((rule) => `  - { ${rule}${rule.includes('nobody') || rule.includes('to:') ? '' : ', to: app'} }\n`).join('')

const components = { securitySchemes: { oauth: { type: 'oauth2' }, bearer: { type: 'http', scheme: 'bearer' } } }
const paths = (value: object, rest: object = {}) => documentOf(value, { components, ...rest })

t.test('an operation is covered when some rule lets somebody in', async (t) => {
  const pets = paths({ '/pets': { get: {}, post: {} }, '/pets/{id}': { get: {} } })
  const table: readonly (readonly [yaml: string, found: object])[] = [
    [policy('path: /**, allow: authenticated'), good],
    [
      policy('path: /pets, methods: [GET], allow: authenticated', 'path: "/pets/{x}", allow: authenticated'),
      { ...good, uncovered: ['POST /pets: no rule fits'] }
    ],
    [
      policy('path: "/pets/{x}", allow: authenticated', 'path: /**, allow: nobody'),
      {
        ...good,
        uncovered: [
          'GET /pets: only the rule /** fits, which lets nobody in',
          'POST /pets: only the rule /** fits, which lets nobody in'
        ]
      }
    ],
    [
      policy('path: /pets, methods: [POST], allow: nobody', 'path: /**, allow: authenticated'),
      { ...good, shut: ['POST /pets: /pets'] }
    ],
    [policy('path: /pets/**, host: [a.example], allow: authenticated'), good],
    [policy('path: /api/**, allow: authenticated, to: cut'), good],
    [
      policy('path: /api/**, allow: authenticated'),
      {
        ...good,
        uncovered: ['GET /pets', 'POST /pets', 'GET /pets/{id}'].map((name) => `${name}: no rule fits`),
        idle: ['/api/**']
      }
    ]
  ]
  for (const [yaml, found] of table) t.strictSame(compared(pets, yaml), found, yaml)
})

t.test("a path below the gateway's own, or that is always refused, is not covered", async (t) => {
  const yaml = policy('path: /**, allow: authenticated')
  t.strictSame(compared(paths({ '/auth/login': { post: {} } }), yaml).uncovered, ['POST /auth/login: no rule fits'])
  t.match(compared(paths({ '/a;b': { get: {} }, '/c': { get: {} } }), yaml).uncovered, [
    /^GET \/a;b: every request is refused/
  ])
})

t.test('what could not be written is covered by a rule of the operator', async (t) => {
  const yaml = `${head}  - { path: "/a;b", allow: authenticated, to: app, paths: { semicolon: allow } }\n  - { path: /c, allow: anyone, to: app }\n`
  t.strictSame(compared(paths({ '/a;b': { get: {} }, '/c': { get: {} } }), yaml), good)
})

t.test('a rule is wider open than the document when it asks for less', async (t) => {
  const table: readonly (readonly [operation: object, allow: string, isWider: boolean])[] = [
    [{}, 'anyone', false],
    [{ security: [] }, 'anyone', false],
    [{ security: [] }, 'authenticated', false],
    [{ security: [{ bearer: [] }] }, 'anyone', true],
    [{ security: [{ bearer: [] }] }, '{ networks: [10.0.0.0/8] }', true],
    [{ security: [{ bearer: [] }] }, 'authenticated', false],
    [{ security: [{ bearer: [] }] }, '{ roles: [a] }', false],
    [{ security: [{ bearer: ['a'] }] }, 'authenticated', true],
    [{ security: [{ bearer: ['a'] }] }, 'nobody', false],
    [{ security: [{ bearer: ['a'] }] }, '{ roles: [a] }', false],
    [{ security: [{ bearer: ['a'] }] }, '{ all_roles: [a, b] }', false],
    [{ security: [{ bearer: ['a'] }] }, '{ roles: [a, b] }', true],
    [{ security: [{ bearer: ['a'] }] }, '{ roles: [b] }', true],
    [{ security: [{ bearer: ['a'] }] }, '[{ roles: [a] }, { roles: [b] }]', true],
    [{ security: [{ bearer: ['a'] }] }, '{ scopes: [x] }', false],
    [{ security: [{ bearer: ['a', 'b'] }] }, '{ roles: [a] }', true],
    [{ security: [{ bearer: ['a'] }] }, '{ issuers: [self] }', true],
    [{ security: [{ bearer: ['a'] }] }, '{ claims: { username: x } }', false],
    [{ 'x-roles': ['a', 'b'] }, '{ roles: [a, b] }', false],
    [{ 'x-roles': ['a', 'b'] }, '{ all_roles: [b, c] }', false],
    [{ 'x-roles': ['a', 'b'] }, '{ roles: [a, b, c] }', true],
    [{ security: [{ oauth: ['r', 'w'] }] }, '{ scopes: [r] }', true],
    [{ security: [{ oauth: ['r', 'w'] }] }, '{ scopes: [w, r, x] }', false],
    [{ security: [{ oauth: ['r'] }, { oauth: ['w'] }] }, '{ scopes: [w] }', false],
    [{ security: [{ oauth: ['r'] }] }, '{ roles: [reader] }', false],
    [{ security: [{ oauth: ['r'], bearer: ['a'] }] }, '{ scopes: [r] }', true]
  ]
  for (const [operation, allow, isWider] of table) {
    const { wider, idle } = compared(paths({ '/a': { get: operation } }), policy(`path: /a, allow: ${allow}`))
    t.strictSame(
      { wider, idle },
      { wider: isWider ? ['GET /a: /a'] : [], idle: [] },
      `${JSON.stringify(operation)} ${allow}`
    )
  }
})

t.test('a rule for a part of an operation is held against it', async (t) => {
  const users = paths({ '/users/{id}': { get: { security: [{ bearer: ['a'] }] } } })
  const rest = 'path: "/users/{id}", allow: { roles: [a] }'
  t.strictSame(compared(users, policy('path: /users/me, allow: anyone', rest)), {
    ...good,
    wider: ['GET /users/{id}: /users/me']
  })
  t.strictSame(compared(users, policy('path: /users/me, methods: [POST], allow: anyone', rest)).idle, ['/users/me'])
  t.strictSame(compared(users, policy('path: /api/users/me, allow: anyone, to: cut', rest)).wider, [
    'GET /users/{id}: /api/users/me'
  ])
  t.strictSame(compared(users, policy('path: /users/me, host: x.example, allow: anyone', rest)).wider, [
    'GET /users/{id}: /users/me'
  ])
})

t.test('rules that no operation comes to are told, but for those that only shut', async (t) => {
  const yaml = policy(
    'path: /assets/**, allow: anyone',
    'path: /admin/**, allow: nobody',
    'path: /pets, allow: authenticated'
  )
  t.strictSame(compared(paths({ '/pets': { get: {} } }), yaml), { ...good, idle: ['/assets/**'] })
})
