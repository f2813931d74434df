/** `allow` compiled: once per rule at load, so that a request only compares. */
import type { Allow, ClaimExpectation, Condition, Principal } from '../domain.js'
import { createNetworks } from './networks.js'

export type Parameters = Readonly<Record<string, string>>

/** One alternative; each part says whether its entries hold. */
export interface CompiledCondition {
  readonly needsIdentity: boolean
  readonly admitsAddress: (address: string) => boolean
  /** Every entry about identity but the scopes. */
  readonly admitsPrincipal: (principal: Principal, parameters: Parameters) => boolean
  readonly scopes: readonly string[]
}

export type CompiledAllow =
  | { readonly kind: 'anyone' | 'authenticated' | 'nobody'; readonly claimNames: readonly string[] }
  | { readonly kind: 'any'; readonly of: readonly CompiledCondition[]; readonly claimNames: readonly string[] }

const knownEntries = new Set(['roles', 'allRoles', 'scopes', 'claims', 'networks', 'issuers'])

/** The value of a claim as the policy means it; undefined: there is none. */
export const readClaim = (principal: Principal, name: string): unknown => {
  // A foreign `sub` may equal one of ours; `subject` carries its issuer's name and cannot.
  if (name === 'sub') return principal.subject
  return Object.hasOwn(principal.claims, name) ? principal.claims[name] : undefined
}

const equalsSegment = (claim: unknown, segment: string | undefined): boolean => {
  if (segment === undefined) return false
  if (typeof claim === 'string') return claim === segment
  // Beyond safe integers two numbers can have one text, or one number two.
  return Number.isSafeInteger(claim) && String(claim) === segment
}

/** Whether a claim's value, undefined for none, is as expected on a path that captured these parameters. */
export const meets = (claim: unknown, expected: ClaimExpectation, parameters: Parameters): boolean => {
  if ('equals' in expected) return claim === expected.equals
  return equalsSegment(claim, Object.hasOwn(parameters, expected.segment) ? parameters[expected.segment] : undefined)
}

/** An entry that lists nothing, or one that is not known, must never come to mean "no restriction". */
const entryNames = (condition: Condition): readonly string[] => {
  const present = Object.entries(condition).filter(([, entry]) => entry !== undefined)
  for (const [name, entry] of present) {
    if (!knownEntries.has(name)) throw new TypeError(`allow: '${name}' is no entry of a condition`)
    if (Object.keys(entry).length === 0) throw new TypeError(`allow: '${name}' lists nothing`)
  }
  if (present.length === 0) throw new TypeError('allow: a condition has no entry')
  return present.map(([name]) => name)
}

const compileCondition = (condition: Condition): CompiledCondition => {
  const names = entryNames(condition)
  const { roles, allRoles = [], scopes = [], networks, issuers } = condition
  const claims = Object.entries(condition.claims ?? {})
  return {
    needsIdentity: names.some((name) => name !== 'networks'),
    admitsAddress: networks === undefined ? () => true : createNetworks(networks),
    admitsPrincipal: (principal, parameters) =>
      (issuers === undefined || issuers.includes(principal.issuer)) &&
      (roles === undefined || roles.some((role) => principal.roles.includes(role))) &&
      allRoles.every((role) => principal.roles.includes(role)) &&
      claims.every(([name, expected]) => {
        const claim = readClaim(principal, name)
        return expected.some((expectation) => meets(claim, expectation, parameters))
      }),
    scopes
  }
}

/** Compiles `allow`; throws a TypeError where it would mean more, or less, than it says. */
export const compileAllow = (allow: Allow): CompiledAllow => {
  if (allow.kind !== 'any') return { kind: allow.kind, claimNames: [] }
  const claimNames = new Set(allow.of.flatMap((condition) => Object.keys(condition.claims ?? {})))
  return { kind: 'any', of: allow.of.map(compileCondition), claimNames: [...claimNames] }
}
