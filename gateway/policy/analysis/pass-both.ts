/** Who passes two conditions at once: their conjunction, alternative by alternative, as one more condition. */
import type { Allow, ClaimExpectation, Condition, Scalar } from '../../domain.js'
import type { Parameters } from '../conditions.js'
import { expectedValues } from './claim-values.js'
import type { Issuers } from './identities.js'
import { LimitMet } from './meter.js'
import { findWho, type Passing } from './passing.js'

export interface Passed {
  readonly allow: Allow
  readonly parameters: Parameters
}

const maxAlternatives = 1000
const nobody: Allow = { kind: 'nobody' }

/** Asks for an identity and for nothing of it. */
const identified: Condition = { allRoles: [] }

const conditionsOf = (allow: Allow): readonly Condition[] => {
  if (allow.kind === 'any') return allow.of
  return allow.kind === 'authenticated' ? [identified] : []
}

/** Networks are apart or one lies in the other; null: they are apart. */
const commonNetwork = (one: string, other: string): string | null => {
  const isWithin = (inner: string, outer: string): boolean => {
    const found = findWho(
      { kind: 'any', of: [{ networks: [inner] }] },
      { kind: 'any', of: [{ networks: [outer] }] },
      {},
      {}
    )
    return 'who' in found && found.who === null
  }
  if (isWithin(one, other)) return one
  return isWithin(other, one) ? other : null
}

const common = (one: readonly string[] | undefined, other: readonly string[] | undefined) =>
  one === undefined || other === undefined ? (one ?? other) : one.filter((name) => other.includes(name))

const networksOfBoth = (one: Condition, other: Condition): readonly string[] | undefined => {
  if (one.networks === undefined || other.networks === undefined) return one.networks ?? other.networks
  const [ours, theirs] = [one.networks, other.networks]
  return ours.flatMap((each) => theirs.map((their) => commonNetwork(each, their)).filter((network) => network !== null))
}

const claimsOf = ({ claims = {} }: Condition, parameters: Parameters): Map<string, readonly Scalar[]> =>
  new Map(Object.entries(claims).map(([name, expected]) => [name, expectedValues(expected, parameters)]))

const claimsOfBoth = (one: Map<string, readonly Scalar[]>, other: Map<string, readonly Scalar[]>) => {
  const both = new Map<string, readonly ClaimExpectation[]>()
  for (const name of new Set([...one.keys(), ...other.keys()])) {
    const [ours, theirs] = [one.get(name), other.get(name)]
    const values = ours && theirs ? ours.filter((value) => theirs.includes(value)) : (ours ?? theirs ?? [])
    both.set(
      name,
      values.map((equals) => ({ equals }))
    )
  }
  return both
}

/** null: the two can never hold together. */
const conjoin = (one: Condition, other: Condition, parameters: readonly [Parameters, Parameters]): Condition[] => {
  const networks = networksOfBoth(one, other)
  const issuers = common(one.issuers, other.issuers)
  const claims = claimsOfBoth(claimsOf(one, parameters[0]), claimsOf(other, parameters[1]))
  if (networks?.length === 0 || issuers?.length === 0) return []
  if ([...claims.values()].some((values) => values.length === 0)) return []
  const allRoles = [...(one.allRoles ?? []), ...(other.allRoles ?? [])]
  const needsIdentity = [one, other].some((each) => Object.keys(each).some((name) => name !== 'networks'))
  const base: Condition = {
    ...(networks && { networks }),
    ...(issuers && { issuers }),
    ...(claims.size > 0 && { claims: Object.fromEntries(claims) }),
    ...(needsIdentity && { allRoles, scopes: [...(one.scopes ?? []), ...(other.scopes ?? [])] })
  }
  if (one.roles === undefined || other.roles === undefined) {
    const roles = one.roles ?? other.roles
    return [roles === undefined ? base : { ...base, roles }]
  }
  const theirs = other.roles
  return one.roles.flatMap((role) => theirs.map((their) => ({ ...base, allRoles: [...allRoles, role, their] })))
}

/** Somebody who passes both, on one path. Throws LimitMet. */
export const findWhoPassesBoth = (one: Passed, other: Passed, issuers: Issuers): Passing => {
  for (const [each, another] of [
    [one, other],
    [other, one]
  ] as const) {
    if (each.allow.kind === 'anyone') return findWho(another.allow, nobody, another.parameters, {}, { issuers })
  }
  const of = conditionsOf(one.allow).flatMap((ours) =>
    conditionsOf(other.allow).flatMap((theirs) => conjoin(ours, theirs, [one.parameters, other.parameters]))
  )
  if (of.length > maxAlternatives) throw new LimitMet('alternatives of two conditions together', maxAlternatives)
  return findWho({ kind: 'any', of }, nobody, {}, {}, { issuers })
}
