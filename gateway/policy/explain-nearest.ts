/** What the same caller could have asked for instead: the rule nearest to a refused request that lets them pass. */
import type { Authentication, Rule } from '../domain.js'
import type { Policy, SoughtRequest } from './compile-policy.js'
import { decide } from './decide.js'
import { explainAllow } from './explain-allow.js'
import { captureFrom, type PassedOver, rulesBelow } from './explain-rules.js'

export type NearestOther =
  /** It fits the very request, but stands below the one that decides. */
  | { readonly kind: 'below'; readonly rule: Rule }
  | { readonly kind: 'method'; readonly rule: Rule; readonly method: string }
  | { readonly kind: 'host'; readonly rule: Rule; readonly host: string }
  /** Another path, by a pattern that begins as this path does. */
  | { readonly kind: 'path'; readonly rule: Rule }

export interface Refused {
  readonly policy: Policy
  readonly sought: SoughtRequest
  readonly address: string
  readonly authentication: Authentication
  /** null: no rule fits. */
  readonly deciding: Rule | null
  readonly passedOver: readonly PassedOver[]
}

const USUAL_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** What the policy itself says of the request, changed. */
const ruleThatAllows = (refused: Refused, changed: Partial<SoughtRequest>): Rule | null => {
  const { policy, address, authentication } = refused
  const sought = { ...refused.sought, ...changed }
  const { method, host, path } = sought
  const match = policy.find(sought)
  const request = { method, host, path, address }
  const { allow, rule } = decide({ id: '', revision: policy.revision, request, match, authentication })
  return allow ? rule : null
}

const findBelow = (refused: Refused): NearestOther | null => {
  const { policy, sought, deciding, authentication, address } = refused
  if (deciding === null) return null
  const rule = rulesBelow(policy.rules, deciding, sought).find((below) => {
    const parameters = captureFrom(below, sought.path)
    return explainAllow(below.allow, authentication, parameters, address).because === null
  })
  return rule === undefined ? null : { kind: 'below', rule }
}

const findMethod = (refused: Refused): NearestOther | null => {
  const named = refused.policy.rules.flatMap(({ methods }) => methods ?? [])
  for (const method of new Set([...USUAL_METHODS, ...named])) {
    const rule = method === refused.sought.method ? null : ruleThatAllows(refused, { method })
    if (rule !== null) return { kind: 'method', rule, method }
  }
  return null
}

const findHost = (refused: Refused): NearestOther | null => {
  const named = refused.policy.rules.flatMap(({ hosts }) => hosts ?? [])
  for (const host of new Set(named)) {
    const rule = host === refused.sought.host ? null : ruleThatAllows(refused, { host })
    if (rule !== null) return { kind: 'host', rule, host }
  }
  return null
}

/** Only patterns that share a segment with the path: the rest has nothing to do with it. */
const findPath = ({ passedOver, authentication, address }: Refused): NearestOther | null => {
  const begun = passedOver.filter(({ mismatch, nearness }) => mismatch.by === 'path' && nearness > 0)
  const byNearness = begun.toSorted((one, other) => other.nearness - one.nearness)
  // Names in the pattern have no value here, so conditions on them do not hold.
  const nearest = byNearness.find(({ rule }) => explainAllow(rule.allow, authentication, {}, address).because === null)
  return nearest === undefined ? null : { kind: 'path', rule: nearest.rule }
}

/** The nearest other rule that would let this caller pass, or null. No request ever falls through to it. */
export const nearestOther = (refused: Refused): NearestOther | null =>
  findBelow(refused) ?? findMethod(refused) ?? findHost(refused) ?? findPath(refused)
