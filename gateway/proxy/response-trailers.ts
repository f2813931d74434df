import { RESPONSE_HOP_BY_HOP, RESPONSE_SET_BY_GATEWAY } from './response-headers.js'

/**
 * What a message is framed, cached, understood, stored or answered by has to be known before its body, and is said
 * there or not at all (RFC 9110 §6.5.1).
 */
const BEFORE_THE_BODY = new Set([
  ...RESPONSE_HOP_BY_HOP,
  ...RESPONSE_SET_BY_GATEWAY,
  ...['age', 'allow', 'authorization', 'cache-control', 'content-encoding', 'content-length', 'content-location'],
  ...['content-range', 'content-security-policy', 'content-type', 'cookie', 'date', 'expires', 'host', 'location'],
  ...['max-forwards', 'pragma', 'refresh', 'retry-after', 'set-cookie', 'strict-transport-security', 'te', 'trailer'],
  ...['vary', 'warning', 'www-authenticate']
])

const isForbidden = (name: string) => BEFORE_THE_BODY.has(name) || name.startsWith('access-control-')

/** The upstream's trailers, flat, as pairs; what may not be said there is dropped. */
export function responseTrailers(fields: readonly string[]): [string, string][] {
  const trailers: [string, string][] = []
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] ?? ''
    if (!isForbidden(name.toLowerCase())) trailers.push([name, fields[i + 1] ?? ''])
  }
  return trailers
}
