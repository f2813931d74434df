import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import { type CanonicalPath, parseCanonicalPath } from '../canonical-path.js'
import { readFraming, refuse, type TargetFault } from './framing.js'

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

/** A name with an empty label is none (RFC 1034 §3.1): somebody may drop what is left over, and read another one. */
const AUTHORITY =
  /^(\[[0-9A-Fa-f:.]{2,45}\]|(?=[^:]{1,255}(?::|$))[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?)(?::[0-9]{1,5})?$/
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)([^#]*)$/i

/** The host of an authority as rules compare it, or null when it is not a valid one. */
function parseHost(authority: string): string | null {
  const match = AUTHORITY.exec(authority)
  if (match === null) return null
  const host = (match[1] ?? '').toLowerCase().replace(/\.$/, '')
  return host.startsWith('[') && !isIPv6(host.slice(1, -1)) ? null : host
}

/** Reads the target of a request, or of the host that a trusted proxy vouches for, if any. Never throws. */
export function parseRequestTarget(
  { url = '', rawHeaders, httpVersion }: Pick<IncomingMessage, 'url' | 'rawHeaders' | 'httpVersion'>,
  forwardedHost: string | null
): RequestTarget | TargetFault {
  const field = readFraming({ rawHeaders, httpVersion })
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
