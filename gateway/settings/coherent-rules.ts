import { danglingIssuers } from './coherent-issuers.js'
import { type Finding, mistakeAt, mistakeAtKey, type Path, quote, warningAt } from './findings.js'
import { standardClaims } from './identity-leaves.js'
import type { Draft } from './schema.js'
import type { PolicyLanguage } from './settings.js'
import { suggest } from './suggestions.js'

type DraftRule = NonNullable<NonNullable<Draft['rules']>[number]>
type DraftCondition = Extract<DraftRule['allow'], { readonly roles?: unknown }>

export type Pattern = Exclude<ReturnType<PolicyLanguage['readPattern']>, { readonly fault: string }>

/** The names of the file that rules refer to; null: the section itself is mistaken, so nothing dangles. */
export interface Names {
  readonly upstreams: readonly string[] | null
  readonly limits: readonly string[] | null
  readonly issuers: readonly string[] | null
}

/** The pattern of each rule; null where it has none that can be read. */
export function readPatterns(
  draft: Draft,
  language: PolicyLanguage
): { readonly patterns: readonly (Pattern | null)[]; readonly findings: readonly Finding[] } {
  const findings: Finding[] = []
  const patterns = (draft.rules ?? []).map((rule, index): Pattern | null => {
    if (rule?.path === undefined) return null
    const pattern = language.readPattern(rule.path)
    if (!('fault' in pattern)) return pattern
    findings.push(mistakeAt(['rules', index, 'path'], pattern.fault))
    return null
  })
  return { patterns, findings }
}

/** What rules must say about each other and about the names they use. */
export function coherentRules(draft: Draft, patterns: readonly (Pattern | null)[], names: Names): Finding[] {
  const defaults = (draft.default_limits ?? []).flatMap((name, index) => {
    return dangling('limit', name, names.limits, ['default_limits', index])
  })
  // What claims the tokens of others have, nobody knows here.
  const ownOnly = names.issuers?.length === 0
  const claims = ownOnly ? [...standardClaims, ...Object.keys(draft.tokens?.claims ?? {})] : null
  const each = (draft.rules ?? []).flatMap((rule, index) => {
    if (rule === undefined) return []
    const path = ['rules', index]
    return [
      ...destination(rule, names, path),
      ...limitsOf(rule, names, path),
      ...conditionsOf(rule, path).flatMap(([condition, at]) => [
        ...claimsOf(condition, patterns[index] ?? null, claims, at),
        ...danglingIssuers(condition.issuers, names.issuers, at)
      ]),
      ...tolerated(draft, rule, patterns[index] ?? null, path),
      ...ownPaths(draft, rule, patterns[index] ?? null, path)
    ]
  })
  return [...defaults, ...each, ...repetitions(draft, patterns)]
}

function destination(rule: DraftRule, names: Names, path: Path): Finding[] {
  if (rule.to !== undefined) return dangling('upstream', rule.to, names.upstreams, [...path, 'to'])
  if ('to' in rule || rule.allow === 'nobody') return []
  return [mistakeAt([...path, 'to'], 'is missing', 'name the upstream, unless the rule is `allow: nobody`')]
}

function limitsOf(rule: DraftRule, names: Names, path: Path): Finding[] {
  const limits = rule.limit ?? []
  if (limits.length === 1 && limits[0] === 'none') return []
  return limits.flatMap((name, index) => {
    const at = [...path, 'limit', index]
    if (name === 'none') return [mistakeAt(at, "must stand alone: 'none' is no limit at all")]
    return dangling('limit', name, names.limits, at)
  })
}

function dangling(kind: string, name: string | undefined, known: readonly string[] | null, path: Path): Finding[] {
  if (name === undefined || known === null || known.includes(name)) return []
  const hint =
    suggest(name, known) ?? (known.length > 0 && known.length <= 8 ? `the names are ${known.join(', ')}` : null)
  return [mistakeAt(path, `no ${kind} is called ${quote(name)}`, hint)]
}

function conditionsOf(rule: DraftRule, path: Path): [DraftCondition, Path][] {
  const { allow } = rule
  if (allow === undefined || typeof allow === 'string') return []
  if (!Array.isArray(allow)) return [[allow as DraftCondition, [...path, 'allow']]]
  return allow.flatMap((condition: DraftCondition | undefined, index) => {
    return condition === undefined ? [] : [[condition, [...path, 'allow', index]]]
  })
}

/** Claims that conditions have a better word for, or that say nothing about who asks. */
const unsuitableClaims: ReadonlyMap<string, string> = new Map([
  ['roles', 'write roles: [...] beside claims'],
  ['role', 'write roles: [...] beside claims'],
  ['scope', 'write scopes: [...] beside claims'],
  ['scopes', 'write scopes: [...] beside claims'],
  ['iss', 'write issuers: [...] beside claims'],
  ['aud', 'it is verified for every token'],
  ['exp', 'it is verified for every token'],
  ['nbf', 'it is verified for every token'],
  ['iat', 'it says nothing about who asks'],
  ['jti', 'it is another one for each token'],
  ['typ', 'it says nothing about who asks'],
  ['cnf', 'it says nothing about who asks'],
  ['act', 'it says nothing about who asks'],
  ['generation', 'it says nothing about who asks'],
  ['gen', 'it says nothing about who asks']
])

/** `known`: null where there is no telling. */
function claimsOf(
  condition: DraftCondition,
  pattern: Pattern | null,
  known: readonly string[] | null,
  path: Path
): Finding[] {
  return Object.entries(condition.claims ?? {}).flatMap(([claim, expectations]) => {
    const at = [...path, 'claims', claim]
    const unsuitable = unsuitableClaims.get(claim)
    if (unsuitable !== undefined) return [mistakeAtKey(at, 'cannot be a condition', unsuitable)]
    const unknown =
      known === null || known.includes(claim)
        ? []
        : [warningAt(at, 'no token of this gateway has this claim', suggest(claim, known) ?? 'add it to tokens.claims')]
    const unbound = (expectations ?? []).flatMap((expectation, index) => {
      const segment = expectation !== undefined && 'segment' in expectation ? expectation.segment : undefined
      if (segment === undefined || pattern === null || pattern.names.includes(segment)) return []
      const hint = suggest(segment, pattern.names)
      return [mistakeAt([...at, index], `the path has no segment ${quote(`{${segment}}`)} to compare with`, hint)]
    })
    return [...unknown, ...unbound]
  })
}

const toleranceKeys = {
  encodedSlash: 'encoded_slash',
  semicolon: 'semicolon',
  emptySegments: 'empty_segments'
} as const

/** A path that is always refused needs no rule: the one here was meant to let something through. */
function tolerated(draft: Draft, rule: DraftRule, pattern: Pattern | null, path: Path): Finding[] {
  const upstream = rule.to === undefined ? undefined : draft.upstreams?.[rule.to]
  return (pattern?.needs ?? []).flatMap((need) => {
    const key = toleranceKeys[need]
    const said = rule.paths?.[key] ?? upstream?.paths?.[key]
    if (said === 'allow') return []
    return [
      mistakeAt([...path, 'path'], 'every request for such a path is refused', `allow it by paths: { ${key}: allow }`)
    ]
  })
}

/** What the gateway answers itself, a rule never decides; a rule that also holds for other hosts does decide there. */
function ownPaths(draft: Draft, rule: DraftRule, pattern: Pattern | null, path: Path): Finding[] {
  const { prefix, hosts } = draft.auth ?? {}
  const lies = (under: string) => pattern?.path === under || pattern?.path.startsWith(`${under}/`) === true
  const onlyHere = hosts === undefined || (rule.host?.every((host) => hosts.includes(host)) ?? false)
  const at = [...path, 'path']
  if (prefix !== undefined && onlyHere && lies(prefix)) {
    return [warningAt(at, `lies under ${prefix}, where the gateway answers itself before any rule`)]
  }
  if (!lies('/.well-known')) return []
  return [warningAt(at, 'lies under /.well-known, where the gateway answers for its keys and metadata before any rule')]
}

/** An identical rule further up takes every request; what only covers another is for the analysis of the policy. */
function repetitions(draft: Draft, patterns: readonly (Pattern | null)[]): Finding[] {
  const first = new Map<string, number>()
  return (draft.rules ?? []).flatMap((rule, index) => {
    const pattern = patterns[index]
    if (rule === undefined || !pattern || mistaken(rule, 'host') || mistaken(rule, 'methods')) return []
    const path = pattern.path.replace(/\{[^}]*\}/g, '{}')
    const key = JSON.stringify([path, rule.host?.toSorted() ?? null, rule.methods?.toSorted() ?? null])
    const earlier = first.get(key)
    if (earlier === undefined) {
      first.set(key, index)
      return []
    }
    return [warningAt(['rules', index], `can never match: rules[${earlier}] takes the same requests first`)]
  })
}

function mistaken(rule: DraftRule, key: 'host' | 'methods'): boolean {
  return key in rule && rule[key] === undefined
}
