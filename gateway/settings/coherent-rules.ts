import { simpleJwtClaims } from './coherent-simplejwt.js'
import { createDanglingNames, type DanglingNames, type GivenNames } from './dangling-names.js'
import { type Finding, mistakeAt, mistakeAtKey, type Path, quote, warningAt } from './findings.js'
import { standardClaims } from './identity-leaves.js'
import type { Draft } from './schema.js'
import type { PolicyLanguage } from './settings.js'
import { suggest } from './suggestions.js'

type DraftRule = NonNullable<NonNullable<Draft['rules']>[number]>
type DraftCondition = Extract<DraftRule['allow'], { readonly roles?: unknown }>

export type Pattern = Exclude<ReturnType<PolicyLanguage['readPattern']>, { readonly fault: string }>

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
  for (const { index, fault } of language.findExcess(patterns.map((pattern) => pattern?.path ?? null)))
    findings.push(mistakeAt(['rules', index, 'path'], fault))
  return { patterns, findings }
}

/** What rules must say about each other and about the names they use. */
export function coherentRules(draft: Draft, patterns: readonly (Pattern | null)[], given: GivenNames): Finding[] {
  const danglingNames = createDanglingNames(given)
  const defaults = danglingNames('limit', draft.default_limits ?? [], (index) => ['default_limits', index])
  const claims = knownClaims(draft, given)
  const each = (draft.rules ?? []).flatMap((rule, index) => {
    if (rule === undefined) return []
    const path = ['rules', index]
    return [
      ...destination(rule, danglingNames, path),
      ...limitsOf(rule, danglingNames, path),
      ...coherentAllow(rule.allow, patterns[index] ?? null, claims, danglingNames, [...path, 'allow']),
      ...tolerated(draft, rule, patterns[index] ?? null, path),
      ...ownPaths(draft, rule, patterns[index] ?? null, path)
    ]
  })
  return [...defaults, ...each]
}

function destination(rule: DraftRule, danglingNames: DanglingNames, path: Path): Finding[] {
  if (rule.to !== undefined) return danglingNames('upstream', [rule.to], () => [...path, 'to'])
  if ('to' in rule || rule.allow === 'nobody') return []
  return [mistakeAt([...path, 'to'], 'is missing', 'name the upstream, unless the rule is `allow: nobody`')]
}

function limitsOf(rule: DraftRule, danglingNames: DanglingNames, path: Path): Finding[] {
  const limits = rule.limit ?? []
  if (limits.length === 1 && limits[0] === 'none') return []
  const at = (index: number) => [...path, 'limit', index]
  const misplaced = limits.flatMap((name, index) => {
    return name === 'none' ? [mistakeAt(at(index), "must stand alone: 'none' is no limit at all")] : []
  })
  const named = limits.map((name) => (name === 'none' ? undefined : name))
  return [...misplaced, ...danglingNames('limit', named, at)]
}

/** The conditions of an `allow` that stands at the path. */
export function conditionsOf(allow: DraftRule['allow'], path: Path): [DraftCondition, Path][] {
  if (allow === undefined || typeof allow === 'string') return []
  if (!Array.isArray(allow)) return [[allow as DraftCondition, path]]
  return allow.flatMap((condition: DraftCondition | undefined, index) => {
    return condition === undefined ? [] : [[condition, [...path, index]]]
  })
}

/** The claims that tokens have; null: those of others have any, and nobody knows here. */
export function knownClaims(draft: Draft, given: GivenNames): readonly string[] | null {
  return given.issuer?.size === 0
    ? [...standardClaims, ...simpleJwtClaims(draft), ...Object.keys(draft.tokens?.claims ?? {})]
    : null
}

/** What an `allow` says that cannot be meant. `known`: claims, null where there is no telling. */
export function coherentAllow(
  allow: DraftRule['allow'],
  pattern: Pattern | null,
  known: readonly string[] | null,
  danglingNames: DanglingNames,
  path: Path
): Finding[] {
  return conditionsOf(allow, path).flatMap(([condition, at]) => [
    ...claimsOf(condition, pattern, known, at),
    ...danglingNames('issuer', condition.issuers ?? [], (index) => [...at, 'issuers', index])
  ])
}

/** Claims that conditions have a better word for, or that say nothing about who asks. */
export const unsuitableClaims: ReadonlyMap<string, string> = new Map([
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
  const prefixes = [prefix, draft.compat?.simplejwt?.prefix]
  const lies = (under: string) => pattern?.path === under || pattern?.path.startsWith(`${under}/`) === true
  const onlyHere = hosts === undefined || (rule.host?.every((host) => hosts.includes(host)) ?? false)
  const at = [...path, 'path']
  const own = prefixes.find((each) => each !== undefined && lies(each))
  if (own !== undefined && onlyHere) {
    return [warningAt(at, `lies under ${own}, where the gateway answers itself before any rule`)]
  }
  if (!lies('/.well-known')) return []
  return [warningAt(at, 'lies under /.well-known, where the gateway answers for its keys and metadata before any rule')]
}
