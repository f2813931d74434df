/** A policy made ready to be analysed: its rules as areas, which of them overlap, and the real decision beside them. */
import { parseCanonicalPath } from '../../canonical-path.js'
import type { Rule } from '../../domain.js'
import { type ClosedPrefix, compilePolicy, type Match, type NoMatch, type PolicyOptions } from '../compile-policy.js'
import { parsePattern } from '../pattern.js'
import { anySegments } from '../readings.js'
import type { Area, WitnessRequest } from './areas.js'
import type { Reading } from './letters.js'
import { normaliseAllow } from './normalise-allow.js'
import { createOverlaps } from './overlaps.js'

export interface PreparedRule {
  /** Among all that is asked in turn; what is closed stands first. */
  readonly place: number
  /** null for what is closed. */
  readonly rule: Rule | null
  readonly closed: ClosedPrefix | null
  /** What it is chosen by. */
  readonly area: Area
  readonly positions: ReadonlyMap<string, number>
  /** The reading in which no earlier rule may fit, or the request is refused though this rule is chosen. */
  readonly reading: Exclude<Reading, 'exact'>
  /** Its literals can be read in several ways, so that no path analysed fits it. */
  readonly isManifold: boolean
  /** The same for rules that are chosen by the same. */
  readonly areaKey: string
  /** The same for two rules only if they differ in form at most: in names, order or repetition. */
  readonly meaning: string
}

export interface PreparedPolicy {
  readonly prepared: readonly PreparedRule[]
  readonly revision: string
  /** In which its rules are judged. */
  readonly readings: readonly PreparedRule['reading'][]
  /** The first rule with this key. */
  readonly firstIn: (areaKey: string) => PreparedRule | undefined
  readonly find: (request: WitnessRequest) => Match | NoMatch
  /** Those that fit some path that the template fits, in any letter case. */
  readonly overlapping: (template: string) => readonly PreparedRule[]
}

/** RFC 9110 §9.3.2: HEAD is GET without the content, so whoever may GET may HEAD. */
const coveredMethods = (methods: readonly string[] | null): ReadonlySet<string> | null =>
  methods === null ? null : new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)

/** An area as the file writes it. Throws a TypeError for a pattern that cannot be read. */
export const areaOf = (
  path: string,
  hosts: readonly string[] | null,
  methods: readonly string[] | null
): Pick<PreparedRule, 'area' | 'positions' | 'isManifold'> => {
  const parsed = parsePattern(path)
  if ('fault' in parsed) throw new TypeError(`${path}: ${parsed.fault}`)
  const { template, positions, oddities } = parsed.pattern
  return {
    area: {
      // `/a/**` and `/a/**/**` are one.
      template: template.replace(doubledDeep, anySegments),
      reading: 'exact',
      hosts: hosts === null ? null : new Set(hosts),
      methods: coveredMethods(methods)
    },
    positions,
    isManifold: oddities !== 0 || /%(?:25|3F|23)/.test(template)
  }
}

const doubledDeep = new RegExp(`${anySegments}(?:/${anySegments})+`, 'g')

const sorted = (names: Iterable<string> | null): readonly string[] | null => (names === null ? null : [...names].sort())

const prepare = (
  place: number,
  parts: Pick<PreparedRule, 'rule' | 'closed' | 'reading'>,
  areas: ReturnType<typeof areaOf>
): PreparedRule => {
  const { rule } = parts
  const areaKey = JSON.stringify([areas.area.template, sorted(areas.area.hosts), sorted(areas.area.methods)])
  const verdict = rule && [
    normaliseAllow(rule.allow, areas.positions),
    rule.upstream,
    sorted(new Set(rule.limits)),
    Object.entries(rule.paths).sort(),
    rule.maxBody,
    rule.websocket && [rule.websocket.endsWith, rule.websocket.idleTimeoutMs]
  ]
  return { place, ...parts, ...areas, areaKey, meaning: areaKey + JSON.stringify(verdict) }
}

const closedAsRule = (closed: ClosedPrefix, place: number): PreparedRule =>
  prepare(place, { rule: null, closed, reading: 'decoded' }, areaOf(`${closed.path}/**`, closed.hosts, null))

/** Throws a TypeError for what `compilePolicy` cannot compile. */
export const preparePolicy = (options: PolicyOptions): PreparedPolicy => {
  const { rules, closed = [] } = options
  const policy = compilePolicy(options)
  const prepared = [
    ...closed.map(closedAsRule),
    ...rules.map((rule, index) =>
      prepare(
        closed.length + index,
        { rule, closed: null, reading: rule.paths.case === 'insensitive' ? 'folded' : 'decoded' },
        areaOf(rule.path, rule.hosts, rule.methods)
      )
    )
  ]
  const overlaps = createOverlaps(prepared.map(({ area }) => area.template))
  const first = new Map(prepared.toReversed().map((rule) => [rule.areaKey, rule]))
  const cached = new Map<string, readonly PreparedRule[]>()
  return {
    prepared,
    revision: options.revision,
    readings: [...new Set(prepared.flatMap(({ rule, reading }) => (rule === null ? [] : [reading])))],
    firstIn: (areaKey) => first.get(areaKey),
    find(request) {
      const parsed = parseCanonicalPath(request.path)
      return policy.find({ ...request, oddities: 'oddities' in parsed ? parsed.oddities : 0 })
    },
    overlapping(template) {
      const known = cached.get(template)
      if (known !== undefined) return known
      const found = overlaps(template).flatMap((place) => prepared[place] ?? [])
      cached.set(template, found)
      return found
    }
  }
}

/** A rule as what takes requests away from `later`: in the reading in which it must not fit. */
export const areaAgainst = (earlier: PreparedRule, later: PreparedRule): Area => ({
  ...earlier.area,
  reading: later.reading
})
