/** The text of a document → plain values, bounded before anything is built; and where in the text an entry stands. */
import {
  Composer,
  type CST,
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  Lexer,
  LineCounter,
  Parser,
  visit
} from 'yaml'
import { type Pointer, stepsOf } from './pointer.js'

export interface Place {
  readonly line: number
  readonly column: number
}

export type Read =
  | { readonly value: unknown; readonly placeOf: (pointer: Pointer) => Place | null }
  | { readonly fault: string; readonly place: Place | null }

const largest = 32 * 1024 * 1024
/** Above this a second reading, only to find lines, would take seconds. */
const largestToLocate = 2 * 1024 * 1024
const deepest = 256
const mostAliases = 1000

/** Reads JSON or YAML. */
export function readDocument(text: string): Read {
  const source = text.replace(/^\uFEFF/, '')
  if (source.length > largest) return { fault: 'the document is larger than 32 MiB', place: null }
  if (!/^\s*\{/.test(source)) return readYaml(source)
  try {
    return { value: JSON.parse(source), placeOf: createLazyPlaces(source) }
  } catch {
    // It may be YAML that begins with a brace; and where JSON is broken, the YAML parser knows the line.
    return readYaml(source)
  }
}

/** Most documents are good, and then no line is asked for. */
function createLazyPlaces(source: string): (pointer: Pointer) => Place | null {
  if (source.length > largestToLocate) return () => null
  let places: ((pointer: Pointer) => Place | null) | null = null
  return (pointer) => {
    if (places === null) {
      const composed = compose(source)
      places = 'document' in composed ? createPlaces(composed.document, composed.lines) : () => null
    }
    return places(pointer)
  }
}

function readYaml(source: string): Read {
  const composed = compose(source)
  if ('fault' in composed) return composed
  const { document, lines } = composed
  const [error] = document.errors
  if (error !== undefined) {
    const [said = ''] = error.message.split('\n')
    return { fault: `is not valid: ${said}`, place: placeAt(lines, error.pos[0]) }
  }
  const repeated = findRepeatedKey(document)
  if (repeated !== null) return { fault: 'a key is given twice', place: placeAt(lines, repeated) }
  try {
    return { value: document.toJS({ maxAliasCount: mostAliases }), placeOf: createPlaces(document, lines) }
  } catch {
    return { fault: 'the aliases of this document expand to too much', place: null }
  }
}

type Composed =
  | { readonly document: Document.Parsed; readonly lines: LineCounter }
  | { readonly fault: string; readonly place: Place | null }

/** The library builds deep nests in quadratic time, so it is stopped at the first level too many. */
function compose(source: string): Composed {
  const lines = new LineCounter()
  const parser = new Parser(lines.addNewLine)
  const tokens: CST.Token[] = []
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(source)) {
    tokens.push(...parser.next(lexeme))
    if (parser.stack.length > deepest) {
      return { fault: `is nested more than ${deepest} levels deep`, place: placeAt(lines, parser.offset) }
    }
  }
  tokens.push(...parser.end())
  const composer = new Composer({ logLevel: 'silent', prettyErrors: false, merge: true, uniqueKeys: false })
  const [document, second] = [...composer.compose(tokens, true, source.length)]
  if (document === undefined || !('range' in document)) return { fault: 'the document is empty', place: null }
  if (second !== undefined) {
    return { fault: 'a second document begins here', place: placeAt(lines, second.range?.[0] ?? 0) }
  }
  return { document, lines }
}

/** Where a key of a map stands a second time; the library itself would compare each with every other. */
function findRepeatedKey(document: Document.Parsed): number | null {
  let offset: number | null = null
  visit(document, {
    Map(_, { items }) {
      const known = new Set<unknown>()
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : key
        // Several merges are no repetition.
        if (known.has(name) && name !== '<<') offset ??= (isNode(key) && key.range?.[0]) || 0
        known.add(name)
      }
      return offset === null ? undefined : visit.BREAK
    }
  })
  return offset
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

/** The place of an entry's key, or of the nearest entry around it that is written down. */
function createPlaces(document: Document.Parsed, lines: LineCounter): (pointer: Pointer) => Place | null {
  return (pointer) => {
    const steps = stepsOf(pointer)
    for (let depth = steps.length; depth > 0; depth--) {
      const offset = offsetOf(document, steps.slice(0, depth))
      if (offset !== null) return placeAt(lines, offset)
    }
    return { line: 1, column: 1 }
  }
}

function offsetOf(document: Document.Parsed, steps: readonly string[]): number | null {
  const around = steps.length === 1 ? document.contents : document.getIn(steps.slice(0, -1), true)
  const last = steps.at(-1)
  if (isMap(around)) {
    for (const pair of around.items) {
      if (isPair(pair) && isNode(pair.key) && String(pair.key) === last) return pair.key.range?.[0] ?? null
    }
  }
  const node = document.getIn(steps, true)
  return isNode(node) ? (node.range?.[0] ?? null) : null
}
