import fc from 'fast-check'
import t from 'tap'
import type { Allow, Authentication, Rule } from '../../../gateway/domain.js'
import { type Change, comparePolicies, preparePolicy } from '../../../gateway/policy/index.js'
import { untilSeen } from '../../helpers/until-seen.js'
import { anyone, authenticated, nobody, oneOf } from '../make-rules.js'
import { createNaivePolicy, fitsRead, type NaivePolicy, type NaiveRequest } from './naive-policy.js'
import { passesNaively } from './naive-verdict.js'
import { allRequests, people, someEdit, someRules } from './small-policies.js'

const timeBox = { numRuns: 5000, interruptAfterTimeLimit: 2000, markInterruptAsFailure: false }
const plain: readonly Allow[] = [anyone, authenticated, nobody, oneOf({ roles: ['r'] }), oneOf({ roles: ['s'] })]
const withClaims = [
  ...plain,
  oneOf({ claims: { sub: [{ segment: 'x' }] } }),
  oneOf({ claims: { sub: [{ segment: 'z' }, { equals: 'b' }] } }, { roles: ['r'] })
]

interface Seen {
  readonly direction: Change['direction']
  readonly old: Rule | null
  readonly new: Rule | null
}

const routeOf = (rule: Rule | null): string => JSON.stringify([rule?.upstream, rule?.paths.case])

const decider = (policy: NaivePolicy, request: NaiveRequest): Rule | null => {
  const answer = policy.find(request)
  return typeof answer === 'string' ? null : answer
}

/** null: judged alike. */
const differenceOf = (old: Rule | null, next: Rule | null, path: string, who: Authentication): Seen | null => {
  const [did, does] = [old, next].map((rule) => rule !== null && passesNaively(rule.allow, rule.path, path, who))
  const seen = { old, new: next }
  if (did === does) return did && routeOf(old) !== routeOf(next) ? { direction: 'reroute', ...seen } : null
  return { direction: does ? 'gain' : 'loss', ...seen }
}

const readsSegments = (rule: Rule | null): boolean => JSON.stringify(rule?.allow ?? null).includes('segment')

const allDifferences = function* (before: NaivePolicy, after: NaivePolicy): Generator<readonly [Seen, string]> {
  const known = new Set<string>()
  for (const request of allRequests([...before.rules, ...after.rules])) {
    const [old, next] = [decider(before, request), decider(after, request)]
    const path = readsSegments(old) || readsSegments(next) ? request.path : ''
    const key = old === null || next === null ? request.path : `${old.index} ${next.index} ${path}`
    if (known.has(key)) continue
    known.add(key)
    for (const who of people) {
      const seen = differenceOf(old, next, request.path, who)
      if (seen !== null) yield [seen, request.path]
    }
  }
}

const isSame = (one: Seen, other: Seen): boolean =>
  one.direction === other.direction && one.old === other.old && one.new === other.new

/** A request that is refused for its other spelling is told with the rule that this spelling falls under. */
const isOtherSpelling = (change: Change, seen: Seen, path: string): boolean => {
  const [taker, decider] = seen.direction === 'gain' ? [change.old, seen.new] : [change.new, seen.old]
  if (change.direction !== seen.direction || (seen.direction === 'gain' ? seen.old : seen.new) !== null) return false
  return decider === (seen.direction === 'gain' ? change.new : change.old) && taker !== null && fitsRead(taker, path)
}

const compare = (before: readonly Rule[], after: readonly Rule[]) =>
  comparePolicies(preparePolicy({ revision: 'old', rules: before }), preparePolicy({ revision: 'new', rules: after }))

const agrees = (before: readonly Rule[], after: readonly Rule[]): boolean => {
  const { changes, exact } = compare(before, after)
  if (!exact) return false
  const [old, next] = [createNaivePolicy(before), createNaivePolicy(after)]
  for (const change of changes) {
    const { witness } = change
    const seen = differenceOf(decider(old, witness), decider(next, witness), witness.path, witness.who.authentication)
    if (seen === null || !isSame(seen, change)) return false
  }
  for (const [seen, path] of allDifferences(old, next))
    if (!changes.some((change) => isSame(change, seen) || isOtherSpelling(change, seen, path))) return false
  return true
}

for (const [name, allows] of [
  ['plain conditions', plain],
  ['claims bound to segments', withClaims]
] as const) {
  t.test(`every difference has an entry and every entry a difference: ${name}`, (t) => {
    let compared = 0
    untilSeen(
      () => compared > 15,
      () =>
        fc.assert(
          fc.property(
            someRules(allows, 5).chain((rules) => fc.tuple(fc.constant(rules), someEdit(rules, allows))),
            ([before, after]) => {
              compared++
              return agrees(before, after)
            }
          ),
          timeBox
        )
    )
    t.ok(compared > 15, `${compared} pairs`)
    t.end()
  })
}
