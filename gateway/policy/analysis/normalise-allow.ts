import type { Allow, ClaimExpectation, Condition } from '../../domain.js'
import { addressSet } from './addresses.js'

/** Where a pattern has its named segments; what they are called means nothing. */
type Positions = ReadonlyMap<string, number>

const sorted = (texts: Iterable<string>): string[] => [...new Set(texts)].sort()

const normaliseExpectation = (expected: ClaimExpectation, positions: Positions): string => {
  if ('equals' in expected) return JSON.stringify(expected.equals)
  return `{${positions.get(expected.segment) ?? expected.segment}}`
}

/** One of one is all of one; and who must have all of them need not be asked for one of them again. */
const normaliseRoles = (
  roles: readonly string[] | undefined,
  all: readonly string[]
): readonly [string[], string[]] => {
  const any = sorted(roles ?? [])
  if (any.length === 1) return [[], sorted([...any, ...all])]
  return [any.some((role) => all.includes(role)) ? [] : any, sorted(all)]
}

const normaliseCondition = (condition: Condition, positions: Positions): string => {
  const { roles, allRoles = [], scopes = [], claims = {}, networks, issuers } = condition
  const [any, all] = normaliseRoles(roles, allRoles)
  const expected = Object.entries(claims).map(([name, of]) =>
    JSON.stringify([name, ...sorted(of.map((one) => normaliseExpectation(one, positions)))])
  )
  const addresses = networks && addressSet(networks).map(({ first, last }) => `${first}-${last}`)
  return JSON.stringify([
    any,
    all,
    sorted(scopes),
    sorted(expected),
    addresses ?? null,
    issuers ? sorted(issuers) : null
  ])
}

/**
 * A key that two `allow` share if they differ in form only: in order, in repetitions, in how networks are written, and,
 * given where each pattern has its segments, in their names. Two keys may still mean the same; `findWho` tells.
 */
export const normaliseAllow = (allow: Allow, positions: Positions = new Map()): string => {
  if (allow.kind !== 'any') return allow.kind
  if (allow.of.length === 0) return 'nobody'
  return sorted(allow.of.map((condition) => normaliseCondition(condition, positions))).join(' ')
}

/** Whether two `allow` of one pattern differ in form at most; false says nothing. */
export const sameAllow = (one: Allow, other: Allow): boolean => normaliseAllow(one) === normaliseAllow(other)
