/** Variables with finitely many candidates, chosen so that conditions fail. */
import type { Condition } from '../../domain.js'
import type { Budget } from './budget.js'
import { type Alternative, type Candidates, chooseFailing } from './choose-failing.js'

export interface Variable<T> {
  readonly place: number
  /** In order of preference. */
  readonly candidates: readonly T[]
}

/** What of two variables cannot be at once: any of these candidates beside any of those. */
export type Exclusion = Alternative

type Chosen = <T>(variable: Variable<T>) => T

export interface Variables {
  /** `admits`: whether what a condition says of this variable holds with a candidate. */
  readonly add: <T>(candidates: readonly T[], admits: (condition: Condition, candidate: T) => boolean) => Variable<T>
  /** The candidates under which every condition fails; null: there are none. */
  readonly failAll: (conditions: readonly Condition[], exclusions: readonly Exclusion[]) => Chosen | null
}

/** The candidates of which this is not so. */
export const failing = <T>(candidates: readonly T[], holds: (candidate: T) => boolean): Candidates =>
  BigInt(
    `0b0${candidates
      .map((candidate) => (holds(candidate) ? '0' : '1'))
      .toReversed()
      .join('')}`
  )

const read = <T>({ place, candidates }: Variable<T>, indexes: readonly number[]): T => {
  const candidate = candidates[indexes[place] ?? candidates.length]
  if (candidate === undefined) throw new RangeError('nothing was chosen')
  return candidate
}

export const createVariables = (budget: Budget): Variables => {
  const sizes: number[] = []
  const failingOf: ((condition: Condition) => Candidates)[] = []

  const alternativeOf = (condition: Condition): Alternative =>
    failingOf.map((of, variable) => {
      budget.spend(sizes[variable] ?? 0)
      return { variable, failing: of(condition) }
    })

  return {
    add: (candidates, admits) => {
      failingOf.push((condition) => failing(candidates, (candidate) => admits(condition, candidate)))
      return { place: sizes.push(candidates.length) - 1, candidates }
    },
    failAll: (conditions, exclusions) => {
      const chosen = chooseFailing(sizes, [...exclusions, ...conditions.map(alternativeOf)], budget)
      return chosen === null ? null : (variable) => read(variable, chosen)
    }
  }
}
