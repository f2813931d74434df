/**
 * The search for one choice under which every one of some alternatives fails: each by a single entry that is false.
 * Choosing is NP-hard once claims may have one of two values, so every look at an entry counts.
 */
import type { Budget } from './budget.js'

/** The candidates of a variable as bits, the first and preferred one lowest. */
export type Candidates = bigint

/** One entry of an alternative, and the candidates of its variable under which it is false. */
export interface WayToFail {
  readonly variable: number
  readonly failing: Candidates
}

/** An alternative: it fails once one of these is taken. */
export type Alternative = readonly WayToFail[]

/** What is left to choose from, by variable; never empty for any. */
type Choice = readonly Candidates[]

interface Narrowed {
  readonly choice: Choice
  /** Alternatives that have two ways to fail or more. */
  readonly open: readonly Alternative[]
}

const candidatesOf = (choice: Choice, { variable }: WayToFail): Candidates => choice[variable] ?? 0n

const restrict = (choice: Choice, { variable }: WayToFail, to: Candidates): Choice => choice.with(variable, to)

const hasFailed = (choice: Choice, way: WayToFail): boolean => (candidatesOf(choice, way) & ~way.failing) === 0n

const canFail = (choice: Choice, way: WayToFail): boolean => (candidatesOf(choice, way) & way.failing) !== 0n

const preferred = (candidates: Candidates): Candidates => candidates & -candidates

/** Takes every way that is the only one left, until none is; null: an alternative has no way to fail. */
const narrow = (start: Choice, alternatives: readonly Alternative[], budget: Budget): Narrowed | null => {
  let choice = start
  let open = alternatives
  for (let again = true; again; ) {
    again = false
    const still: Alternative[] = []
    for (const alternative of open) {
      budget.spend(1 + alternative.length)
      if (alternative.some((way) => hasFailed(choice, way))) continue
      const ways = alternative.filter((way) => canFail(choice, way))
      const [only] = ways
      if (only === undefined) return null
      if (ways.length > 1) still.push(ways)
      else {
        choice = restrict(choice, only, candidatesOf(choice, only) & only.failing)
        again = true
      }
    }
    open = still
  }
  return { choice, open }
}

/** A way that the preferred candidate takes by itself asks for no change, and so for no odder witness. */
const readiestFirst = (choice: Choice, ways: Alternative): Alternative => {
  const isReady = (way: WayToFail): boolean => (preferred(candidatesOf(choice, way)) & way.failing) !== 0n
  return [...ways.filter(isReady), ...ways.filter((way) => !isReady(way))]
}

const search = (start: Choice, alternatives: readonly Alternative[], budget: Budget): Choice | null => {
  const narrowed = narrow(start, alternatives, budget)
  if (narrowed === null) return null
  const { open } = narrowed
  let { choice } = narrowed
  const [first] = open
  if (first === undefined) return choice
  const fewest = open.reduce((least, alternative) => (alternative.length < least.length ? alternative : least), first)
  for (const way of readiestFirst(choice, fewest)) {
    const all = candidatesOf(choice, way)
    const found = search(restrict(choice, way, all & way.failing), open, budget)
    if (found !== null) return found
    // Whoever is found from here on makes this entry true: the ways exclude each other, and nothing is tried twice.
    choice = restrict(choice, way, all & ~way.failing)
  }
  return null
}

/**
 * The index of a candidate for each variable, of so many candidates each, under which every alternative fails; null:
 * there is none. Candidates are in order of preference.
 */
export const chooseFailing = (
  sizes: readonly number[],
  alternatives: readonly Alternative[],
  budget: Budget
): readonly number[] | null => {
  if (sizes.includes(0)) return null
  const all = sizes.map((size) => (1n << BigInt(size)) - 1n)
  const choice = search(all, alternatives, budget)
  return choice === null ? null : choice.map((candidates) => preferred(candidates).toString(2).length - 1)
}
