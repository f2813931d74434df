/**
 * What changes in meaning between two policies. A request is judged otherwise only if, in one reading, it is first
 * fitted by different rules; if both of these were common, each would stand before the other. So one of them is no
 * common rule, and only the regions of such rules are searched, each against all that overlaps it on the other side.
 * Where rules are judged in different readings, the rule that a path is spelt for can be the one that is not common.
 */
import type { Rule } from '../../domain.js'
import { type Alignment, alignPolicies } from './align-policies.js'
import { type Area, findRequest, type Search } from './areas.js'
import { type Bindable, isBound, segmentsToTry } from './bound-segments.js'
import type { Issuers } from './identities.js'
import { type Budget, createMeters, type Limit, LimitMet, within } from './meter.js'
import { misspeltOf, readsFurther, takenBefore } from './misspelt.js'
import { areaOf, type PreparedPolicy, type PreparedRule } from './prepare-policy.js'
import { createRests } from './rests.js'
import { type Change, type Changes, type Compared, keyOf, mayDiffer, noteChanges } from './verdict-changes.js'

export interface Comparison {
  /** Nothing is undecided, so that no entry means no change. */
  readonly exact: boolean
  /** In the order of the rules of the new policy, then of the old. */
  readonly changes: readonly Change[]
  /** Rules in whose region there may be more changes; `rule` null: what the gateway answers itself. */
  readonly undecided: readonly ({ readonly side: 'old' | 'new'; readonly rule: Rule | null } & Limit)[]
}

export interface ComparisonOptions {
  readonly budget?: Partial<Budget>
  /** Foreign issuers by name, and how their subjects look; default: null, not known. */
  readonly issuers?: Issuers
  /** Paths that the gateway answers itself under either policy, each for itself: no witness has one of them. */
  readonly answered?: readonly string[]
}

/** One side of a comparison, as seen from a rule that is not common. */
interface Sides {
  readonly own: PreparedPolicy
  readonly other: PreparedPolicy
}

interface Task extends Sides, Search, Compared {
  readonly changes: Changes
  readonly alignment: Alignment
  readonly answered: readonly Area[]
  readonly differs: (one: PreparedRule, other: PreparedRule) => boolean
}

const bindable = ({ rule, area, positions }: PreparedRule): Bindable => ({
  allow: rule?.allow ?? { kind: 'nobody' },
  area,
  positions
})

const noRule = ({ area }: PreparedRule): Bindable => ({ allow: { kind: 'nobody' }, area, positions: new Map() })

const meet = (one: ReadonlySet<string> | null, other: ReadonlySet<string> | null): boolean =>
  one === null || other === null || [...one].some((name) => other.has(name))

const areApart = (one: Area, other: Area): boolean => !meet(one.hosts, other.hosts) || !meet(one.methods, other.methods)

interface Region {
  readonly within: readonly Area[]
  readonly taken: readonly Area[]
}

/** On one request, or, where who passes depends on its segments, on one for each combination that can matter. */
const showChanges = ({ within, taken }: Region, one: Bindable, other: Bindable, task: Task): void => {
  for (const pins of segmentsToTry(one, other, task.issuers)) {
    const request = findRequest([...within, ...pins], [...taken, ...task.answered], task)
    if (request !== null) noteChanges(request, task, task.changes)
    else if (pins.length === 0) return
  }
}

/** What decides on the own side is `changed`, and `opposite` on the other. */
const comparePair = (changed: PreparedRule, opposite: PreparedRule, task: Task): void => {
  if (!task.differs(changed, opposite)) return
  const areas = [changed.area, opposite.area]
  const taken = [...takenBefore(task.own, changed, areas), ...takenBefore(task.other, opposite, areas)]
  showChanges({ within: areas, taken }, bindable(changed), bindable(opposite), task)
}

const mayDecide = ({ rule }: PreparedRule): boolean => rule !== null && rule.allow.kind !== 'nobody'

/** Where there is such a change between the two rules already, another spelling of its paths is no news. */
const isNoted = (
  policy: PreparedPolicy,
  decider: PreparedRule,
  misspelt: PreparedRule,
  { old, changes }: Task
): boolean =>
  [null, misspelt.rule].some((rule) =>
    changes.has(policy === old ? keyOf('loss', decider.rule, rule) : keyOf('gain', rule, decider.rule))
  )

/** `decider` decides on its side, and on the other nobody does, since `misspelt` takes the request in another reading. */
const compareMisspelt = (
  [policy, decider]: readonly [PreparedPolicy, PreparedRule],
  [against, misspelt]: readonly [PreparedPolicy, PreparedRule],
  areas: readonly Area[],
  task: Task
): void => {
  if (!mayDecide(decider) || isNoted(policy, decider, misspelt, task)) return
  const before = takenBefore(policy, decider, areas)
  for (const { within, taken } of misspeltOf(against, misspelt, areas)) {
    showChanges(
      { within: [decider.area, ...within], taken: [...before, ...taken] },
      bindable(decider),
      noRule(decider),
      task
    )
  }
}

/**
 * `chosen` is what a path is spelt for, and refused for the other letter case of an earlier rule, while on the other side
 * a rule decides that tells letter cases apart: the one change for which neither of these two need be changed.
 */
const compareChosen = (chosen: PreparedRule, task: Task): void => {
  if (chosen.reading === 'decoded' || !task.other.readings.includes('decoded')) return
  const earlier = task.own
    .overlapping(chosen.area.template)
    .filter((rule) => rule.place < chosen.place && readsFurther(rule, 'folded'))
  for (const decider of task.other.overlapping(chosen.area.template)) {
    if (decider.reading === 'folded' || !mayDecide(decider)) continue
    for (const misspelt of earlier) {
      task.meter.countSteps(1)
      if (isNoted(task.other, decider, misspelt, task)) continue
      const areas = [chosen.area, decider.area]
      const within = [...areas, { ...misspelt.area, reading: 'folded' } as const]
      const taken = [...takenBefore(task.own, chosen, areas, 'exact'), ...takenBefore(task.other, decider, areas)]
      showChanges({ within, taken }, bindable(decider), noRule(decider), task)
    }
  }
}

/** Where no rule of the other side fits. */
const compareWithNone = (changed: PreparedRule, task: Task): void => {
  if (!mayDecide(changed)) return
  const others = task.other.overlapping(changed.area.template).map(({ area }) => area)
  const taken = [...takenBefore(task.own, changed, [changed.area]), ...others]
  showChanges({ within: [changed.area], taken }, bindable(changed), noRule(changed), task)
}

/** Whether nothing is left for the rule in the area of `changed`, since one before it on its side has the same area. */
const isTaken = (opposite: PreparedRule, changed: PreparedRule, { own, other }: Sides): boolean => {
  const same = other.firstIn(changed.areaKey)
  if (same === undefined || same.place >= opposite.place) return false
  return opposite.reading === 'folded' || !own.readings.includes('folded')
}

/** An opposite rule whose twin stands before the changed one finds nothing left. */
const searchOpposite = (changed: PreparedRule, opposite: PreparedRule, task: Task): void => {
  if (areApart(changed.area, opposite.area) || isTaken(opposite, changed, task)) return
  const areas = [changed.area, opposite.area]
  const twin = task.alignment.twins.get(opposite)
  const isBehind = twin === undefined || twin.place > changed.place
  if (isBehind) {
    if (opposite.isManifold) throw new LimitMet('reading', 0)
    comparePair(changed, opposite, task)
    compareMisspelt([task.other, opposite], [task.own, changed], areas, task)
  }
  if (isBehind || changed.reading === 'decoded') {
    compareMisspelt([task.own, changed], [task.other, opposite], areas, task)
  }
}

const searchChanged = (changed: PreparedRule, task: Task): void => {
  if (changed.isManifold) throw new LimitMet('reading', 0)
  compareWithNone(changed, task)
  for (const opposite of task.other.overlapping(changed.area.template)) {
    task.meter.countSteps(1)
    searchOpposite(changed, opposite, task)
  }
  compareChosen(changed, task)
}

/** Asked for each pair of rules, though pairs of conditions are few. */
const createDiffers = (issuers: Issuers): Task['differs'] => {
  const known = new Map<string, boolean>()
  return (one, other) => {
    if (isBound(bindable(one)) || isBound(bindable(other))) return true
    const key = `${one.meaning} ${other.meaning}`
    const before = known.get(key)
    if (before !== undefined) return before
    const differs = mayDiffer(one.rule, other.rule, issuers)
    known.set(key, differs)
    return differs
  }
}

const inOrder = (changes: Changes): Change[] => {
  const last = Number.MAX_SAFE_INTEGER
  return [...changes.values()].sort(
    (one, other) =>
      (one.new?.index ?? last) - (other.new?.index ?? last) || (one.old?.index ?? last) - (other.old?.index ?? last)
  )
}

/**
 * All changes in meaning, each with a request that shows it, run through both policies' own decision. Limits of rates,
 * who the users are and what roles they have is not in a policy. What may differ only for paths that are read in
 * several ways (with `;`, empty segments or escapes of `/ ; % ? #`) is not looked for; that an upstream may now be sent
 * some of these is a `reroute` of `paths`.
 */
export const comparePolicies = (
  before: PreparedPolicy,
  after: PreparedPolicy,
  { budget = {}, issuers = null, answered = [] }: ComparisonOptions = {}
): Comparison => {
  const alignment = alignPolicies(before, after)
  const createMeter = createMeters(budget)
  const common = {
    old: before,
    new: after,
    issuers,
    alignment,
    answered: answered.map((path) => areaOf(path, null, null).area),
    rests: createRests(),
    differs: createDiffers(issuers)
  }
  const changes: Changes = new Map()
  const undecided: Comparison['undecided'][number][] = []
  const search = (side: 'old' | 'new', sides: Sides): void => {
    for (const changed of sides.own.prepared) {
      if (alignment.twins.has(changed)) continue
      const found = within(() => searchChanged(changed, { ...common, ...sides, changes, meter: createMeter() }))
      if ('limit' in found) undecided.push({ side, rule: changed.rule, ...found })
    }
  }
  search('new', { own: after, other: before })
  search('old', { own: before, other: after })
  return { exact: undecided.length === 0, changes: inOrder(changes), undecided }
}
