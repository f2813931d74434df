import t from 'tap'
import type { Allow } from '../../../gateway/domain.js'
import { describeAllow } from '../../../gateway/policy/analysis/describe-allow.js'
import { describeWho } from '../../../gateway/policy/analysis/describe-who.js'
import type { Who } from '../../../gateway/policy/analysis/passing.js'
import { anonymous, anyone, as, authenticated, nobody, oneOf } from '../make-rules.js'

const allows: readonly (readonly [allow: Allow, words: string])[] = [
  [anyone, 'anyone'],
  [authenticated, 'authenticated'],
  [nobody, 'nobody'],
  [oneOf(), 'nobody'],
  [oneOf({ roles: ['admin'] }), 'role admin'],
  [oneOf({ roles: ['admin', 'ops'] }, { claims: { sub: [{ segment: 'id' }] } }), 'roles admin or ops; or sub = {id}'],
  [oneOf({ roles: ['a', 'b', 'c'] }), 'roles a, b or c'],
  [oneOf({ roles: ['a', 'a'] }), 'role a'],
  [oneOf({ allRoles: ['a', 'b'], scopes: ['r', 'w'] }), 'all roles a and b, scopes r and w'],
  [oneOf({ allRoles: ['a'], scopes: ['r'] }), 'role a, scope r'],
  [
    oneOf({ claims: { dept: [{ equals: 'sales' }, { equals: '7' }, { equals: 7 }], vip: [{ equals: true }] } }),
    'dept = sales, "7" or 7, vip = true'
  ],
  [
    oneOf({ claims: { x: [{ equals: 'true' }, { equals: '{id}' }, { equals: 'a b' }] } }),
    'x = "true", "{id}" or "a b"'
  ],
  [
    oneOf({ networks: ['10.0.0.0/8', 'fd00::/8'], issuers: ['corp', 'self'] }),
    'networks 10.0.0.0/8 or fd00::/8, issuers corp or self'
  ]
]

t.test('`allow` is described in a few words', (t) => {
  for (const [allow, words] of allows) t.equal(describeAllow(allow), words)
  t.end()
})

const plain = '192.0.2.1'
const people: readonly (readonly [who: Who, words: string])[] = [
  [{ authentication: anonymous, address: plain }, 'anyone without a token'],
  [{ authentication: anonymous, address: '203.0.113.7' }, 'anyone without a token from 203.0.113.7'],
  [{ authentication: { kind: 'bad', because: 'expired_token' }, address: plain }, 'somebody with a bad token'],
  [{ authentication: as(), address: plain }, 'somebody signed in'],
  [{ authentication: as({ roles: ['user'] }), address: plain }, 'role user'],
  [{ authentication: as({ roles: ['a', 'b'], issuer: 'corp' }), address: plain }, 'roles a and b at corp'],
  [
    { authentication: as({ subject: '42', scopes: ['orders:read'], claims: { sub: '42' } }), address: '203.0.113.7' },
    'sub 42 from 203.0.113.7 with scope orders:read'
  ],
  [
    {
      authentication: as({ subject: 'corp:42', issuer: 'corp', roles: ['a'], claims: { sub: 'corp:42' } }),
      address: plain
    },
    'sub corp:42 with role a'
  ],
  [{ authentication: as({ subject: '42', issuer: 'corp', claims: { sub: '42' } }), address: plain }, 'sub 42 at corp'],
  [
    { authentication: as({ roles: ['a'], claims: { dept: 'sales', level: '3', vip: true } }), address: '10.0.0.7' },
    'role a from 10.0.0.7 with dept = sales, level = "3", vip = true'
  ],
  [{ authentication: as({ claims: { groups: ['x'] } }), address: plain }, 'somebody signed in with groups = …'],
  [{ authentication: as({ subject: 'a\n\u001b[2Jb', claims: { sub: '' } }), address: plain }, 'sub "a\\n\\u001b[2Jb"']
]

t.test('somebody is described by what they were found for', (t) => {
  for (const [who, words] of people) t.equal(describeWho(who), words)
  t.end()
})
