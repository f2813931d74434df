import { isAlias, isScalar, isSeq, type Pair, type ParsedNode, type Scalar } from 'yaml'
import { type Finding, type Path, placeOfKey, quote } from './findings.js'
import { type Environment, interpolate } from './interpolation.js'
import { createPlaces, type SpanOf } from './yaml-places.js'
import { deepest, mostEntries } from './yaml-syntax.js'

export interface Tree {
  /** Plain maps without a prototype, lists and scalars, with the environment in place. */
  readonly value: unknown
  readonly findings: readonly Finding[]
  /** Where `value` has a hole because of a finding: nothing more is to be said of these. */
  readonly unread: readonly Path[]
  readonly spanOf: SpanOf
  /** What each alias stands for. */
  readonly targets: ReadonlyMap<ParsedNode, ParsedNode>
}

/** Aliases are for sharing a list or two; what expands beyond this is a bomb. */
const mostAliasedNodes = 20_000

/** YAML nodes → plain values; says which of YAML's readings nobody means. */
export function readTree(contents: ParsedNode | null, environment: Environment): Tree {
  const findings: Finding[] = []
  const unread: Path[] = []
  const anchors = new Map<string, ParsedNode>()
  const targets = new Map<ParsedNode, ParsedNode>()
  let aliased = 0

  const note = (path: Path, node: ParsedNode, message: string, hint: string | null = null): undefined => {
    noteKey(path, node, message, hint)
    unread.push(path)
    return undefined
  }

  function noteKey(
    path: Path,
    key: ParsedNode,
    message: string,
    hint: string | null = null,
    related: Finding['related'] = []
  ): undefined {
    findings.push({ level: 'mistake', path, at: [key.range[0], key.range[1]], message, hint, related })
    return undefined
  }

  function readNode(node: ParsedNode | null, path: Path, inAlias: boolean): unknown {
    if (node === null) return null
    if (path.length > deepest) return note(path, node, `is nested more than ${deepest} levels deep`)
    if (inAlias && ++aliased > mostAliasedNodes) {
      if (aliased === mostAliasedNodes + 1) note(path, node, `aliases expand to more than ${mostAliasedNodes} values`)
      return undefined
    }
    if (isAlias(node)) return readAlias(node, path)
    if (node.anchor !== undefined) anchors.set(node.anchor, node)
    if (isScalar(node)) return readScalar(node, path)
    if (node.items.length > mostEntries) return note(path, node, `must not hold more than ${mostEntries} entries`)
    if (isSeq(node)) return node.items.map((item, index) => readNode(item, [...path, index], inAlias))
    return readMap(node.items, path, inAlias)
  }

  function readAlias(node: ParsedNode & { source: string }, path: Path): unknown {
    const target = anchors.get(node.source)
    if (target !== undefined) {
      targets.set(node, target)
      return readNode(target, path, true)
    }
    const message = `YAML reads ${quote(`*${node.source}`)} as an alias, and there is no such anchor`
    const wildcard = path.includes('host') || path.includes('hosts')
    return note(path, node, message, wildcard ? 'hosts are exact: wildcards are not supported' : 'put it in quotes')
  }

  function readMap(items: readonly Pair<ParsedNode, ParsedNode | null>[], path: Path, inAlias: boolean): unknown {
    const map: Record<string, unknown> = Object.create(null)
    for (const { key, value } of items) {
      const name = readKey(key, path, map)
      if (name !== undefined) map[name] = readNode(value, [...path, name], inAlias)
    }
    return map
  }

  function readKey(key: ParsedNode, path: Path, map: Record<string, unknown>): string | undefined {
    if (!isScalar(key) || typeof key.value !== 'string') {
      return noteKey(path, key, 'has a key that is not text', isScalar(key) ? 'put the key in quotes' : null)
    }
    const name = key.value
    const inside = [...path, name]
    if (name === '<<') return noteKey(inside, key, 'does not merge maps here', 'write the keys out')
    // JavaScript gives this name a meaning of its own, which no library on the way is free of.
    if (name === '__proto__') return noteKey(inside, key, 'cannot be used as a name')
    if (name in map) {
      return noteKey(inside, key, 'is given twice', null, [placeOfKey(inside, 'here first')])
    }
    return name
  }

  function readScalar(node: Scalar.Parsed, path: Path): unknown {
    const { value } = node
    if (typeof value === 'string') return readText(value, node, path)
    if (typeof value !== 'number' || node.source === String(value)) return value
    // 010 is 10, 1.20 is 1.2, and long numbers lose digits: what is written is not what is read.
    const exact = Math.abs(value) <= Number.MAX_SAFE_INTEGER
    const hint = exact ? `write ${value}, or put it in quotes` : 'put it in quotes'
    return note(path, node, `would be read as the number ${value}`, hint)
  }

  function readText(text: string, node: Scalar.Parsed, path: Path): string | undefined {
    if (!text.includes('${')) return text
    const result = interpolate(text, environment)
    if ('text' in result) return result.text
    for (const { message, hint } of result.faults) note(path, node, message, hint)
    return undefined
  }

  const value = readNode(contents, [], false)
  return { value, findings, unread, spanOf: createPlaces(contents, targets), targets }
}
