import t from 'tap'
import { mistakesOf, settingsOf } from './reading.js'

const head = `public_url: https://api.example.com:8443
upstreams: { app: { url: "http://127.0.0.1:1" } }
issuers:
  corp: { issuer: https://c.example, audience: [a] }
  bare: { issuer: https://b.example, audience: [a], subject: raw }
rules:
  - { path: /public/**, allow: anyone, to: app }
  - { path: "/u/{id}", methods: [GET], allow: authenticated, to: app }
  - { path: "/u/{id}", host: x.example, allow: nobody }
tests:
`

const testsOf = (...tests: readonly string[]) => settingsOf(head + tests.map((test) => `  - ${test}\n`).join('')).tests

/** Claims have no prototype in settings; what they hold is what is compared. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

t.test('a test arrives as the request, who asks, and what must become of it', async (t) => {
  const [first, second] = plain(
    testsOf(
      '{ request: GET /public/a?b=c, expect: 200 }',
      '{ request: POST http://X.example:99, as: { roles: [a], scopes: [s], claims: { tenant: 7 }, sub: ann, username: Ann }, address: "::1", name: one, expect: { verdict: deny, status: 403, code: access_denied, rule: 2 } }'
    )
  )
  t.strictSame(first, {
    index: 0,
    line: 11,
    name: null,
    asked: 'GET /public/a?b=c',
    method: 'GET',
    target: '/public/a?b=c',
    authority: 'api.example.com:8443',
    address: '192.0.2.1',
    authentication: { kind: 'anonymous' },
    expect: { status: 200 }
  })
  t.match(second, {
    line: 12,
    name: 'one',
    method: 'POST',
    target: '/',
    authority: 'X.example:99',
    address: '::1',
    expect: { verdict: 'deny', status: 403, code: 'access_denied', rule: { written: 'rules[2]', indexes: [2] } }
  })
  t.match(second.authentication.principal, {
    subject: 'ann',
    issuer: 'self',
    username: 'Ann',
    roles: ['a'],
    scopes: ['s'],
    claims: { tenant: 7, sub: 'ann', username: 'Ann' }
  })
})

t.test('the subject of another issuer has its name before it, unless the file says raw', async (t) => {
  const tests = testsOf(
    '{ request: GET /a, as: { issuer: corp, sub: "7" }, expect: allow }',
    '{ request: GET /a, as: { issuer: bare, claims: { sub: "7" } }, expect: allow }'
  )
  const subjects = tests.map(({ authentication }) => {
    return authentication.kind === 'principal'
      ? [authentication.principal.subject, authentication.principal.claims.sub]
      : []
  })
  t.strictSame(subjects, [
    ['corp:7', 'corp:7'],
    ['7', '7']
  ])
})

t.test('a path names every rule that has it', async (t) => {
  const [test] = testsOf('{ request: GET /u/1, expect: { rule: "/u/{id}" } }')
  t.strictSame(plain(test?.expect), { rule: { written: '/u/{id}', indexes: [1, 2] } })
})

const table: readonly (readonly [test: string, mistakes: readonly string[]])[] = [
  [
    '{ request: /a, expect: 403 }',
    ['11:16 tests[0].request: must be a method and a path, such as GET /api/orders, write GET /a']
  ],
  ['{ request: get /a, expect: deny }', ['11:16 tests[0].request: must begin with a method, write GET']],
  ['{ request: CONNECT /a, expect: deny }', ['11:16 tests[0].request: must begin with a method']],
  [
    '{ request: GET a, expect: deny }',
    ['11:16 tests[0].request: must have a path, or a whole URL, after the method, begin it with /']
  ],
  [
    '{ request: "GET /a#b", expect: deny }',
    ['11:16 tests[0].request: must not have a fragment, which no client sends']
  ],
  [
    '{ request: GET /a b, expect: deny }',
    [
      '11:16 tests[0].request: must be a method and a path, such as GET /api/orders, one space stands between them; in a path a space is %20'
    ]
  ],
  [
    '{ request: GET /a, expect: alow }',
    ["11:32 tests[0].expect: must be allow, deny, 200, 400, 401, 403, 404, or a map, did you mean 'allow'?"]
  ],
  [
    '{ request: GET /a, expect: 429 }',
    [
      '11:32 tests[0].expect: must be allow, deny, 200, 400, 401, 403, 404, or a map, limits are not tested: they depend on what came before'
    ]
  ],
  ['{ request: GET /a, expect: {} }', ['11:32 tests[0].expect: must not be empty']],
  ['{ request: GET /a }', ['11:5 tests[0].expect: is missing']],
  ['{ expect: 200 }', ['11:5 tests[0].request: is missing']],
  [
    '{ request: GET /a, as: admin, expect: 200 }',
    ['11:28 tests[0].as: must be anonymous, or a map of who asks, for a role write { roles: [admin] }']
  ],
  [
    '{ request: GET /a, as: { role: [x] }, expect: 200 }',
    ["11:30 tests[0].as.role: is not a known key, did you mean 'roles'?"]
  ],
  [
    '{ request: GET /a, as: { issuer: crop }, expect: 200 }',
    ["11:38 tests[0].as.issuer: no issuer is called 'crop', did you mean 'corp'?"]
  ],
  [
    '{ request: GET /a, as: { issuer: corp, roles: ["portcullis:admin"] }, expect: 200 }',
    ['11:52 tests[0].as.roles[0]: cannot be: no other issuer gives roles that begin with portcullis:']
  ],
  [
    '{ request: GET /a, as: { claims: { scope: x } }, expect: 200 }',
    ['11:40 tests[0].as.claims.scope: is nothing that rules ask for, write scopes: [...] beside claims']
  ],
  [
    '{ request: GET /a, as: { sub: x, claims: { sub: y } }, expect: 200 }',
    ['11:48 tests[0].as.claims.sub: is said twice, sub stands beside claims already']
  ],
  [
    '{ request: GET http://a/b, host: c, expect: 200 }',
    ['11:38 tests[0].host: is said twice, the URL of the request names a host already']
  ],
  [
    '{ request: GET /a, address: 10.0.0.0/8, expect: 200 }',
    ['11:33 tests[0].address: must be an address such as 10.0.0.7, a client has one address']
  ],
  [
    '{ request: GET /a, expect: { upstream: ap } }',
    ["11:44 tests[0].expect.upstream: no upstream is called 'ap', did you mean 'app'?"]
  ],
  [
    '{ request: GET /a, expect: { rule: /publik/** } }',
    ["11:40 tests[0].expect.rule: no rule has the path '/publik/**', did you mean '/public/**'?"]
  ],
  [
    '{ request: GET /a, expect: { rule: 3 } }',
    ['11:40 tests[0].expect.rule: no rule has this number: the last one is rules[2]']
  ],
  [
    '{ request: GET /a, expect: { status: 200, code: access_denied } }',
    ['11:32 tests[0].expect: cannot be: a request is either refused or passes']
  ],
  [
    '{ request: GET /a, expect: { status: 401, code: access_denied } }',
    ['11:53 tests[0].expect.code: cannot be: access_denied is answered 403, not 401']
  ],
  [
    '{ request: GET /a, expect: { status: 404, rule: 0 } }',
    ['11:53 tests[0].expect.rule: cannot be: no rule decides that']
  ],
  [
    '{ request: GET /a, expect: { code: insufficient_scope } }',
    ['11:40 tests[0].expect.code: cannot be: nobody has a token here, and insufficient_scope says otherwise']
  ],
  [
    '{ request: GET /a, as: {}, expect: { code: missing_token } }',
    ['11:48 tests[0].expect.code: cannot be: somebody has a token here, and missing_token says otherwise']
  ]
]

t.test('a test that cannot be meant is a mistake, with its place', async (t) => {
  for (const [test, mistakes] of table) t.same(mistakesOf(`${head}  - ${test}\n`), mistakes, test)
})
