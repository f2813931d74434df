const COMPACT_JWS = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/
const STRINGS = /"(?:[^"\\]|\\.)*"/g

/**
 * The protected header of a compact JWS in its one strict reading, or null. Each part is in the canonical base64url
 * spelling: spare bits and padding would make several strings of one token (RFC 7515 §2, RFC 4648 §3.5). Header and
 * claims are JSON objects in which no name stands twice (RFC 7515 §4, RFC 7519 §4). No extension is understood, so
 * `crit` in any form is refused, and so is `b64`, which no JWT may use (RFC 7515 §4.1.11, RFC 7797 §7).
 */
export function readProtectedHeader(token: string): Readonly<Record<string, unknown>> | null {
  const parts = COMPACT_JWS.exec(token)
  if (parts === null) return null
  const [, header = '', claims = '', signature = ''] = parts
  if (![header, claims, signature].every(isCanonical)) return null
  const parsed = parseObject(decode(header))
  if (parsed === null || Object.hasOwn(parsed, 'crit') || Object.hasOwn(parsed, 'b64')) return null
  return parseObject(decode(claims)) === null ? null : parsed
}

const decode = (part: string) => Buffer.from(part, 'base64url').toString('utf8')
const isCanonical = (part: string) => Buffer.from(part, 'base64url').toString('base64url') === part

/** A JSON object without repeated member names at any depth, or null. */
function parseObject(text: string): Record<string, unknown> | null {
  let members = 0
  try {
    const parsed: unknown = JSON.parse(text, function count(this: unknown, _name, value: unknown) {
      if (!Array.isArray(this)) members += 1
      return value
    })
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null
    // In valid JSON every member has one colon outside strings; the reviver sees each distinct name once, and the root.
    const colons = text.replace(STRINGS, '').split(':').length - 1
    return colons === members - 1 ? { ...parsed } : null
  } catch {
    return null
  }
}
