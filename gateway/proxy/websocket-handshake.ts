import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

type Handshake = Pick<IncomingMessage, 'method' | 'headers' | 'httpVersionMajor' | 'httpVersionMinor'>

/** 16 bytes as base64, in the one spelling they have: the last character before the padding holds two bits. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/** The items of a field that is a list (RFC 9110 §5.6.1). */
const items = (field: string | undefined): string[] =>
  (field ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

const hasToken = (field: string | undefined, token: string) => items(field).some((item) => item.toLowerCase() === token)

/**
 * Whether a request asks for a WebSocket and for nothing else. Any other upgrade may be ignored, and one that HTTP/1.0
 * asks for must be (RFC 9110 §7.8).
 */
export function asksForWebSocket({ headers, httpVersionMajor, httpVersionMinor }: Handshake): boolean {
  return (
    headers.upgrade?.toLowerCase() === 'websocket' &&
    httpVersionMajor === 1 &&
    httpVersionMinor === 1 &&
    hasToken(headers.connection, 'upgrade')
  )
}

const hasBody = ({ headers }: Handshake) =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

/** What is wrong with the handshake of a request that asks for a WebSocket (RFC 6455 §4.2.1), in a sentence; or null. */
export function handshakeFault(request: Handshake): string | null {
  const { method, headers } = request
  if (method !== 'GET') return 'A WebSocket is asked for with GET.'
  if (headers['sec-websocket-version'] !== '13') return 'Version 13 of the WebSocket protocol is spoken here.'
  if (!KEY.test(headers['sec-websocket-key'] ?? '')) return 'The Sec-WebSocket-Key field is not valid.'
  return hasBody(request) ? 'A request for a WebSocket has no body.' : null
}

/** RFC 6455 §1.3: it proves that the server read this very request as one for a WebSocket. */
const acceptOf = (key: string) =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

const extensionNames = (field: string | undefined) => items(field).map((item) => (item.split(';')[0] ?? '').trim())

/**
 * What a client would find wrong with a 101 (RFC 6455 §4.1), in a few words for the log; or null. `fields` is the
 * upstream's header list, flat (name, value, name, value …).
 */
export function answerFault(asked: IncomingHttpHeaders, fields: readonly string[]): string | null {
  const said = new Map<string, string>()
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i]?.toLowerCase() ?? ''
    const before = said.get(name)
    said.set(name, before === undefined ? (fields[i + 1] ?? '') : `${before}, ${fields[i + 1]}`)
  }
  if (said.get('upgrade')?.toLowerCase() !== 'websocket') return 'upgraded to something else'
  if (!hasToken(said.get('connection'), 'upgrade')) return 'no upgrade of this connection'
  if (said.get('sec-websocket-accept') !== acceptOf(asked['sec-websocket-key'] ?? '')) return 'accepted another key'
  if (said.has('transfer-encoding')) return 'a transfer coding of no content'
  const chosen = said.get('sec-websocket-protocol')
  if (chosen !== undefined && !items(asked['sec-websocket-protocol']).includes(chosen)) return 'a subprotocol unasked'
  const offered = new Set(extensionNames(asked['sec-websocket-extensions']))
  const used = extensionNames(said.get('sec-websocket-extensions'))
  return used.every((name) => offered.has(name)) ? null : 'an extension unasked'
}
