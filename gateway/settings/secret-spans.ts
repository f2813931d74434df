/** Where a file holds what nobody must read over a shoulder or in the log of a build. */
import { isAlias, isMap, isScalar, isSeq, type ParsedNode } from 'yaml'
import type { Span } from './findings.js'
import { suggest } from './suggestions.js'

const secretWords = ['secret', 'secrets', 'password', 'password_hash']
/** A whole `${NAME}` shows nothing; its default would. */
const reference = /^\$\{\w+\}$/
const credentials = /:\/\/[^\s/]*@/g
/** Holds a password, and nothing that a mistake needs to show. */
const database = /^postgres(ql)?:/i

/** Values of secrets, also of those whose key is misspelled, PEM keys, and credentials inside URLs; in order, apart. */
export function secretSpans(
  contents: ParsedNode | null,
  targets: ReadonlyMap<ParsedNode, ParsedNode>,
  source: string
): readonly Span[] {
  const spans: Span[] = []
  const hidden = new Set<ParsedNode>()

  function visit(node: ParsedNode | null, secret: boolean): void {
    if (node === null) return
    if (isAlias(node)) {
      const target = targets.get(node)
      if (secret && target !== undefined && !hidden.has(target)) visit(target, true)
      return
    }
    if (secret) hidden.add(node)
    if (isScalar(node)) hide(node, secret)
    if (isSeq(node)) for (const item of node.items) visit(item, secret)
    if (!isMap(node)) return
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : ''
      visit(value, secret ? name !== 'file' : suggest(name, secretWords) !== null)
    }
  }

  function hide({ value, range: [start, end] }: ParsedNode & { readonly value?: unknown }, secret: boolean): void {
    const text = String(value)
    if (text.includes('-----BEGIN') || database.test(text) || (secret && !reference.test(text)))
      spans.push([start, end])
    else if (text.includes('@')) spans.push(...credentialSpans(source, start, end))
  }

  visit(contents, false)
  return merge(spans)
}

function credentialSpans(source: string, start: number, end: number): Span[] {
  return [...source.slice(start, end).matchAll(credentials)].map(({ index, 0: found }) => {
    return [start + index + '://'.length, start + index + found.length - '@'.length]
  })
}

/** The same for a file that is no YAML: rather too much than too little. */
export function secretSpansOfText(source: string): readonly Span[] {
  const spans: Span[] = [...credentialSpans(source, 0, source.length)]
  const begin = /\b(?:secrets?|passwords?)["']?[ \t]*:|-----BEGIN/g
  for (let found = begin.exec(source); found !== null; found = begin.exec(source)) {
    const end = endOfBlock(source, found.index)
    spans.push([found[0].startsWith('-') ? found.index : begin.lastIndex, end])
    begin.lastIndex = end
  }
  return merge(spans)
}

/** In order, and none inside another. */
function merge(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = []
  for (const span of spans.toSorted(([one], [other]) => one - other)) {
    const last = merged.at(-1)
    if (last === undefined || span[0] > last[1]) merged.push(span)
    else merged[merged.length - 1] = [last[0], Math.max(last[1], span[1])]
  }
  return merged
}

/** The end of the line and of what is indented below it, and of a list that stands right below it. */
function endOfBlock(source: string, offset: number): number {
  const lineStart = source.lastIndexOf('\n', offset) + 1
  const indent = indentAt(source, lineStart)
  let end = endOfLine(source, offset)
  while (end < source.length) {
    const start = end + 1
    const deeper = indentAt(source, start)
    const first = source[start + deeper]
    const inside = deeper > indent || (deeper === indent && first === '-') || first === '\n' || first === '\r'
    if (!inside) break
    end = endOfLine(source, start)
  }
  return end
}

function endOfLine(source: string, from: number): number {
  const end = source.indexOf('\n', from)
  return end === -1 ? source.length : end
}

function indentAt(source: string, lineStart: number): number {
  let end = lineStart
  while (source[end] === ' ' || source[end] === '\t') end++
  return end - lineStart
}
