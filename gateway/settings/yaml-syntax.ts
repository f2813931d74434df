import {
  Composer,
  type CST,
  type Document,
  Lexer,
  LineCounter,
  type ParsedNode,
  Parser,
  type YAMLError,
  type YAMLWarning
} from 'yaml'
import type { Finding, Span } from './findings.js'

export interface Syntax {
  readonly lines: LineCounter
  /** False: the document is not what its author meant, and only `findings` count. */
  readonly readable: boolean
  readonly contents: ParsedNode | null
  readonly findings: readonly Finding[]
}

export const largestFile = 4 * 1024 * 1024
export const deepest = 32
/** Of whatever there may be many: rules, upstreams, networks, roles. */
export const mostEntries = 10_000
/** Ten thousand rules have half of either; the library takes some 500 octets for each of the first. */
const mostMarks = 400_000
const mostTokens = 1_500_000
/** What can be an entry, or begins one: a scalar, an alias, `-`, `,`, `:` and brackets. */
const marks = new Set(['\u001f', '"', "'", '*', '-', ',', ':', '?', '{', '['])
const mostFaults = 100

/** Text → YAML nodes, or why not. Size and depth are bounded before anything is built. */
export function readSyntax(source: string): Syntax {
  const lines = new LineCounter()
  const refuse = (offset: number, message: string, hint: string | null = null): Syntax => {
    return { lines, readable: false, contents: null, findings: [fault([offset, offset], message, hint)] }
  }
  if (Buffer.byteLength(source) > largestFile) return refuse(0, 'the file is larger than 4 MiB')
  const tokens = readTokens(source, lines)
  if (!Array.isArray(tokens)) return refuse(tokens.at, tokens.fault)
  const composer = new Composer({
    logLevel: 'silent',
    prettyErrors: false,
    resolveKnownTags: false,
    // Looked for later: the library compares each key with every other.
    uniqueKeys: false
  })
  boundFaults(composer)
  const [document, second] = composer.compose(tokens, true, source.length)
  if (second !== undefined) {
    return refuse(second.range[0], 'a second document begins here', 'keep everything in one document')
  }
  if (document === undefined || !('range' in document)) return refuse(0, 'the file is empty')
  return readDocument(document, lines)
}

function readDocument(document: Document.Parsed, lines: LineCounter): Syntax {
  const { fatal, passing } = sortFaults([...document.errors, ...document.warnings])
  if (document.directives.yaml.version !== '1.2') {
    // YAML 1.1 reads `yes` as true and 010 as 8.
    fatal.push(fault([0, 0], 'only YAML 1.2 is read', 'remove the %YAML directive'))
  }
  if (fatal.length > 0) return { lines, readable: false, contents: null, findings: [...fatal, ...passing] }
  return { lines, readable: true, contents: document.contents, findings: passing }
}

/** The library's parser builds deep nests in quadratic time, so it is stopped at the first level too many. */
function readTokens(source: string, lines: LineCounter): CST.Token[] | { readonly at: number; readonly fault: string } {
  const parser = new Parser(lines.addNewLine)
  const tokens: CST.Token[] = []
  lines.addNewLine(0)
  let read = 0
  let marked = 0
  for (const lexeme of new Lexer().lex(source)) {
    for (const token of parser.next(lexeme)) tokens.push(token)
    const at = parser.offset - lexeme.length
    if (++read > mostTokens) return { at, fault: `the file holds more than ${mostTokens} YAML tokens` }
    if (marks.has(lexeme.charAt(0)) && ++marked > mostMarks) {
      return { at, fault: `the file holds more than ${mostMarks} keys, values and marks between them` }
    }
    // The document itself and a scalar in the making are on the stack too.
    if (parser.stack.length > deepest + 2) return { at, fault: `is nested more than ${deepest} levels deep` }
  }
  tokens.push(...parser.end())
  return tokens
}

/**
 * The library keeps every fault as an Error with its stack, a kilobyte for two octets of a file such as `\\q\\q\\q`, and
 * has no option against it: only its own collector, which takes what it is told to.
 */
function boundFaults(composer: Composer): void {
  const collect: unknown = Reflect.get(composer, 'onError')
  if (typeof collect !== 'function') return
  let faults = 0
  Reflect.set(composer, 'onError', (...fault: unknown[]) => {
    if (++faults <= mostFaults) Reflect.apply(collect, composer, fault)
  })
}

/** After these the document still says what it says. */
const harmless = new Set(['TAG_RESOLVE_FAILED'])
/** These are never the echo of an earlier fault; of all others only the first is told. */
const independent = new Set(['TAB_AS_INDENT', 'BAD_DQ_ESCAPE', 'BAD_SCALAR_START', 'BAD_ALIAS', 'BAD_DIRECTIVE'])

function sortFaults(errors: readonly (YAMLError | YAMLWarning)[]): { fatal: Finding[]; passing: Finding[] } {
  const fatal: Finding[] = []
  const passing: Finding[] = []
  for (const error of errors.toSorted((one, other) => one.pos[0] - other.pos[0])) {
    const [message, hint] = inPlainWords(error)
    const finding = fault(error.pos, message, hint)
    if (harmless.has(error.code)) passing.push(finding)
    else if (fatal.length === 0 || independent.has(error.code)) fatal.push(finding)
  }
  return { fatal, passing }
}

function inPlainWords(error: YAMLError | YAMLWarning): [message: string, hint: string | null] {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return ['is indented with a tab', 'use spaces']
    case 'TAG_RESOLVE_FAILED':
      return [`has a tag that is not known here (${error.message.replace(/^Unresolved tag: /, '')})`, 'remove it']
    case 'BAD_ALIAS':
      return ["'*' begins a YAML alias here", 'put the value in quotes']
    case 'BAD_SCALAR_START':
      return [`a plain value cannot begin with '${error.message.slice(-1)}'`, 'put it in quotes']
    case 'BLOCK_AS_IMPLICIT_KEY':
      return ['has a second colon on one line', 'put the value in quotes']
    case 'UNEXPECTED_TOKEN':
      return error.message.startsWith('Unexpected flow-map-start')
        ? ["'{' cannot stand here", 'inside { } and [ ] a value with braces needs quotes']
        : ['is not valid YAML here', 'put the value in quotes if it is meant as text']
    default:
      return [`is not valid YAML: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`, null]
  }
}

function fault(at: Span, message: string, hint: string | null = null): Finding {
  return { level: 'mistake', path: [], at, message, hint, related: [] }
}
