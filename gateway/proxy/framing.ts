import type { IncomingMessage } from 'node:http'
import type { ProblemCode } from '../problems.js'

export interface TargetFault {
  readonly fault: ProblemCode
  readonly detail: string
}

export const refuse = (fault: ProblemCode, detail: string): TargetFault => ({ fault, detail })

/** Node reads no more fields into `headers` than this, and says nothing of the rest. */
const MOST_FIELDS = 1000

/**
 * What Node's strict parser lets pass and no second reader may read otherwise: versions that are none, fields without
 * bound, fields of which one may stand and two would be two requests, codings that are not undone here. Answers the Host
 * field. Malformed bytes never come this far (see client-error); what is forwarded is framed anew.
 */
export function readFraming({
  rawHeaders,
  httpVersion
}: Pick<IncomingMessage, 'rawHeaders' | 'httpVersion'>): string | TargetFault {
  // The parser takes a request line of HTTP/2.0 or 0.9 for one of HTTP/1.
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return refuse('invalid_request', 'HTTP/1.1 is spoken here.')
  if (rawHeaders.length > 2 * MOST_FIELDS) return refuse('headers_too_large', 'There are too many header fields.')
  let authority: string | null = null
  let authorizations = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    // The length rules out nearly every field before anything is compared.
    if (name.length === 4 && name.toLowerCase() === 'host') {
      if (authority !== null) return refuse('invalid_request', 'There is more than one Host field.')
      authority = rawHeaders[i + 1] ?? ''
    } else if (name.length === 13 && name.toLowerCase() === 'authorization') {
      authorizations += 1
      if (authorizations > 1) return refuse('invalid_request', 'There is more than one Authorization field.')
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      // RFC 9112 §6.1: a coding that we do not undo for the next hop must not be passed on as if we had, and HTTP/1.0
      // knows none, so that a proxy before us may have read another end.
      if (rawHeaders[i + 1]?.toLowerCase() !== 'chunked' || httpVersion === '1.0') {
        return refuse('invalid_request', 'The only transfer coding that is accepted is chunked.')
      }
    }
  }
  return authority ?? refuse('invalid_request', 'The Host field is missing.')
}
