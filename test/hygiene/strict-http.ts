/** A reader of HTTP/1.1 requests that knows one framing and forgives nothing; it shares no line with the gateway. */

export interface Message {
  readonly method: string
  readonly target: string
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

export interface Reading {
  readonly message: Message
  /** Where the next message begins. */
  readonly end: number
}

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\/[!"$-~]*) HTTP\/1\.1$/
const FIELD =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)$/
const HEXADECIMAL = /^(?:0|[1-9a-f][0-9a-f]*)$/

class Malformed extends Error {}

const only = (values: readonly string[], what: string): string | undefined => {
  if (values.length > 1) throw new Malformed(`${what} stands ${values.length} times`)
  return values[0]
}

/** The values of the fields of one name, in any letter case. */
export const valuesOf = ({ fields }: Pick<Message, 'fields'>, name: string): string[] =>
  fields.filter(([spelt]) => spelt.toLowerCase() === name).map(([, value]) => value)

/**
 * The message that begins at `start`; null when it is not whole yet. Throws what is wrong with it when it never can be.
 * Text is latin1: one character a byte.
 */
export function readMessage(text: string, start: number): Reading | null {
  const end = text.indexOf('\r\n\r\n', start)
  if (end === -1) return null
  const [first = '', ...lines] = text.slice(start, end).split('\r\n')
  const [, method, target] = REQUEST_LINE.exec(first) ?? []
  if (method === undefined || target === undefined) throw new Malformed(`request line ${JSON.stringify(first)}`)
  const fields = lines.map((line): readonly [string, string] => {
    const [, name, value] = FIELD.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Malformed(`field ${JSON.stringify(line)}`)
    return [name, value]
  })
  if (only(valuesOf({ fields }, 'host'), 'Host') === undefined) throw new Malformed('no Host')
  const coding = only(valuesOf({ fields }, 'transfer-encoding'), 'Transfer-Encoding')
  const length = only(valuesOf({ fields }, 'content-length'), 'Content-Length')
  const hop = only(valuesOf({ fields }, 'connection'), 'Connection') ?? 'keep-alive'
  if (hop !== 'keep-alive' && hop !== 'close') throw new Malformed(`Connection: ${hop}`)
  if (coding !== undefined && length !== undefined) throw new Malformed('two framings')
  const head = { method, target, fields }
  if (coding !== undefined) {
    if (coding !== 'chunked') throw new Malformed(`Transfer-Encoding: ${coding}`)
    return readChunks(text, end + 4, head)
  }
  if (length !== undefined && !/^(?:0|[1-9][0-9]*)$/.test(length)) throw new Malformed(`Content-Length: ${length}`)
  const bodyEnd = end + 4 + Number(length ?? 0)
  return bodyEnd > text.length ? null : { message: { ...head, body: text.slice(end + 4, bodyEnd) }, end: bodyEnd }
}

function readChunks(text: string, start: number, head: Omit<Message, 'body'>): Reading | null {
  let at = start
  let body = ''
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd === -1) return null
    const size = text.slice(at, lineEnd)
    if (!HEXADECIMAL.test(size)) throw new Malformed(`chunk size ${JSON.stringify(size)}`)
    const data = lineEnd + 2
    const dataEnd = data + Number.parseInt(size, 16)
    if (dataEnd + 2 > text.length) return null
    // A last chunk of size 0 is followed by no trailer, so by the same empty line that ends the data of any other.
    if (text.slice(dataEnd, dataEnd + 2) !== '\r\n') throw new Malformed('chunk data runs on, or a trailer follows')
    body += text.slice(data, dataEnd)
    at = dataEnd + 2
    if (size === '0') return { message: { ...head, body }, end: at }
  }
}
