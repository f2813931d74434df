import type { Attempt } from './attempt.js'
import type { Outcome } from './endpoint.js'
import { DISTRUST } from './http1/distrust.js'

type CodedError = Error & { readonly code?: string }

/** RFC 9110 §9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** What a connection ends with that its other side has closed. */
const CLOSED = new Set(['UPSTREAM_CLOSED', 'ECONNRESET', 'EPIPE'])
const TIMED_OUT = new Set(['UPSTREAM_HEADERS_TIMEOUT', 'UPSTREAM_BODY_TIMEOUT'])
/** It is this machine that has no descriptor or port left, or this pool that has no connection. */
const NO_ROOM = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'UPSTREAM_POOL_FULL'])

const isUnreadable = (code: string) => code.startsWith('UPSTREAM_UNREADABLE') || code.startsWith('ERR_SSL')

/** What a failed attempt says of its endpoint. */
export function outcomeOf({ endpoint, reused, answered }: Attempt, error: CodedError): Outcome {
  const { code = '' } = error
  if (NO_ROOM.has(code)) return 'overloaded'
  if (endpoint.transport.failedToConnect(error)) return 'unreachable'
  // By TLS 1.3 a request may be on its way already: who does not believe who we are has not read it.
  if (code === DISTRUST) return reused || answered ? 'broken' : 'unreachable'
  if (TIMED_OUT.has(code)) return 'timed_out'
  return CLOSED.has(code) || isUnreadable(code) ? 'broken' : 'left'
}

/** RFC 9112 §9.3.1: a server may close a connection that is idle at any time, so also just when it is used again. */
export const wasStale = ({ reused, answered }: Attempt, { code = '' }: CodedError) =>
  reused && !answered && CLOSED.has(code)

/** Why a request may be sent again. `unreachable`: it never was sent; `stale`: into a connection that was ending. */
export type RetryReason = 'unreachable' | 'stale'

/**
 * Whether a failed request can be sent again without being done twice; null: it cannot. Never after a time-out, never
 * once a byte of an answer has come, whatever it says: what the upstream did until then, nobody knows.
 */
export function reasonToRepeat(attempt: Attempt, outcome: Outcome, error: CodedError): RetryReason | null {
  const { method, body } = attempt.sending.request
  // The client has gone, or a part of its body has.
  if (body !== null && (body.destroyed || body.readableDidRead)) return null
  if (outcome === 'unreachable') return 'unreachable'
  const harmless = IDEMPOTENT.has(method) && body === null
  return harmless && wasStale(attempt, error) ? 'stale' : null
}
