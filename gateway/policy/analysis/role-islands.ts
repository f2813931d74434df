/**
 * Rules that let few people in and end too early: what lies just beside their paths, `/admin/` beside `/admin`, falls
 * to a later and wider rule that lets in whoever they refuse. Many servers take both for one page.
 */
import { parseCanonicalPath } from '../../canonical-path.js'
import type { Allow, Rule } from '../../domain.js'
import type { WitnessRequest } from './areas.js'
import type { RuleLife } from './dead-rules.js'
import type { Issuers } from './identities.js'
import { findWho } from './passing.js'
import type { PreparedPolicy } from './prepare-policy.js'

export interface RoleIsland {
  readonly rule: Rule
  readonly wider: Rule
  /** Lies beside the island, and is decided by the wider rule. */
  readonly request: WitnessRequest
}

/** Below `/orders/{id}` are other things than an order; below `/admin` is what admins do. */
const pathsBeside = (pattern: string, path: string): readonly string[] => {
  const last = pattern.slice(pattern.lastIndexOf('/') + 1)
  if (pattern === '/' || last.includes('*')) return []
  if (last === '') return [path.slice(0, -1), `${path}b1`]
  return last.startsWith('{') ? [`${path}/`] : [`${path}/`, `${path}/b1`]
}

/** It spells out the island's path and goes on: whoever wrote it thought of what lies there. */
const isMeant = ({ path }: Rule, island: Rule): boolean => {
  const nameless = (pattern: string) => pattern.replaceAll(/\{[^}]*\}/g, '*')
  return nameless(path).startsWith(nameless(island.path).replace(/\/?$/, '/')) || path === island.path.slice(0, -1)
}

/** For rules that can match, in the order of the file. */
export const findRoleIslands = (
  policy: PreparedPolicy,
  lives: readonly RuleLife[],
  issuers: Issuers = null
): readonly RoleIsland[] => {
  const compared = new Map<string, boolean>()
  const isSubset = (one: Allow, other: Allow): boolean => {
    const passing = findWho(one, other, {}, {}, { issuers, steps: 10_000 })
    return 'who' in passing && passing.who === null
  }
  /** Whether everybody whom one lets in passes the other, and somebody else too. */
  const isNarrower = (one: Allow, other: Allow): boolean => {
    const key = `${JSON.stringify(one)} ${JSON.stringify(other)}`
    const known = compared.get(key)
    if (known !== undefined) return known
    const answer = isSubset(one, other) && !isSubset(other, one)
    compared.set(key, answer)
    return answer
  }

  const findIsland = (rule: Rule, witness: WitnessRequest): RoleIsland[] => {
    for (const path of pathsBeside(rule.path, witness.path)) {
      const parsed = parseCanonicalPath(path)
      if ('fault' in parsed) continue
      for (const method of rule.methods ?? [witness.method, 'POST']) {
        const request = { method, host: witness.host, path: parsed.path }
        const match = policy.find(request)
        if (!('rule' in match) || match.rule.index <= rule.index || isMeant(match.rule, rule)) continue
        if (isNarrower(rule.allow, match.rule.allow)) return [{ rule, wider: match.rule, request }]
      }
    }
    return []
  }

  return lives.flatMap((each) => {
    const { rule } = each
    if (each.life !== 'alive' || rule.allow.kind === 'anyone') return []
    return findIsland(rule, each.witness)
  })
}
