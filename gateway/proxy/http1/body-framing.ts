import { type AnswerHead, UnreadableAnswer } from './answer-head.js'

/** Where the body of an answer ends. `octets`: so many; `connection`: with the connection. */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'octets'; readonly octets: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'connection' }

const NONE: BodyFraming = { kind: 'none' }
const CHUNKED: BodyFraming = { kind: 'chunked' }
const CONNECTION: BodyFraming = { kind: 'connection' }

/** Fifteen digits are exact as a number. */
const LENGTH = /^\d{1,15}$/

/** RFC 9112 §6.3, and nothing that two readers could read in two ways. Throws `UnreadableAnswer`. */
export function framingOf(head: AnswerHead, method: string): BodyFraming {
  const { status, contentLength, transferEncoding, minorVersion } = head
  if (contentLength !== null && !LENGTH.test(contentLength)) throw new UnreadableAnswer('its length')
  if (transferEncoding !== null) {
    // Other codings cannot be undone here, and of both fields one is not true (RFC 9112 §6.1).
    if (transferEncoding !== 'chunked' || contentLength !== null || minorVersion === 0) {
      throw new UnreadableAnswer('its framing')
    }
  }
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return NONE
  if (transferEncoding !== null) return CHUNKED
  if (contentLength === null) return CONNECTION
  const octets = Number(contentLength)
  return octets === 0 ? NONE : { kind: 'octets', octets }
}

/**
 * Whether a body is promised where there is none by the status (RFC 9110 §8.6, RFC 9112 §6.1). Some send it all the
 * same, and it would be taken for the next answer.
 */
export const isDoubtful = ({ status, contentLength, transferEncoding }: AnswerHead) =>
  (status < 200 || status === 204) &&
  (transferEncoding !== null || (contentLength !== null && !/^0+$/.test(contentLength)))

const hasToken = (list: string, token: string) => list.split(',').some((item) => item.trim() === token)

/** Whether another request may follow on the connection (RFC 9112 §9.3), unless the body ends with it. */
export function persists({ connection, minorVersion }: AnswerHead): boolean {
  if (connection === null || connection === 'keep-alive') return minorVersion === 1 || connection !== null
  if (hasToken(connection, 'close')) return false
  return minorVersion === 1 || hasToken(connection, 'keep-alive')
}

/** How long the server says that it keeps an idle connection, in milliseconds; null: it says nothing of it. */
export function keepAliveHint({ keepAlive }: AnswerHead): number | null {
  const seconds = keepAlive === null ? null : /(?:^|[\s,;])timeout=(\d{1,9})(?:$|[\s,;])/.exec(keepAlive)
  return seconds === null ? null : Number(seconds[1]) * 1000
}
