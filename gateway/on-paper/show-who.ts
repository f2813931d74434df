import type { Authentication } from '../domain.js'
import { spellScalar } from '../policy/index.js'

/** Subjects and names of users are texts always; of other claims the type counts. */
const alwaysText: ReadonlySet<string> = new Set(['sub', 'username'])

const showClaim = (name: string, value: unknown): string =>
  typeof value === 'string' && !alwaysText.has(name) ? spellScalar(value) : String(value)

/** Who asks, in the words of a condition: `role user`, `anonymous`, `somebody signed in`. */
export function showWho(authentication: Authentication): string {
  if (authentication.kind !== 'principal') return 'anonymous'
  const { roles, scopes, claims, issuer } = authentication.principal
  const others = Object.entries(claims).filter(([name, value]) => name !== 'roles' && value !== 'somebody')
  const parts = [
    ...(roles.length === 0 ? [] : [`${roles.length === 1 ? 'role' : 'roles'} ${roles.join(', ')}`]),
    ...(scopes.length === 0 ? [] : [`${scopes.length === 1 ? 'scope' : 'scopes'} ${scopes.join(' ')}`]),
    ...others.map(([name, value]) => `${name} ${showClaim(name, value)}`),
    ...(issuer === 'self' ? [] : [`token of ${issuer}`])
  ]
  return parts.length === 0 ? 'somebody signed in' : parts.join(', ')
}
