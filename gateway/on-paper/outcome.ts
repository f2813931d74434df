/** What becomes of a request by policy alone, in the few words that tests, replays and shadows compare. */
import type { Rule } from '../domain.js'
import type { Judgement } from '../judgement.js'
import { type ProblemCode, problems } from '../problems.js'

export interface Outcome {
  /** `own`: an endpoint of the gateway answers, and no rule is asked. */
  readonly verdict: 'allow' | 'deny' | 'own'
  /** null unless refused. */
  readonly code: ProblemCode | null
  readonly rule: Rule | null
  /** Where it goes; null unless it passes. */
  readonly upstream: string | null
}

const OWN: Outcome = { verdict: 'own', code: null, rule: null, upstream: null }
const refused = (code: ProblemCode, rule: Rule | null): Outcome => ({ verdict: 'deny', code, rule, upstream: null })

export function outcomeOf(judgement: Judgement): Outcome {
  if (judgement.kind === 'own') return OWN
  if (judgement.kind === 'fault') return refused(judgement.fault.fault, null)
  const { rule, because } = judgement.decision
  if (because !== null) return refused(because, rule)
  return { verdict: 'allow', code: null, rule, upstream: rule?.upstream ?? null }
}

/** What the gateway answers; 200 stands for whatever the upstream answers. null: an endpoint of its own does. */
export function statusOf({ verdict, code }: Outcome): number | null {
  if (verdict === 'own') return null
  return code === null ? 200 : problems[code].status
}
