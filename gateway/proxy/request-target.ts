import type { IncomingMessage } from 'node:http'
import { type CanonicalPath, parseCanonicalPath } from '../canonical-path.js'
import type { ProblemCode } from '../problems.js'

/** What a request asks for, in the one reading that is judged and forwarded (RFC 9112 §3.2). */
export interface RequestTarget {
  readonly path: CanonicalPath
  /** What only some upstreams may receive; see canonical-path. */
  readonly oddities: number
  /** With its `?`, byte for byte; empty when there is none. */
  readonly query: string
  /** As the client wrote it: name and port. */
  readonly authority: string
  /** Lower case, without port and without a final dot: what rules are chosen by. */
  readonly host: string
}

export interface TargetFault {
  readonly fault: ProblemCode
  readonly detail: string
}

const refuse = (fault: ProblemCode, detail: string): TargetFault => ({ fault, detail })

const AUTHORITY = /^(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,255})(?::[0-9]{1,5})?$/
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)([^#]*)$/i

/** The host of an authority as rules compare it, or null when it is not a valid one. */
function parseHost(authority: string): string | null {
  const match = AUTHORITY.exec(authority)
  if (match === null) return null
  const host = (match[1] ?? '').toLowerCase().replace(/\.$/, '')
  return host === '' ? null : host
}

/** Node reads no more fields into `headers` than this, and says nothing of the rest. */
const MOST_FIELDS = 1000

/** Reads the target of a request, or of the host that a trusted proxy vouches for, if any. Never throws. */
export function parseRequestTarget(
  { url = '', rawHeaders, httpVersion }: Pick<IncomingMessage, 'url' | 'rawHeaders' | 'httpVersion'>,
  forwardedHost: string | null
): RequestTarget | TargetFault {
  // The parser takes a request line of HTTP/2.0 or 0.9 for one of HTTP/1.
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return refuse('invalid_request', 'HTTP/1.1 is spoken here.')
  if (rawHeaders.length > 2 * MOST_FIELDS) return refuse('headers_too_large', 'There are too many header fields.')
  const field = readSingleFields(rawHeaders, httpVersion)
  if (typeof field !== 'string') return field
  let target = url
  if (url.charCodeAt(0) !== 0x2f) {
    const absolute = ABSOLUTE_FORM.exec(url)
    if (absolute === null) return refuse('bad_path', 'The request target must be a path.')
    // RFC 9112 §3.2.2 lets the target win over Host; a client that means both is none we know, so they must agree.
    if (absolute[1]?.toLowerCase() !== field.toLowerCase()) {
      return refuse('invalid_request', 'The request target and the Host field name different hosts.')
    }
    target = absolute[2] ?? ''
    if (!target.startsWith('/')) target = `/${target}`
  }
  return readTarget(target, forwardedHost ?? field)
}

/** The target that a path with its query and an authority name together. */
export function readTarget(target: string, authority: string): RequestTarget | TargetFault {
  const host = parseHost(authority)
  if (host === null) return refuse('invalid_request', 'The Host field is not valid.')

  if (target.includes('#')) return refuse('bad_path', 'The request target holds a fragment.')
  const mark = target.indexOf('?')
  const parsed = parseCanonicalPath(mark === -1 ? target : target.slice(0, mark))
  if ('fault' in parsed) return refuse('bad_path', parsed.fault)
  return {
    path: parsed.path,
    oddities: parsed.oddities,
    query: mark === -1 ? '' : target.slice(mark),
    authority,
    host
  }
}

/**
 * Fields of which exactly one, or at most one, may stand in a request: two readings of them are two requests.
 * Answers the Host field.
 */
function readSingleFields(rawHeaders: readonly string[], httpVersion: string): string | TargetFault {
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
