import { conditionsOf } from './coherent-rules.js'
import { type Finding, type Path, placeOfValue, quote, warningAt } from './findings.js'
import { assertedConditions } from './policy-assertions.js'
import type { Draft } from './schema.js'
import { isLikelySame } from './suggestions.js'

interface Mention {
  readonly role: string
  readonly path: Path
  times: number
}

/** Each with every other: of more roles than this nobody has typed them all. */
const mostCompared = 500

/**
 * Users of the store may have any role, so none is unknown. One that the whole file names once, and almost as it names
 * another, is probably a typing error: a rule that asks for it would let nobody in, or all_roles forget somebody.
 */
export function coherentRoles(draft: Draft): Finding[] {
  const mentions = [...mentionsOf(draft).values()]
  if (mentions.length > mostCompared) return []
  return mentions.flatMap(({ role, path, times }, index) => {
    if (times > 1) return []
    // Of two that are named once, the first may be as it was meant.
    const other = mentions.find((one, place) => (one.times > 1 || place < index) && isLikelySame(role, one.role))
    if (other === undefined) return []
    const related = [placeOfValue(other.path, 'this one')]
    return [
      warningAt(path, `nothing else names the role ${quote(role)}`, `did you mean ${quote(other.role)}?`, related)
    ]
  })
}

function mentionsOf(draft: Draft): ReadonlyMap<string, Mention> {
  const mentions = new Map<string, Mention>()
  const note = (roles: readonly (string | undefined)[] | undefined, around: Path) => {
    for (const [index, role] of (roles ?? []).entries()) {
      const known = role === undefined ? undefined : mentions.get(role)
      if (known !== undefined) known.times++
      else if (role !== undefined) mentions.set(role, { role, path: [...around, index], times: 1 })
    }
  }
  for (const [id, client] of Object.entries(draft.clients ?? {})) note(client?.roles, ['clients', id, 'roles'])
  for (const [name, issuer] of Object.entries(draft.issuers ?? {})) {
    for (const [theirs, ours] of Object.entries(issuer?.roles?.map ?? {})) {
      note(ours, ['issuers', name, 'roles', 'map', theirs])
    }
  }
  for (const [index, rule] of (draft.rules ?? []).entries()) {
    for (const [condition, path] of conditionsOf(rule?.allow, ['rules', index, 'allow'])) {
      note(condition.roles, [...path, 'roles'])
      note(condition.all_roles, [...path, 'all_roles'])
    }
  }
  for (const [index, test] of (draft.tests ?? []).entries()) {
    if (typeof test?.as === 'object') note(test.as.roles, ['tests', index, 'as', 'roles'])
  }
  for (const [condition, path] of assertedConditions(draft)) {
    note(condition.roles, [...path, 'roles'])
    note(condition.all_roles, [...path, 'all_roles'])
  }
  return mentions
}
