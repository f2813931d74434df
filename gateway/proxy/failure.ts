import { Readable } from 'node:stream'
import type { Attempt } from './attempt.js'
import type { Outcome } from './endpoint.js'
import { BROKEN_OFF } from './upstream-connection.js'

type CodedError = Error & { readonly code?: string }

/** RFC 9110 §9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** What a connection ends with that its other side has closed. */
const CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])
const TIMED_OUT = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])
const UNREADABLE = new Set([BROKEN_OFF, 'UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'])
/** It is this machine that has no descriptor or port left, or this pool that has no connection. */
const NO_ROOM = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'UPSTREAM_POOL_FULL'])

const isUnreadable = (code: string) => UNREADABLE.has(code) || code.startsWith('HPE_') || code.startsWith('ERR_SSL')

/** What a failed attempt says of its endpoint. */
export function outcomeOf({ endpoint }: Attempt, error: CodedError): Outcome {
  const { code = '' } = error
  if (NO_ROOM.has(code)) return 'overloaded'
  if (endpoint.transport.failedToConnect(error)) return 'unreachable'
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
  const { method, body } = attempt.sending.options
  // The client has gone, or a part of its body has.
  if (body instanceof Readable && (body.destroyed || body.readableDidRead)) return null
  if (outcome === 'unreachable') return 'unreachable'
  const harmless = IDEMPOTENT.has(method) && (body === null || body === undefined)
  return harmless && wasStale(attempt, error) ? 'stale' : null
}
