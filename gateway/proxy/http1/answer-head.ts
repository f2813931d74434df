/** An answer's status line and fields, in the one strict reading of RFC 9112 §4 and §5. Pure. */

/** What makes a connection useless: nobody can say where the next answer begins. */
export class UnreadableAnswer extends Error {
  readonly code: string

  constructor(message: string, code = 'UPSTREAM_UNREADABLE') {
    super(`the upstream's answer cannot be read: ${message}`)
    this.code = code
    this.name = 'UnreadableAnswer'
  }
}

export interface AnswerHead {
  readonly minorVersion: number
  readonly status: number
  /** May hold anything but line ends. */
  readonly reason: string
  /** Flat (name, value, name, value …), as they came. */
  readonly fields: string[]
  /** Of fields that frame the message or its connection, lower case, lists joined; null: absent. */
  readonly contentLength: string | null
  readonly transferEncoding: string | null
  readonly connection: string | null
  readonly keepAlive: string | null
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/
/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** What no field value may have (RFC 9110 §5.5), nor one half of a line end; lines are not folded. */
const FORBIDDEN = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/

const SPACE = 0x20
const TAB = 0x09
const isBlank = (code: number) => code === SPACE || code === TAB

function trimmed(text: string, from: number, to: number): string {
  let [start, end] = [from, to]
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

const joined = (before: string | null, value: string) => (before === null ? value : `${before},${value}`).toLowerCase()

/** Reads a header section as text, one character an octet, without the empty line that ends it. Throws `UnreadableAnswer`. */
export function readAnswerHead(text: string): AnswerHead {
  const lineEnd = text.indexOf('\r\n')
  const [line, , status, reason = ''] = splitStatusLine(lineEnd === -1 ? text : text.slice(0, lineEnd))
  const fields = readFields(lineEnd === -1 ? '' : text.slice(lineEnd + 2))
  let contentLength: string | null = null
  let transferEncoding: string | null = null
  let connection: string | null = null
  let keepAlive: string | null = null
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? ''
    const value = fields[i + 1] ?? ''
    // The length rules out nearly every field before anything is compared.
    if (name.length === 10) {
      const lower = name.toLowerCase()
      if (lower === 'connection') connection = joined(connection, value)
      else if (lower === 'keep-alive') keepAlive = joined(keepAlive, value)
    } else if (name.length === 14 && name.toLowerCase() === 'content-length') {
      contentLength = joined(contentLength, value)
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      transferEncoding = joined(transferEncoding, value)
    }
  }
  const minorVersion = line.charCodeAt(7) - 0x30
  return {
    minorVersion,
    status: Number(status),
    reason,
    fields,
    contentLength,
    transferEncoding,
    connection,
    keepAlive
  }
}

function splitStatusLine(line: string): RegExpExecArray {
  const parts = STATUS_LINE.exec(line)
  if (parts === null) throw new UnreadableAnswer('the status line')
  return parts
}

/** Field lines without the empty one that ends them, as they stand in a header section or after the last chunk. */
export function readFields(lines: string): string[] {
  if (FORBIDDEN.test(lines)) throw new UnreadableAnswer('an octet in the header section that may not be there')
  const fields: string[] = []
  let at = 0
  while (at < lines.length) {
    const found = lines.indexOf('\r\n', at)
    const end = found === -1 ? lines.length : found
    const colon = lines.indexOf(':', at)
    const name = lines.slice(at, colon)
    if (colon === -1 || colon > end || !TOKEN.test(name)) throw new UnreadableAnswer('a header field')
    fields.push(name, trimmed(lines, colon + 1, end))
    at = end + 2
  }
  return fields
}
