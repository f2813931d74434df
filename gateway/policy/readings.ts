/**
 * The other ways an upstream may read a path: once more decoded, split at encoded slashes, without `;params`, with
 * empty segments collapsed or taken for the mark of a host, in one letter case. Patterns are read by the same function,
 * wildcards and all, so that a path and the rule it fits stay together in each of them.
 */
import { decodeAgain, EmptySegments, EncodedSlash, Semicolon } from '../canonical-path.js'

// Control characters can stand for wildcards, since no canonical path holds one, escaped or not.
export const anyRun = '\x01'
export const anySegment = '\x02'
export const anySegments = '\x03'
const slashAsData = '\x04'

/**
 * Bits of a way of reading; without any, escapes are decoded once and segments stay what they are. Two steps come at
 * two places, since servers differ in it: servlet containers cut `;params` before they decode, others after it, and a
 * `?` inside of params ends the path or goes with them.
 */
const ParametersFirst = 1
const Split = 2
const Twice = 4
const Query = 8
const Parameters = 16
const QueryLast = 32
const Collapse = 64
const Fold = 128
const Authority = 256

const parameters = /;[^/]*/g
const query = /[?#].*$/s
/**
 * RFC 3986 §4.2: two slashes at the front mark a host, and what builds a URL of a path reads it without. The first in a
 * path are at the front of what an upstream gets, if any are, whatever prefix is taken off before.
 */
const authority = /\/{2,}[^/]*/

/** The text as it is judged: byte by byte, an escape being one letter that no `*` can take apart. */
export const spell = (text: string): string =>
  text.includes('%')
    ? text.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(0x100 + Number.parseInt(hex, 16)))
    : text

/**
 * One letter case for all. Lower, upper, lower: so that the Kelvin sign is a k, a long s an s, a capital sharp s two of
 * them; and one sigma, since toLowerCase chooses between two by the neighbours.
 */
const fold = (text: string): string =>
  /[^\0-\x7f]/.test(text) ? text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ') : text.toLowerCase()

/** The text of a path or pattern, read in one of the ways of `waysToRead`. */
export const read = (text: string, way: number): string => {
  let reading = (way & Authority) !== 0 ? text.replace(authority, '') || '/' : text
  if ((way & ParametersFirst) !== 0) reading = reading.replace(parameters, '')
  if (reading.includes('%')) {
    reading = decodeURIComponent((way & Split) !== 0 ? reading : reading.replaceAll('%2F', slashAsData))
    if ((way & Twice) !== 0) reading = decodeAgain(reading)
  }
  if ((way & Query) !== 0) reading = reading.replace(query, '')
  if ((way & Parameters) !== 0) reading = reading.replace(parameters, '')
  if ((way & QueryLast) !== 0) reading = reading.replace(query, '')
  if ((way & Collapse) !== 0) reading = reading.replace(/\/{2,}/g, '/')
  return (way & Fold) !== 0 ? fold(reading) : reading
}

const asItIs: readonly number[] = [0]
const folded: readonly number[] = [Fold]

/** The way in which every path is read, whatever it holds. */
export const baseWay = (caseBlind: boolean): number => (caseBlind ? Fold : 0)

/** The ways in which this path or template may be read differently; never empty, and a single one for an ordinary path. */
export const waysToRead = (path: string, oddities: number, caseBlind: boolean): readonly number[] => {
  if (oddities === 0 && !path.includes('%')) return caseBlind ? folded : asItIs
  let ways = caseBlind ? folded : asItIs
  const alsoWith = (bit: number): void => {
    ways = ways.flatMap((way) => [way, way | bit])
  }
  const twice = path.includes('%25')
  const semicolons = (oddities & Semicolon) !== 0 || twice
  const queries = path.includes('%3F') || path.includes('%23')
  if (twice) alsoWith(Twice)
  if ((oddities & EncodedSlash) !== 0) alsoWith(Split)
  if (semicolons) alsoWith(Parameters)
  // Without an escape the path reads the same either way, but a template has to follow a path that has one.
  if (path.includes(';')) alsoWith(ParametersFirst)
  if (queries) alsoWith(Query)
  if (queries && semicolons) alsoWith(QueryLast)
  if (oddities !== 0 || twice) alsoWith(Collapse)
  if ((oddities & EmptySegments) !== 0) alsoWith(Authority)
  return ways
}

/**
 * The steps of reading, as bits of a way, that can change this template; it reads the same with others and without. A
 * path may take a step alone that for its own letters `waysToRead` would only take together with another.
 */
export const stepsThatChange = (template: string): number => {
  const twice = template.includes('%25') ? Twice | Parameters | Collapse : 0
  const split = template.includes('%2F') ? Split | Collapse : 0
  const cut = /;|%3B/.test(template) ? ParametersFirst | Parameters | Collapse : 0
  const ended = /%3F|%23/.test(template) ? Query | QueryLast : 0
  return Fold | twice | split | cut | ended | (template.includes('//') ? Collapse | Authority : 0)
}

/** In how many ways this template can read. */
export const countReadings = (template: string): number => {
  let count = 1
  for (let steps = stepsThatChange(template); steps !== 0; steps &= steps - 1) count *= 2
  return count
}
