/** Sets of requests, as rules describe them, and the search for one that is in some of them and in none of others. */
import { type CanonicalPath, parseCanonicalPath } from '../../canonical-path.js'
import { findPath } from './find-path.js'
import { fitsPath } from './fits-path.js'
import { lettersOf, type Reading } from './letters.js'
import { LimitMet, type Meter } from './meter.js'
import type { Rests } from './rests.js'

/** What a rule is chosen by, in one reading of its path. */
export interface Area {
  readonly template: string
  readonly reading: Reading
  /** null: every one. */
  readonly hosts: ReadonlySet<string> | null
  /** null: every one; HEAD stands beside GET. */
  readonly methods: ReadonlySet<string> | null
}

/** A request as rules see it. */
export interface WitnessRequest {
  readonly method: string
  readonly host: string
  readonly path: CanonicalPath
}

/** Bits of a number that stay positive. */
const maxMethods = 30
const usualMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PURGE']

const intersection = (sets: readonly (ReadonlySet<string> | null)[]): readonly string[] | null => {
  const listed = sets.filter((set) => set !== null)
  const [first, ...others] = listed
  return first === undefined ? null : [...first].filter((name) => others.every((set) => set.has(name)))
}

const unnamed = (usual: readonly string[], named: ReadonlySet<string>, invent: (number: number) => string): string => {
  const free = usual.find((name) => !named.has(name))
  if (free !== undefined) return free
  let number = 1
  while (named.has(invent(number))) number++
  return invent(number)
}

/** One method for each set of areas that a method can be in, since the others behave as it does. */
const methodsToTry = (within: readonly Area[], taken: readonly Area[]): readonly string[] => {
  const sets = [
    ...new Map(taken.map(({ methods }) => [methods === null ? '' : [...methods].join(' '), methods])).values()
  ]
  const named = new Set(sets.flatMap((set) => (set === null ? [] : [...set])))
  const candidates = intersection(within.map(({ methods }) => methods)) ?? [
    ...named,
    unnamed(usualMethods, named, (at) => `METHOD${at}`)
  ]
  const kinds = new Map<string, string>()
  for (const method of candidates) {
    const kind = sets.map((set) => (set === null || set.has(method) ? 1 : 0)).join('')
    if (!kinds.has(kind)) kinds.set(kind, method)
  }
  return [...kinds.values()]
}

/** Areas by host; those of every host stand in all of them, so the host that nobody names stands for the rest. */
const hostsToTry = (within: readonly Area[], taken: readonly Area[]): readonly string[] => {
  const common = intersection(within.map(({ hosts }) => hosts))
  const kinds = new Map<string, string>()
  const named = new Set(taken.flatMap(({ hosts }) => (hosts === null ? [] : [...hosts])))
  const candidates = common ?? [unnamed(['example.com'], named, (at) => `host-${at}.example.com`), ...named]
  const places = new Map<string, string>()
  for (const [index, { hosts }] of taken.entries())
    for (const host of hosts ?? []) places.set(host, `${places.get(host) ?? ''} ${index}`)
  for (const host of candidates) {
    const kind = places.get(host) ?? ''
    if (!kinds.has(kind)) kinds.set(kind, host)
  }
  return [...kinds.values()]
}

const bitsOf = (area: Area, methods: readonly string[]): number =>
  methods.reduce((bits, method, at) => (area.methods === null || area.methods.has(method) ? bits | (1 << at) : bits), 0)

/** Whether one set of hosts or methods has all of the other. */
export const includesAll = (one: ReadonlySet<string> | null, other: ReadonlySet<string> | null): boolean =>
  one === null || (other !== null && [...other].every((name) => one.has(name)))

/** Seen at a glance; what fits as it is spelt fits in every reading. */
const includesPlainly = (one: Area, other: Area): boolean =>
  one.template === other.template &&
  (other.reading === 'exact' || one.reading === other.reading) &&
  includesAll(one.hosts, other.hosts) &&
  includesAll(one.methods, other.methods)

export interface Search {
  readonly rests: Rests
  readonly meter: Meter
}

/** As `findRequest`, with every area looked at from the start. */
const searchAmong = (
  within: readonly Area[],
  taken: readonly Area[],
  { rests, meter }: Search
): WitnessRequest | null => {
  meter.countSteps(taken.length)
  if (taken.some((one) => within.some((other) => includesPlainly(one, other)))) return null
  const methods = methodsToTry(within, taken)
  if (methods.length > maxMethods) throw new LimitMet('methods', maxMethods)
  const fits = within.map(({ template, reading }) => rests.of(template, reading))
  for (const host of hostsToTry(within, taken)) {
    meter.countSteps(taken.length)
    const here = taken
      .filter(({ hosts }) => hosts?.has(host) ?? true)
      .map((area) => ({ rest: rests.of(area.template, area.reading), methods: bitsOf(area, methods) }))
    const found = findPath({ fits, taken: here, methods: (1 << methods.length) - 1 }, rests, meter)
    if (found === null) continue
    const method = methods.find((_, at) => (found.methods & (1 << at)) !== 0)
    const parsed = parseCanonicalPath(`/${found.segments.join('/')}`)
    if (method === undefined || 'fault' in parsed) throw new LimitMet('reading', 0)
    return { method, host, path: parsed.path }
  }
  return null
}

/** Whether the request is in an area, one after the other. */
const createHolds = ({ method, host, path }: WitnessRequest, { rests, meter }: Search): ((area: Area) => boolean) => {
  const segments = path.slice(1).split('/').map(lettersOf)
  return ({ template, reading, hosts, methods }) => {
    meter.countSteps(1)
    return (
      (hosts?.has(host) ?? true) && (methods?.has(method) ?? true) && fitsPath(rests.of(template, reading), segments)
    )
  }
}

/** After these many rounds it is cheaper to look at all. */
const maxRounds = 8

/**
 * A request that is in all of `within` and in none of `taken`, or areas of these that are enough to leave none. Exact
 * over the canonical paths that are read in one way only (see `waysToRead`), which leaves out `;`, empty segments amid
 * a path, and the escapes of `/ ; % ? #`. Throws LimitMet.
 *
 * What takes away no request that was found is not looked at: of many areas that overlap, few matter.
 */
export const seekRequest = (
  within: readonly Area[],
  taken: readonly Area[],
  search: Search
): { readonly request: WitnessRequest } | { readonly enough: readonly Area[] } => {
  let enough: readonly Area[] = taken.length <= maxRounds ? taken : []
  for (let round = 1; ; round++) {
    const request = searchAmong(within, enough, search)
    if (request === null) return { enough }
    if (enough.length === taken.length) return { request }
    const takers = taken.filter(createHolds(request, search))
    if (takers.length === 0) return { request }
    enough = round < maxRounds ? [...enough, ...takers] : taken
  }
}

/** The request of `seekRequest`; null: there is none. */
export const findRequest = (within: readonly Area[], taken: readonly Area[], search: Search): WitnessRequest | null => {
  const found = seekRequest(within, taken, search)
  return 'request' in found ? found.request : null
}
