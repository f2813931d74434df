const mostBytes = 1024

/**
 * The form of a password that is hashed (OpaqueString, RFC 8265 §4.2): other spaces become U+0020, then NFC, case kept.
 * null: not a string, empty, over 1024 bytes in UTF-8, or with half a surrogate pair, which UTF-8 cannot tell apart.
 */
export function opaquePassword(password: unknown): string | null {
  // A UTF-16 unit takes at least one byte, so this spares counting the bytes of a very long text.
  if (typeof password !== 'string' || password.length === 0 || password.length > mostBytes) return null
  if (Buffer.byteLength(password) > mostBytes || /\p{Surrogate}/u.test(password)) return null
  return password.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC')
}
