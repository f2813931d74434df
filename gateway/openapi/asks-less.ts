/** Whether one `allow` lets in whom another keeps out, as far as the two speak of the same things. */
import type { Allow, Condition } from '../domain.js'

const isWithin = (some: readonly string[], all: readonly string[]): boolean => some.every((one) => all.includes(one))

/** Whoever meets `condition` meets `demand`. */
function implies(condition: Condition, demand: Condition): boolean {
  const [only, ...others] = condition.roles ?? []
  const certain = [...(condition.allRoles ?? []), ...(only !== undefined && others.length === 0 ? [only] : [])]
  const hasAny =
    demand.roles === undefined ||
    (condition.roles !== undefined && isWithin(condition.roles, demand.roles)) ||
    demand.roles.some((role) => certain.includes(role))
  return hasAny && isWithin(demand.allRoles ?? [], certain) && isWithin(demand.scopes ?? [], condition.scopes ?? [])
}

const needsIdentity = (condition: Condition): boolean => Object.keys(condition).some((entry) => entry !== 'networks')
const namesRoles = ({ roles, allRoles }: Condition): boolean => roles !== undefined || allRoles !== undefined

/** Roles where the document speaks of scopes, or the other way round, or claims: nobody can tell from here. */
function speaksOtherwise(condition: Condition, demands: readonly Condition[]): boolean {
  if (condition.claims !== undefined) return true
  if (namesRoles(condition) && !demands.some(namesRoles)) return true
  return condition.scopes !== undefined && !demands.some(({ scopes }) => scopes !== undefined)
}

/** What a document asks for that does not say nobody: that is our word for what no rule can say. */
export function asksLess(allow: Allow, asked: Allow): boolean {
  if (asked.kind === 'anyone' || allow.kind === 'nobody') return false
  if (allow.kind === 'anyone') return true
  const demands = asked.kind === 'any' ? asked.of : []
  if (allow.kind === 'authenticated') return demands.length > 0
  return allow.of.some((condition) => {
    if (!needsIdentity(condition)) return true
    if (demands.length === 0) return false
    return !demands.some((demand) => implies(condition, demand)) && !speaksOtherwise(condition, demands)
  })
}
