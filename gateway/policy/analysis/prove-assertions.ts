/**
 * Whether what a file asserts holds for every request and for everybody. As with rules that changed, each rule that can
 * decide in the asserted region is asked for a request and for somebody who shows the contrary; none is the proof.
 */
import type { Assertion, Rule } from '../../domain.js'
import type { Parameters } from '../conditions.js'
import { anySegment, anySegments } from '../readings.js'
import { type Area, findRequest, type Search, type WitnessRequest } from './areas.js'
import { type Bindable, isBound, segmentsToTry } from './bound-segments.js'
import type { Issuers } from './identities.js'
import type { Reading } from './letters.js'
import { type Budget, createMeters, type Limit, LimitMet, within } from './meter.js'
import { misspeltOf, takenBefore } from './misspelt.js'
import { lets, outcomeOf } from './outcomes.js'
import { findWho, type Who } from './passing.js'
import { areaOf, type PreparedPolicy, type PreparedRule } from './prepare-policy.js'
import { createRests } from './rests.js'
import { whoOf } from './verdict-changes.js'

export type Proof =
  | { readonly assertion: Assertion; readonly state: 'holds' }
  | {
      readonly assertion: Assertion
      readonly state: 'broken'
      /** The rule that decides the witness; null: none does, which breaks `always`. */
      readonly rule: Rule | null
      readonly refusal: 'no_rule' | 'bad_path' | null
      readonly witness: WitnessRequest & { readonly who: Who }
    }
  | ({ readonly assertion: Assertion; readonly state: 'undecided'; readonly rule: Rule | null } & Limit)

type Broken = Omit<Extract<Proof, { state: 'broken' }>, 'assertion' | 'state'>

export interface ProofOptions {
  readonly budget?: Partial<Budget>
  /** Foreign issuers by name, and how their subjects look; default: null, not known. */
  readonly issuers?: Issuers
  /** Paths that the gateway answers itself, each for itself: nothing is asserted of them. */
  readonly answered?: readonly string[]
}

interface Asserted extends Bindable {
  readonly assertion: Assertion
}

interface Task extends Search {
  readonly asserted: Asserted
  readonly policy: PreparedPolicy
  readonly issuers: Issuers
  /** No rule is asked there. */
  readonly answered: readonly Area[]
}

const textAt = (path: string, position: number): string =>
  decodeURIComponent(path.slice(1).split('/').at(position) ?? '')

const captured = ({ positions }: Asserted, path: string): Parameters =>
  Object.fromEntries([...positions].map(([name, position]) => [name, textAt(path, position)]))

/** What the gateway keeps for itself, in any spelling: nothing is asserted of it. */
const closedAreas = ({ prepared }: PreparedPolicy): Area[] =>
  prepared.filter(({ closed }) => closed !== null).map(({ area }) => ({ ...area, reading: 'folded' }))

/** The sides of the question who passes one and not the other. */
const sidesOf = <Side>({ assertion }: Asserted, asserted: Side, decided: Side): readonly [Side, Side] =>
  assertion.kind === 'never' ? [decided, asserted] : [asserted, decided]

const breaksAt = (request: WitnessRequest, { asserted, policy, issuers }: Task): Broken | null => {
  const { rule, refusal, allow, parameters } = outcomeOf(policy, request)
  const [holds, fails] = sidesOf(asserted, asserted.allow, allow)
  const [ours, theirs] = sidesOf(asserted, captured(asserted, request.path), parameters)
  const who = whoOf(findWho(holds, fails, ours, theirs, { issuers }))
  if (who === null) return null
  // A fault of the analysis must not become an answer.
  if (lets(policy, request, who) !== (asserted.assertion.kind === 'never')) throw new LimitMet('reading', 0)
  return { rule, refusal, witness: { ...request, who } }
}

/** Only the place of the bound segments counts: the other ones may be spelt in another case. */
const loosened = (asserted: Asserted): Bindable => {
  const segments = asserted.area.template.slice(1).split('/')
  const loose = segments.map((segment) => (segment === '' || segment === anySegments ? segment : anySegment))
  return { ...asserted, area: { ...asserted.area, template: `/${loose.join('/')}` } }
}

/** Among the requests that this rule decides, where the asserted path is meant in this reading. */
const searchReading = (prepared: PreparedRule, rule: Rule, reading: Reading, task: Task): Broken | null => {
  const { asserted, policy, issuers } = task
  const { area, positions } = prepared
  const taken = [...takenBefore(policy, prepared, [area, asserted.area]), ...task.answered]
  for (const pins of segmentsToTry(loosened(asserted), { allow: rule.allow, area, positions }, issuers)) {
    const request = findRequest([{ ...asserted.area, reading }, area, ...pins], taken, task)
    if (request === null && pins.length === 0) return null
    const found = request && breaksAt(request, task)
    if (found !== null) return found
  }
  return null
}

/** Among the requests that this rule decides. */
const searchDecided = (prepared: PreparedRule, task: Task): Broken | null => {
  const { asserted, issuers } = task
  const { rule, area, positions, reading } = prepared
  if (rule === null) return null
  const [holds, fails] = sidesOf(asserted, asserted.allow, rule.allow)
  const dependsOnPath = isBound({ allow: rule.allow, area, positions }) || isBound(asserted)
  if (!dependsOnPath && whoOf(findWho(holds, fails, {}, {}, { issuers })) === null) return null
  if (prepared.isManifold) throw new LimitMet('reading', 0)
  if (asserted.assertion.kind === 'always') return searchReading(prepared, rule, 'exact', task)
  // An upstream that ignores case takes `/Admin` for `/admin`: what must never be must not be in that spelling either.
  const found = searchReading(prepared, rule, reading, task)
  if (found === null) return null
  // The plain spelling tells more, where there is one.
  const plain = within(() => searchReading(prepared, rule, 'exact', task))
  return ('answer' in plain ? plain.answer : null) ?? found
}

const searchRegion = (region: readonly Area[], taken: readonly Area[], task: Task): Broken | null => {
  const outside = [...closedAreas(task.policy), ...task.answered]
  const request = findRequest([task.asserted.area, ...region], [...taken, ...outside], task)
  return request && breaksAt(request, task)
}

/** Among the requests that this rule takes from the one that fits, in another spelling, so that they are refused. */
const searchMisspelt = (prepared: PreparedRule, task: Task): Broken | null => {
  if (prepared.closed !== null) return null
  if (prepared.isManifold) throw new LimitMet('reading', 0)
  for (const { within: region, taken } of misspeltOf(task.policy, prepared, [prepared.area, task.asserted.area])) {
    const found = searchRegion(region, taken, task)
    if (found !== null) return found
  }
  return null
}

const meet = (one: ReadonlySet<string> | null, other: ReadonlySet<string> | null): boolean =>
  one === null || other === null || [...one].some((name) => other.has(name))

interface Part {
  readonly rule: Rule | null
  readonly search: () => Broken | null
}

const partsOf = (task: Task, overlapping: readonly PreparedRule[]): Part[] => {
  const decided = overlapping.map((prepared) => ({ rule: prepared.rule, search: () => searchDecided(prepared, task) }))
  if (task.asserted.assertion.kind === 'never') return decided
  const areas = overlapping.map(({ area }) => area)
  const misspelt = overlapping.map((prepared) => ({
    rule: prepared.rule,
    search: () => searchMisspelt(prepared, task)
  }))
  return [...decided, { rule: null, search: () => searchRegion([], areas, task) }, ...misspelt]
}

const prove = (task: Task, isManifold: boolean): Proof => {
  const { assertion, area } = task.asserted
  if (isManifold) return { assertion, state: 'undecided', rule: null, limit: 'reading', value: 0 }
  const overlapping = task.policy
    .overlapping(area.template)
    .filter((other) => meet(area.hosts, other.area.hosts) && meet(area.methods, other.area.methods))
  let undecided: Proof | null = null
  for (const { rule, search } of partsOf(task, overlapping)) {
    const found = within(search)
    if ('limit' in found) undecided ??= { assertion, state: 'undecided', rule, ...found }
    else if (found.answer !== null) return { assertion, state: 'broken', ...found.answer }
  }
  return undecided ?? { assertion, state: 'holds' }
}

/**
 * For each assertion whether it holds, exactly, or which limit stood in the way; `never` for every spelling of a path
 * that the upstream of the rule that decides may take for one that is meant. Throws a TypeError for a path that
 * cannot be read. Of paths that are read in several ways (with `;`, empty segments or escapes of `/ ; % ? #`) only what
 * the rules decide for their other readings is proved.
 */
export const proveAssertions = (
  policy: PreparedPolicy,
  assertions: readonly Assertion[],
  { budget = {}, issuers = null, answered = [] }: ProofOptions = {}
): readonly Proof[] => {
  const createMeter = createMeters(budget)
  const common = {
    policy,
    issuers,
    answered: answered.map((path) => areaOf(path, null, null).area),
    rests: createRests()
  }
  return assertions.map((assertion) => {
    const { isManifold, ...region } = areaOf(assertion.path, assertion.hosts, assertion.methods)
    const allow = assertion.kind === 'never' ? assertion.unless : assertion.allow
    const asserted = { assertion, allow, ...region }
    return prove({ ...common, asserted, meter: createMeter() }, isManifold)
  })
}
