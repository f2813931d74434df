/** Patterns of rules: literals canonical as request paths are, `{name}`, `*` and `**`. */
import { EmptySegments, EncodedSlash, parseCanonicalPath, Semicolon } from '../canonical-path.js'
import { anyRun, anySegment, anySegments } from './readings.js'

const maxBytes = 1024
const maxSegments = 32
const maxDeep = 2
const maxStars = 3

export interface Pattern {
  /** The canonical text. */
  readonly text: string
  /** The same with one control character for each wildcard, as `read` and the trie take it. */
  readonly template: string
  /** Oddities of the literals: without tolerance for them the rule never fits. */
  readonly oddities: number
  /**
   * Place of each named segment that a claim can be bound to, negative from the end as in `Array.at`. A name between
   * two `**` has no place.
   */
  readonly positions: ReadonlyMap<string, number>
}

export type ParsedPattern = { readonly pattern: Pattern } | { readonly fault: string }

const named = /^\{([A-Za-z_][A-Za-z0-9_]*)\}$/

const faultOfSegment = (segment: string, isLast: boolean): string | null => {
  if (segment === '**' || named.test(segment)) return null
  if (segment === '' && !isLast) return 'Only the last segment of a pattern may be empty.'
  if (segment.includes('**')) return '`**` must be a whole segment.'
  if (/[{}]/.test(segment)) return '`{name}` must be a whole segment, of letters, digits and underscores.'
  if (segment.split('*').length - 1 > maxStars) return `A segment may hold at most ${maxStars} \`*\`.`
  return null
}

const faultOfSegments = (segments: readonly string[]): string | null => {
  if (segments.length > maxSegments) return `A pattern may have at most ${maxSegments} segments.`
  if (segments.filter((segment) => segment === '**').length > maxDeep)
    return `A pattern may hold at most ${maxDeep} \`**\`.`
  const names = segments.filter((segment) => named.test(segment))
  if (new Set(names).size < names.length) return 'Each `{name}` may occur once in a pattern.'
  for (const [index, segment] of segments.entries()) {
    const fault = faultOfSegment(segment, index === segments.length - 1)
    if (fault !== null) return fault
  }
  return null
}

/** Before the first `**` segments count from the start, after the last from the end; between two nothing is fixed. */
const placeNames = (segments: readonly string[]): ReadonlyMap<string, number> => {
  const first = segments.indexOf('**')
  const last = segments.lastIndexOf('**')
  const positions = new Map<string, number>()
  for (const [index, segment] of segments.entries()) {
    const name = named.exec(segment)?.[1]
    if (name === undefined) continue
    if (first === -1 || index < first) positions.set(name, index)
    else if (index > last) positions.set(name, index - segments.length)
  }
  return positions
}

const templateOf = (segment: string): string => {
  if (segment === '**') return anySegments
  if (segment === '*' || named.test(segment)) return anySegment
  return segment.replaceAll('*', anyRun)
}

/** Reads a pattern, or says in a sentence why no request could match it or what it breaks. */
export const parsePattern = (text: string): ParsedPattern => {
  if (!text.startsWith('/')) return { fault: 'A pattern must begin with a slash.' }
  if (Buffer.byteLength(text) > maxBytes) return { fault: `A pattern may have at most ${maxBytes} bytes.` }
  const asWritten = text.slice(1).split('/')
  const fault = faultOfSegments(asWritten)
  if (fault !== null) return { fault }
  // `*` is a sub-delim that a path may hold, so a pattern without names is a path that the canonicaliser can read; and
  // a `*` amid the escapes of one character leaves bytes that are no UTF-8.
  const parsed = parseCanonicalPath(`/${asWritten.map((part) => (named.test(part) ? '*' : part)).join('/')}`)
  if ('fault' in parsed) return { fault: `Every request for such a path is refused. ${parsed.fault}` }
  const canonical = parsed.path.slice(1).split('/')
  const segments = asWritten.map((part, index) => (named.test(part) ? part : (canonical[index] ?? '')))
  return {
    pattern: {
      text: `/${segments.join('/')}`,
      template: `/${segments.map(templateOf).join('/')}`,
      oddities: parsed.oddities,
      positions: placeNames(segments)
    }
  }
}

export type ReadPattern =
  | {
      readonly path: string
      readonly names: readonly string[]
      /** Entries of a rule's `paths` that must allow what its literals hold, or no request ever reaches it. */
      readonly needs: readonly ('encodedSlash' | 'semicolon' | 'emptySegments')[]
    }
  | { readonly fault: string }

/** For a parser of settings: the canonical text, the names that claims can be bound to, and what `paths` must allow. */
export const readPattern = (text: string): ReadPattern => {
  const parsed = parsePattern(text)
  if ('fault' in parsed) return parsed
  const { text: path, positions, oddities } = parsed.pattern
  const needs = [
    ...((oddities & EncodedSlash) === 0 ? [] : (['encodedSlash'] as const)),
    ...((oddities & Semicolon) === 0 ? [] : (['semicolon'] as const)),
    ...((oddities & EmptySegments) === 0 ? [] : (['emptySegments'] as const))
  ]
  return { path, names: [...positions.keys()], needs }
}
