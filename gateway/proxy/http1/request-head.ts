import type { Readable } from 'node:stream'

/** A request for an upstream, complete but for what frames it and its connection. */
export interface UpstreamRequest {
  readonly method: string
  readonly path: string
  /** Flat (name, value, name, value …), beginning with `host`. */
  readonly headers: readonly string[]
  /** null: the request has none. */
  readonly body: Readable | null
  /** Asks for a WebSocket. */
  readonly upgrade: boolean
  /** Nothing more is asked over the connection. */
  readonly isLast?: boolean
}

/** RFC 9110 §9.3: where a body is expected, its absence is said. */
const EXPECTS_BODY = new Set(['PATCH', 'POST', 'PROPFIND', 'PROPPATCH', 'PUT', 'QUERY'])

/** How the body is told from what follows. */
export interface RequestFraming {
  /** null: in chunks. */
  readonly octets: number | null
  /** A server may take the body of such a request for the next one (RFC 9110 §9.3.1), so none follows. */
  readonly isLast: boolean
}

/** An octet that would end a line, or a field, early; the parser of the client's side lets none pass. */
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/
const FORBIDDEN_IN_TARGET = /[^\x21-\x7e\x80-\xff]/

function lengthOf(headers: readonly string[]): string | null {
  for (let i = 2; i < headers.length; i += 2) {
    const name = headers[i] ?? ''
    if (name.length === 14 && name.toLowerCase() === 'content-length') return headers[i + 1] ?? ''
  }
  return null
}

export function framingOfRequest(request: UpstreamRequest): RequestFraming {
  const { method, headers, body, upgrade } = request
  // Some answer HEAD with a body after all.
  const isLast = request.isLast === true || method === 'HEAD' || upgrade || (body !== null && !EXPECTS_BODY.has(method))
  if (body === null) return { octets: 0, isLast }
  const length = lengthOf(headers)
  return { octets: length === null ? null : Number(length), isLast }
}

/** The header section as it is sent, one character an octet. Throws when a part of it would be read as two. */
export function writeRequestHead(request: UpstreamRequest, { octets, isLast }: RequestFraming): string {
  const { method, path, headers, body, upgrade } = request
  if (FORBIDDEN_IN_TARGET.test(path)) throw new Error('a request target would end early')
  let head = `${method} ${path} HTTP/1.1\r\n`
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    const value = headers[i + 1] ?? ''
    if (name.length === 14 && name.toLowerCase() === 'content-length') continue
    if (FORBIDDEN.test(value)) throw new Error(`the field ${name} would end early`)
    head += `${name}: ${value}\r\n`
    if (i === 0) head += upgrade ? 'connection: upgrade\r\nupgrade: websocket\r\n' : CONNECTION[isLast ? 1 : 0]
  }
  if (octets === null) return `${head}transfer-encoding: chunked\r\n\r\n`
  if (body !== null || EXPECTS_BODY.has(method)) head += `content-length: ${octets}\r\n`
  return `${head}\r\n`
}

const CONNECTION = ['connection: keep-alive\r\n', 'connection: close\r\n'] as const
