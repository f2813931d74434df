/** The rules of one file as an immutable matcher: one look-up answers the rule, and with it the upstream. */
import { type CanonicalPath, EmptySegments, EncodedSlash, Semicolon } from '../canonical-path.js'
import type { PathTolerance, Rule } from '../domain.js'
import { type CompiledAllow, compileAllow, type Parameters } from './conditions.js'
import { parsePattern } from './pattern.js'
import { read, spell, waysToRead } from './readings.js'
import { createTrie, type Trie } from './trie.js'

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
  readonly template: string
  readonly oddities: number
  readonly places: readonly Place[]
  readonly allow: CompiledAllow
  /** Oddities that its upstream may receive. */
  readonly tolerated: number
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

const compileRule = (rule: Rule): CompiledRule => {
  const parsed = parsePattern(rule.path)
  if ('fault' in parsed) throw new TypeError(`rule at line ${rule.line}: ${parsed.fault}`)
  try {
    const { template, oddities, positions } = parsed.pattern
    const tolerated = toleratedBy(rule.paths)
    return { rule, template, oddities, places: [...positions], allow: compileAllow(rule.allow), tolerated }
  } catch (cause) {
    throw new TypeError(`rule at line ${rule.line}: ${cause instanceof Error ? cause.message : 'unreadable'}`, {
      cause
    })
  }
}

/** RFC 9110 §9.3.2: HEAD is GET without the content, so whoever may GET may HEAD. */
const coveredMethods = (methods: readonly string[] | null): ReadonlySet<string> | null =>
  methods === null ? null : new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)

const plant = (rules: readonly CompiledRule[], spelling: (template: string) => string): Trie =>
  createTrie(
    rules.map(({ rule, template }, index) => ({
      template: spelling(template),
      index,
      methods: coveredMethods(rule.methods),
      hosts: rule.hosts === null ? null : new Set(rule.hosts)
    }))
  )

/** The text of one segment, counted as in `Array.at`; the few that are read are not worth splitting a path for. */
const segmentAt = (path: string, position: number): string => {
  if (position < 0) return path.slice(1).split('/').at(position) ?? ''
  let from = 1
  for (let left = position; left > 0; left--) from = path.indexOf('/', from) + 1
  const end = path.indexOf('/', from)
  return end === -1 ? path.slice(from) : path.slice(from, end)
}

const capture = (places: readonly Place[], path: CanonicalPath): Parameters => {
  if (places.length === 0) return noParameters
  const parameters: Record<string, string> = Object.create(noParameters)
  for (const [name, position] of places) {
    const segment = segmentAt(path, position)
    parameters[name] = segment.includes('%') ? decodeURIComponent(segment) : segment
  }
  return parameters
}

/** Nothing that any way of reading changes, in a path or in a template. */
const readsOneWay = /^[^A-Z%;]*$/

/**
 * The tries of patterns read in other ways, each built when it is first needed. What no pattern is changed by makes no
 * trie of its own: else a client could, by odd paths, have hundreds of them built.
 */
const createReadTries = (rules: readonly CompiledRule[]): ((way: number) => Trie) => {
  const tries = new Map<number, Trie>()
  let effective = 0
  for (const { template, oddities } of rules) for (const way of waysToRead(template, oddities, true)) effective |= way

  return (way) => {
    const key = way & effective
    const known = tries.get(key)
    if (known !== undefined) return known
    const trie = plant(rules, (template) => read(template, key))
    tries.set(key, trie)
    return trie
  }
}

/** Paths that the gateway answers itself and no rule is asked about: a canonical prefix and all below it. */
export interface ClosedPrefix {
  readonly path: string
  /** Lower case, without port; null: every host. */
  readonly hosts: readonly string[] | null
}

/** It stands before all rules, so that a path which is below it in another reading is refused as ambiguous. */
const closedRule = ({ path, hosts }: ClosedPrefix): Rule => ({
  index: -1,
  line: 0,
  path: `${path}/**`,
  hosts,
  methods: null,
  allow: { kind: 'nobody' },
  upstream: null,
  limits: [],
  paths: { case: 'sensitive', encodedSlash: 'refuse', semicolon: 'refuse', emptySegments: 'refuse' }
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
  const compiled = [...closed.map(closedRule), ...rules].map(compileRule)
  const exact = plant(compiled, spell)
  const allReadOneWay = compiled.every(({ template }) => readsOneWay.test(template))
  const trieRead = allReadOneWay ? () => exact : createReadTries(compiled)

  const isAmbiguous = ({ method, host, path, oddities }: SoughtRequest, chosen: number, caseBlind: boolean): boolean =>
    waysToRead(path, oddities, caseBlind).some((way) => {
      const other = trieRead(way).first(read(path, way), method, host)
      return other !== -1 && other !== chosen
    })

  const find = (request: SoughtRequest): Match | NoMatch => {
    const { method, host, path, oddities } = request
    const index = exact.first(spell(path), method, host)
    const chosen = compiled[index]
    if (chosen === undefined || index < closed.length) return oddities === 0 ? noRule : odd
    if ((oddities & ~chosen.tolerated) !== 0) return odd
    const mayDiffer = !allReadOneWay || oddities !== 0 || !readsOneWay.test(path)
    if (mayDiffer && isAmbiguous(request, index, chosen.rule.paths.case === 'insensitive')) return ambiguous
    return { rule: chosen.rule, parameters: capture(chosen.places, path), allow: chosen.allow }
  }

  return Object.freeze({ revision, rules, find })
}
