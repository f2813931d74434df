/** Beyond this a header section is no interim response that anybody sends, and is left to the parser to refuse. */
const LONGEST_HEAD = 16 * 1024

/** As much as tells the status. */
const STATUS_LINE = 'HTTP/1.1 100 '

const textOf = (bytes: Buffer, length: number) => bytes.toString('latin1', 0, length)
const isInterim = (bytes: Buffer) => /^HTTP\/1\.[01] 1\d\d[ \r]/.test(textOf(bytes, STATUS_LINE.length))
const isContinue = (bytes: Buffer) => textOf(bytes, 12).endsWith('100')
const mayBecomeInterim = (bytes: Buffer) =>
  bytes.length < STATUS_LINE.length && STATUS_LINE.slice(0, 10).startsWith(textOf(bytes, 10))

/**
 * Reads what an upstream says before its final response. `passed` is to be parsed; `held` may be the beginning of
 * another interim response, to be read again with what follows; null: the final response has begun.
 */
export function dropContinues(bytes: Buffer): { readonly passed: Buffer; readonly held: Buffer | null } {
  const kept: Buffer[] = []
  let rest = bytes
  while (isInterim(rest)) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1 && rest.length < LONGEST_HEAD) return { passed: Buffer.concat(kept), held: rest }
    if (end === -1) break
    if (!isContinue(rest)) kept.push(rest.subarray(0, end + 4))
    rest = rest.subarray(end + 4)
  }
  if (mayBecomeInterim(rest)) return { passed: Buffer.concat(kept), held: rest }
  return { passed: kept.length === 0 ? rest : Buffer.concat([...kept, rest]), held: null }
}
