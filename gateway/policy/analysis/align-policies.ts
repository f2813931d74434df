/** Which rules two policies have in common, in the same order: what is left is where they may differ. */
import type { PreparedPolicy, PreparedRule } from './prepare-policy.js'

export interface Alignment {
  /** The rule of the other policy that a common rule is. */
  readonly twins: ReadonlyMap<PreparedRule, PreparedRule>
}

/** A longest ascending subsequence of places, none of them negative (Fredman 1975); by index. */
const longestAscending = (places: readonly number[]): number[] => {
  const ends: number[] = []
  const before: number[] = []
  for (const [index, place] of places.entries()) {
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((places[ends[middle] ?? 0] ?? 0) < place) low = middle + 1
      else high = middle
    }
    before.push(low > 0 ? (ends[low - 1] ?? -1) : -1)
    ends[low] = index
  }
  const chosen: number[] = []
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index] ?? -1) chosen.push(index)
  return chosen.reverse()
}

/**
 * Pairs equal rules, the first with the first, and keeps a longest run of pairs that are in order in both. Repetitions
 * beyond the first hide nothing and win nothing, so it does not matter that another choice might keep more of them.
 */
export const alignPolicies = (one: PreparedPolicy, other: PreparedPolicy): Alignment => {
  const waiting = new Map<string, PreparedRule[]>()
  for (const rule of other.prepared.toReversed()) {
    const key = rule.meaning
    const others = waiting.get(key)
    if (others === undefined) waiting.set(key, [rule])
    else others.push(rule)
  }
  const pairs = one.prepared.flatMap((rule) => {
    const twin = waiting.get(rule.meaning)?.pop()
    return twin === undefined ? [] : [{ rule, twin }]
  })
  const twins = new Map<PreparedRule, PreparedRule>()
  for (const index of longestAscending(pairs.map(({ twin }) => twin.place))) {
    const pair = pairs[index]
    if (pair !== undefined) twins.set(pair.rule, pair.twin).set(pair.twin, pair.rule)
  }
  return { twins }
}
