/**
 * Who passes one `allow` and not another. Every entry of a condition asks for something more and none for something
 * less, so that the one to look for has what `holds` asks and nothing else: a role, scope or claim beyond that could
 * only make `fails` hold too. What remains to be chosen is finite: which of the roles, which of a claim's values, whose
 * subject, which stretch of addresses. `fails` fails when each of its alternatives has one entry that is false.
 *
 * Every combination of roles, scopes and claims of whatever value is thinkable: which of them an issuer gives, and to
 * whom, is not in the rules. Only `sub` goes with its issuer, and roles that begin with `portcullis:` are our own users'
 * alone. A claim that repeats what another entry says (`roles`, `scope`, `iss`) is none here; settings refuse it.
 *
 * A bad credential is not looked for: it passes only `anyone`, as a stranger does, and whoever shows one can leave it
 * away. Nor is a connection without an IP address, which no network holds. Only by these two does `anyone` differ from
 * the networks 0.0.0.0/0 and ::/0 together.
 */
import type { Allow, Authentication, Condition } from '../../domain.js'
import type { Parameters } from '../conditions.js'
import { BudgetSpent, createBudget } from './budget.js'
import type { Issuers } from './identities.js'
import { seekPrincipal, seekStranger } from './seek.js'

export interface Who {
  /** Of a principal's claims those that `holds` asks for, and no others. */
  readonly authentication: Authentication
  readonly address: string
}

export type Passing =
  | { readonly who: Who | null }
  | { readonly undecided: { readonly limit: string; readonly value: number } }

export interface PassingOptions {
  /** Default: null, any. */
  readonly issuers?: Issuers
  /** Looks at an entry or a candidate before the answer is `undecided`; a millisecond has some thousands. */
  readonly steps?: number
}

const defaultSteps = 200_000

/** Asks for nothing. */
const always: Condition = {}

const isForStrangers = (condition: Condition): boolean => Object.keys(condition).every((name) => name === 'networks')

const passedByPrincipals = (allow: Allow): readonly Condition[] => {
  if (allow.kind === 'any') return allow.of
  return allow.kind === 'nobody' ? [] : [always]
}

const passedByStrangers = (allow: Allow): readonly Condition[] => {
  if (allow.kind === 'any') return allow.of.filter(isForStrangers)
  return allow.kind === 'anyone' ? [always] : []
}

/**
 * Somebody who passes `holds` and does not pass `fails`, for a request whose path gave the rule of each side these
 * captured segments; who null: provably nobody. Exact, or `undecided` with the limit that was met.
 */
export const findWho = (
  holds: Allow,
  fails: Allow,
  holdsParameters: Parameters,
  failsParameters: Parameters,
  { issuers = null, steps = defaultSteps }: PassingOptions = {}
): Passing => {
  const common = { holdsParameters, failsParameters, issuers, budget: createBudget(steps) }
  const forStrangers = passedByStrangers(holds)
  try {
    for (const alternative of forStrangers) {
      const who = seekStranger({ ...common, holds: alternative, fails: passedByStrangers(fails) })
      if (who !== null) return { who }
    }
    for (const alternative of passedByPrincipals(holds)) {
      // Who passes only as a stranger does, fails only where a stranger fails.
      if (holds.kind === 'anyone' || forStrangers.includes(alternative)) continue
      const who = seekPrincipal({ ...common, holds: alternative, fails: passedByPrincipals(fails) })
      if (who !== null) return { who }
    }
  } catch (cause) {
    if (cause instanceof BudgetSpent) return { undecided: { limit: 'steps to find who may pass', value: steps } }
    throw cause
  }
  return { who: null }
}
