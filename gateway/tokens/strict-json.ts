/** Tokens deeper than this are refused; the deepest claim of a known issuer has five levels. */
const DEEPEST = 32

/** A JSON text in pieces: strings, brackets, separators, and everything else in runs. */
const PIECES = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g

/**
 * Whether every object of a JSON text names each member once, however it is escaped, and none nests too deep. Parsers
 * differ in which of two equal members they read, so that one token would mean two things (RFC 8725 §2.4, RFC 7515 §4).
 * The text must have been parsed before.
 */
function readsOneWay(text: string): boolean {
  const open: (Set<string> | null)[] = []
  let previous = ''
  for (const [piece] of text.matchAll(PIECES)) {
    if (piece === '{' || piece === '[') {
      if (open.length === DEEPEST) return false
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

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The JSON object that octets spell in UTF-8, if they spell one that reads only one way; null otherwise. */
export function readJsonObject(octets: Uint8Array): Record<string, unknown> | null {
  try {
    const text = utf8.decode(octets)
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !readsOneWay(text)) return null
    return value as Record<string, unknown>
  } catch {
    return null
  }
}
