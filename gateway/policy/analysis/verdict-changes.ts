/** What differs between two policies for one request, and for whom. */
import type { Allow, Rule, WebSocketTerms } from '../../domain.js'
import type { WitnessRequest } from './areas.js'
import type { Issuers } from './identities.js'
import { LimitMet } from './meter.js'
import { lets, type Outcome, outcomeOf } from './outcomes.js'
import { findWhoPassesBoth } from './pass-both.js'
import { findWho, type Passing, type Who } from './passing.js'
import type { PreparedPolicy } from './prepare-policy.js'

export type Direction = 'gain' | 'loss' | 'reroute'

/**
 * Where a request may go to and under which limits; `paths`: what the upstream's paths may hold; how long its body may
 * be; whether and how long it may be a WebSocket.
 */
export type Route = 'upstream' | 'limits' | 'paths' | 'max_body' | 'websocket'

export interface Change {
  /** `gain`: somebody may now who might not; `loss`: the reverse; `reroute`: somebody may in both, but otherwise. */
  readonly direction: Direction
  /** The rule that decides, null where none does. */
  readonly old: Rule | null
  readonly new: Rule | null
  /**
   * Why no rule decides the witness; `bad_path`: another spelling of its path falls under another rule. That is told
   * only where the two rules have no change in this direction; else it comes with that, as one more spelling.
   */
  readonly refusal: 'no_rule' | 'bad_path' | null
  /** What else is different, in a `reroute`. */
  readonly routes: readonly Route[]
  readonly witness: WitnessRequest & { readonly who: Who }
}

const nobody: Allow = { kind: 'nobody' }

const sameNames = (one: readonly string[], other: readonly string[]): boolean =>
  one.every((name) => other.includes(name)) && other.every((name) => one.includes(name))

const sameTerms = (one: WebSocketTerms | null, other: WebSocketTerms | null): boolean =>
  one?.endsWith === other?.endsWith && one?.idleTimeoutMs === other?.idleTimeoutMs

const routesApart = (one: Rule, other: Rule): Route[] => {
  const keys = ['case', 'encodedSlash', 'semicolon', 'emptySegments'] as const
  return [
    ...(one.upstream === other.upstream ? [] : (['upstream'] as const)),
    ...(sameNames(one.limits, other.limits) ? [] : (['limits'] as const)),
    ...(keys.every((key) => one.paths[key] === other.paths[key]) ? [] : (['paths'] as const)),
    ...(one.maxBody === other.maxBody ? [] : (['max_body'] as const)),
    ...(sameTerms(one.websocket, other.websocket) ? [] : (['websocket'] as const))
  ]
}

/** Throws LimitMet where there is no telling. */
export const whoOf = (passing: Passing): Who | null => {
  if ('who' in passing) return passing.who
  throw new LimitMet(passing.undecided.limit, passing.undecided.value)
}

export interface Compared {
  readonly old: PreparedPolicy
  readonly new: PreparedPolicy
  readonly issuers: Issuers
}

/** Changes by key: one for each direction and pair of deciding rules. */
export type Changes = Map<string, Change>

export const keyOf = (direction: Direction, before: Rule | null, after: Rule | null): string =>
  [direction, before?.index, after?.index].join(' ')

const seek = (direction: Direction, before: Outcome, after: Outcome, issuers: Issuers): Who | null => {
  if (direction === 'gain') {
    return whoOf(findWho(after.allow, before.allow, after.parameters, before.parameters, { issuers }))
  }
  if (direction === 'loss') {
    return whoOf(findWho(before.allow, after.allow, before.parameters, after.parameters, { issuers }))
  }
  return whoOf(findWhoPassesBoth(before, after, issuers))
}

/** Notes what the request shows. Answers whether it shows all that two such outcomes can differ in. Throws LimitMet. */
export const noteChanges = (request: WitnessRequest, compared: Compared, changes: Changes): void => {
  const before = outcomeOf(compared.old, request)
  const after = outcomeOf(compared.new, request)
  const routes = before.rule === null || after.rule === null ? [] : routesApart(before.rule, after.rule)
  for (const direction of ['gain', 'loss', 'reroute'] as const) {
    const key = keyOf(direction, before.rule, after.rule)
    if (changes.has(key) || (direction === 'reroute' && routes.length === 0)) continue
    const who = seek(direction, before, after, compared.issuers)
    if (who === null) continue
    const [did, does] = [lets(compared.old, request, who), lets(compared.new, request, who)]
    // A fault of the analysis must not become an answer.
    if (did !== (direction !== 'gain') || does !== (direction !== 'loss')) throw new LimitMet('reading', 0)
    changes.set(key, {
      direction,
      old: before.rule,
      new: after.rule,
      refusal: before.refusal ?? after.refusal,
      routes: direction === 'reroute' ? routes : [],
      witness: { ...request, who }
    })
  }
}

/** Whether the outcomes of two rules can differ at all, on a path where no claim is bound to a segment. */
export const mayDiffer = (one: Rule | null, other: Rule | null, issuers: Issuers): boolean => {
  const [ours, theirs] = [one?.allow ?? nobody, other?.allow ?? nobody]
  if (one !== null && other !== null && routesApart(one, other).length > 0) return true
  return (
    whoOf(findWho(ours, theirs, {}, {}, { issuers })) !== null ||
    whoOf(findWho(theirs, ours, {}, {}, { issuers })) !== null
  )
}
