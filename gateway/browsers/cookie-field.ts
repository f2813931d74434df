/** RFC 6265bis §4.1.3.2: with `__Host-`, no other host and no plain connection can have set it. */
export const HOST_PREFIX = '__Host-'
export const ACCESS = 'portcullis-access'
export const REFRESH = 'portcullis-refresh'

/** Our names with the prefix and without, in any letter case: which of them serve now does not matter here. */
const OWN_NAME = /^(?:__host-)?portcullis-(?:access|refresh)$/i
const MAYBE_OWN = /portcullis-/i

/** Browsers send the value of a cookie without a name as it is, so that one may look like a pair of ours. */
const SETS_OWN = /^[\s=]*(?:__host-)?portcullis-(?:access|refresh)\s*(?:[=;]|$)/i

/** The value of a cookie by its exact name; `several` when it stands more than once, null when it does not. */
export function readCookie(field: string | undefined, name: string): string | 'several' | null {
  if (field === undefined || !field.includes(name)) return null
  let found: string | null = null
  for (const pair of field.split(';')) {
    const equals = pair.indexOf('=')
    if (equals === -1 || pair.slice(0, equals).trim() !== name) continue
    if (found !== null) return 'several'
    found = pair.slice(equals + 1).trim()
  }
  return found
}

/** A Cookie field without our cookies, the others byte for byte; null when none is left. */
export function withoutOwnCookies(field: string): string | null {
  if (!MAYBE_OWN.test(field)) return field
  const pairs = field.split(';')
  const others = pairs.filter((pair) => !OWN_NAME.test((pair.split('=', 1)[0] ?? '').trim()))
  if (others.length === pairs.length) return field
  const left = others.join(';').trim()
  return left === '' ? null : left
}

/** Whether the value of a Set-Cookie field would set, change or clear a cookie of ours. */
export const setsOwnCookie = (field: string): boolean => SETS_OWN.test(field)
