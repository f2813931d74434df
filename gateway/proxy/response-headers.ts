import { listedNames } from './request-headers.js'
import type { UpstreamTarget } from './upstreams.js'

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'transfer-encoding',
  'upgrade'
])

/** Said by the gateway alone; an upstream that limits requests too must not be taken for it. */
const SET_BY_GATEWAY = new Set(['ratelimit', 'ratelimit-policy', 'proxy-status'])

export interface ResponseFields {
  readonly upstream: Pick<UpstreamTarget, 'origin' | 'stripPrefix'>
  readonly editResponse: (fields: string[]) => string[]
  readonly responseHeaders: () => readonly string[]
}

/** `Location: http://inner:9001/x` would show the client an address that means nothing to it. */
function outerLocation(location: string, { origin, stripPrefix }: ResponseFields['upstream']): string {
  if (location.slice(0, origin.length).toLowerCase() !== origin) return location
  const path = location.slice(origin.length)
  if (path !== '' && !/^[/\\?#]/.test(path)) return location
  // Two slashes at the front would name a host, and browsers take others for slashes (WHATWG URL, scheme-relative).
  return `${stripPrefix ?? ''}/${path.replace(/^[/\\\t]+/, '')}`
}

/** Makes the function from the upstream's raw response fields to the client's, flat (name, value, name, value …). */
export function createResponseHeaders() {
  return function responseHeaders(raw: readonly Buffer[], fields: ResponseFields): string[] {
    const headers: string[] = []
    let connection = ''
    for (let i = 0; i + 1 < raw.length; i += 2) {
      const name = raw[i]?.toString('latin1') ?? ''
      const value = raw[i + 1]?.toString('latin1') ?? ''
      const lower = name.toLowerCase()
      if (lower === 'connection') connection += connection === '' ? value : `,${value}`
      if (HOP_BY_HOP.has(lower) || SET_BY_GATEWAY.has(lower)) continue
      headers.push(name, lower === 'location' ? outerLocation(value, fields.upstream) : value)
    }
    const listed = connection === '' ? null : listedNames(connection)
    const kept = fields.editResponse(listed === null ? headers : withoutListed(headers, listed))
    for (const field of fields.responseHeaders()) kept.push(field)
    return kept
  }
}

function withoutListed(headers: readonly string[], listed: ReadonlySet<string>): string[] {
  const kept: string[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    if (!listed.has(name.toLowerCase())) kept.push(name, headers[i + 1] ?? '')
  }
  return kept
}

/** The upstream's trailers as pairs; what may not be said there is dropped (RFC 9110 §6.5.1). */
export function responseTrailers(raw: readonly Buffer[] | null): [string, string][] {
  const trailers: [string, string][] = []
  for (let i = 0; raw !== null && i + 1 < raw.length; i += 2) {
    const name = raw[i]?.toString('latin1') ?? ''
    const lower = name.toLowerCase()
    if (!HOP_BY_HOP.has(lower) && !SET_BY_GATEWAY.has(lower))
      trailers.push([name, raw[i + 1]?.toString('latin1') ?? ''])
  }
  return trailers
}
