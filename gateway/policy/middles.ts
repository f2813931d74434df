/**
 * Looks in a path for what stands between two `**` of patterns. Whatever a file holds, each of these is looked for once
 * a path, and most only in paths that hold its rarest literal.
 */
import { anySymbol, createSegmentRows, type SegmentRows } from './segment-rows.js'
import { getOrAdd, kindOf, type Middle, type Node, type Site } from './trie.js'

export interface Middles {
  /** Has the middles of a site looked for, since the path begins so. */
  readonly reach: (site: Site) => void
  readonly anyReached: () => boolean
  /**
   * Looks for all that were reached and whose `deep` is wanted, and forgets what was reached. Each that is found is
   * told with the segment after its first occurrence: what follows fits behind a later one only if it fits there.
   */
  readonly search: (
    segments: readonly string[],
    count: number,
    isWanted: (deep: Node) => boolean,
    found: (deep: Node, end: number) => void
  ) => void
}

/** A middle as symbols of the rows. */
interface Sought extends Middle {
  readonly symbols: readonly number[]
}

const symbolsOf = (middles: readonly Middle[]): SegmentRows => {
  const segments = [...new Set(middles.flatMap((middle) => middle.segments))]
  const ofKind = (kind: string) => segments.filter((segment) => kindOf(segment) === kind)
  return createSegmentRows(ofKind('glob'), ofKind('literal'))
}

/** By the rarest literal of each; those without any are looked for in every path. */
const indexByRarest = (middles: readonly Middle[], { symbolOf, isLiteral }: SegmentRows) => {
  const sought = middles.map(
    (middle): Sought => ({
      ...middle,
      symbols: middle.segments.map((segment) => symbolOf.get(segment) ?? anySymbol)
    })
  )
  const frequencies = new Map<number, number>()
  const frequencyOf = (symbol: number): number => frequencies.get(symbol) ?? 0
  for (const { symbols } of sought) for (const symbol of symbols) frequencies.set(symbol, frequencyOf(symbol) + 1)
  const byLiteral = new Map<number, Sought[]>()
  const withoutLiteral: Sought[] = []
  for (const middle of sought) {
    const literals = middle.symbols.filter(isLiteral)
    const rarest = literals.sort((one, other) => frequencyOf(one) - frequencyOf(other))[0]
    if (rarest === undefined) withoutLiteral.push(middle)
    else getOrAdd(byLiteral, rarest, (): Sought[] => []).push(middle)
  }
  return { byLiteral, withoutLiteral }
}

export const createMiddles = (middles: readonly Middle[]): Middles => {
  const rows = symbolsOf(middles)
  const { byLiteral, withoutLiteral } = indexByRarest(middles, rows)
  const reached: Site[] = []

  const search: Middles['search'] = (segments, count, isWanted, found) => {
    const searchAll = (candidates: readonly Sought[]): void => {
      for (const { site, deep, symbols } of candidates) {
        if (!site.isReached || !isWanted(deep)) continue
        const first = rows.firstRun(symbols, site.from)
        if (first !== -1) found(deep, first + symbols.length)
      }
    }
    for (const literal of rows.read(segments, count)) searchAll(byLiteral.get(literal) ?? [])
    searchAll(withoutLiteral)
    for (const site of reached) site.isReached = false
    reached.length = 0
  }

  return {
    reach: (site) => {
      site.isReached = true
      reached.push(site)
    },
    anyReached: () => reached.length > 0,
    search
  }
}
