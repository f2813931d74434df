import fc from 'fast-check'
import t from 'tap'
import type { Allow, ClaimExpectation, Condition } from '../../../gateway/domain.js'
import { boundValues } from '../../../gateway/policy/analysis/bound-values.js'
import type { Issuers } from '../../../gateway/policy/analysis/identities.js'
import { findWho } from '../../../gateway/policy/analysis/passing.js'
import { untilSeen } from '../../helpers/until-seen.js'
import { anyone, authenticated, nobody, oneOf } from '../make-rules.js'

type Parameters = Readonly<Record<string, string>>

/** Which place of the path each name of a pattern stands at. */
type Places = Readonly<Record<string, number>>

const expectation: fc.Arbitrary<ClaimExpectation> = fc.oneof(
  fc.constantFrom('id', 'key').map((segment) => ({ segment })),
  fc.constantFrom<ClaimExpectation>({ equals: '42' }, { equals: 42 }, { equals: 'x' }, { equals: 'corp:1' })
)
const expectations = fc.array(expectation, { minLength: 1, maxLength: 2 })
const condition = fc
  .record(
    {
      roles: fc.constantFrom(['a'], ['portcullis:admin']),
      issuers: fc.constantFrom(['self'], ['corp'], ['self', 'corp']),
      claims: fc
        .record({ sub: expectations, d: expectations, e: expectations }, { requiredKeys: [] })
        .filter((claims) => Object.keys(claims).length > 0)
    },
    { requiredKeys: ['claims'] }
  )
  .map((entries) => entries as Condition)
const allow = (most: number): fc.Arbitrary<Allow> =>
  fc.array(condition, { minLength: 1, maxLength: most }).map((of) => oneOf(...of))
const places: fc.Arbitrary<Places> = fc.constantFrom(
  { id: 0, key: 1 },
  { id: 1, key: 2 },
  { id: 2, key: 0 },
  { id: 1, key: 0 }
)
const worlds: readonly Issuers[] = [null, new Map(), new Map([['corp', 'prefixed']]), new Map([['corp', 'raw']])]

const capture = (at: Places, path: readonly string[]): Parameters =>
  Object.fromEntries(Object.entries(at).map(([name, place]) => [name, path[place] ?? '']))

const pathsOf = ([first, ...rest]: readonly (readonly string[])[]): string[][] =>
  first === undefined ? [[]] : pathsOf(rest).flatMap((after) => first.map((segment) => [segment, ...after]))

const constantsNamedIn = (who: Allow): string[] =>
  (who.kind === 'any' ? who.of : [])
    .flatMap(({ claims = {} }) => Object.values(claims).flat())
    .flatMap((expected) => ('equals' in expected ? [String(expected.equals)] : []))

const segments = ['1', '42', 'x', 'y', 'corp:1', 'corp:2', 'other:3', '7']

t.test('if somebody is found on any path, somebody is found on one of words that nobody names', (t) => {
  let found = 0
  let none = 0
  untilSeen(
    () => found > 100 && none > 15,
    () =>
      fc.assert(
        fc.property(
          allow(2),
          allow(5),
          places,
          places,
          fc.constantFrom(...worlds),
          (holds, fails, atHolds, atFails, issuers) => {
            const isSomebodyOn = (path: readonly string[]): boolean => {
              const answer = findWho(holds, fails, capture(atHolds, path), capture(atFails, path), { issuers })
              return 'who' in answer && answer.who !== null
            }
            const values = boundValues(holds, fails, issuers)
            const named = new Set([...constantsNamedIn(holds), ...constantsNamedIn(fails)])
            const words = [0, 1, 2].map((place) => {
              const names = [atHolds, atFails].flatMap((at) => Object.keys(at).filter((name) => at[name] === place))
              const all = names.flatMap((name) => values.get(name) ?? []).filter((value) => !named.has(value))
              return all.length === 0 ? ['z'] : all
            })
            if (pathsOf(words).some(isSomebodyOn)) {
              found++
              return true
            }
            none++
            return !pathsOf([segments, segments, segments]).some(isSomebodyOn)
          }
        ),
        { numRuns: 20_000, interruptAfterTimeLimit: 2000, markInterruptAsFailure: false }
      )
  )
  t.ok(found > 100 && none > 15, `found ${found} times, none ${none} times`)
  t.end()
})

const table: readonly (readonly [holds: Allow, fails: Allow, values: Readonly<Record<string, readonly string[]>>])[] = [
  [anyone, nobody, {}],
  [authenticated, oneOf({ claims: { d: [{ equals: 1 }] } }), {}],
  [oneOf({ claims: { d: [{ segment: 'id' }] } }), nobody, { id: ['42', '43'] }],
  [oneOf({ claims: { d: [{ segment: 'a' }], e: [{ segment: 'b' }] } }), nobody, { a: ['42', '43'], b: ['44', '45'] }],
  [
    oneOf({ claims: { d: [{ segment: 'id' }, { equals: 'x' }], e: [{ equals: 'not here' }] } }),
    oneOf({ claims: { d: [{ equals: 7 }, { equals: true }, { equals: 1.5 }, { equals: '' }, { equals: '42' }] } }),
    { id: ['43', '44', 'x', '7', '42'] }
  ],
  [oneOf({ claims: { sub: [{ segment: 'id' }] } }), nobody, { id: ['42', 'another:42', '43', 'another:43'] }],
  [oneOf({ claims: { sub: [{ segment: 'id' }] }, issuers: ['corp'] }), nobody, { id: ['corp:42', 'corp:43'] }],
  [authenticated, oneOf({ claims: { sub: [{ segment: 'id' }] } }), { id: ['42', '43'] }]
]

t.test('words that nobody names stand before the constants of the same claims', (t) => {
  for (const [holds, fails, values] of table) {
    t.strictSame(Object.fromEntries(boundValues(holds, fails)), values, JSON.stringify([holds, fails]))
  }
  const own = oneOf({ claims: { sub: [{ segment: 'id' }] } })
  t.strictSame([...boundValues(own, nobody, new Map())], [['id', ['42', '43']]])
  t.strictSame([...boundValues(own, nobody, new Map([['corp', 'raw']]))], [['id', ['42', '43']]])
  t.end()
})
