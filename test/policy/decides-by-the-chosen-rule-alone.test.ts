import t from 'tap'
import type { Allow, Authentication } from '../../gateway/domain.js'
import { compilePolicy, decide } from '../../gateway/policy/index.js'
import { judgeOne } from './judge-one.js'
import { anonymous, anyone, as, authenticated, canonical, makeRules, nobody, oneOf } from './make-rules.js'

const bad: Authentication = { kind: 'bad', because: 'expired_token' }

const table: readonly (readonly [name: string, allow: Allow, who: Authentication, because: string | null])[] = [
  ['anyone, nobody there', anyone, anonymous, null],
  ['anyone, somebody', anyone, as(), null],
  ['anyone, a bad token is anonymous', anyone, bad, null],
  ['nobody, nobody there', nobody, anonymous, 'access_denied'],
  ['nobody, somebody', nobody, as({ roles: ['admin'] }), 'access_denied'],
  ['nobody, a bad token', nobody, bad, 'access_denied'],
  ['authenticated, nobody there', authenticated, anonymous, 'missing_token'],
  ['authenticated, somebody', authenticated, as(), null],
  ['authenticated, a bad token', authenticated, bad, 'expired_token'],
  ['a condition, a bad token', oneOf({ roles: ['a'] }), bad, 'expired_token'],
  ['networks alone, a bad token', oneOf({ networks: ['0.0.0.0/0'] }), bad, 'expired_token'],
  ['roles, any of', oneOf({ roles: ['a', 'b'] }), as({ roles: ['b'] }), null],
  ['roles, none of', oneOf({ roles: ['a', 'b'] }), as({ roles: ['c'] }), 'access_denied'],
  ['roles, nobody there', oneOf({ roles: ['a'] }), anonymous, 'missing_token'],
  ['all roles', oneOf({ allRoles: ['a', 'b'] }), as({ roles: ['b', 'x', 'a'] }), null],
  ['not all roles', oneOf({ allRoles: ['a', 'b'] }), as({ roles: ['b'] }), 'access_denied'],
  ['both kinds of roles', oneOf({ roles: ['c'], allRoles: ['a'] }), as({ roles: ['a'] }), 'access_denied'],
  ['scopes, all of', oneOf({ scopes: ['r', 'w'] }), as({ scopes: ['w', 'r'] }), null],
  ['a second alternative', oneOf({ roles: ['a'] }, { scopes: ['r'] }), as({ scopes: ['r'] }), null],
  [
    'halves of two alternatives',
    oneOf({ roles: ['a'], scopes: ['r'] }, { roles: ['b'] }),
    as({ scopes: ['r'] }),
    'access_denied'
  ],
  ['no alternative at all', oneOf(), as({ roles: ['admin'] }), 'access_denied'],
  ['no alternative at all, nobody there', oneOf(), anonymous, 'access_denied']
]

t.test('the verdict follows from `allow` and who asks', (t) => {
  for (const [name, allow, authentication, because] of table) {
    const decision = judgeOne({ allow, authentication })
    t.strictSame([decision.because, decision.allow], [because, because === null], name)
  }
  t.end()
})

t.test('roles are whole, exact strings', (t) => {
  const oddRoles = [
    'Admin',
    ' admin',
    'admin ',
    'admin,user',
    'user admin',
    'administrator',
    '',
    '__proto__',
    'length',
    '0'
  ]
  t.equal(judgeOne({ allow: oneOf({ roles: ['admin'] }), authentication: as({ roles: oddRoles }) }).allow, false)
  for (const role of ['__proto__', 'length', '0', 'constructor']) {
    t.equal(judgeOne({ allow: oneOf({ roles: [role] }), authentication: as({ roles: ['user'] }) }).allow, false, role)
    t.equal(judgeOne({ allow: oneOf({ roles: [role] }), authentication: as({ roles: [role] }) }).allow, true, role)
  }
  t.end()
})

t.test('there is no falling through to a later rule', (t) => {
  const policy = compilePolicy({
    revision: 'r1',
    rules: makeRules([{ path: '/a/**', allow: oneOf({ roles: ['x'] }) }, { path: '/**' }])
  })
  const request = { method: 'GET', host: 'h', path: canonical('/a/b'), address: '192.0.2.1' }
  const match = policy.find({ ...request, oddities: 0 })
  const decision = decide({ id: 'd', revision: 'r1', request, match, authentication: as() })
  t.strictSame([decision.allow, decision.rule?.index, decision.because], [false, 0, 'access_denied'])
  t.end()
})

t.test('without a rule everything is refused, whoever asks', (t) => {
  const request = { method: 'GET', host: 'h', path: canonical('/a'), address: '192.0.2.1' }
  for (const match of [{ because: 'no_rule' }, { because: 'bad_path', detail: 'Odd.' }] as const) {
    for (const authentication of [anonymous, bad, as({ roles: ['admin'] })]) {
      const decision = decide({ id: 'd', revision: 'r', request, match, authentication })
      t.strictSame([decision.allow, decision.rule, decision.because], [false, null, match.because])
    }
  }
  t.end()
})

t.test('a decision holds every input that was read, and no other', (t) => {
  const decision = judgeOne({
    pattern: '/users/{id}',
    raw: '/users/7',
    allow: oneOf({ roles: ['a'] }, { claims: { dept: [{ equals: 'x' }], gone: [{ equals: 1 }] } }),
    authentication: as({ roles: ['b'], scopes: ['s'], claims: { dept: 'y', email: 'secret', iat: 1 } })
  })
  t.strictSame(JSON.parse(JSON.stringify({ ...decision, rule: decision.rule?.index })), {
    id: 'd1',
    revision: 'r7',
    request: { method: 'GET', host: 'example.com', path: '/users/7', address: '192.0.2.1' },
    rule: 0,
    parameters: { id: '7' },
    credential: 'valid',
    subject: {
      subject: 'u1',
      issuer: 'self',
      username: 'ann',
      roles: ['b'],
      scopes: ['s'],
      claims: { dept: 'y', gone: null }
    },
    allow: false,
    because: 'access_denied',
    missingScopes: []
  })
  t.strictSame(
    [
      judgeOne({ allow: anyone, authentication: bad }).credential,
      judgeOne({ allow: anyone, authentication: bad }).subject
    ],
    ['expired_token', null]
  )
  t.equal(judgeOne({ allow: anyone, authentication: anonymous }).credential, 'none')
  t.end()
})
