/** `allow` as a settings file writes it; of conditions only what a document can ask for. */
import type { Allow, Condition } from '../domain.js'
import { scalar } from './scalar.js'

/** Lines of YAML, of which the first begins with the key. */
export function writeAllow(allow: Allow): readonly string[] {
  if (allow.kind !== 'any') return [`allow: ${allow.kind}`]
  const [only, ...others] = allow.of
  if (only !== undefined && others.length === 0) return [`allow: ${writeCondition(only)}`]
  return ['allow:', ...allow.of.map((condition) => `  - ${writeCondition(condition)}`)]
}

/** The value alone, on one line. */
export const showAllow = (allow: Allow): string =>
  allow.kind === 'any' ? allow.of.map(writeCondition).join(' or ') : allow.kind

function writeCondition({ roles, allRoles, scopes }: Condition): string {
  const entries = Object.entries({ roles, all_roles: allRoles, scopes }).flatMap(([name, words]) => {
    return words === undefined ? [] : [`${name}: [${words.map(scalar).join(', ')}]`]
  })
  return `{ ${entries.join(', ')} }`
}
