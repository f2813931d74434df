import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type Peer, unmap } from './client-address.js'
import { stripPrefix } from './forward.js'
import { readForwarded } from './forwarded-list.js'
import type { RequestTarget } from './request-target.js'
import type { UpstreamOptions } from './upstreams.js'

/** The last entry of a field that proxies append to: the one that the nearest of them wrote. */
export function lastOf(field: string | readonly string[] | undefined): string | null {
  const text = typeof field === 'string' ? field : (field?.at(-1) ?? '')
  const last = text.slice(text.lastIndexOf(',') + 1).trim()
  return last === '' ? null : last
}

/** What the client speaks, as far as trusted proxies vouch for it. */
export function protocolOf({ headers, socket }: IncomingMessage, peer: Peer): 'http' | 'https' {
  const told = peer.trusted ? lastOf(headers['x-forwarded-proto']) : null
  if (told === 'https' || told === 'http') return told
  return 'encrypted' in socket ? 'https' : 'http'
}

export interface ForwardedOptions {
  readonly request: IncomingMessage
  readonly peer: Peer
  readonly target: RequestTarget
  readonly upstream: Pick<UpstreamOptions, 'stripPrefix'>
  readonly requestId: string
}

/** RFC 7239 §6: an IPv6 address is bracketed and quoted. */
const node = (address: string) => (address.includes(':') ? `"[${address}]"` : address)
const quoted = (value: string) => (/^[A-Za-z0-9._-]+$/.test(value) ? value : `"${value}"`)

/** W3C Trace Context §3.2: version, trace, parent, flags; neither id all zeros. */
const TRACE_PARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** The client's trace goes on; without one, or with one that cannot be read (§4.2), a new one begins, unsampled. */
function traceFields({ traceparent, tracestate }: IncomingHttpHeaders): string[] {
  if (typeof traceparent !== 'string' || !TRACE_PARENT.test(traceparent)) {
    // Node draws the random bytes of many UUIDs at once; asking for these 24 alone would cost ten times as much.
    const trace = randomUUID().replaceAll('-', '')
    const span = randomUUID()
    return ['traceparent', `00-${trace}-${span.slice(0, 8)}${span.slice(24, 32)}-00`]
  }
  return typeof tracestate === 'string'
    ? ['traceparent', traceparent, 'tracestate', tracestate]
    : ['traceparent', traceparent]
}

/**
 * What the upstream is told about the request beside its identity, flat (name, value, name, value …). A list that a
 * trusted proxy began goes on; anybody else's is not passed on at all.
 */
export function forwardedFields({ request, peer, target, upstream, requestId }: ForwardedOptions): string[] {
  const { headers, socket } = request
  const hop = unmap(socket.remoteAddress ?? '')
  const told = peer.trusted ? headers['x-forwarded-for'] : undefined
  const protocol = protocolOf(request, peer)
  const element = `for=${node(hop)};host=${quoted(target.authority)};proto=${protocol}`
  const begun = peer.trusted ? headers.forwarded : undefined
  const forwarded = begun !== undefined && readForwarded(begun) !== null ? `${begun}, ${element}` : element
  const fields = [
    'X-Forwarded-For',
    told === undefined ? hop : `${told}, ${hop}`,
    'X-Forwarded-Proto',
    protocol,
    'X-Forwarded-Host',
    target.authority,
    'Forwarded',
    forwarded,
    'X-Request-Id',
    requestId,
    ...traceFields(headers)
  ]
  const prefix = upstream.stripPrefix
  if (prefix !== null && stripPrefix(target.path, prefix) !== target.path) fields.push('X-Forwarded-Prefix', prefix)
  return fields
}
