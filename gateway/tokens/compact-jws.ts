import { readJsonObject } from './strict-json.js'

/** A JSON Web Signature in its compact form (RFC 7515 §7.1), taken apart and not yet verified. */
export interface CompactJws {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Buffer
  /** What the signature is over: the first two parts as they stand (RFC 7515 §5.2). */
  readonly signed: string
  readonly signature: Buffer
}

/** The same with claims for a payload (RFC 7519 §3). */
export interface CompactJwt extends CompactJws {
  readonly claims: Readonly<Record<string, unknown>>
}

const COMPACT_JWS = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/

/** Last characters whose spare bits are zero: behind one octet of a group of three, and behind two. */
const ENDS_ONE = 'AQgw'
const ENDS_TWO = 'AEIMQUYcgkosw048'

/**
 * The octets of a part, whose characters are known to be base64url, in the one canonical spelling: spare bits would make
 * several of one token (RFC 7515 §2, RFC 4648 §3.5).
 */
function readPart(part: string): Buffer | null {
  const over = part.length % 4
  const last = part.charAt(part.length - 1)
  if (over === 1 || (over === 2 && !ENDS_ONE.includes(last)) || (over === 3 && !ENDS_TWO.includes(last))) return null
  return Buffer.from(part, 'base64url')
}

type Header = CompactJws['header']

/** No extension is understood, so `crit` in any form is refused, and so is `b64`, which no JWT may use (RFC 7797 §7). */
function readHeader(part: string): Header | null {
  const octets = readPart(part)
  const header = octets === null ? null : readJsonObject(octets)
  return header === null || Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64') ? null : header
}

/** A reader may know a header it has read before: issuers write the same one into all tokens of a key. */
type ReadHeader = (part: string) => Header | null

/**
 * The parts of a compact JWS in its one strict reading, whoever made it; null: it has none (RFC 7515 §4.1.11). What has
 * five parts is encrypted (RFC 7516), and none.
 */
export function readCompactJws(token: string, read: ReadHeader = readHeader): CompactJws | null {
  const [, first, second, third] = COMPACT_JWS.exec(token) ?? []
  if (first === undefined || second === undefined || third === undefined) return null
  const [header, payload, signature] = [read(first), readPart(second), readPart(third)]
  if (header === null || payload === null || signature === null) return null
  return { header, payload, signed: token.slice(0, first.length + 1 + second.length), signature }
}

/** The parts of a JWT, read as strictly, header and claims: JSON objects in which no name stands twice (RFC 7519 §4). */
export function readCompactJwt(token: string, read: ReadHeader = readHeader): CompactJwt | null {
  const jws = readCompactJws(token, read)
  const claims = jws === null ? null : readJsonObject(jws.payload)
  return jws === null || claims === null ? null : { ...jws, claims }
}

/** Makes a reader that remembers the header it read last. */
export function createHeaderReader(): ReadHeader {
  let known = ''
  let header: Header | null = null
  return (part) => {
    if (part !== known) {
      header = readHeader(part)
      known = part
    }
    return header
  }
}
