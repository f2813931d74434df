import type { IncomingMessage } from 'node:http'
import { Problem } from '../problems.js'
import { createNetworkSet, lastUntrusted, readNode, unmap } from './client-address.js'
import { createClientFields } from './client-fields.js'
import type { TargetFault } from './framing.js'
import { parseRequestTarget, type RequestTarget, readTarget } from './request-target.js'

export type InquiryMode = 'nginx' | 'traefik' | 'caddy' | 'envoy'

/** A request that a proxy asks about before it forwards it itself. */
export interface Inquiry {
  /** Whose conventions the answer follows. */
  readonly mode: InquiryMode
  readonly method: string
  readonly target: RequestTarget | TargetFault
  /** The client's, as the proxy tells it; null when it does not. */
  readonly address: string | null
}

export interface InquiryOptions {
  /** Where proxies ask: a canonical path. */
  readonly path: string
  readonly modes: readonly InquiryMode[]
  /** Addresses and CIDRs that connections must come from; no header field takes part. */
  readonly from: readonly string[]
  readonly trustedProxies: readonly string[]
  /** Names that the proxy sets or removes itself, by the answer. */
  readonly identityNames: readonly string[]
  /** More names that no client may send. */
  readonly strip: readonly string[]
}

/** Where a proxy tells what it asks about, in lower case; null: by the inquiry's own method or path. */
interface Convention {
  readonly method: string | null
  readonly uri: string | null
  readonly host: string
  readonly address: string
}

const NGINX: Convention = {
  method: 'x-original-method',
  uri: 'x-original-uri',
  host: 'host',
  address: 'x-real-ip'
}
const FORWARDED: Convention = {
  method: 'x-forwarded-method',
  uri: 'x-forwarded-uri',
  host: 'x-forwarded-host',
  address: 'x-forwarded-for'
}
// Not X-Forwarded-For: Envoy ends that of its inquiries with an address of its own (envoyproxy/envoy#21519).
const ENVOY: Convention = { method: null, uri: null, host: 'host', address: 'x-real-ip' }

const CONVENTIONS: Readonly<Record<InquiryMode, Convention>> = {
  nginx: NGINX,
  traefik: FORWARDED,
  caddy: FORWARDED,
  envoy: ENVOY
}

/** Read by one convention and ignored by the others. */
const TOLD = [NGINX, FORWARDED].flatMap(({ method, uri }) => [method ?? '', uri ?? ''])

/** In the one case that methods are compared in: an upstream may take `delete` for DELETE (RFC 9110 §9.1). */
const METHOD = /^[A-Z][A-Z0-9_-]{0,63}$/

const refusal = (detail: string) => new Problem('invalid_request', { detail })

/** The value of a field that must stand exactly once. */
function readOne(rawHeaders: readonly string[], name: string): string {
  let value: string | null = null
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== name) continue
    if (value !== null) throw refusal(`The field ${name} stands more than once.`)
    value = rawHeaders[i + 1] ?? ''
  }
  if (value === null) throw refusal(`The field ${name} is missing.`)
  return value
}

const tells = (rawHeaders: readonly string[], { method, uri }: Convention) =>
  rawHeaders.some((name, at) => at % 2 === 0 && [method, uri].includes(name.toLowerCase()))

/** The target as told. The proxy forwards its own spelling of the path, so that one has to be the judged one. */
function readTold(uri: string, host: string): RequestTarget {
  const target = readTarget(uri, host)
  if ('fault' in target) throw new Problem(target.fault, target)
  if (target.path + target.query !== uri) {
    throw new Problem('bad_path', { detail: 'The path is not in its canonical spelling.' })
  }
  return target
}

/** Where the modes are asked: Envoy puts the path in question behind ours, the others name it in fields. */
function createModeReader(path: string, modes: readonly InquiryMode[]) {
  const byPath = modes.includes('envoy')
  const nginx = modes.filter((mode) => mode === 'nginx')
  // The same convention; the answer that Caddy needs serves Traefik too.
  const forwarded = modes.includes('caddy') ? ['caddy' as const] : modes.filter((mode) => mode === 'traefik')
  const byFields: readonly InquiryMode[] = [...nginx, ...forwarded]

  /** Modes that may be meant, none when the path is not where inquiries go. */
  function candidates(url: string): readonly InquiryMode[] {
    if (!url.startsWith(path)) return []
    if (url.startsWith('/', path.length)) return byPath ? ['envoy'] : []
    if (url.length === path.length) return byFields
    // Caddy leaves the client's query on the path that it asks. Beside Envoy that is a target without a slash, by which
    // a client would have its own fields read.
    return url.startsWith('?', path.length) && !byPath ? byFields : []
  }

  return function readMode(url: string, rawHeaders: readonly string[]): InquiryMode | 'unclear' | null {
    const possible = candidates(url)
    if (possible.length < 2) return possible[0] ?? null
    // A proxy always sets its own fields, so both kinds together mean that a client has sent the other.
    const told = possible.filter((mode) => tells(rawHeaders, CONVENTIONS[mode]))
    return told.length === 1 ? (told[0] ?? null) : 'unclear'
  }
}

/**
 * Makes the function that reads which request a proxy asks about, by the configured conventions and no other field;
 * null when it is no inquiry: another path, or a connection from elsewhere. What is told twice or not at all, and what
 * the gateway would change or drop if it forwarded itself, is a fault: the proxy will forward what it has.
 */
export function createInquiries(options: InquiryOptions): (request: IncomingMessage) => Inquiry | null {
  const isCaller = createNetworkSet(options.from)
  const isTrusted = createNetworkSet(options.trustedProxies)
  const readMode = createModeReader(options.path, options.modes)
  const forbidden = createClientFields({ overwritten: [...options.identityNames, ...TOLD], strip: options.strip })

  function readAddress({ rawHeaders, headers }: IncomingMessage, name: string): string {
    const listed = String(headers['x-forwarded-for'] ?? '').split(',')
    const address = name === 'x-forwarded-for' ? lastUntrusted(listed, isTrusted) : readNode(readOne(rawHeaders, name))
    if (address === null) throw refusal(`The field ${name} names no address.`)
    return address
  }

  function readMethod({ rawHeaders, method }: IncomingMessage, name: string | null): string {
    const told = name === null ? (method ?? '') : readOne(rawHeaders, name)
    if (!METHOD.test(told)) throw refusal('The method is not written in capitals.')
    return told
  }

  return function readInquiry(request) {
    const { url = '', rawHeaders } = request
    const mode = readMode(url, rawHeaders)
    if (mode === null || !isCaller(unmap(request.socket.remoteAddress ?? ''))) return null
    let method = request.method ?? ''
    let address: string | null = null
    try {
      if (mode === 'unclear') throw refusal('The fields of one convention must be there, and of no other.')
      const convention = CONVENTIONS[mode]
      // First of all, since even a refusal is counted by it.
      address = readAddress(request, convention.address)
      // The inquiry has to be a sound request itself; its path may be any, since Envoy puts its client's there.
      const own = parseRequestTarget(request, null)
      if ('fault' in own && own.fault !== 'bad_path') throw new Problem(own.fault, own)
      method = readMethod(request, convention.method)
      const uri = convention.uri === null ? url.slice(options.path.length) : readOne(rawHeaders, convention.uri)
      const target = readTold(uri, readOne(rawHeaders, convention.host))
      const found = forbidden.find(rawHeaders)
      if (found !== null) throw refusal(`A field reads as ${found}, which no client may send.`)
      return { mode, method, target, address }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      const fault = { fault: error.code, detail: error.options.detail ?? '' }
      // nginx knows the fewest statuses, so everybody understands its answer.
      return { mode: mode === 'unclear' ? 'nginx' : mode, method, target: fault, address }
    }
  }
}
