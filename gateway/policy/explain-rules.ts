/** Why rules were passed over, for people: a comparison of its own, plain and slow, that must agree with the matcher. */
import type { Rule } from '../domain.js'
import { type ClosedPrefix, closedRule, type SoughtRequest } from './compile-policy.js'
import type { Parameters } from './conditions.js'
import { type Pattern, parsePattern } from './pattern.js'
import { anyRun, anySegment, anySegments, read, spell, waysToRead } from './readings.js'

/** What of a rule did not fit. */
export type Mismatch =
  /** `at`: the segment, from 1. `expected` null: the pattern ends before it; `seen` null: the path does. */
  | { readonly by: 'path'; readonly at: number; readonly expected: string | null; readonly seen: string | null }
  | { readonly by: 'host' | 'method'; readonly expected: readonly string[] }

export interface PassedOver {
  readonly rule: Rule
  readonly mismatch: Mismatch
  /** How much of the pattern fitted: segments, or infinity for all of it. */
  readonly nearness: number
}

export interface RulesExplanation {
  /** Those before the deciding one, in the order of the file; without a deciding one, all. */
  readonly passedOver: readonly PassedOver[]
  /** The first that fits; null: none does. */
  readonly deciding: Rule | null
}

type Place = Pick<SoughtRequest, 'method' | 'host' | 'path'>

const fitsGlob = (glob: string, segment: string): boolean => {
  const [head = '', ...rest] = glob.split(anyRun)
  if (!segment.startsWith(head)) return false
  const last = rest.pop() ?? ''
  let left = segment.slice(head.length)
  for (const part of rest) {
    const at = left.indexOf(part)
    if (at === -1) return false
    left = left.slice(at + part.length)
  }
  return left.endsWith(last)
}

const fitsSegment = (wanted: string, segment: string): boolean => {
  if (wanted === anySegment) return segment !== ''
  return wanted.includes(anyRun) ? segment !== '' && fitsGlob(wanted, segment) : wanted === segment
}

/** How far a comparison came: `place` in the pattern, `at` in the path; the furthest place that did not fit. */
interface Furthest {
  readonly place: number
  readonly at: number
}

const splitPath = (text: string): readonly string[] => text.slice(1).split('/')

/** null: the path fits. Places that are possible go on together, as many as the pattern has. */
const compareSegments = (pattern: readonly string[], path: readonly string[]): Furthest | null => {
  let furthest: Furthest = { place: -1, at: 0 }
  const enter = (places: Set<number>, place: number): void => {
    places.add(place)
    if (pattern[place] === anySegments) enter(places, place + 1)
  }
  let possible = new Set<number>()
  enter(possible, 0)
  for (const [at, segment] of path.entries()) {
    const next = new Set<number>()
    for (const place of possible) {
      const wanted = pattern[place]
      if (wanted === anySegments) enter(next, place)
      else if (wanted !== undefined && fitsSegment(wanted, segment)) enter(next, place + 1)
      else if (place >= furthest.place) furthest = { place, at }
    }
    possible = next
  }
  if (possible.has(pattern.length)) return null
  for (const place of possible) if (place > furthest.place) furthest = { place, at: path.length }
  return furthest
}

const patternOf = ({ path, line }: Rule): Pattern => {
  const parsed = parsePattern(path)
  if ('fault' in parsed) throw new TypeError(`rule at line ${line}: ${parsed.fault}`)
  return parsed.pattern
}

const fitsHost = ({ hosts }: Rule, { host }: Place): boolean => hosts === null || hosts.includes(host)

/** RFC 9110 §9.3.2: whoever may GET may HEAD. */
const fitsMethod = ({ methods }: Rule, { method }: Place): boolean =>
  methods === null || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))

const explainRule = (rule: Rule, sought: Place): PassedOver | null => {
  const pattern = patternOf(rule)
  const spelled = splitPath(spell(pattern.template))
  const furthest = compareSegments(spelled, splitPath(spell(sought.path)))
  if (furthest !== null) {
    const { place, at } = furthest
    const expected = splitPath(pattern.text)[place] ?? null
    const seen = splitPath(sought.path)[at] ?? null
    const nearness = spelled.slice(0, place).filter((segment) => segment !== anySegments).length
    return { rule, mismatch: { by: 'path', at: at + 1, expected, seen }, nearness }
  }
  const nearness = Number.POSITIVE_INFINITY
  if (!fitsHost(rule, sought)) return { rule, mismatch: { by: 'host', expected: rule.hosts ?? [] }, nearness }
  if (!fitsMethod(rule, sought)) return { rule, mismatch: { by: 'method', expected: rule.methods ?? [] }, nearness }
  return null
}

/** Which rule fits a canonical path first, and why each rule before it does not. */
export const explainRules = (rules: readonly Rule[], sought: Place): RulesExplanation => {
  const passedOver: PassedOver[] = []
  for (const rule of rules) {
    const passed = explainRule(rule, sought)
    if (passed === null) return { passedOver, deciding: rule }
    passedOver.push(passed)
  }
  return { passedOver, deciding: null }
}

/** Rules below one that decides which fit the same request, and will never be asked about it. */
export const rulesBelow = (rules: readonly Rule[], deciding: Rule, sought: Place): readonly Rule[] =>
  rules.slice(deciding.index + 1).filter((rule) => explainRule(rule, sought) === null)

/** What a rule that fits the path captures of it, percent-decoded. */
export const captureFrom = (rule: Rule, path: string): Parameters => {
  const segments = splitPath(path)
  const captured = [...patternOf(rule).positions].map(([name, place]) => [
    name,
    decodeURIComponent(segments.at(place) ?? '')
  ])
  return Object.fromEntries(captured)
}

/** The path as some upstream would read it, and the rule that covers it then. */
export interface OtherReading {
  readonly reading: string
  readonly rule: Rule
}

/**
 * For a path that is refused because of it: the reading that falls under another rule than `deciding`; what is closed
 * is a rule of line 0. null: every reading falls under the same rule, or under none.
 */
export const explainReading = (
  rules: readonly Rule[],
  closed: readonly ClosedPrefix[],
  deciding: Rule,
  sought: SoughtRequest
): OtherReading | null => {
  const templates = [...closed.map(closedRule), ...rules].map((rule) => ({ rule, template: patternOf(rule).template }))
  for (const way of waysToRead(sought.path, sought.oddities, deciding.paths.case === 'insensitive')) {
    const reading = read(sought.path, way)
    const other = templates.find(
      ({ rule, template }) =>
        fitsHost(rule, sought) &&
        fitsMethod(rule, sought) &&
        compareSegments(splitPath(read(template, way)), splitPath(reading)) === null
    )
    if (other !== undefined && other.rule !== deciding) return { reading, rule: other.rule }
  }
  return null
}
