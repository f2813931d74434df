/** Which rules can never be the one that decides, and because of which earlier rules. */
import { parseCanonicalPath } from '../../canonical-path.js'
import type { Rule } from '../../domain.js'
import type { ClosedPrefix } from '../compile-policy.js'
import { anyRun, anySegment, anySegments } from '../readings.js'
import { findRequest, includesAll, type Search, seekRequest, type WitnessRequest } from './areas.js'
import { type Budget, createMeters, type Limit, LimitMet, type Meter, within } from './meter.js'
import { areaAgainst, type PreparedPolicy, type PreparedRule } from './prepare-policy.js'
import { createRests, type Rests } from './rests.js'

export type RuleLife =
  | { readonly rule: Rule; readonly life: 'alive'; readonly witness: WitnessRequest }
  | {
      readonly rule: Rule
      readonly life: 'dead'
      /** Earlier rules that together leave nothing, none of them needless; none: no path that it fits is ever accepted. */
      readonly hiddenBy: readonly Rule[]
      /** What the gateway answers itself, where that takes part in hiding the rule. */
      readonly hiddenByClosed: readonly ClosedPrefix[]
      /**
       * Some request is left that no earlier rule fits as it is spelt, only in another spelling, so that it is refused:
       * `case: sensitive` would bring the rule to life.
       */
      readonly bySpelling: boolean
    }
  | ({ readonly rule: Rule; readonly life: 'undecided' } & Limit)

/** What a `**` is tried as, and a `*` amid a segment. */
const fillings = [
  { deep: ['b'], run: 'x' },
  { deep: ['b'], run: '' },
  { deep: [], run: 'x' },
  { deep: ['b', 'c'], run: 'x' },
  { deep: [''], run: 'x' }
] as const
/** How many hosts and methods of a rule are tried: those of one rule are often hidden alike. */
const [maxHosts, maxMethods] = [2, 3]

const fill = (template: string, { deep, run }: (typeof fillings)[number]): string => {
  const segments = template
    .slice(1)
    .split('/')
    .flatMap((segment, at) => {
      if (segment === anySegments) return deep.map((word) => (word === '' ? '' : `${word}${at + 1}`))
      if (segment === anySegment || segment === anyRun) return [`a${at + 1}`]
      return [segment.replaceAll(anyRun, run)]
    })
  return `/${segments.join('/')}`
}

/** Requests that fit a rule, its wildcards filled with words that other rules hardly name. */
function* guesses({ area }: PreparedRule): Generator<WitnessRequest> {
  for (const filling of fillings) {
    const parsed = parseCanonicalPath(fill(area.template, filling))
    if ('fault' in parsed) continue
    for (const host of [...(area.hosts ?? ['example.com'])].slice(0, maxHosts))
      for (const method of [...(area.methods ?? ['GET', 'PURGE'])].slice(0, maxMethods))
        yield { method, host, path: parsed.path }
  }
}

const isWonBy = (policy: PreparedPolicy, { rule }: PreparedRule, request: WitnessRequest): boolean => {
  const match = policy.find(request)
  return 'rule' in match && match.rule === rule
}

const mayHideAlone = ({ area }: PreparedRule, rule: PreparedRule): boolean =>
  includesAll(area.hosts, rule.area.hosts) && includesAll(area.methods, rule.area.methods)

/** Leaves out halves, quarters and so on of what the answer does without. */
const shrink = (
  hiding: readonly PreparedRule[],
  hides: (some: readonly PreparedRule[]) => boolean
): readonly PreparedRule[] => {
  let needed = hiding
  for (let size = Math.ceil(hiding.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < needed.length; ) {
      const fewer = [...needed.slice(0, from), ...needed.slice(from + size)]
      if (hides(fewer)) needed = fewer
      else from += size
    }
  }
  return needed
}

/** The rules that leave nothing of this one, or a request that they leave. */
const searchRule = (
  rule: PreparedRule,
  earlier: readonly PreparedRule[],
  search: Search
): { readonly request: WitnessRequest } | { readonly hiding: readonly PreparedRule[] } => {
  const byArea = new Map(earlier.map((each) => [areaAgainst(each, rule), each]))
  const found = seekRequest([rule.area], [...byArea.keys()], search)
  if ('request' in found) return found
  const enough = found.enough.flatMap((area) => byArea.get(area) ?? [])
  const hides = (some: readonly PreparedRule[]): boolean =>
    findRequest(
      [rule.area],
      some.map((each) => areaAgainst(each, rule)),
      search
    ) === null
  // That it is dead is proved; only the shortest list of causes may be too dear.
  const shrunk = within(() => {
    const alone = enough.find((each) => mayHideAlone(each, rule) && hides([each]))
    return alone === undefined ? shrink(enough, hides) : [alone]
  })
  return { hiding: 'answer' in shrunk ? shrunk.answer : enough }
}

const isHiddenAsSpelt = (rule: PreparedRule, hiding: readonly PreparedRule[], search: Search): boolean => {
  const proved = within(() =>
    findRequest(
      [rule.area],
      hiding.map(({ area }) => area),
      search
    )
  )
  return 'answer' in proved && proved.answer === null
}

const judgeRule = (
  policy: PreparedPolicy,
  prepared: PreparedRule,
  rule: Rule,
  rests: Rests,
  meter: Meter
): RuleLife => {
  for (const request of guesses(prepared)) {
    meter.countSteps(20)
    if (isWonBy(policy, prepared, request)) return { rule, life: 'alive', witness: request }
  }
  if (prepared.isManifold) throw new LimitMet('reading', 0)
  const search = { rests, meter }
  const earlier = policy.overlapping(prepared.area.template).filter(({ place }) => place < prepared.place)
  const found = searchRule(prepared, earlier, search)
  if ('hiding' in found) {
    return {
      rule,
      life: 'dead',
      hiddenBy: found.hiding.flatMap((each) => each.rule ?? []),
      hiddenByClosed: found.hiding.flatMap(({ closed }) => closed ?? []),
      bySpelling: !isHiddenAsSpelt(prepared, found.hiding, search)
    }
  }
  // The real decision has the last word; a difference would be a fault of the analysis and must not become an answer.
  if (!isWonBy(policy, prepared, found.request)) throw new LimitMet('reading', 0)
  return { rule, life: 'alive', witness: found.request }
}

/**
 * For each rule, in the order of the file, whether any request is ever decided by it. `dead` holds for every request;
 * a rule whose own literals hold `;` or escapes of `/ ; % ? #` is `alive` or `undecided` with the limit `reading`.
 */
export const findDeadRules = (policy: PreparedPolicy, budget: Partial<Budget> = {}): readonly RuleLife[] => {
  const rests = createRests()
  const createMeter = createMeters(budget)
  return policy.prepared.flatMap((prepared): RuleLife[] => {
    const { rule } = prepared
    if (rule === null) return []
    const judged = within(() => judgeRule(policy, prepared, rule, rests, createMeter()))
    return ['answer' in judged ? judged.answer : { rule, life: 'undecided', ...judged }]
  })
}
