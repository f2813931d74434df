/**
 * A path as rows of bits, one for each symbol that stands in it: bit n says whether the symbol stands at segment n.
 * Rows, shifted and intersected, leave the places where symbols stand one after the other, 32 places at once.
 */
import { createGlob } from './glob.js'

export interface SegmentRows {
  /** Any segment but the empty one is 0; globs follow, then literals. */
  readonly symbolOf: ReadonlyMap<string, number>
  readonly isLiteral: (symbol: number) => boolean
  /** Takes up a path; answers which of the literals stand in it, in the order of the path. */
  readonly read: (segments: readonly string[], count: number) => readonly number[]
  /** The first segment at or after `from` where the symbols stand one after the other, or -1. */
  readonly firstRun: (symbols: readonly number[], from: number) => number
}

export const anySymbol = 0
const absent = -1

/** Rows of very long paths are made for the occasion. */
const keptWords = 4096

const numberOfTrailingZeros = (bits: number): number => 31 - Math.clz32(bits & -bits)

const sieveOf = (segment: string): number => (segment.length * 37 + segment.charCodeAt(0)) & 255

export const createSegmentRows = (globs: readonly string[], literals: readonly string[]): SegmentRows => {
  const symbolOf = new Map([...globs, ...literals].map((text, index) => [text, index + 1]))
  const fits = globs.map(createGlob)
  // Says of most segments that they are none of the literals, at less cost than a look into the map.
  const sieve = new Uint8Array(256)
  for (const literal of literals) sieve[sieveOf(literal)] = 1

  /** Row of each symbol: its own number up to the globs, and for literals one if they stand in the path. */
  const rowOf = new Int32Array(1 + symbolOf.size).map((_, symbol) => (symbol <= globs.length ? symbol : absent))
  /** Where each literal that stands in the path does so first. */
  const firstAt = new Int32Array(1 + symbolOf.size)
  const present: number[] = []
  const kept = new Int32Array(keptWords)
  let segments: readonly string[] = []
  let count = 0
  let rows = kept
  let width = 0
  let isMarked = false
  let globsAreMarked = false

  const isLiteral = (symbol: number): boolean => symbol > globs.length

  const literalAt = (position: number): number => {
    const segment = segments[position] ?? ''
    return sieve[sieveOf(segment)] === 0 ? anySymbol : (symbolOf.get(segment) ?? anySymbol)
  }

  const mark = (row: number, position: number): void => {
    const word = row * width + (position >>> 5)
    rows[word] = (rows[word] ?? 0) | (1 << position)
  }

  const markLiterals = (): void => {
    isMarked = true
    // One word more than positions need, so that a shifted row can be read past its end.
    width = (count >>> 5) + 2
    const needed = (1 + globs.length + present.length) * width
    rows = needed <= keptWords ? kept.fill(0, 0, needed) : new Int32Array(needed)
    for (let position = 0; position < count; position++) {
      if (segments[position] !== '') mark(anySymbol, position)
      const literal = literalAt(position)
      if (literal !== anySymbol) mark(rowOf[literal] ?? anySymbol, position)
    }
  }

  const markGlobs = (): void => {
    globsAreMarked = true
    for (let position = 0; position < count; position++) {
      const segment = segments[position] ?? ''
      for (let row = 1; row <= fits.length; row++) if (fits[row - 1]?.(segment)) mark(row, position)
    }
  }

  /** Where in `rows` that of a symbol begins, or -1. */
  const baseOf = (symbol: number): number => {
    if (!isMarked) markLiterals()
    const row = rowOf[symbol] ?? absent
    if (row > anySymbol && row <= globs.length && !globsAreMarked) markGlobs()
    return row * width
  }

  const read: SegmentRows['read'] = (soughtSegments, soughtCount) => {
    for (const literal of present) rowOf[literal] = absent
    present.length = 0
    segments = soughtSegments
    count = soughtCount
    isMarked = false
    globsAreMarked = false
    for (let position = 0; position < count; position++) {
      const literal = literalAt(position)
      if (literal === anySymbol || rowOf[literal] !== absent) continue
      rowOf[literal] = globs.length + present.push(literal)
      firstAt[literal] = position
    }
    return present
  }

  const firstRun: SegmentRows['firstRun'] = (symbols, from) => {
    const head = symbols[0] ?? anySymbol
    const headAt = isLiteral(head) ? (firstAt[head] ?? 0) : 0
    // Most that is looked for is a single literal, which needs no rows.
    if (symbols.length === 1 && isLiteral(head) && rowOf[head] !== absent && headAt >= from) return headAt
    const begin = Math.max(from, headAt)
    for (let word = begin >>> 5; word * 32 + symbols.length <= count; word++) {
      let starts = word === begin >>> 5 ? -1 << begin : -1
      for (let at = 0; at < symbols.length && starts !== 0; at++) {
        const base = baseOf(symbols[at] ?? anySymbol)
        if (base < 0) return -1
        const low = base + word + (at >>> 5)
        starts &= (at & 31) === 0 ? (rows[low] ?? 0) : ((rows[low] ?? 0) >>> at) | ((rows[low + 1] ?? 0) << (32 - at))
      }
      if (starts !== 0) return word * 32 + numberOfTrailingZeros(starts)
    }
    return -1
  }

  return { symbolOf, isLiteral, read, firstRun }
}
