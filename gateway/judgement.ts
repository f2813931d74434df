/** The policy of one revision of the settings, and its verdict on requests that nobody sent. */
import type { Authentication, Decision } from './domain.js'
import { createOwnRouteOf, type OwnPathSettings } from './own-paths.js'
import { type ClosedPrefix, compilePolicy, decide, type Match, type NoMatch, type Policy } from './policy/index.js'
import { type RequestTarget, readTarget, type TargetFault } from './proxy/index.js'
import type { Settings } from './settings/index.js'

/** A request whose target is read already. */
export interface TargetedRequest {
  readonly method: string
  readonly target: RequestTarget
  readonly address: string
  readonly authentication: Authentication
}

/** A request as a client would write it. */
export interface PaperRequest extends Omit<TargetedRequest, 'target'> {
  /** Path and query. */
  readonly target: string
  /** Name and port, as in Host. */
  readonly authority: string
}

/** What serving would do with a request before anything is counted: refuse it unread, answer it itself, or judge it. */
export type Judgement =
  | { readonly kind: 'fault'; readonly fault: TargetFault }
  | { readonly kind: 'own'; readonly target: RequestTarget }
  | {
      readonly kind: 'judged'
      readonly target: RequestTarget
      readonly match: Match | NoMatch
      readonly decision: Decision
    }

/** What of the settings judges. */
export type JudgingSettings = Pick<Settings, 'revision' | 'rules'> & OwnPathSettings

type PolicySettings = Pick<JudgingSettings, 'revision' | 'rules' | 'auth' | 'simpleJwt'>

/** Below a prefix its own endpoints answer; no other spelling of it may come to the rules. */
export const closedTo = ({ auth, simpleJwt }: Pick<OwnPathSettings, 'auth' | 'simpleJwt'>): readonly ClosedPrefix[] => [
  { path: auth.prefix, hosts: auth.hosts },
  ...(simpleJwt === null ? [] : [{ path: simpleJwt.prefix, hosts: auth.hosts }])
]

/** What a policy is made of. */
export function policyOptionsOf(settings: PolicySettings) {
  const { revision, rules } = settings
  return { revision, rules, closed: closedTo(settings) }
}

/** Compiles the rules of the settings. */
export const policyOf = (settings: PolicySettings): Policy => compilePolicy(policyOptionsOf(settings))

/** Makes the judge of requests whose target is read: the very functions that judge those on the wire. `id` is the decision's. */
export function createJudge(settings: JudgingSettings, policy: Policy = policyOf(settings)) {
  const ownRouteOf = createOwnRouteOf(settings)
  return ({ method, target, address, authentication }: TargetedRequest, id = 'paper'): Judgement => {
    if (ownRouteOf(target) !== null) return { kind: 'own', target }
    const match = policy.find({ method, ...target })
    const request = { method, host: target.host, path: target.path, address }
    const decision = decide({ id, revision: policy.revision, request, match, authentication })
    return { kind: 'judged', target, match, decision }
  }
}

export type Judge = ReturnType<typeof createJudge>

/** Makes the judge of requests on paper, which reads the target as that of a request on the wire is read. */
export function createPaperJudge(settings: JudgingSettings, policy: Policy = policyOf(settings)) {
  const judge = createJudge(settings, policy)
  return ({ target: text, authority, ...request }: PaperRequest, id?: string): Judgement => {
    const target = readTarget(text, authority)
    return 'fault' in target ? { kind: 'fault', fault: target } : judge({ ...request, target }, id)
  }
}
