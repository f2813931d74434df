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
import type { Finding } from './findings.js'

export interface Syntax {
  readonly lines: LineCounter
  /** False: the document is not what its author meant, and only `findings` count. */
  readonly readable: boolean
  readonly contents: ParsedNode | null
  readonly findings: readonly Finding[]
}

export const largestFile = 4 * 1024 * 1024
export const deepest = 32

/** Text → YAML nodes, or why not. Size and depth are bounded before anything is built. */
export function readSyntax(source: string): Syntax {
  const lines = new LineCounter()
  const refuse = (offset: number, message: string, hint: string | null = null): Syntax => {
    return { lines, readable: false, contents: null, findings: [fault(offset, message, hint)] }
  }
  if (Buffer.byteLength(source) > largestFile) return refuse(0, 'the file is larger than 4 MiB')
  const tokens = readTokens(source, lines)
  if (!Array.isArray(tokens)) return refuse(tokens.tooDeepAt, `is nested more than ${deepest} levels deep`)
  const composer = new Composer({
    logLevel: 'silent',
    prettyErrors: false,
    resolveKnownTags: false,
    // Looked for later: the library compares each key with every other.
    uniqueKeys: false
  })
  const [document, second] = [...composer.compose(tokens, true, source.length)]
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
    fatal.push(fault(0, 'only YAML 1.2 is read', 'remove the %YAML directive'))
  }
  if (fatal.length > 0) return { lines, readable: false, contents: null, findings: [...fatal, ...passing] }
  return { lines, readable: true, contents: document.contents, findings: passing }
}

/** The library's parser builds deep nests in quadratic time, so it is stopped at the first level too many. */
function readTokens(source: string, lines: LineCounter): CST.Token[] | { tooDeepAt: number } {
  const parser = new Parser(lines.addNewLine)
  const tokens: CST.Token[] = []
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(source)) {
    tokens.push(...parser.next(lexeme))
    // The document itself and a scalar in the making are on the stack too.
    if (parser.stack.length > deepest + 2) return { tooDeepAt: parser.offset - lexeme.length }
  }
  tokens.push(...parser.end())
  return tokens
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
    const finding = fault(error.pos[0], message, hint)
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

function fault(offset: number, message: string, hint: string | null = null): Finding {
  return { level: 'mistake', path: [], at: offset, message, hint }
}
