import type { Principal } from '../domain.js'
import { Problem } from '../problems.js'

/** All 64 roles of a user fit; beyond 8 KiB common servers read no field line. A longer value is refused, never cut. */
const LONGEST_VALUE = 8_000

/** Visible ASCII without `%`: the bytes that stand for themselves. */
const UNSAFE = /[^\x21-\x24\x26-\x7e]/
const UNSAFE_BUT_SPACE = /[^\x20-\x24\x26-\x7e]/

/**
 * A value that no field could carry safely is percent-encoded UTF-8: every byte but visible ASCII, `%`, and a space
 * that stands inside. Decoding percent escapes always gives the value back.
 */
function encodeFieldValue(value: string): string {
  if (!UNSAFE.test(value)) return value
  if (!UNSAFE_BUT_SPACE.test(value) && value.trim() === value) return value
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

/** A claim as text: null for what has none (absent, null, an object, an empty string or list). */
function claimText(claim: unknown): string | null {
  if (typeof claim === 'string') return claim === '' ? null : encodeFieldValue(claim)
  if (typeof claim === 'number' || typeof claim === 'boolean') return String(claim)
  if (!Array.isArray(claim)) return null
  const items: string[] = []
  for (const item of claim) {
    const text = Array.isArray(item) ? null : claimText(item)
    // A comma inside an item must not make two of one.
    if (text !== null) items.push(text.replaceAll(',', '%2C'))
  }
  return items.length === 0 ? null : items.join(',')
}

function readClaim(principal: Principal, name: string): unknown {
  switch (name) {
    case 'sub':
      return principal.subject
    case 'username':
      return principal.username
    case 'roles':
      return principal.roles
    default:
      return Object.hasOwn(principal.claims, name) ? principal.claims[name] : null
  }
}

/**
 * Makes the function from a principal to the fields that tell the upstream who asks, flat (name, value, name, value …).
 * `headers` maps field names to claims. Lists are joined by commas. A value beyond 8000 bytes is a Problem (431).
 */
export function createIdentityFields(headers: Readonly<Record<string, string>>) {
  const fields = Object.entries(headers)
  // A principal lives as long as its token is remembered; its fields are prepared once.
  const prepared = new WeakMap<Principal, readonly string[]>()

  function prepare(principal: Principal): readonly string[] {
    const flat: string[] = []
    for (const [name, claim] of fields) {
      const text = claimText(readClaim(principal, claim))
      if (text === null) continue
      if (text.length > LONGEST_VALUE) {
        throw new Problem('headers_too_large', { detail: 'The identity does not fit into a header field.' })
      }
      flat.push(name, text)
    }
    return flat
  }

  return function identityFields(principal: Principal): readonly string[] {
    let flat = prepared.get(principal)
    if (flat === undefined) {
      flat = prepare(principal)
      prepared.set(principal, flat)
    }
    return flat
  }
}
