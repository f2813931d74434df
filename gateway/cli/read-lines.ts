import type { Readable } from 'node:stream'

/** No line of ours comes near it; whatever does is no log. */
const LONGEST_LINE = 1024 * 1024
const NEWLINE = 0x0a

/**
 * Hands every line of a stream of UTF-8 to `onLine`, in order, with its number from 1; null in the place of one that is
 * longer than a mebibyte. Empty lines are counted and not handed over. A promise for each line would cost more than
 * judging it, so lines go by in batches.
 */
export async function readLines(
  stream: Readable,
  onLine: (text: string | null, number: number) => void
): Promise<number> {
  let pending: Buffer[] = []
  let pendingLength = 0
  let tooLong = false
  let number = 0

  function take(text: string | null): void {
    number += 1
    if (text !== '') onLine(text, number)
  }

  function endLine(rest: Buffer): void {
    take(tooLong ? null : Buffer.concat([...pending, rest]).toString('utf8'))
    pending = []
    pendingLength = 0
    tooLong = false
  }

  function keep(rest: Buffer): void {
    pendingLength += rest.length
    if (pendingLength > LONGEST_LINE) {
      tooLong = true
      pending = []
    }
    if (!tooLong && rest.length > 0) pending.push(rest)
  }

  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const first = chunk.indexOf(NEWLINE)
    if (first === -1) {
      keep(chunk)
      continue
    }
    endLine(chunk.subarray(0, first))
    const last = chunk.lastIndexOf(NEWLINE)
    // A newline is never a part of another character in UTF-8, so whole lines decode by themselves.
    if (last > first) for (const line of chunk.toString('utf8', first + 1, last).split('\n')) take(line)
    keep(chunk.subarray(last + 1))
  }
  if (pendingLength > 0) endLine(Buffer.alloc(0))
  return number
}
