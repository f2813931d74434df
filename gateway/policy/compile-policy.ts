/** The rules of one file as an immutable matcher: one look-up answers the rule, and with it the upstream. */
import { type CanonicalPath, EmptySegments, EncodedSlash, Semicolon } from '../canonical-path.js'
import type { PathTolerance, Rule } from '../domain.js'
import { type CompiledAllow, compileAllow, type Parameters } from './conditions.js'
import { createMatcher, type Matcher } from './matcher.js'
import { parsePattern } from './pattern.js'
import { read, spell, stepsThatChange, waysToRead } from './readings.js'
import { getOrAdd } from './trie.js'

export interface Match {
  readonly rule: Rule
  /** Segments captured by `{name}`, percent-decoded; without prototype. */
  readonly parameters: Parameters
  /** The rule's `allow`, compiled: for `decide` alone. */
  readonly allow: CompiledAllow
}

export type NoMatch =
  | { readonly because: 'no_rule' }
  /** `detail`: one sentence for the client. */
  | { readonly because: 'bad_path'; readonly detail: string }

/** What a rule is chosen by. */
export interface SoughtRequest {
  readonly method: string
  /** Lower case, without port. */
  readonly host: string
  readonly path: CanonicalPath
  /** As `parseCanonicalPath` gave them. */
  readonly oddities: number
}

export interface Policy {
  /** Which text of the file this is. */
  readonly revision: string
  readonly rules: readonly Rule[]
  readonly find: (request: SoughtRequest) => Match | NoMatch
}

type Place = readonly [name: string, position: number]

interface CompiledRule {
  readonly rule: Rule
  /** Among all rules and what is closed. */
  readonly order: number
  readonly template: string
  readonly places: readonly Place[]
  readonly allow: CompiledAllow
  /** Oddities that its upstream may receive. */
  readonly tolerated: number
  /** The same for every request, unless segments are captured. */
  readonly match: Match | null
}

const noRule: NoMatch = { because: 'no_rule' }
const odd: NoMatch = {
  because: 'bad_path',
  detail: 'The path holds an encoded slash, a semicolon or an empty segment, which is not allowed here.'
}
const ambiguous: NoMatch = { because: 'bad_path', detail: 'Another spelling of this path falls under another rule.' }

/** Objects with this prototype inherit nothing, like those with none, yet are as quick to make as any literal. */
const noParameters: Parameters = Object.freeze(Object.create(null))

const toleratedBy = (paths: PathTolerance): number =>
  (paths.encodedSlash === 'allow' ? EncodedSlash : 0) |
  (paths.semicolon === 'allow' ? Semicolon : 0) |
  (paths.emptySegments === 'allow' ? EmptySegments : 0)

/**
 * What many rules have in common (the places of their names, their methods) they share, so that of a large policy the
 * processor has to fetch less.
 */
const compileRule = (rule: Rule, order: number, shared: Map<string, readonly Place[]>): CompiledRule => {
  const parsed = parsePattern(rule.path)
  if ('fault' in parsed) throw new TypeError(`rule at line ${rule.line}: ${parsed.fault}`)
  try {
    const { template, positions } = parsed.pattern
    const tolerated = toleratedBy(rule.paths)
    const allow = compileAllow(rule.allow)
    const match = positions.size === 0 ? Object.freeze({ rule, parameters: noParameters, allow }) : null
    const places = getOrAdd(shared, JSON.stringify([...positions]), () => [...positions])
    return { rule, order, template, places, allow, tolerated, match }
  } catch (cause) {
    throw new TypeError(`rule at line ${rule.line}: ${cause instanceof Error ? cause.message : 'unreadable'}`, {
      cause
    })
  }
}

/** RFC 9110 §9.3.2: HEAD is GET without the content, so whoever may GET may HEAD. */
const coveredMethods = (methods: readonly string[]): ReadonlySet<string> =>
  new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)

const plant = (rules: readonly CompiledRule[], spelling: (template: string) => string): Matcher => {
  const sets = new Map<string, ReadonlySet<string>>()
  const methodsOf = ({ methods }: Rule): ReadonlySet<string> | null =>
    methods === null ? null : getOrAdd(sets, methods.join(' '), () => coveredMethods(methods))
  return createMatcher(
    rules.map(({ rule, order, template }) => ({
      template: spelling(template),
      index: order,
      methods: methodsOf(rule),
      hosts: rule.hosts === null ? null : new Set(rule.hosts)
    }))
  )
}

/** The text of one segment, counted as in `Array.at`; the few that are read are not worth splitting a path for. */
const segmentAt = (path: string, position: number): string => {
  if (position < 0) return path.slice(1).split('/').at(position) ?? ''
  let from = 1
  for (let left = position; left > 0; left--) from = path.indexOf('/', from) + 1
  const end = path.indexOf('/', from)
  return end === -1 ? path.slice(from) : path.slice(from, end)
}

const capture = (places: readonly Place[], path: CanonicalPath): Parameters => {
  const parameters: Record<string, string> = Object.create(noParameters)
  for (const [name, position] of places) {
    const segment = segmentAt(path, position)
    parameters[name] = segment.includes('%') ? decodeURIComponent(segment) : segment
  }
  return parameters
}

/** Nothing that any way of reading changes, in a path or in a template. */
const readsOneWay = /^[^A-Z%;]*$/

/** First matches of rules that were planted apart. */
const together = (one: Matcher, other: Matcher): Matcher => ({
  first: (path, method, host) => {
    const [a, b] = [one.first(path, method, host), other.first(path, method, host)]
    return a === -1 || b === -1 ? Math.max(a, b) : Math.min(a, b)
  }
})

/**
 * Matchers of patterns read in other ways, each built when it is first needed. Rules that the same ways change are
 * planted together, and once for what these ways do to them: else a client could, by odd paths, have hundreds of
 * matchers built of all rules because of one that holds an odd letter.
 */
const createReadMatchers = (rules: readonly CompiledRule[]): ((way: number) => Matcher) => {
  const groups = new Map<number, CompiledRule[]>()
  for (const rule of rules) {
    const effective = stepsThatChange(rule.template)
    groups
      .set(effective, groups.get(effective) ?? [])
      .get(effective)
      ?.push(rule)
  }
  const readers = [...groups].map(([effective, group]) => {
    const matchers = new Map<number, Matcher>()
    return (way: number): Matcher => {
      const key = way & effective
      return getOrAdd(matchers, key, () => plant(group, (template) => read(template, key)))
    }
  })
  const matchers = new Map<number, Matcher>()
  return (way) => getOrAdd(matchers, way, () => readers.map((reader) => reader(way)).reduce(together))
}

/** Paths that the gateway answers itself and no rule is asked about: a canonical prefix and all below it. */
export interface ClosedPrefix {
  readonly path: string
  /** Lower case, without port; null: every host. */
  readonly hosts: readonly string[] | null
}

/** It stands before all rules, so that a path which is below it in another reading is refused as ambiguous. */
export const closedRule = ({ path, hosts }: ClosedPrefix): Rule => ({
  index: -1,
  line: 0,
  path: `${path}/**`,
  hosts,
  methods: null,
  allow: { kind: 'nobody' },
  upstream: null,
  limits: [],
  paths: { case: 'sensitive', encodedSlash: 'refuse', semicolon: 'refuse', emptySegments: 'refuse' },
  websocket: null,
  maxBody: null
})

export interface PolicyOptions {
  readonly revision: string
  readonly rules: readonly Rule[]
  readonly closed?: readonly ClosedPrefix[]
}

/**
 * Compiles rules in the order of the file. Throws a TypeError for a rule whose pattern or `allow` cannot be compiled;
 * a parser of settings has said so before, with a better message.
 *
 * A path is judged as it is spelt, and refused if its upstream, reading it otherwise, would put it under another rule.
 * A reading that fits no rule at all is no reason to refuse. Decoding and folding treat path and pattern alike, so the
 * chosen rule fits such a reading too, and only an earlier rule can be the other. Cutting, splitting and collapsing can
 * leave every rule, but where a path is odd enough for them its `paths` allow that, and so say that to the upstream it
 * is data: `/projects/{id}` with `group%2Fname` must pass though no rule covers `/projects/group/name`. What such a
 * reading could reach lies below the segments that the chosen rule spells out, since dot segments never pass.
 * What is `closed` counts as an earlier rule.
 */
export const compilePolicy = ({ revision, rules, closed = [] }: PolicyOptions): Policy => {
  const places = new Map<string, readonly Place[]>()
  const compiled = [...closed.map(closedRule), ...rules].map((rule, order) => compileRule(rule, order, places))
  const exact = plant(compiled, spell)
  const allReadOneWay = compiled.every(({ template }) => readsOneWay.test(template))
  const matcherRead = allReadOneWay ? () => exact : createReadMatchers(compiled)

  const isAmbiguous = ({ method, host, path, oddities }: SoughtRequest, chosen: CompiledRule): boolean => {
    for (const way of waysToRead(path, oddities, chosen.rule.paths.case === 'insensitive')) {
      const other = matcherRead(way).first(read(path, way), method, host)
      if (other !== -1 && other !== chosen.order) return true
    }
    return false
  }

  const find = (request: SoughtRequest): Match | NoMatch => {
    const { method, host, path, oddities } = request
    const index = exact.first(spell(path), method, host)
    const chosen = compiled[index]
    if (chosen === undefined || index < closed.length) return oddities === 0 ? noRule : odd
    if ((oddities & ~chosen.tolerated) !== 0) return odd
    if ((!allReadOneWay || oddities !== 0 || !readsOneWay.test(path)) && isAmbiguous(request, chosen)) return ambiguous
    return chosen.match ?? { rule: chosen.rule, parameters: capture(chosen.places, path), allow: chosen.allow }
  }

  return Object.freeze({ revision, rules, find })
}
