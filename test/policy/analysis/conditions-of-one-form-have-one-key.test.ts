import fc from 'fast-check'
import t from 'tap'
import type { Allow, Condition } from '../../../gateway/domain.js'
import { normaliseAllow, sameAllow } from '../../../gateway/policy/analysis/normalise-allow.js'
import { findWho } from '../../../gateway/policy/analysis/passing.js'
import { untilSeen } from '../../helpers/until-seen.js'
import { anyone, authenticated, nobody, oneOf } from '../make-rules.js'

const id = [{ segment: 'id' }]

const same: readonly (readonly [one: Allow, other: Allow])[] = [
  [anyone, anyone],
  [nobody, oneOf()],
  [oneOf({ roles: ['a', 'b'] }), oneOf({ roles: ['b', 'a', 'a'] })],
  [oneOf({ roles: ['a'] }, { scopes: ['r'] }), oneOf({ scopes: ['r'] }, { roles: ['a'] }, { scopes: ['r'] })],
  [oneOf({ roles: ['a'] }), oneOf({ allRoles: ['a'] })],
  [oneOf({ roles: ['a', 'b'], allRoles: ['b'] }), oneOf({ roles: ['b'] })],
  [oneOf({ networks: ['10.0.0.0/8'] }), oneOf({ networks: ['10.128.0.0/9', '10.3.2.1/9', '10.0.0.5'] })],
  [oneOf({ networks: ['::ffff:10.0.0.0/104'] }), oneOf({ networks: ['10.0.0.0/8'] })],
  [
    oneOf({ claims: { sub: id, d: [{ equals: 1 }, { equals: 'x' }] } }),
    oneOf({ claims: { d: [{ equals: 'x' }, { equals: 1 }], sub: id } })
  ],
  [oneOf({ claims: { d: [{ equals: 0 }] } }), oneOf({ claims: { d: [{ equals: -0 }] } })]
]

const different: readonly (readonly [one: Allow, other: Allow])[] = [
  [anyone, authenticated],
  [oneOf({ networks: ['0.0.0.0/0', '::/0'] }), anyone],
  [oneOf({ roles: ['a', 'b'] }), oneOf({ allRoles: ['a', 'b'] })],
  [oneOf({ roles: ['a', 'b'] }), oneOf({ roles: ['a,b'] })],
  [oneOf({ roles: ['a'] }), oneOf({ scopes: ['a'] })],
  [oneOf({ roles: ['a'], scopes: ['r'] }), oneOf({ roles: ['a'] }, { scopes: ['r'] })],
  [oneOf({ claims: { d: [{ equals: 1 }] } }), oneOf({ claims: { d: [{ equals: '1' }] } })],
  [oneOf({ claims: { d: [{ equals: '{id}' }] } }), oneOf({ claims: { d: id } })],
  [oneOf({ claims: { d: id } }), oneOf({ claims: { e: id } })],
  [oneOf({ claims: { d: id } }), oneOf({ claims: { d: [{ segment: 'key' }] } })],
  [oneOf({ networks: ['10.0.0.0/8'] }), oneOf({ networks: ['10.0.0.0/9'] })],
  [oneOf({ networks: ['0.0.0.0/0'] }), oneOf({ networks: ['::/0'] })],
  [oneOf({ issuers: ['self'] }), authenticated]
]

t.test('order, repetition and spelling make no difference, and meaning does', (t) => {
  for (const [one, other] of same) t.ok(sameAllow(one, other), JSON.stringify([one, other]))
  for (const [one, other] of different) t.notOk(sameAllow(one, other), JSON.stringify([one, other]))
  t.end()
})

t.test('names of segments make no difference where their places are known', (t) => {
  const byId = oneOf({ claims: { sub: id } })
  const byKey = oneOf({ claims: { sub: [{ segment: 'key' }] } })
  t.equal(normaliseAllow(byId, new Map([['id', 2]])), normaliseAllow(byKey, new Map([['key', 2]])))
  t.not(normaliseAllow(byId, new Map([['id', 2]])), normaliseAllow(byKey, new Map([['key', -2]])))
  t.not(normaliseAllow(byId), normaliseAllow(byKey))
  t.end()
})

const some = (...of: readonly string[]): fc.Arbitrary<string[]> =>
  fc.array(fc.constantFrom(...of), { minLength: 1, maxLength: 3 })
const condition = fc
  .record(
    {
      roles: some('a', 'b'),
      allRoles: some('a', 'b'),
      networks: some('10.0.0.0/8', '10.0.0.0/9', '10.128.0.0/9'),
      claims: fc
        .array(fc.constantFrom({ equals: 1 }, { equals: '1' }, { segment: 'id' }), { minLength: 1, maxLength: 2 })
        .map((d) => ({ d }))
    },
    { requiredKeys: [] }
  )
  .filter((entries) => Object.keys(entries).length > 0) as fc.Arbitrary<Condition>
const allow = fc.array(condition, { minLength: 1, maxLength: 2 }).map((of) => oneOf(...of))

t.test('of two with one key nobody passes only one', (t) => {
  let keysShared = 0
  untilSeen(
    () => keysShared > 100,
    () =>
      fc.assert(
        fc.property(allow, allow, (one, other) => {
          if (!sameAllow(one, other)) return true
          keysShared++
          const parameters = { id: '1' }
          const answers = [findWho(one, other, parameters, parameters), findWho(other, one, parameters, parameters)]
          return answers.every((answer) => 'who' in answer && answer.who === null)
        }),
        { numRuns: 30_000, interruptAfterTimeLimit: 1500, markInterruptAsFailure: false }
      )
  )
  t.ok(keysShared > 100, `${keysShared} times`)
  t.end()
})
