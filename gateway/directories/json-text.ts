/** Where JSON text breaks off or goes wrong, from 1. */
export interface JsonFault {
  readonly line: number
  readonly column: number
}

const space = /[ \t\n\r]*/y
const word = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const plain = /[^"\\\u0000-\u001f]*/y
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

/**
 * Reads JSON (RFC 8259), or tells the place of what is none. What the engine's own parser says of it quotes the text,
 * and a dump holds passwords' hashes, or keys.
 */
export function parseJson(text: string): { readonly value: unknown } | { readonly fault: JsonFault } {
  try {
    return { value: JSON.parse(text) }
  } catch {
    const before = text.slice(0, findFault(text)).split(/\r\n?|\n/)
    return { fault: { line: before.length, column: (before.at(-1) ?? '').length + 1 } }
  }
}

type Expected = 'value' | 'value or ]' | 'name or }' | 'name' | ':' | ', or ]' | ', or }' | 'end'

/** Where the text, which is no JSON, first differs from any that is. */
function findFault(text: string): number {
  const open: ('[' | '{')[] = []
  let expected: Expected = 'value'
  let at = 0

  /** How far the pattern fits from here. */
  function lengthOf(pattern: RegExp): number {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0].length ?? 0
  }
  /** Goes over a string; false: it does not end, or says what no string can, here. */
  function readString(): boolean {
    at += 1
    at += lengthOf(plain)
    for (let length = lengthOf(escaped); length > 0; length = lengthOf(escaped)) {
      at += length
      at += lengthOf(plain)
    }
    const ends = text[at] === '"'
    if (ends) at += 1
    return ends
  }
  const afterValue = (): Expected => (open.length === 0 ? 'end' : open.at(-1) === '[' ? ', or ]' : ', or }')

  for (;;) {
    at += lengthOf(space)
    const sign: string | undefined = text[at]
    if (sign === undefined) return at
    const isName = expected === 'name' || expected === 'name or }'
    const closes = (sign === ']' && /]$/.test(expected)) || (sign === '}' && /}$/.test(expected))
    if (closes) {
      open.pop()
      at += 1
      expected = afterValue()
    } else if (isName && sign === '"') {
      if (!readString()) return at
      expected = ':'
    } else if (expected === ':' && sign === ':') {
      at += 1
      expected = 'value'
    } else if (sign === ',' && expected.startsWith(',')) {
      at += 1
      expected = expected === ', or ]' ? 'value' : 'name'
    } else if (!expected.startsWith('value')) {
      return at
    } else if (sign === '[' || sign === '{') {
      open.push(sign)
      at += 1
      expected = sign === '[' ? 'value or ]' : 'name or }'
    } else {
      const length = sign === '"' ? 0 : lengthOf(word)
      if (sign === '"' ? !readString() : length === 0) return at
      at += length
      expected = afterValue()
    }
  }
}
