import type { Endpoint, Outcome } from './endpoint.js'

/** Passive health: an endpoint that fails requests is left out for a while. */
export interface EjectionOptions {
  /** In a row. */
  readonly failures: number
  readonly forMs: number
  /** Answers that count as failures; beside them are failed connections, time-outs, and answers that break off. */
  readonly statuses: ReadonlySet<number>
}

/** Each time in a row is longer by the first, up to so many of it. */
const LONGEST_TIMES = 10

/** An answer that is none of those that count as failures. */
export function noteAnswer(endpoint: Endpoint): void {
  endpoint.failures = 0
  endpoint.ejections = 0
}

/** Whether it is left out from now on. */
export function noteFailure(endpoint: Endpoint, { failures, forMs }: EjectionOptions): boolean {
  endpoint.failures += 1
  // What was sent before it was left out says nothing new.
  if (endpoint.failures < failures || endpoint.ejectedUntil > Date.now()) return false
  endpoint.failures = 0
  endpoint.ejections = Math.min(endpoint.ejections + 1, LONGEST_TIMES)
  endpoint.ejectedUntil = Date.now() + forMs * endpoint.ejections
  endpoint.counts.ejections += 1
  return true
}

/** A stream that is silent for too long after its answer has begun is no failure of the place it comes from. */
export const isFailure = (outcome: Outcome, begun: boolean) =>
  outcome === 'unreachable' || outcome === 'broken' || (outcome === 'timed_out' && !begun)
