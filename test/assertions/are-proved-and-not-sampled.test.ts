import t from 'tap'
import { proveSettings } from '../../gateway/on-paper/prove-settings.js'
import { settingsOf } from '../diff/comparing.js'

const head = `upstreams: { app: { url: "http://127.0.0.1:9001" } }
issuers: { corp: { issuer: "https://idp.example/", jwks_url: "https://idp.example/keys", audience: [api] } }
`

const adminFirst = `rules:
  - { path: /api/admin/**, allow: { roles: [admin] }, to: app }
  - { path: /api/**, allow: authenticated, to: app }
`
const adminOnlyRead = adminFirst.replace('allow: { roles', 'methods: [GET, POST], allow: { roles')
const never = '- never: { path: /api/admin/**, unless: { roles: [admin] } }'

/** Rules, an assertion, and what is said of it; null: it holds. */
const table: readonly (readonly [name: string, rules: string, assertion: string, said: RegExp | null])[] = [
  ['admins alone', adminFirst, never, null],
  [
    'a rule that stands too late',
    adminFirst.replace(/(rules:\n)(.*\n)(.*\n)/, '$1$3$2'),
    never,
    /^does not hold: GET \/api\/admin by somebody signed in passes by \/api\/\*\* \(line 4\)$/
  ],
  [
    'a method that was forgotten',
    adminOnlyRead,
    never,
    /^does not hold: PUT \/api\/admin by somebody signed in passes by \/api\/\*\* \(line 5\)$/
  ],
  ['a method that is not meant', adminOnlyRead, never.replace('path', 'methods: [GET], path'), null],
  ['nobody without unless', adminFirst, '- never: { path: /internal/** }', null],
  [
    'a name of its own',
    adminFirst,
    '- { name: no way in, never: { path: /api/** } }',
    /^no way in: does not hold: GET \/api\/admin by role admin passes/
  ],
  [
    'a path in another letter case, for an upstream that ignores case',
    `rules:\n  - { path: /API/admin/**, allow: authenticated, to: app }\n`,
    never,
    /^does not hold: GET \/API\/admin by somebody signed in passes by \/API\/admin\/\*\* \(line 4\)$/
  ],
  [
    'a path in another letter case, for an upstream that tells them apart',
    `rules:\n  - { path: /API/admin/**, allow: authenticated, to: app, paths: { case: sensitive } }\n`,
    never,
    null
  ],
  [
    'the very user that the path names',
    `rules:\n  - { path: "/users/{id}/**", allow: { claims: { sub: "{id}" } }, to: app }\n`,
    '- never: { path: "/users/{name}/**", unless: { claims: { sub: "{name}" } } }',
    null
  ],
  [
    'another segment than the one that the path names',
    `rules:\n  - { path: "/users/{id}/{other}", allow: { claims: { sub: "{other}" } }, to: app }\n`,
    '- never: { path: "/users/{name}/**", unless: { claims: { sub: "{name}" } } }',
    /^does not hold: GET \/users\//
  ],
  [
    'an address',
    `rules:\n  - { path: /ops, allow: { networks: [10.0.0.0/8] }, to: app }\n`,
    '- never: { path: /ops, unless: { networks: [10.0.0.0/9] } }',
    /^does not hold: GET \/ops by anonymous from 10\.(12[89]|1[3-9]\d|2\d\d)\./
  ],
  [
    'a token of others',
    `rules:\n  - { path: /ops, allow: authenticated, to: app }\n`,
    '- never: { path: /ops, unless: { issuers: [self] } }',
    /^does not hold: GET \/ops by token of corp passes/
  ],
  [
    'always, and it does',
    `${adminFirst}  - { path: /status, allow: anyone, to: app }\n`,
    '- always: { path: /status, allow: anyone }',
    null
  ],
  [
    'always, and no rule covers it',
    adminFirst,
    '- always: { path: /status, allow: anyone }',
    /^does not hold: GET \/status by anonymous is refused, as no rule covers it$/
  ],
  [
    'always, and a rule refuses somebody',
    adminFirst,
    '- always: { path: /api/**, allow: authenticated }',
    /^does not hold: GET \/api\/admin by somebody signed in is refused by \/api\/admin\/\*\* \(line 4\)$/
  ],
  [
    'always, on a host',
    `rules:\n  - { path: /a, host: one.example, allow: anyone, to: app }\n`,
    '- always: { path: /a, host: [one.example, two.example], allow: anyone }',
    /^does not hold: GET \/\/two\.example\/a by anonymous is refused, as no rule covers it$/
  ],
  [
    'always, and another spelling falls under another rule',
    `rules:\n  - { path: /A/secret, allow: nobody }\n  - { path: /a/**, allow: anyone, to: app }\n`,
    '- always: { path: /a/**, allow: anyone }',
    /^does not hold: GET \/a\/secret by anonymous is refused, as another spelling of the path falls under another rule$/
  ],
  [
    'always, below all that the gateway answers itself',
    `public_health: /up\nrules:\n  - { path: /**, allow: { roles: [admin] }, to: app }\n`,
    '- always: { path: /**, allow: { roles: [admin] } }',
    null
  ],
  [
    'always, where the gateway answers itself',
    `public_health: /up\n${adminFirst}`,
    '- always: { path: /up, allow: anyone }',
    null
  ]
]

for (const [name, rules, assertion, said] of table) {
  t.test(`${said === null ? 'holds' : 'is broken'}: ${name}`, async (t) => {
    const found = await proveSettings(settingsOf(`${head}${rules}assertions:\n  ${assertion}\n`))
    const mistakes = found.filter(({ level }) => level === 'mistake')
    if (said === null) t.strictSame(mistakes, [])
    else t.match(mistakes, [{ path: ['assertions', 0], message: said }])
    t.equal(mistakes.length, said === null ? 0 : 1)
  })
}

t.test('one that no rule could break is warned of, as a typing error in its path is likely', async (t) => {
  const text = `${head}${adminFirst}assertions:\n  ${never.replace('admin', 'admni')}\n  - never: { path: /internal/** }\n`
  const found = await proveSettings(settingsOf(text.replace('/api/admni', '/admni')))
  t.match(found, [
    { level: 'warning', path: ['assertions', 0, 'never', 'path'], message: /^no rule lets anybody pass here/ }
  ])
  t.equal(found.length, 1)
})

t.test('what can be read in several ways cannot be proved, and says for which rule', async (t) => {
  const odd = 'rules:\n  - { path: /a%2Fb, allow: authenticated, to: app, paths: { encoded_slash: allow } }\n'
  const found = await proveSettings(
    settingsOf(`${head}${odd}assertions:\n  - never: { path: /**, unless: { roles: [x] } }\n`)
  )
  t.match(found, [{ level: 'mistake', message: 'cannot be proved: a path here can be read in several ways' }])
  t.match(found[0]?.related, [{ path: ['rules', 0] }])
})
