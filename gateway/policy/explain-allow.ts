/** A rule's `allow` entry by entry, for people: which hold, with what was seen; adds up to the verdict of `decide`. */
import type { Allow, Authentication, Condition, Principal, Scalar } from '../domain.js'
import type { ProblemCode } from '../problems.js'
import { meets, type Parameters, readClaim } from './conditions.js'
import { createNetworks } from './networks.js'

/** A value that an entry asks for; `segment`: the name in the path that it was taken from. */
export interface Expected {
  /** null: the path has no such segment. */
  readonly value: Scalar | null
  readonly segment: string | null
}

export type EntryName = 'roles' | 'all_roles' | 'scopes' | 'networks' | 'issuers' | `claims.${string}`

export interface EntryExplanation {
  /** As the file spells it. */
  readonly entry: EntryName
  readonly expected: readonly Expected[]
  /** undefined: nothing, since nobody is signed in or there is no such claim. */
  readonly seen: unknown
  readonly holds: boolean
  /** What would make it hold: any one of these, or, of `all_roles` and `scopes`, all. */
  readonly lacking: readonly Expected[]
}

export interface AllowExplanation {
  readonly kind: Allow['kind']
  /** Of which one must hold in all its entries; empty unless `kind` is `any`. */
  readonly alternatives: readonly (readonly EntryExplanation[])[]
  /** null: allowed. */
  readonly because: ProblemCode | null
}

const literal = (value: Scalar): Expected => ({ value, segment: null })

/** An entry of which one listed value is enough. */
const anyOf = (
  entry: EntryName,
  values: readonly string[] | undefined,
  seen: unknown,
  holds: (value: string) => boolean
): EntryExplanation[] => {
  if (values === undefined) return []
  const expected = values.map(literal)
  const met = values.some(holds)
  return [{ entry, expected, seen, holds: met, lacking: met ? [] : expected }]
}

/** An entry that asks for all of its values. */
const allOf = (
  entry: EntryName,
  values: readonly string[] | undefined,
  seen: readonly string[] | undefined
): EntryExplanation[] => {
  if (values === undefined) return []
  const lacking = values.filter((value) => seen?.includes(value) !== true).map(literal)
  return [{ entry, expected: values.map(literal), seen, holds: lacking.length === 0, lacking }]
}

const claimEntries = (
  claims: Condition['claims'],
  principal: Principal | null,
  parameters: Parameters
): EntryExplanation[] =>
  Object.entries(claims ?? {}).map(([name, expectations]) => {
    const seen = principal === null ? undefined : readClaim(principal, name)
    const expected = expectations.map((one): Expected => {
      if ('equals' in one) return literal(one.equals)
      const value = Object.hasOwn(parameters, one.segment) ? parameters[one.segment] : undefined
      return { value: value ?? null, segment: one.segment }
    })
    const holds = principal !== null && expectations.some((one) => meets(seen, one, parameters))
    return { entry: `claims.${name}`, expected, seen, holds, lacking: holds ? [] : expected }
  })

const explainCondition = (
  { roles, allRoles, scopes, claims, networks, issuers }: Condition,
  principal: Principal | null,
  parameters: Parameters,
  address: string
): readonly EntryExplanation[] => [
  ...anyOf('networks', networks, address, (network) => createNetworks([network])(address)),
  ...anyOf('issuers', issuers, principal?.issuer, (issuer) => principal?.issuer === issuer),
  ...anyOf('roles', roles, principal?.roles, (role) => principal?.roles.includes(role) === true),
  ...allOf('all_roles', allRoles, principal?.roles),
  ...claimEntries(claims, principal, parameters),
  ...allOf('scopes', scopes, principal?.scopes)
]

type Alternative = readonly EntryExplanation[]

/** Whether all entries but those named hold. */
const holdsBut = (alternative: Alternative, ...names: readonly EntryName[]): boolean =>
  alternative.every(({ entry, holds }) => holds || names.includes(entry))

const sum = (allow: Allow, alternatives: readonly Alternative[], who: Authentication): ProblemCode | null => {
  if (allow.kind === 'anyone') return null
  if (allow.kind === 'nobody') return 'access_denied'
  if (who.kind === 'bad') return who.because
  if (allow.kind === 'authenticated') return who.kind === 'principal' ? null : 'missing_token'
  if (alternatives.some((alternative) => holdsBut(alternative))) return null
  if (who.kind === 'principal')
    return alternatives.some((alternative) => holdsBut(alternative, 'scopes')) ? 'insufficient_scope' : 'access_denied'
  const helped = alternatives.some((alternative) =>
    alternative.every(({ entry, holds }) => holds || entry !== 'networks')
  )
  return helped ? 'missing_token' : 'access_denied'
}

/** What each entry of `allow` asks for, what it sees, and the verdict that follows. */
export const explainAllow = (
  allow: Allow,
  authentication: Authentication,
  parameters: Parameters,
  address: string
): AllowExplanation => {
  const principal = authentication.kind === 'principal' ? authentication.principal : null
  const conditions = allow.kind === 'any' ? allow.of : []
  const alternatives = conditions.map((condition) => explainCondition(condition, principal, parameters, address))
  return { kind: allow.kind, alternatives, because: sum(allow, alternatives, authentication) }
}

/** Of a refusal: the entries missing in the alternative that misses fewest of them; null: there are no alternatives. */
export const nearestAlternative = ({ alternatives }: AllowExplanation): readonly EntryExplanation[] | null => {
  const count = (missing: Alternative): number =>
    missing.reduce((sum, { entry, lacking }) => {
      const asksForAll = entry === 'scopes' || entry === 'all_roles'
      // Entries count first, then how much of them; an address is the hardest to come by.
      return sum + 1000 + (asksForAll ? lacking.length : 1) + (entry === 'networks' ? 500 : 0)
    }, 0)
  const missing = alternatives.map((alternative) => alternative.filter(({ holds }) => !holds))
  return missing.toSorted((one, other) => count(one) - count(other))[0] ?? null
}
