import type { IncomingHttpHeaders } from 'node:http'

export interface CorsOptions {
  /** Exact, as browsers write them (RFC 6454 §6.2). */
  readonly origins: readonly string[]
  /** Whether pages of these origins may send cookies, and so act for their users. */
  readonly credentials: boolean
}

/** What the gateway itself says that a page may want to read; the upstream exposes its own. */
const EXPOSED = 'RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id'
/** A listed origin that is taken off the list may keep what it was told for this long. */
const MAX_AGE_SECONDS = 600

const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/
const MOST_NAMES = 64

export type Cors = ReturnType<typeof createCors>

/** Field names as a browser asks for them, in one spelling; null when one of them is no name. */
function readNames(list: string | undefined): string[] | null {
  if (list === undefined || list.trim() === '') return []
  const names = list.split(',').map((name) => name.trim())
  return names.length <= MOST_NAMES && names.every((name) => TOKEN.test(name)) ? names : null
}

/** Makes the answers of the CORS protocol (Fetch §3.3), for exact origins; `null` and `*` are none. */
export function createCors({ origins, credentials }: CorsOptions) {
  const listed = new Set(origins)
  const allowed = (origin: string) => [
    'Access-Control-Allow-Origin',
    origin,
    ...(credentials ? ['Access-Control-Allow-Credentials', 'true'] : [])
  ]
  // A cache must not give one origin what another was told, nor a listed one what nobody was told.
  const vary = listed.size === 0 ? [] : ['Vary', 'Origin']

  /** Fields of any answer, refusals included, flat (name, value, name, value …). */
  function fieldsFor(origin: string | undefined): readonly string[] {
    if (origin === undefined || !listed.has(origin)) return vary
    return [...allowed(origin), 'Access-Control-Expose-Headers', EXPOSED, ...vary]
  }

  /** The fields that answer a preflight of a listed origin, or null when it is none. */
  function preflight(method: string, headers: IncomingHttpHeaders): readonly string[] | null {
    const { origin } = headers
    const asked = headers['access-control-request-method']
    if (method !== 'OPTIONS' || origin === undefined || asked === undefined || !listed.has(origin)) return null
    const names = readNames(headers['access-control-request-headers'])
    if (names === null || !TOKEN.test(asked)) return null
    return [
      ...allowed(origin),
      // Whether the method is allowed at all is the rules' to say, when the request itself comes.
      'Access-Control-Allow-Methods',
      asked,
      ...(names.length === 0 ? [] : ['Access-Control-Allow-Headers', names.join(', ')]),
      'Access-Control-Max-Age',
      String(MAX_AGE_SECONDS),
      'Vary',
      'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'
    ]
  }

  return { fieldsFor, preflight, isListed: (origin: string | undefined) => origin !== undefined && listed.has(origin) }
}
