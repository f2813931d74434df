import t from 'tap'
import type { Allow, Authentication } from '../../gateway/domain.js'
import { judgeOne } from './judge-one.js'
import { anonymous, as, oneOf } from './make-rules.js'

const here = { networks: ['192.0.2.0/24'] }
const elsewhere = { networks: ['198.51.100.0/24'] }

const table: readonly (readonly [
  name: string,
  allow: Allow,
  who: Authentication,
  because: string | null,
  scopes?: string[]
])[] = [
  ['networks alone need no identity', oneOf(here), anonymous, null],
  ['networks alone, from elsewhere', oneOf(elsewhere), anonymous, 'access_denied'],
  ['networks alone, from elsewhere, somebody', oneOf(elsewhere), as(), 'access_denied'],
  ['networks and roles', oneOf({ ...here, roles: ['a'] }), anonymous, 'missing_token'],
  ['networks and roles, from elsewhere', oneOf({ ...elsewhere, roles: ['a'] }), anonymous, 'access_denied'],
  [
    'networks and roles, from elsewhere, with the role',
    oneOf({ ...elsewhere, roles: ['a'] }),
    as({ roles: ['a'] }),
    'access_denied'
  ],
  [
    'one alternative can still hold',
    oneOf({ ...elsewhere, roles: ['a'] }, { scopes: ['r'] }),
    anonymous,
    'missing_token'
  ],
  ['networks or roles', oneOf(here, { roles: ['a'] }), anonymous, null],
  ['networks or roles, from elsewhere', oneOf(elsewhere, { roles: ['a'] }), anonymous, 'missing_token'],
  ['networks or roles, somebody without roles', oneOf(here, { roles: ['a'] }), as(), null],
  ['a scope is lacking', oneOf({ scopes: ['r', 'w'] }), as({ scopes: ['r'] }), 'insufficient_scope', ['r', 'w']],
  ['a scope and a role', oneOf({ scopes: ['r'], roles: ['a'] }), as(), 'access_denied'],
  ['a scope, with the role', oneOf({ scopes: ['r'], roles: ['a'] }), as({ roles: ['a'] }), 'insufficient_scope', ['r']],
  ['a scope, from elsewhere', oneOf({ scopes: ['r'], ...elsewhere }), as(), 'access_denied'],
  [
    'the alternative that lacks fewest',
    oneOf({ scopes: ['a', 'b'] }, { scopes: ['c'] }),
    as(),
    'insufficient_scope',
    ['c']
  ],
  [
    'a scope in another letter case',
    oneOf({ scopes: ['r'] }),
    as({ scopes: ['R', 'r:x'] }),
    'insufficient_scope',
    ['r']
  ]
]

t.test('401 asks for a token, and 403 for a scope, only if that could be enough', (t) => {
  for (const [name, allow, authentication, because, scopes = []] of table) {
    const decision = judgeOne({ allow, authentication })
    t.strictSame([decision.because, decision.missingScopes], [because, scopes], name)
  }
  t.end()
})
