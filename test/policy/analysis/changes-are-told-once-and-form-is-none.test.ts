import t from 'tap'
import { comparePolicies, preparePolicy } from '../../../gateway/policy/index.js'
import { anyone, authenticated, makeRules, nobody, oneOf, type RuleParts, strict } from '../make-rules.js'

const admin = oneOf({ roles: ['admin'] })
const prepare = (parts: readonly (RuleParts & { readonly upstream?: string })[]) =>
  preparePolicy({ revision: 'r', rules: makeRules(parts), closed: [{ path: '/auth', hosts: null }] })

const compare = (before: Parameters<typeof prepare>[0], after: Parameters<typeof prepare>[0]) => {
  const { changes, exact } = comparePolicies(prepare(before), prepare(after))
  const told = changes.map(({ direction, old, new: next, refusal, routes, witness }) => {
    const by = [old?.path ?? refusal, next?.path ?? refusal].join(' → ')
    return [`${direction} ${by}`, ...routes, `${witness.method} ${witness.path}`].join(', ')
  })
  return exact ? told : 'undecided'
}

const same: Readonly<Record<string, readonly [readonly RuleParts[], readonly RuleParts[]]>> = {
  'names of placeholders': [
    [{ path: '/{id}/{x}', allow: oneOf({ claims: { sub: [{ segment: 'id' }] } }) }],
    [{ path: '/{user}/*', allow: oneOf({ claims: { sub: [{ segment: 'user' }] } }) }]
  ],
  'order inside sets': [
    [
      {
        path: '/a',
        methods: ['GET', 'POST'],
        hosts: ['one', 'two'],
        allow: oneOf({ roles: ['r', 's'] }, { networks: ['10.0.0.0/8'] })
      }
    ],
    [
      {
        path: '/a',
        methods: ['POST', 'HEAD', 'GET'],
        hosts: ['two', 'one'],
        allow: oneOf({ networks: ['10.0.0.0/8'] }, { roles: ['s', 'r'] })
      }
    ]
  ],
  'one rule as two': [
    [{ path: '/a/**', methods: ['GET', 'POST'], allow: admin }],
    [
      { path: '/a/**', methods: ['POST'], allow: admin },
      { path: '/a/**', methods: ['GET'], allow: admin }
    ]
  ],
  'order of rules that do not overlap': [
    [{ path: '/a/**', allow: admin }, { path: '/b/**', allow: authenticated }, { path: '/**' }],
    [{ path: '/b/**', allow: authenticated }, { path: '/a/**', allow: admin }, { path: '/**' }]
  ],
  'a dead rule less': [[{ path: '/a/**' }, { path: '/a/b', allow: admin }], [{ path: '/a/**' }]],
  'refused by a rule or by none': [[{ path: '/a' }, { path: '/**', allow: nobody }], [{ path: '/a' }]]
}

for (const [name, [before, after]] of Object.entries(same)) {
  t.test(`no change in meaning: ${name}`, (t) => {
    t.strictSame(compare(before, after), [])
    t.end()
  })
}

t.test('a change is told once for each pair of rules and direction, with a request that shows it', (t) => {
  const before = [
    { path: '/api/admin/**', allow: admin },
    { path: '/api/**', allow: authenticated }
  ]
  t.strictSame(compare(before, before.slice(1)), ['gain /api/admin/** → /api/**, GET /api/admin'])
  t.strictSame(compare(before, [{ path: '/api/admin/**', methods: ['GET'], allow: admin }, ...before.slice(1)]), [
    'gain /api/admin/** → /api/**, POST /api/admin'
  ])
  t.strictSame(compare([...before, { path: '/docs/*.json' }], before), [
    'loss /docs/*.json → no_rule, GET /docs/b2.json'
  ])
  t.end()
})

t.test('a path that is refused for its other spelling from now on is a loss of its own', (t) => {
  const after = [
    { path: '/api/open', allow: anyone },
    { path: '/api/**', allow: authenticated }
  ]
  t.strictSame(compare(after.slice(1), after), [
    'gain /api/** → /api/open, GET /api/open',
    'loss /api/** → bad_path, GET /api/opeN'
  ])
  t.end()
})

t.test('another upstream and what its paths may hold are changes of their own', (t) => {
  const before = [{ path: '/a/**', allow: admin }]
  const paths = { ...strict, semicolon: 'allow' } as const
  t.strictSame(compare(before, [{ path: '/a/**', allow: admin, upstream: 'other' }]), [
    'reroute /a/** → /a/**, upstream, GET /a'
  ])
  t.strictSame(compare(before, [{ path: '/a/**', allow: admin, paths }]), ['reroute /a/** → /a/**, paths, GET /a'])
  t.strictSame(compare(before, [{ path: '/a/**', allow: oneOf({ roles: ['other'] }), paths }]), [
    'gain /a/** → /a/**, GET /a',
    'loss /a/** → /a/**, GET /a',
    'reroute /a/** → /a/**, paths, GET /a'
  ])
  t.end()
})

t.test('who passes both is looked for where the path makes them one', (t) => {
  const rule = (segment: string, upstream: string) => [
    { path: `/users/{${segment}}`, allow: oneOf({ claims: { sub: [{ segment }] } }), upstream }
  ]
  const ann = [{ path: '/users/{id}', allow: oneOf({ claims: { sub: [{ equals: 'ann' }] } }), upstream: 'other' }]
  const told = compare(rule('id', 'web'), ann)
  t.ok(told.includes('reroute /users/{id} → /users/{id}, upstream, GET /users/ann'), String(told))
  t.strictSame(compare(rule('id', 'web'), rule('name', 'web')), [])
  t.end()
})

t.test('a rule that ignores letter case can take paths from one that does not', (t) => {
  const sensitive = { ...strict, case: 'sensitive' } as const
  const before = [
    { path: '/b', allow: admin },
    { path: '/**', paths: sensitive, allow: admin }
  ]
  const after = [before[0], { path: '/{x}', allow: admin }, before[1]].filter((rule) => rule !== undefined)
  t.strictSame(compare(before, after), ['reroute /** → /{x}, paths, GET /a1', 'loss /** → bad_path, GET /autH'])
  t.end()
})
