/** Two verdicts at once: `allow` that lets in only whom both let in. */
import type { Allow, Condition } from '../domain.js'

const nobody: Allow = { kind: 'nobody' }

/** Where a rule cannot say both, it lets nobody in. */
export function bothOf(one: Allow, other: Allow): Allow {
  if (one.kind === 'nobody' || other.kind === 'nobody') return nobody
  // A condition of a document always needs somebody signed in, so `authenticated` adds nothing to one.
  if (one.kind === 'anyone' || (one.kind === 'authenticated' && other.kind !== 'anyone')) return other
  if (one.kind === 'authenticated' || other.kind !== 'any') return one
  const merged = one.of.flatMap((first) => other.of.flatMap((second) => merge(first, second) ?? []))
  const distinct = new Map(merged.map((condition) => [JSON.stringify(condition), condition]))
  return distinct.size === 0 ? nobody : { kind: 'any', of: [...distinct.values()] }
}

/** null: each names several roles of which one is enough, and a condition has room for one such choice. */
function merge(one: Condition, other: Condition): Condition | null {
  const certain = new Set([...(one.allRoles ?? []), ...(other.allRoles ?? [])])
  const choices: (readonly string[])[] = []
  for (const { roles } of [one, other]) {
    const [only, ...others] = roles ?? []
    if (only !== undefined && others.length === 0) certain.add(only)
    else if (roles !== undefined && !choices.some((choice) => String(choice) === String(roles))) choices.push(roles)
  }
  const [roles, second] = choices
  if (second !== undefined) return null
  const scopes = [...new Set([...(one.scopes ?? []), ...(other.scopes ?? [])])]
  const [only] = certain
  // One role is easier read as any of one.
  const single = certain.size === 1 && roles === undefined && only !== undefined
  return {
    ...(roles !== undefined ? { roles } : single ? { roles: [only] } : {}),
    ...(certain.size > 0 && !single ? { allRoles: [...certain] } : {}),
    ...(scopes.length > 0 ? { scopes } : {})
  }
}
