import t from 'tap'
import type { Allow, Condition } from '../../../gateway/domain.js'
import { describeWho } from '../../../gateway/policy/analysis/describe-who.js'
import type { Issuers } from '../../../gateway/policy/analysis/identities.js'
import { findWho } from '../../../gateway/policy/analysis/passing.js'
import { anyone, authenticated, nobody, oneOf } from '../make-rules.js'
import { passing } from './passes.js'

type Row = readonly [holds: Allow, fails: Allow, who: string | null]

const own: readonly Condition[] = [{ claims: { sub: [{ segment: 'id' }] } }]
const on42 = { id: '42', other: '43' }

/** Whom it finds, in words, after the real decision has been asked about them. */
const describe = (
  holds: Allow,
  fails: Allow,
  parameters: Readonly<Record<string, string>>,
  issuers: Issuers
): string => {
  const answer = findWho(holds, fails, parameters, parameters, { issuers })
  if ('undecided' in answer) return 'undecided'
  if (answer.who === null) return 'nobody'
  const really = passing(holds, parameters)(answer.who) && !passing(fails, parameters)(answer.who)
  return really ? describeWho(answer.who) : `not ${describeWho(answer.who)}`
}

const tables: Readonly<Record<string, readonly Row[]>> = {
  words: [
    [anyone, nobody, 'anyone without a token'],
    [anyone, authenticated, 'anyone without a token'],
    [anyone, anyone, null],
    [authenticated, anyone, null],
    [authenticated, authenticated, null],
    [authenticated, nobody, 'somebody signed in'],
    [nobody, nobody, null],
    [nobody, oneOf({ roles: ['a'] }), null],
    [anyone, oneOf({ roles: ['a'] }), 'anyone without a token'],
    [oneOf(), nobody, null],
    [anyone, oneOf(), 'anyone without a token']
  ],
  'roles and scopes': [
    [authenticated, oneOf({ roles: ['admin'] }), 'somebody signed in'],
    [oneOf({ roles: ['admin'] }), authenticated, null],
    [oneOf({ roles: ['user', 'admin'] }), oneOf({ roles: ['admin'] }), 'role user'],
    [oneOf({ roles: ['admin', 'user'] }), oneOf({ roles: ['admin'] }), 'role user'],
    [oneOf({ roles: ['admin'] }), oneOf({ roles: ['admin', 'user'] }), null],
    [oneOf({ roles: ['a', 'b'] }), oneOf({ allRoles: ['a', 'b'] }), 'role a'],
    [oneOf({ allRoles: ['a', 'b'] }), oneOf({ roles: ['a', 'b'] }), null],
    [oneOf({ allRoles: ['a', 'b'] }), oneOf({ roles: ['c'] }), 'roles a and b'],
    [oneOf({ roles: ['a', 'b'] }), oneOf({ roles: ['a'] }, { roles: ['b'] }), null],
    [oneOf({ roles: ['a', 'b'], allRoles: ['b', 'c'] }), oneOf({ roles: ['a'] }), 'roles b and c'],
    [oneOf({ roles: ['a'] }, { roles: ['b'] }), oneOf({ roles: ['a'] }), 'role b'],
    [oneOf({ scopes: ['r'] }), oneOf({ scopes: ['r', 'w'] }), 'somebody signed in with scope r'],
    [oneOf({ scopes: ['r', 'w'] }), oneOf({ scopes: ['r'] }), null],
    [oneOf({ roles: ['a'], scopes: ['r', 'w'] }), oneOf({ roles: ['b'] }), 'role a with scopes r and w'],
    [oneOf({ roles: ['a'] }), oneOf({ roles: ['a'], scopes: ['r'] }), 'role a'],
    [oneOf({ roles: ['a'] }), oneOf({ roles: ['a'], scopes: ['r'] }, { roles: ['a'], scopes: ['w'] }), 'role a']
  ],
  'claims of one value are not of another, nor of another type': [
    [
      oneOf({ claims: { d: [{ equals: 'x' }] } }),
      oneOf({ claims: { d: [{ equals: 'y' }] } }),
      'somebody signed in with d = x'
    ],
    [
      oneOf({ claims: { d: [{ equals: 1 }] } }),
      oneOf({ claims: { d: [{ equals: '1' }] } }),
      'somebody signed in with d = 1'
    ],
    [
      oneOf({ claims: { d: [{ equals: '1' }] } }),
      oneOf({ claims: { d: [{ equals: 1 }] } }),
      'somebody signed in with d = "1"'
    ],
    [
      oneOf({ claims: { d: [{ equals: true }] } }),
      oneOf({ claims: { d: [{ equals: 'true' }, { equals: 1 }] } }),
      'somebody signed in with d = true'
    ],
    [
      oneOf({ claims: { d: [{ equals: 'x' }, { equals: 'y' }] } }),
      oneOf({ claims: { d: [{ equals: 'x' }] } }),
      'somebody signed in with d = y'
    ],
    [
      oneOf({ claims: { d: [{ equals: 'x' }, { equals: 'y' }] } }),
      oneOf({ claims: { d: [{ equals: 'x' }] } }, { claims: { d: [{ equals: 'y' }] } }),
      null
    ],
    [authenticated, oneOf({ claims: { d: [{ equals: 'x' }] } }), 'somebody signed in'],
    [
      oneOf({ claims: { d: [{ equals: 'x' }], e: [{ equals: 'x' }] } }),
      oneOf({ claims: { d: [{ equals: 'x' }] } }),
      null
    ],
    [oneOf({ claims: { d: [{ equals: Number.NaN }] } }), nobody, null],
    [oneOf({ claims: JSON.parse('{"__proto__":[{"equals":"x"}]}') }), nobody, 'somebody signed in with __proto__ = x'],
    [oneOf({ claims: { constructor: [{ equals: 'x' }] } as never }), nobody, 'somebody signed in with constructor = x'],
    [authenticated, oneOf({ claims: { toString: [{ equals: 'x' }] } as never }), 'somebody signed in'],
    // Each of two claims has two values, and one pair is left.
    [
      oneOf({ claims: { d: [{ equals: 0 }, { equals: 1 }], e: [{ equals: 0 }, { equals: 1 }] } }),
      oneOf({ claims: { d: [{ equals: 0 }], e: [{ equals: 0 }] } }, { claims: { d: [{ equals: 1 }] } }),
      'somebody signed in with d = 0, e = 1'
    ]
  ],
  'claims bound to segments': [
    [oneOf(...own), authenticated, null],
    [authenticated, oneOf(...own), 'somebody signed in'],
    [oneOf(...own), nobody, 'sub 42'],
    [oneOf(...own), oneOf({ claims: { sub: [{ segment: 'other' }] } }), 'sub 42'],
    [oneOf(...own), oneOf({ claims: { sub: [{ equals: '42' }] } }), null],
    [oneOf(...own), oneOf({ claims: { sub: [{ equals: 42 }] } }), 'sub 42'],
    [
      oneOf({ claims: { d: [{ segment: 'id' }] } }),
      oneOf({ claims: { d: [{ equals: '42' }] } }),
      'somebody signed in with d = 42'
    ],
    [
      oneOf({ claims: { d: [{ segment: 'id' }] } }),
      oneOf({ claims: { d: [{ equals: 42 }] } }),
      'somebody signed in with d = "42"'
    ],
    [oneOf({ claims: { d: [{ segment: 'id' }] } }), oneOf({ claims: { d: [{ equals: 42 }, { equals: '42' }] } }), null],
    [oneOf({ claims: { d: [{ segment: 'nowhere' }] } }), nobody, null],
    [oneOf({ claims: { d: [{ segment: 'toString' }] } }), nobody, null],
    [oneOf({ roles: ['admin'] }, ...own), oneOf({ roles: ['admin'] }), 'sub 42'],
    [oneOf({ roles: ['admin'] }, ...own), oneOf(...own), 'role admin']
  ],
  'subjects go with their issuers': [
    [oneOf({ issuers: ['corp'] }), oneOf({ issuers: ['self'] }), 'somebody signed in at corp'],
    [oneOf({ issuers: ['corp', 'self'] }), oneOf({ issuers: ['corp'] }), 'somebody signed in'],
    [authenticated, oneOf({ issuers: ['self'] }), 'somebody signed in at another'],
    [authenticated, oneOf({ issuers: ['self', 'another'] }), 'somebody signed in at another-1'],
    [oneOf({ claims: { sub: [{ equals: 'corp:1' }] } }), oneOf({ issuers: ['corp'] }), null],
    [oneOf({ claims: { sub: [{ equals: 'corp:1' }] } }), oneOf({ issuers: ['self'] }), 'sub corp:1'],
    [oneOf({ claims: { sub: [{ equals: '1' }] } }), oneOf({ issuers: ['self'] }), null],
    [oneOf({ claims: { sub: [{ equals: '1' }] }, issuers: ['corp'] }), nobody, null],
    [oneOf({ claims: { sub: [{ equals: 'self:1' }] } }), nobody, null],
    [oneOf({ claims: { sub: [{ equals: 'corp:' }] } }), nobody, null],
    [oneOf({ claims: { sub: [{ equals: '' }] } }), nobody, null],
    [oneOf({ claims: { sub: [{ equals: 1 }] } }), nobody, null],
    [oneOf({ claims: { sub: [{ equals: 'no issuer:1' }] } }), nobody, null],
    [
      oneOf({ issuers: ['corp'] }),
      oneOf({ claims: { sub: [{ equals: 'corp:user-1' }] } }),
      'somebody signed in at corp'
    ],
    [oneOf({ roles: ['portcullis:admin'] }), oneOf({ issuers: ['self'] }), null],
    [oneOf({ roles: ['portcullis:admin'], issuers: ['corp'] }), nobody, null],
    [oneOf({ roles: ['portcullis:admin', 'ops'] }), oneOf({ issuers: ['self'] }), 'role ops at another']
  ],
  networks: [
    [
      oneOf({ networks: ['10.0.0.0/8'] }),
      oneOf({ networks: ['10.0.0.0/9'] }),
      'anyone without a token from 10.128.0.7'
    ],
    [oneOf({ networks: ['10.0.0.0/9'] }), oneOf({ networks: ['10.0.0.0/8'] }), null],
    [oneOf({ networks: ['10.0.0.0/8'] }), oneOf({ networks: ['10.0.0.0/9', '10.128.0.0/9'] }), null],
    [oneOf({ networks: ['10.0.0.0/8'] }), oneOf({ networks: ['10.0.0.0/9'] }, { networks: ['10.128.0.0/9'] }), null],
    [anyone, oneOf({ networks: ['10.0.0.0/8'] }), 'anyone without a token from 203.0.113.7'],
    [anyone, oneOf({ networks: ['0.0.0.0/0'] }), 'anyone without a token from 2001:db8::7'],
    [anyone, oneOf({ networks: ['::/0'] }), 'anyone without a token from 203.0.113.7'],
    [anyone, oneOf({ networks: ['0.0.0.0/0', '::/0'] }), null],
    [oneOf({ networks: ['::/0'] }), oneOf({ networks: ['0.0.0.0/0'] }), 'anyone without a token from 2001:db8::7'],
    [oneOf({ networks: ['::/95'] }), oneOf({ networks: ['::/96'] }), 'anyone without a token from ::1:0:7'],
    [
      oneOf({ networks: ['::ffff:0:0/95'] }),
      oneOf({ networks: ['0.0.0.0/0'] }),
      'anyone without a token from ::fffe:0:7'
    ],
    [oneOf({ networks: ['::ffff:0:0/96'] }), oneOf({ networks: ['0.0.0.0/0'] }), null],
    [oneOf({ networks: ['::ffff:10.0.0.0/104'] }), nobody, 'anyone without a token from 10.0.0.7'],
    [oneOf({ networks: ['192.0.2.0/30'] }), nobody, 'anyone without a token from 192.0.2.0'],
    [oneOf({ networks: ['10.0.0.4'] }), oneOf({ networks: ['10.0.0.5'] }), 'anyone without a token from 10.0.0.4'],
    [
      oneOf({ networks: ['255.255.255.254/31'] }),
      oneOf({ networks: ['255.255.255.254'] }),
      'anyone without a token from 255.255.255.255'
    ],
    [
      oneOf({ networks: ['ffff::/16'] }),
      oneOf({ networks: ['ffff::/17'] }),
      'anyone without a token from ffff:8000::7'
    ],
    [oneOf({ networks: ['10.0.0.0/8'] }), authenticated, 'anyone without a token from 10.0.0.7'],
    [authenticated, oneOf({ networks: ['10.0.0.0/8'] }), 'somebody signed in from 203.0.113.7'],
    [oneOf({ networks: ['10.0.0.0/8'], roles: ['a'] }), oneOf({ networks: ['10.0.0.0/8'] }), null],
    [
      oneOf({ networks: ['10.0.0.0/8'] }),
      oneOf({ networks: ['10.0.0.0/8'], roles: ['a'] }),
      'anyone without a token from 10.0.0.7'
    ],
    [
      oneOf({ networks: ['10.0.0.0/8'], roles: ['a'] }),
      oneOf({ roles: ['a'], networks: ['10.0.0.0/9'] }),
      'role a from 10.128.0.7'
    ]
  ],
  'the fewest oddities': [
    [
      oneOf({ roles: ['admin', 'user'], networks: ['10.0.0.0/8', '203.0.113.0/24'] }),
      oneOf({ roles: ['admin'], networks: ['10.0.0.0/8'] }),
      'role admin from 203.0.113.7'
    ],
    [
      oneOf({ claims: { sub: [{ segment: 'id' }] }, scopes: ['orders:read'], networks: ['203.0.113.0/24'] }),
      oneOf({ roles: ['admin'] }),
      'sub 42 from 203.0.113.7 with scope orders:read'
    ]
  ]
}

for (const [name, rows] of Object.entries(tables)) {
  t.test(name, (t) => {
    for (const [holds, fails, who] of rows) {
      t.equal(describe(holds, fails, on42, null), who ?? 'nobody', JSON.stringify([holds, fails]))
    }
    t.end()
  })
}

t.test('issuers that the settings do not have give nobody a token', (t) => {
  const prefixed: Issuers = new Map([['corp', 'prefixed']])
  const raw: Issuers = new Map([['corp', 'raw']])
  const foreigner = oneOf({ claims: { sub: [{ segment: 'id' }] }, issuers: ['corp'] })
  const rows: readonly (readonly [holds: Allow, fails: Allow, issuers: Issuers, who: string])[] = [
    [authenticated, oneOf({ issuers: ['self'] }), new Map(), 'nobody'],
    [authenticated, oneOf({ issuers: ['self'] }), prefixed, 'somebody signed in at corp'],
    [authenticated, oneOf({ issuers: ['self', 'corp'] }), prefixed, 'nobody'],
    [oneOf({ issuers: ['corp', 'gone'] }), oneOf({ issuers: ['corp'] }), prefixed, 'nobody'],
    [oneOf({ claims: { sub: [{ equals: 'gone:1' }] } }), nobody, prefixed, 'nobody'],
    [foreigner, nobody, prefixed, 'nobody'],
    [foreigner, nobody, raw, 'sub 42 at corp'],
    [oneOf({ claims: { sub: [{ equals: 'x:1' }] } }), nobody, raw, 'sub x:1 at corp'],
    [oneOf({ roles: ['portcullis:a'] }), oneOf({ issuers: ['self'] }), raw, 'nobody']
  ]
  for (const [holds, fails, issuers, who] of rows) {
    t.equal(describe(holds, fails, on42, issuers), who, JSON.stringify([holds, fails, [...(issuers ?? [])]]))
  }
  t.end()
})

t.test('each side reads the segments that its own pattern has captured', (t) => {
  const ofFirst = { id: '42' }
  const ofSecond = { id: '43' }
  t.match(findWho(oneOf(...own), oneOf(...own), ofFirst, ofSecond), {
    who: { authentication: { principal: { subject: '42' } } }
  })
  t.strictSame(findWho(oneOf(...own), oneOf(...own), ofFirst, ofFirst), { who: null })
  t.strictSame(findWho(oneOf(...own), oneOf({ claims: { sub: [{ segment: 'key' }] } }), ofFirst, { key: '42' }), {
    who: null
  })
  t.end()
})

t.test('a principal is complete, and has no claim that was not asked for', (t) => {
  const answer = findWho(oneOf({ claims: { username: [{ equals: 'ann' }] }, roles: ['a'] }), nobody, {}, {})
  t.strictSame(answer, {
    who: {
      authentication: {
        kind: 'principal',
        principal: {
          subject: 'user-1',
          issuer: 'self',
          username: 'ann',
          roles: ['a'],
          scopes: [],
          clientId: null,
          sessionId: null,
          tokenId: null,
          generation: null,
          expiresAt: 253_402_300_799,
          claims: { username: 'ann' }
        }
      },
      address: '192.0.2.1'
    }
  })
  t.end()
})

t.test('a question that is too large is undecided, with the limit', (t) => {
  const holes = Array.from({ length: 12 }, (_, hole) => ({ equals: hole }))
  const names = Array.from({ length: 13 }, (_, index) => `c${index}`)
  const everyPigeon = oneOf({ claims: Object.fromEntries(names.map((name) => [name, holes])) })
  const twoInOne = names.flatMap((one, index) =>
    names.slice(0, index).flatMap((other) => holes.map((hole) => ({ claims: { [one]: [hole], [other]: [hole] } })))
  )
  const undecided = (steps: number) => ({ undecided: { limit: 'steps to find who may pass', value: steps } })
  t.strictSame(findWho(everyPigeon, oneOf(...twoInOne), {}, {}), undecided(200_000))
  t.strictSame(findWho(everyPigeon, oneOf(...twoInOne), {}, {}, { steps: 10 }), undecided(10))
  const cidrs = Array.from({ length: 20_000 }, (_, index) => `10.${index >> 7}.${(index << 1) & 0xff}.0/24`)
  t.strictSame(findWho(oneOf({ networks: cidrs }), oneOf({ networks: cidrs }), {}, {}), { who: null })
  t.strictSame(findWho(oneOf({ networks: cidrs }), nobody, {}, {}, { steps: 1000 }), undecided(1000))
  t.end()
})
