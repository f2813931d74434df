/** The search for one stranger, or one principal, who passes one alternative and none of some others. */
import type { Authentication, ClaimExpectation, Condition, Principal, Scalar } from '../../domain.js'
import { meets, type Parameters } from '../conditions.js'
import { type AddressSet, addressesToTry, addressSet, isIn, spellAddress } from './addresses.js'
import type { Budget } from './budget.js'
import { expectedValues, isText } from './claim-values.js'
import { type Identity, type Issuers, identitiesNamed, identitiesUnnamed, isOwn, isReserved } from './identities.js'
import { createVariables, failing, type Variable, type Variables } from './variables.js'

export interface Sought {
  readonly holds: Condition
  readonly fails: readonly Condition[]
  readonly holdsParameters: Parameters
  readonly failsParameters: Parameters
  readonly issuers: Issuers
  readonly budget: Budget
}

export interface Found {
  readonly authentication: Authentication
  readonly address: string
}

/** A claim as the principal has it: one entry, or none. */
type Claim = readonly (readonly [name: string, value: Scalar])[]

const anyMeets = (claim: Scalar | undefined, expected: readonly ClaimExpectation[], parameters: Parameters): boolean =>
  expected.some((expectation) => meets(claim, expectation, parameters))

const claimOf = ({ claims = {} }: Condition, name: string): readonly ClaimExpectation[] | undefined =>
  Object.hasOwn(claims, name) ? claims[name] : undefined

const addAddress = (variables: Variables, { holds, fails, budget }: Sought): Variable<bigint> => {
  budget.spend([holds, ...fails].reduce((sum, { networks = [] }) => sum + networks.length, 0))
  const sets = new Map<Condition, AddressSet>()
  for (const condition of fails) {
    if (condition.networks !== undefined) sets.set(condition, addressSet(condition.networks))
  }
  const within = holds.networks === undefined ? null : addressSet(holds.networks)
  return variables.add(addressesToTry(within, [...sets.values()], budget), (condition, address) => {
    const set = sets.get(condition)
    return set === undefined || isIn(set, address)
  })
}

/** Just enough roles: all that all must have, and one of those of which any will do. */
const addRoles = (variables: Variables, { roles, allRoles = [] }: Condition): Variable<readonly string[]> => {
  const isThere = roles === undefined || roles.some((role) => allRoles.includes(role))
  const candidates = isThere ? [allRoles] : roles.map((role) => [...allRoles, role])
  return variables.add(
    candidates.map((held) => [...new Set(held)]),
    (condition, held) =>
      (condition.roles?.some((role) => held.includes(role)) ?? true) &&
      (condition.allRoles?.every((role) => held.includes(role)) ?? true)
  )
}

const addScopes = (variables: Variables, { scopes = [] }: Condition): Variable<readonly string[]> =>
  variables.add([[...new Set(scopes)]], (condition, held) =>
    (condition.scopes ?? []).every((scope) => held.includes(scope))
  )

const addIdentity = (variables: Variables, sought: Sought): Variable<Identity> => {
  const { holds, fails, holdsParameters, failsParameters, issuers } = sought
  const named = claimOf(holds, 'sub')
  const textsOf = (expected: readonly ClaimExpectation[] | undefined, parameters: Parameters): string[] =>
    expectedValues(expected ?? [], parameters).filter(isText)
  const taken = new Set(fails.flatMap((condition) => textsOf(claimOf(condition, 'sub'), failsParameters)))
  const candidates =
    named === undefined
      ? identitiesUnnamed(holds, fails, taken, issuers)
      : identitiesNamed(holds, textsOf(named, holdsParameters), issuers)
  return variables.add(candidates, (condition, { issuer, subject }) => {
    const expected = claimOf(condition, 'sub')
    return (
      (condition.issuers?.includes(issuer) ?? true) &&
      (expected === undefined || anyMeets(subject, expected, failsParameters))
    )
  })
}

/** What `holds` does not ask for is absent, and an absent claim is as no condition expects it. */
const addClaim = (variables: Variables, sought: Sought, name: string): Variable<Claim> => {
  const expected = claimOf(sought.holds, name)
  const candidates: readonly Claim[] =
    expected === undefined ? [[]] : expectedValues(expected, sought.holdsParameters).map((value) => [[name, value]])
  return variables.add(candidates, (condition, [entry]) => {
    const wanted = claimOf(condition, name)
    return wanted === undefined || anyMeets(entry?.[1], wanted, sought.failsParameters)
  })
}

/** Issuers of others give no reserved role. */
const noReservedAbroad = (roles: Variable<readonly string[]>, identities: Variable<Identity>) => [
  { variable: roles.place, failing: failing(roles.candidates, (held) => held.some(isReserved)) },
  { variable: identities.place, failing: failing(identities.candidates, (identity) => !isOwn(identity)) }
]

/** 31 December 9999: what is compared on paper does not expire. */
const expiresAt = 253_402_300_799

const principalOf = (parts: Pick<Principal, 'issuer' | 'subject' | 'roles' | 'scopes' | 'claims'>): Principal => {
  const text = (name: string): string | null => {
    const value = Object.hasOwn(parts.claims, name) ? parts.claims[name] : null
    return typeof value === 'string' ? value : null
  }
  return {
    ...parts,
    username: text('username'),
    clientId: text('client_id'),
    sessionId: null,
    tokenId: null,
    generation: null,
    expiresAt
  }
}

/** A stranger for whom only networks count. */
export const seekStranger = (sought: Sought): Found | null => {
  const variables = createVariables(sought.budget)
  const address = addAddress(variables, sought)
  const chosen = variables.failAll(sought.fails, [])
  return chosen === null ? null : { authentication: { kind: 'anonymous' }, address: spellAddress(chosen(address)) }
}

export const seekPrincipal = (sought: Sought): Found | null => {
  const { holds, fails, budget } = sought
  const variables = createVariables(budget)
  const roles = addRoles(variables, holds)
  const scopes = addScopes(variables, holds)
  const identity = addIdentity(variables, sought)
  const names = new Set([holds, ...fails].flatMap(({ claims = {} }) => Object.keys(claims)))
  names.delete('sub')
  const claims = [...names].map((name) => addClaim(variables, sought, name))
  const address = addAddress(variables, sought)
  const chosen = variables.failAll(fails, [noReservedAbroad(roles, identity)])
  if (chosen === null) return null
  const { issuer, subject } = chosen(identity)
  const asked = [...(claimOf(holds, 'sub') === undefined ? [] : [['sub', subject] as const]), ...claims.flatMap(chosen)]
  const principal = principalOf({
    issuer,
    subject,
    roles: chosen(roles),
    scopes: chosen(scopes),
    claims: Object.fromEntries(asked)
  })
  return { authentication: { kind: 'principal', principal }, address: spellAddress(chosen(address)) }
}
