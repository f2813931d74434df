import type { IncomingHttpHeaders } from 'node:http'

export interface OriginProofOptions {
  /** How browsers name the gateway (RFC 6454 §6.2); null: as the request itself does. */
  readonly publicUrl: string | null
  /** Other origins whose pages may act with the cookies of their users. */
  readonly trusted: ReadonlySet<string>
}

/** RFC 9110 §9.2.1: these change nothing, so who caused them does not matter, as long as only they can read the answer. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/**
 * A WebSocket begins with a GET, is not bound by CORS, and can do anything. A proxy that asks before it forwards may
 * keep `Upgrade` to itself, but not the other field (RFC 6455 §4.1).
 */
export const needsProof = (method: string, headers: IncomingHttpHeaders) =>
  !SAFE.has(method) || headers.upgrade !== undefined || headers['sec-websocket-version'] !== undefined

/** As browsers write it: lower case, without the default port. */
function normalOrigin(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).origin : null
}

/**
 * Makes the function that tells whether the page behind a request may act with its user's cookies. Sec-Fetch-Site is
 * believed before Origin: no page can set either, and it knows the gateway's own origin by itself. `here` is the
 * origin as the request names it, asked for only when it is needed. What says nothing proves nothing.
 */
export function createOriginProof({ publicUrl, trusted }: OriginProofOptions) {
  return function provesOrigin(headers: IncomingHttpHeaders, here: () => string): boolean {
    const { origin } = headers
    const site = headers['sec-fetch-site']
    if (site === 'same-origin') return true
    if (origin === undefined || origin === 'null') return false
    if (trusted.has(origin)) return site === undefined || site === 'same-site' || site === 'cross-site'
    return site === undefined && origin === (publicUrl ?? normalOrigin(here()))
  }
}
