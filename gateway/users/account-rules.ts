import type { Scalar } from '../domain.js'
import { canonicalUsername } from './canonical-username.js'
import { UserMistake } from './user-mistake.js'

const mostRoles = 64
const mostAttributeBytes = 4096
const roleName = /^[A-Za-z0-9:_./-]{1,64}$/
const attributeName = /^[a-z][a-z0-9_]{0,63}$/

/** The canonical name, or `UserMistake`. */
export function parseUsername(username: string): string {
  const canonical = canonicalUsername(username)
  if (canonical !== null) return canonical
  const why = 'a name has letters, digits and ASCII signs, no spaces, and at most 128 bytes'
  throw new UserMistake('bad_username', `${quoted(username)} cannot be a user name: ${why}.`)
}

/** The roles without repetition, in their order, or `UserMistake`. */
export function parseRoles(roles: readonly string[]): readonly string[] {
  if (roles.length > mostRoles) throw new UserMistake('bad_role', `A user has at most ${mostRoles} roles.`)
  const bad = roles.find((role) => !roleName.test(role))
  if (bad === undefined) return [...new Set(roles)]
  const why = 'a role has 1 to 64 of A-Z a-z 0-9 : _ . / -'
  throw new UserMistake('bad_role', `${quoted(bad)} cannot be a role: ${why}.`)
}

/** The attributes, or `UserMistake`. */
export function parseAttributes(attributes: Readonly<Record<string, Scalar>>): Readonly<Record<string, Scalar>> {
  for (const [name, value] of Object.entries(attributes)) {
    if (!attributeName.test(name)) {
      const why = 'a name has a-z, 0-9 and _, begins with a letter, and has at most 64 characters'
      throw new UserMistake('bad_attribute', `${quoted(name)} cannot be an attribute: ${why}.`)
    }
    if (!isScalar(value)) {
      throw new UserMistake('bad_attribute', `The attribute ${name} is not a string, a finite number or a boolean.`)
    }
  }
  if (Buffer.byteLength(JSON.stringify(attributes)) <= mostAttributeBytes) return attributes
  throw new UserMistake('bad_attribute', `The attributes take more than ${mostAttributeBytes} bytes as JSON.`)
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

/** Control characters must not reach the operator's terminal. */
export function quoted(text: string): string {
  const shown = text.length > 64 ? `${text.slice(0, 64)}…` : text
  return JSON.stringify(shown).replaceAll(/[^\x20-\x7e\p{L}\p{N}…]/gu, '\ufffd')
}
