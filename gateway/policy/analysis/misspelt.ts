/** Requests that a rule takes in another reading than they are spelt in, so that no rule decides them. */
import { anySegments } from '../readings.js'
import type { Area } from './areas.js'
import type { PreparedPolicy, PreparedRule } from './prepare-policy.js'

/** Whether a path can fit the template in the reading and not as it is spelt. */
export const readsFurther = ({ area }: PreparedRule, reading: PreparedRule['reading']): boolean =>
  reading === 'folded' ? /[^\0-\x1f/\d._~-]/.test(area.template) : /[^\0-\x1f/\w.~-]/.test(area.template)

/** A list this short is not worth looking for a shorter one. */
const fewRules = 32

/** Rules that overlap the narrowest of the areas, more or less. */
const overlappingAny = (policy: PreparedPolicy, areas: readonly Area[]): readonly PreparedRule[] => {
  let fewest = policy.prepared
  for (const { template } of areas) {
    if (fewest.length <= fewRules) break
    // What begins with `**` overlaps nearly all, and to find that out means to look at all.
    if (template.startsWith(`/${anySegments}`)) continue
    const rules = policy.overlapping(template)
    if (rules.length < fewest.length) fewest = rules
  }
  return fewest
}

/** Rules before this one, as they take requests in the reading that matters to it, where all of the areas meet. */
export const takenBefore = (
  policy: PreparedPolicy,
  later: PreparedRule,
  areas: readonly Area[],
  reading: Area['reading'] = later.reading
): Area[] =>
  overlappingAny(policy, areas)
    .filter(({ place }) => place < later.place)
    .map(({ area }) => ({ ...area, reading }))

/**
 * Regions in which the rule is the first to fit in a reading, though it does not fit as the path is spelt, and in which
 * what would be chosen is judged in this very reading, so that the request is refused; or in which nothing is chosen.
 * `areas`: where to look, the first of them those of the rule that is not common.
 */
export const misspeltOf = (
  policy: PreparedPolicy,
  rule: PreparedRule,
  areas: readonly Area[]
): { readonly within: readonly Area[]; readonly taken: readonly Area[] }[] =>
  policy.readings
    .filter((reading) => readsFurther(rule, reading))
    .flatMap((reading) => {
      const within = [{ ...rule.area, reading }]
      const taken = [...takenBefore(policy, rule, areas, reading), rule.area]
      if (policy.readings.length === 1) return [{ within, taken }]
      return policy
        .overlapping(rule.area.template)
        .filter((chosen) => chosen.place > rule.place && chosen.reading === reading && !chosen.isManifold)
        .map((chosen) => ({
          within: [...within, chosen.area],
          taken: [...taken, ...takenBefore(policy, chosen, areas, 'exact')]
        }))
    })
