/** HTTP/1.1 messages in a run of bytes (RFC 9112), read strictly: what is counted must not be counted by guessing. */
export interface Message {
  readonly startLine: string
  /** As they stand: name and value. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** Without the framing of its chunks. */
  readonly body: string
  /** Start line, fields and body, as they came. */
  readonly text: string
  /** Whether its end has come, as far as that can be told without the end of the connection. */
  readonly whole: boolean
}

export interface Messages {
  readonly messages: readonly Message[]
  /** What follows the last whole message and begins no further one. */
  readonly rest: string
}

/** Values of a field, by its name in lower case. */
export const valuesOf = ({ fields }: Pick<Message, 'fields'>, name: string): readonly string[] =>
  fields.flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []))

const HEAD_END = '\r\n\r\n'

/** Where a chunked body ends, counted from its beginning; null: it has not come to its end, or is none. */
function endOfChunks(text: string): number | null {
  let at = 0
  for (;;) {
    const size = /^([0-9A-Fa-f]{1,8})[^\r\n]*\r\n/.exec(text.slice(at, at + 4096))
    if (size === null) return null
    const [head, digits = ''] = size
    const length = Number.parseInt(digits, 16)
    at += head.length
    if (length === 0) {
      if (text.startsWith('\r\n', at)) return at + 2
      const end = text.indexOf(HEAD_END, at)
      return end === -1 ? null : end + HEAD_END.length
    }
    at += length
    if (!text.startsWith('\r\n', at)) return null
    at += 2
  }
}

/** The data of chunks, as far as they are whole. */
function joinChunks(text: string): string {
  let data = ''
  for (let at = 0; ; ) {
    const size = /^([0-9A-Fa-f]{1,8})[^\r\n]*\r\n/.exec(text.slice(at, at + 4096))
    const length = Number.parseInt(size?.[1] ?? '0', 16)
    if (size === null || length === 0) return data
    at += size[0].length
    data += text.slice(at, at + length)
    at += length + 2
  }
}

/** Where the body ends; null: not here; 'close': with the connection. */
function endOfBody(
  head: Pick<Message, 'startLine' | 'fields'>,
  rest: string,
  bodiless: boolean
): number | null | 'close' {
  const isAnswer = head.startLine.startsWith('HTTP/')
  if (bodiless || /^HTTP\/1\.[01] (?:1\d\d|204|304)\b/.test(head.startLine)) return 0
  if (valuesOf(head, 'transfer-encoding').length > 0) return endOfChunks(rest)
  const [length] = valuesOf(head, 'content-length')
  if (length !== undefined) return Number(length) <= rest.length ? Number(length) : null
  return isAnswer ? 'close' : 0
}

function readHead(text: string): Pick<Message, 'startLine' | 'fields'> {
  const [startLine = '', ...lines] = text.split('\r\n')
  const fields = lines.map((one) => {
    const colon = one.indexOf(':')
    return [one.slice(0, Math.max(0, colon)), one.slice(colon + 1).trim()] as const
  })
  return { startLine, fields }
}

/** Splits what came on a connection; `bodiless`: answers have no body, since HEAD was asked. */
export function splitMessages(text: string, bodiless = false): Messages {
  const messages: Message[] = []
  let at = 0
  while (at < text.length) {
    const headEnd = text.indexOf(HEAD_END, at)
    if (headEnd === -1 || !/^(?:HTTP\/1\.[01] \d{3}|[!-~]+ [!-~]+ HTTP\/1\.[01]\r\n)/.test(text.slice(at, at + 65_536)))
      return { messages, rest: text.slice(at) }
    const head = readHead(text.slice(at, headEnd))
    const rest = text.slice(headEnd + HEAD_END.length)
    const end = endOfBody(head, rest, bodiless)
    const length = typeof end === 'number' ? end : rest.length
    const stop = headEnd + HEAD_END.length + length
    const body = rest.slice(0, length)
    const isChunked = valuesOf(head, 'transfer-encoding').length > 0
    messages.push({
      ...head,
      body: isChunked ? joinChunks(body) : body,
      text: text.slice(at, stop),
      whole: end !== null
    })
    at = stop
  }
  return { messages, rest: '' }
}
