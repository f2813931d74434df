/** What an analysis may spend. Emptiness of a rule minus earlier rules is coNP-hard, so each answer has its price. */

/** For one call of an analysis: beyond them an answer is `undecided`, never a guess. */
export interface Budget {
  /** States that may be visited for one rule, changed rule or assertion. */
  readonly states: number
  readonly ruleMs: number
  readonly fileMs: number
}

const defaultBudget: Budget = { states: 200_000, ruleMs: 1000, fileMs: 10_000 }

/** Which limit was met, and what it was set to; 0 where it is no number. */
export interface Limit {
  readonly limit: string
  readonly value: number
}

/** Thrown wherever a search gives up; caught where the answer for one rule is put together. */
export class LimitMet extends Error implements Limit {
  readonly limit: string
  readonly value: number

  constructor(limit: string, value: number) {
    super(`${limit}: ${value}`)
    this.limit = limit
    this.value = value
  }
}

/** Counts what is spent for one rule; both throw LimitMet. Every loop of a search calls one of them. */
export interface Meter {
  readonly countState: () => void
  readonly countSteps: (steps: number) => void
}

/** How many steps may pass between two looks at the clock: well under a millisecond. */
const stepsUnseen = 2000

/** One meter a rule, all of them under the limit of the file, whose time begins now. */
export const createMeters = (limits: Partial<Budget> = {}): (() => Meter) => {
  const { states, ruleMs, fileMs } = { ...defaultBudget, ...limits }
  const fileEnd = performance.now() + fileMs
  return () => {
    const ruleEnd = performance.now() + ruleMs
    let visited = 0
    let unseen = stepsUnseen
    const countSteps = (steps: number): void => {
      unseen += steps
      if (unseen < stepsUnseen) return
      unseen = 0
      const now = performance.now()
      if (now > fileEnd) throw new LimitMet('milliseconds of the file', fileMs)
      if (now > ruleEnd) throw new LimitMet('milliseconds', ruleMs)
    }
    return {
      countState() {
        if (++visited > states) throw new LimitMet('states', states)
        countSteps(20)
      },
      countSteps
    }
  }
}

/** The answer within the budget, or the limit that stood in its way. */
export const within = <Answer>(search: () => Answer): { readonly answer: Answer } | Limit => {
  try {
    return { answer: search() }
  } catch (error) {
    if (error instanceof LimitMet) return { limit: error.limit, value: error.value }
    throw error
  }
}
