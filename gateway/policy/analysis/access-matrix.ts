/**
 * Who may reach what each rule decides, by what somebody is known to have: nothing, a valid token, or a role. A cell
 * speaks of that alone; somebody with several roles may what any of them may.
 */
import type { Allow, Condition } from '../../domain.js'
import type { RuleLife } from './dead-rules.js'
import { describeAllow } from './describe-allow.js'
import type { Issuers } from './identities.js'
import type { Limit } from './meter.js'
import { findWho } from './passing.js'

export type Asker =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'signed_in' }
  /** Signed in, and with this role. */
  | { readonly kind: 'role'; readonly role: string }

export type Access =
  | { readonly access: 'yes' | 'no' }
  /** Who also has one of these, in words. */
  | { readonly access: 'conditional'; readonly having: readonly string[] }
  /** No request ever comes to the rule. */
  | { readonly access: 'never' }
  | ({ readonly access: 'undecided' } & Limit)

export interface AccessRow {
  readonly life: RuleLife
  /** One for each asker, in their order. */
  readonly cells: readonly Access[]
}

const no: Access = { access: 'no' }
const nobody: Allow = { kind: 'nobody' }

const allowOf = (asker: Asker): Allow => {
  if (asker.kind === 'role') return { kind: 'any', of: [{ roles: [asker.role] }] }
  return { kind: asker.kind === 'anyone' ? 'anyone' : 'authenticated' }
}

/** What else a condition asks of them; null: something that goes beyond who they are. */
const stillAsked = ({ roles, allRoles, ...others }: Condition, asker: Asker): Condition | null => {
  if (asker.kind === 'anyone') {
    const { networks, ...identity } = others
    const isForStrangers = roles === undefined && allRoles === undefined && Object.keys(identity).length === 0
    return isForStrangers && networks !== undefined ? { networks } : null
  }
  if (roles === undefined && allRoles === undefined) return others
  if (asker.kind === 'signed_in') return null
  const { role } = asker
  const isOneOf = roles?.includes(role) === true
  if (!isOneOf && allRoles?.includes(role) !== true) return null
  const left = allRoles?.filter((one) => one !== role) ?? []
  return {
    ...(roles !== undefined && !isOneOf && { roles }),
    ...(left.length > 0 && { allRoles: left }),
    ...others
  }
}

/**
 * Without what it binds to segments. Nobody has a claim because a path says so, and a claim asked for never holds of
 * everybody, so that both answers about `yes` and `no` are those for every path.
 */
const unbound = ({ claims, ...others }: Condition): Condition => {
  const fixed = Object.entries(claims ?? {}).filter(([, expected]) => expected.every((one) => 'equals' in one))
  return fixed.length === 0 ? others : { ...others, claims: Object.fromEntries(fixed) }
}

const isEmpty = (condition: Condition): boolean => Object.keys(condition).length === 0

const conditionsFor = (allow: Allow, asker: Asker, issuers: Issuers): readonly string[] | Limit => {
  if (allow.kind !== 'any') return []
  const having: string[] = []
  for (const condition of allow.of) {
    const asked = stillAsked(condition, asker)
    if (asked === null || isEmpty(asked)) continue
    const fixed = unbound(condition)
    const passing = isEmpty(fixed) ? null : findWho({ kind: 'any', of: [fixed] }, nobody, {}, {}, { issuers })
    if (passing !== null && 'undecided' in passing) return passing.undecided
    if (passing === null || passing.who !== null) having.push(describeAllow({ kind: 'any', of: [asked] }))
  }
  return [...new Set(having)]
}

const accessOf = (allow: Allow, asker: Asker, issuers: Issuers): Access => {
  const refused = findWho(allowOf(asker), allow, {}, {}, { issuers })
  if ('undecided' in refused) return { access: 'undecided', ...refused.undecided }
  if (refused.who === null) return { access: 'yes' }
  const having = conditionsFor(allow, asker, issuers)
  if ('limit' in having) return { access: 'undecided', ...having }
  return having.length === 0 ? no : { access: 'conditional', having }
}

/** A row for each of these rules. What an asker may is a matter of `allow` alone, and many rules have the same. */
export const accessMatrix = (
  lives: readonly RuleLife[],
  askers: readonly Asker[],
  issuers: Issuers = null
): readonly AccessRow[] => {
  const known = new Map<string, readonly Access[]>()
  return lives.map((life) => {
    const { allow } = life.rule
    if (life.life === 'dead') return { life, cells: askers.map(() => ({ access: 'never' })) }
    const key = JSON.stringify(allow)
    const cells = known.get(key) ?? askers.map((asker) => accessOf(allow, asker, issuers))
    known.set(key, cells)
    return { life, cells }
  })
}
