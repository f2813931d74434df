import fc from 'fast-check'
import t from 'tap'
import type { Allow, Authentication, ClaimExpectation, Condition, Scalar } from '../../../gateway/domain.js'
import type { Issuers } from '../../../gateway/policy/analysis/identities.js'
import { findWho, type Who } from '../../../gateway/policy/analysis/passing.js'
import { untilSeen } from '../../helpers/until-seen.js'
import { anonymous, anyone, as, authenticated, nobody, oneOf } from '../make-rules.js'
import { passing } from './passes.js'

type Parameters = Readonly<Record<string, string>>

/** Small enough to try everybody, and rich enough for each trap to be in it. */
const roles = ['a', 'b', 'portcullis:admin']
const scalars: readonly Scalar[] = ['1', 1, true, 'x', 'corp:1', 'self:1']
const segments = ['1', 'x', 'corp:1', 'y']
const addresses = ['10.0.0.1', '10.0.0.130', '11.0.0.1', '::1', 'fd00::1', 'fd00:0:0:1::1']
const cidrs = [
  '10.0.0.0/24',
  '10.0.0.128/25',
  '0.0.0.0/0',
  '::/0',
  'fd00::/64',
  '::ffff:0:0/95',
  '8.0.0.0/6',
  '10.0.0.1',
  '::1'
]
const worlds: readonly Issuers[] = [null, new Map(), new Map([['corp', 'prefixed']]), new Map([['corp', 'raw']])]

/** What conditions may speak of; what none of a case speaks of need not vary. */
const matters = ['roles', 'scopes', 'd', 'e', 'identity', 'networks'] as const
type Matter = (typeof matters)[number]

const entriesOf = (matter: Matter): readonly string[] => {
  if (matter === 'roles') return ['roles', 'allRoles']
  return matter === 'identity' ? ['sub', 'issuers'] : [matter]
}

const subsets = <T>(of: readonly T[]): T[][] => {
  const all: T[][] = [[]]
  for (const one of of) all.push(...all.map((subset) => [...subset, one]))
  return all
}

const identities = (issuers: Issuers): (readonly [issuer: string, subject: string])[] => {
  const subjects = ['1', 'x', 'y', 'z']
  const foreign = [...(issuers ?? new Map([['corp', 'prefixed'] as const, ['other', 'prefixed'] as const]))]
  return [
    ...subjects.map((subject) => ['self', subject] as const),
    ...foreign.flatMap(([name, form]) => {
      const spelt = form === 'raw' ? [...subjects, 'corp:1'] : subjects.map((subject) => `${name}:${subject}`)
      return spelt.map((subject) => [name, subject] as const)
    })
  ]
}

/** Everybody who could come, as far as these matter. */
function* everybody(speak: readonly Matter[], issuers: Issuers): Generator<Authentication> {
  yield anonymous
  const vary = <T>(matter: Matter, all: readonly T[], plain: T): readonly T[] =>
    speak.includes(matter) ? all : [plain]
  for (const [issuer, subject] of speak.some((matter) => matter === 'identity' || matter === 'roles')
    ? identities(issuers)
    : [['self', 'z'] as const]) {
    for (const held of vary('roles', subsets(roles), [])) {
      if (issuer !== 'self' && held.includes('portcullis:admin')) continue
      for (const granted of vary('scopes', subsets(['r', 'w']), [])) {
        for (const d of vary('d', [undefined, ...scalars, 'y'], undefined)) {
          for (const e of vary('e', [undefined, ...scalars, 'y'], undefined)) {
            const claims = { sub: subject, ...(d === undefined ? {} : { d }), ...(e === undefined ? {} : { e }) }
            yield as({ issuer, subject, roles: held, scopes: granted, claims })
          }
        }
      }
    }
  }
}

const some = (...of: readonly string[]): fc.Arbitrary<string[]> =>
  fc.uniqueArray(fc.constantFrom(...of), { minLength: 1, maxLength: 2 })
const expectations: fc.Arbitrary<ClaimExpectation[]> = fc.array(
  fc.oneof(
    fc.constantFrom(...scalars).map((equals) => ({ equals })),
    fc.constantFrom('id', 'key', 'gone').map((segment) => ({ segment }))
  ),
  { minLength: 1, maxLength: 3 }
)
const entries = {
  roles: some(...roles),
  allRoles: some(...roles),
  scopes: some('r', 'w'),
  networks: some(...cidrs),
  issuers: some('self', 'corp', 'other'),
  sub: expectations,
  d: expectations,
  e: expectations
}
type Entry = keyof typeof entries

const conditionOf = (speak: readonly Matter[]): fc.Arbitrary<Condition> => {
  const names = speak.flatMap(entriesOf) as Entry[]
  const present = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 4 })
  return present
    .chain((chosen) => fc.tuple(...chosen.map((name) => fc.tuple(fc.constant(name), entries[name]))))
    .map((pairs) => {
      const isClaim = ([name]: readonly [string, unknown]): boolean => ['sub', 'd', 'e'].includes(name)
      const claims = Object.fromEntries(pairs.filter(isClaim))
      const others = Object.fromEntries(pairs.filter((pair) => !isClaim(pair)))
      return { ...others, ...(Object.keys(claims).length === 0 ? {} : { claims }) } as Condition
    })
}

const allowOf = (speak: readonly Matter[], most: number): fc.Arbitrary<Allow> =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.array(conditionOf(speak), { minLength: 1, maxLength: most }).map((of) => oneOf(...of))
    },
    { weight: 1, arbitrary: fc.constantFrom(anyone, authenticated, nobody) }
  )

const captured: fc.Arbitrary<Parameters> = fc
  .record({ id: fc.constantFrom(...segments), key: fc.constantFrom(...segments) }, { requiredKeys: ['id'] })
  .map((parameters) => parameters)

interface Case {
  readonly speak: readonly Matter[]
  readonly holds: Allow
  readonly fails: Allow
  readonly holdsParameters: Parameters
  readonly failsParameters: Parameters
  readonly issuers: Issuers
}

/** `most`: of what a case speaks of at once. */
const caseOf = (most: number): fc.Arbitrary<Case> =>
  fc.uniqueArray(fc.constantFrom(...matters), { minLength: 1, maxLength: most }).chain((speak) =>
    fc.record({
      speak: fc.constant(speak),
      holds: allowOf(speak, 2),
      fails: allowOf(speak, 6),
      holdsParameters: captured,
      failsParameters: captured,
      issuers: fc.constantFrom(...worlds)
    })
  )

/** Whether a token like this can come: from a known issuer, with a subject and roles that it may give. */
const canExist = ({ authentication }: Who, issuers: Issuers): boolean => {
  if (authentication.kind !== 'principal') return authentication.kind === 'anonymous'
  const { issuer, subject, roles } = authentication.principal
  if (issuer === 'self') return /^[^:]+$/.test(subject)
  if (roles.some((role) => role.startsWith('portcullis:'))) return false
  const form = issuers === null ? 'prefixed' : issuers.get(issuer)
  return form === 'raw'
    ? subject !== ''
    : form === 'prefixed' && subject.length > `${issuer}:`.length && subject.startsWith(`${issuer}:`)
}

const isRight = (one: Case, count: (found: boolean) => void): boolean => {
  const { holds, fails, holdsParameters, failsParameters, issuers, speak } = one
  const passes = passing(holds, holdsParameters)
  const passesToo = passing(fails, failsParameters)
  const answer = findWho(holds, fails, holdsParameters, failsParameters, { issuers })
  if ('undecided' in answer) return false
  count(answer.who !== null)
  if (answer.who !== null) return passes(answer.who) && !passesToo(answer.who) && canExist(answer.who, issuers)
  for (const authentication of everybody(speak, issuers)) {
    for (const address of speak.includes('networks') ? addresses : ['10.0.0.1']) {
      if (passes({ authentication, address }) && !passesToo({ authentication, address })) return false
    }
  }
  return true
}

t.test('whoever is found passes the one and not the other, and where nobody is found there is nobody', (t) => {
  for (const most of [2, 4]) {
    let found = 0
    let none = 0
    const count = (isFound: boolean): void => {
      if (isFound) found++
      else none++
    }
    untilSeen(
      () => found > 200 && none > 100,
      () =>
        fc.assert(
          fc.property(caseOf(most), (one) => isRight(one, count)),
          { numRuns: 20_000, interruptAfterTimeLimit: 1900, markInterruptAsFailure: false }
        )
    )
    t.ok(found > 200 && none > 100, `somebody ${found} times, nobody ${none} times`)
  }
  t.end()
})
