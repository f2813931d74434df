/** What a question to the analysis may cost before its answer is "undecided". */

export interface Budget {
  readonly steps: number
  /** Every loop whose length the file decides counts here; throws `BudgetSpent`. */
  readonly spend: (steps: number) => void
}

export class BudgetSpent extends Error {}

export const createBudget = (steps: number): Budget => {
  let left = steps
  return {
    steps,
    spend: (spent) => {
      left -= spent
      if (left < 0) throw new BudgetSpent(`${steps} steps were not enough`)
    }
  }
}
