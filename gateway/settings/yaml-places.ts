import { isMap, isScalar, isSeq, type LineCounter, type Pair, type ParsedNode } from 'yaml'
import type { Finding, Path } from './findings.js'

type Entries = ReadonlyMap<unknown, Pair<ParsedNode, ParsedNode | null>>

/** Line and column of an entry, or of the nearest one around it that is written down; both count from 1. */
export type PlaceOf = (path: Path, at: Finding['at']) => { readonly line: number; readonly column: number }

/** `targets`: what each alias stands for. */
export function createPlaces(
  contents: ParsedNode | null,
  targets: ReadonlyMap<ParsedNode, ParsedNode>,
  lines: LineCounter
): PlaceOf {
  // A map is indexed when it is first asked about: many mistakes in a long map would make it quadratic.
  const indexes = new Map<ParsedNode, Entries>()

  function entriesOf(node: ParsedNode): Entries {
    const known = indexes.get(node)
    if (known !== undefined) return known
    const pairs = isMap(node) ? node.items : []
    const entries = new Map(pairs.toReversed().map((pair) => [isScalar(pair.key) ? pair.key.value : null, pair]))
    indexes.set(node, entries)
    return entries
  }

  function offsetOf(path: Path, at: 'value' | 'key'): number {
    let node = contents
    let offset = contents?.range[0] ?? 0
    for (const [index, step] of path.entries()) {
      const around = node === null ? null : (targets.get(node) ?? node)
      const pair = around === null ? undefined : entriesOf(around).get(step)
      const item = isSeq(around) && typeof step === 'number' ? around.items[step] : undefined
      if (pair === undefined && item === undefined) return offset
      node = pair?.value ?? item ?? null
      const keyMeant = at === 'key' && index === path.length - 1
      offset = (pair !== undefined && (keyMeant || !isWritten(node)) ? pair.key : node)?.range[0] ?? offset
    }
    return offset
  }

  return (path, at) => {
    const { line, col } = lines.linePos(typeof at === 'number' ? at : offsetOf(path, at))
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
}

/** `key:` with nothing behind it has a value, null, but no place of its own. */
function isWritten(node: ParsedNode | null): boolean {
  return node !== null && !(isScalar(node) && node.value === null && node.source === '')
}
