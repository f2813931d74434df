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

/** The octets of a part in the one canonical base64url spelling: spare bits and padding would make several of one token. */
function readPart(part: string): Buffer | null {
  const octets = Buffer.from(part, 'base64url')
  // RFC 7515 §2, RFC 4648 §3.5.
  return octets.toString('base64url') === part ? octets : null
}

/**
 * The parts of a compact JWS in its one strict reading, whoever made it; null: it has none. No extension is understood,
 * so `crit` in any form is refused, and so is `b64`, which no JWT may use (RFC 7515 §4.1.11, RFC 7797 §7). What has five
 * parts is encrypted (RFC 7516), and none.
 */
export function readCompactJws(token: string): CompactJws | null {
  const [, first = '', second = '', third = ''] = COMPACT_JWS.exec(token) ?? []
  const [protectedHeader, payload, signature] = [readPart(first), readPart(second), readPart(third)]
  if (first === '' || protectedHeader === null || payload === null || signature === null) return null
  const header = readJsonObject(protectedHeader)
  if (header === null || Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) return null
  return { header, payload, signed: `${first}.${second}`, signature }
}

/** The parts of a JWT, read as strictly, header and claims: JSON objects in which no name stands twice (RFC 7519 §4). */
export function readCompactJwt(token: string): CompactJwt | null {
  const jws = readCompactJws(token)
  const claims = jws === null ? null : readJsonObject(jws.payload)
  return jws === null || claims === null ? null : { ...jws, claims }
}
