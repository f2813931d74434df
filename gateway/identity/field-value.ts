import { Problem } from '../problems.js'

/** Visible ASCII without `%`: the bytes that stand for themselves. */
const UNSAFE = /[^\x21-\x24\x26-\x7e]/
const UNSAFE_BUT_SPACE = /[^\x20-\x24\x26-\x7e]/
/** Half a character (RFC 3629 §3): it has no UTF-8, and any replacement would make one value of two. */
const UNPAIRED = /\p{Surrogate}/u

/**
 * A value that no field could carry safely is percent-encoded UTF-8: every byte but visible ASCII, `%`, and a space
 * that stands inside. Decoding percent escapes always gives the value back.
 */
function encodeText(value: string): string {
  if (!UNSAFE.test(value)) return value
  if (!UNSAFE_BUT_SPACE.test(value) && value.trim() === value) return value
  if (UNPAIRED.test(value)) throw new Problem('invalid_token', { detail: 'A claim of the token is no Unicode text.' })
  let encoded = ''
  const characters = [...value]
  for (const [at, character] of characters.entries()) {
    const edge = at === 0 || at === characters.length - 1
    encoded += UNSAFE.test(character) && (character !== ' ' || edge) ? percentEncode(character) : character
  }
  return encoded
}

function percentEncode(character: string): string {
  let escapes = ''
  for (const byte of Buffer.from(character, 'utf8')) escapes += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  return escapes
}

/** One claim, or one item of a list; null: it says nothing. */
function itemValue(claim: unknown): string | null {
  if (typeof claim === 'string') return claim === '' ? null : encodeText(claim)
  if (typeof claim === 'number' || typeof claim === 'boolean') return String(claim)
  const isFilled = typeof claim === 'object' && claim !== null && Object.keys(claim).length > 0
  return isFilled ? encodeText(JSON.stringify(claim)) : null
}

/**
 * A claim as the value of a field; null for what says nothing: absent, null, an empty string, list or object. Items of a
 * list are joined by commas, objects are their JSON. Throws a Problem for text that is none.
 */
export function fieldValue(claim: unknown): string | null {
  if (!Array.isArray(claim)) return itemValue(claim)
  const items: string[] = []
  for (const item of claim) {
    // A comma inside an item must not make two of one.
    const text = itemValue(item)?.replaceAll(',', '%2C')
    if (text !== undefined) items.push(text)
  }
  return items.length === 0 ? null : items.join(',')
}
