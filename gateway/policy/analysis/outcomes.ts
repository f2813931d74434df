/** What the real decision makes of one request: the last word on every witness, whatever search found it. */
import type { Allow, Rule } from '../../domain.js'
import type { Parameters } from '../conditions.js'
import { decide } from '../decide.js'
import type { WitnessRequest } from './areas.js'
import type { Who } from './passing.js'
import type { PreparedPolicy } from './prepare-policy.js'

export interface Outcome {
  /** null: the request is refused whoever sends it. */
  readonly rule: Rule | null
  /** Why, where no rule decides: none fits, or one does that another spelling of the path takes it from. */
  readonly refusal: 'no_rule' | 'bad_path' | null
  readonly allow: Allow
  readonly parameters: Parameters
}

const nobody: Allow = { kind: 'nobody' }

export const outcomeOf = (policy: PreparedPolicy, request: WitnessRequest): Outcome => {
  const match = policy.find(request)
  return 'rule' in match
    ? { rule: match.rule, refusal: null, allow: match.rule.allow, parameters: match.parameters }
    : { rule: null, refusal: match.because, allow: nobody, parameters: {} }
}

/** Whether the policy lets somebody's request pass. */
export const lets = (policy: PreparedPolicy, request: WitnessRequest, { authentication, address }: Who): boolean =>
  decide({
    id: '',
    revision: policy.revision,
    request: { ...request, address },
    match: policy.find(request),
    authentication
  }).allow
