import { isMap, isScalar, isSeq, type Pair, type ParsedNode } from 'yaml'
import type { Finding, Path, Span } from './findings.js'

type Entries = ReadonlyMap<unknown, Pair<ParsedNode, ParsedNode | null>>

/** Where an entry is written; of one that is not, the point where the nearest one around it begins. */
export type SpanOf = (path: Path, at: Finding['at']) => Span

/** `targets`: what each alias stands for. */
export function createPlaces(contents: ParsedNode | null, targets: ReadonlyMap<ParsedNode, ParsedNode>): SpanOf {
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

  return (path, at) => {
    if (typeof at === 'object') return at
    let node = contents
    let written: ParsedNode | null = contents
    for (const [index, step] of path.entries()) {
      const around = node === null ? null : (targets.get(node) ?? node)
      const pair = around === null ? undefined : entriesOf(around).get(step)
      const item = isSeq(around) && typeof step === 'number' ? around.items[step] : undefined
      if (pair === undefined && item === undefined) {
        // A single value may stand for a list of one.
        return spanOf(written, typeof step === 'number' && isScalar(around) ? 'whole' : 'start')
      }
      node = pair?.value ?? item ?? null
      const keyMeant = at === 'key' && index === path.length - 1
      written = (pair !== undefined && (keyMeant || !isWritten(node)) ? pair.key : node) ?? written
    }
    return spanOf(written, 'whole')
  }
}

function spanOf(node: ParsedNode | null, extent: 'start' | 'whole'): Span {
  if (node === null) return [0, 0]
  const [start, end] = node.range
  return [start, extent === 'start' ? start : end]
}

/** `key:` with nothing behind it has a value, null, but no place of its own. */
function isWritten(node: ParsedNode | null): boolean {
  return node !== null && !(isScalar(node) && node.value === null && node.source === '')
}
