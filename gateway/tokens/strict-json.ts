import { isUtf8 } from 'node:buffer'

/** Tokens deeper than this are refused; the deepest claim of a known issuer has five levels. */
const DEEPEST = 32

/** A JSON text in pieces: strings, brackets, separators, and everything else in runs. */
const PIECES = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g

/** Whether every object of a JSON text names each member once, however it is escaped. The text must have been parsed before. */
export function namesMembersOnce(text: string): boolean {
  const open: (Set<string> | null)[] = []
  let previous = ''
  for (const [piece] of text.matchAll(PIECES)) {
    if (piece === '{' || piece === '[') {
      open.push(piece === '{' ? new Set() : null)
    } else if (piece === '}' || piece === ']') {
      open.pop()
    } else if (piece === ':') {
      const members = open.at(-1)
      const name: string = JSON.parse(previous)
      if (members === undefined || members === null || members.has(name)) return false
      members.add(name)
    }
    previous = piece
  }
  return true
}

function isNestedTo(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (levels === 0) return false
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && !isNestedTo(member, levels - 1)) return false
  }
  return true
}

/**
 * The JSON object that octets spell in UTF-8, if they spell one that reads only one way; null otherwise. Parsers differ
 * in which of two equal members they read, so that one token would mean two things (RFC 8725 §2.4, RFC 7515 §4).
 */
export function readJsonObject(octets: Buffer): Record<string, unknown> | null {
  if (!isUtf8(octets)) return null
  try {
    const text = octets.toString('utf8')
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !isNestedTo(value, DEEPEST)) return null
    // What is written as it was read has lost no member: so are most tokens, and nothing else has to be looked at.
    return JSON.stringify(value) === text || namesMembersOnce(text) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
