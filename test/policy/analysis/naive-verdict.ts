/** Who passes an `allow`, written apart from the product, for conditions of roles, scopes and claims. */
import type { Allow, Authentication, Principal } from '../../../gateway/domain.js'

/** The segment of a name, from the start before a `**` and from the end after it. */
const captured = (pattern: string, path: string, name: string): string | undefined => {
  const parts = pattern.slice(1).split('/')
  const segments = path.slice(1).split('/')
  const at = parts.indexOf(`{${name}}`)
  const isBetween = parts.slice(0, at).includes('**') && parts.slice(at).includes('**')
  if (at === -1 || isBetween) return undefined
  const segment = parts.slice(0, at).includes('**') ? segments.at(at - parts.length) : segments[at]
  return segment === undefined ? undefined : decodeURIComponent(segment)
}

const meets = (principal: Principal, claim: string, expected: unknown): boolean => {
  const value = claim === 'sub' ? principal.subject : principal.claims[claim]
  return value !== undefined && (value === expected || (Number.isSafeInteger(value) && String(value) === expected))
}

export const passesNaively = (allow: Allow, pattern: string, path: string, who: Authentication): boolean => {
  if (allow.kind !== 'any')
    return allow.kind === 'anyone' || (allow.kind === 'authenticated' && who.kind === 'principal')
  if (who.kind !== 'principal') return false
  const { principal } = who
  return allow.of.some(
    ({ roles, allRoles = [], scopes = [], claims = {} }) =>
      (roles?.some((role) => principal.roles.includes(role)) ?? true) &&
      allRoles.every((role) => principal.roles.includes(role)) &&
      scopes.every((scope) => principal.scopes.includes(scope)) &&
      Object.entries(claims).every(([claim, expected]) =>
        expected.some((one) =>
          meets(principal, claim, 'equals' in one ? one.equals : captured(pattern, path, one.segment))
        )
      )
  )
}
