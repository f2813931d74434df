import type { IncomingMessage } from 'node:http'
import { listedNames } from './request-headers.js'
import type { UpstreamTarget } from './upstreams.js'

export const RESPONSE_HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-connection',
  'transfer-encoding',
  'upgrade'
])

/** Said by the gateway alone; an upstream that limits requests too must not be taken for it. */
export const RESPONSE_SET_BY_GATEWAY = new Set(['ratelimit', 'ratelimit-policy', 'proxy-status'])

export interface ResponseFields {
  readonly upstream: Pick<UpstreamTarget, 'origins' | 'stripPrefix'>
  readonly editResponse: (fields: string[]) => string[]
  readonly responseHeaders: () => readonly string[]
}

/** `Location: http://inner:9001/x` would show the client an address that means nothing to it. */
function outerLocation(location: string, { origins, stripPrefix }: ResponseFields['upstream']): string {
  const origin = origins.find((origin) => location.slice(0, origin.length).toLowerCase() === origin)
  if (origin === undefined) return location
  const path = location.slice(origin.length)
  if (path !== '' && !/^[/\\?#]/.test(path)) return location
  // Two slashes at the front would name a host, and browsers take others for slashes (WHATWG URL, scheme-relative).
  return `${stripPrefix ?? ''}/${path.replace(/^[/\\\t]+/, '')}`
}

/** Whether the client's response is framed so that trailers can follow, unless it tells its length. */
const isOpenEnded = ({ method, httpVersionMinor }: IncomingMessage, status: number) =>
  method !== 'HEAD' && httpVersionMinor > 0 && status >= 200 && status !== 204 && status !== 304

const TRAILER = new Set(['trailer'])

/**
 * From the upstream's raw response fields to the client's, flat (name, value, name, value …).
 */
export function responseHeaders(
  raw: readonly string[],
  status: number,
  request: IncomingMessage,
  fields: ResponseFields
): string[] {
  const headers: string[] = []
  let connection = ''
  let isSized = false
  let announcesTrailers = false
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? ''
    const value = raw[i + 1] ?? ''
    const lower = name.toLowerCase()
    if (lower === 'connection') connection += connection === '' ? value : `,${value}`
    else if (lower === 'trailer') announcesTrailers = true
    else if (lower === 'content-length') {
      // RFC 9110 §8.6: no length is told where there is no content.
      if (status < 200 || status === 204) continue
      isSized = true
    }
    if (RESPONSE_HOP_BY_HOP.has(lower) || RESPONSE_SET_BY_GATEWAY.has(lower)) continue
    headers.push(name, lower === 'location' ? outerLocation(value, fields.upstream) : value)
  }
  const listed = connection === '' ? null : listedNames(connection)
  let kept = listed === null ? headers : withoutListed(headers, listed)
  if (announcesTrailers && (isSized || !isOpenEnded(request, status))) kept = withoutListed(kept, TRAILER)
  kept = fields.editResponse(kept)
  for (const field of fields.responseHeaders()) kept.push(field)
  return kept
}

function withoutListed(headers: readonly string[], listed: ReadonlySet<string>): string[] {
  const kept: string[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    if (!listed.has(name.toLowerCase())) kept.push(name, headers[i + 1] ?? '')
  }
  return kept
}
