import { readFields, UnreadableAnswer } from './answer-head.js'

/** Reads a chunked body (RFC 9112 §7.1) piece by piece. */
export interface ChunkedBody {
  readonly begin: () => void
  /** Reads on from `at` and answers where it stopped: at the end of what there is, or of the body. */
  readonly read: (bytes: Buffer, at: number) => number
  /** For a sink that gives up while it is told something: it is told nothing more. */
  readonly stop: () => void
}

export interface ChunkedBodySink {
  readonly onData: (chunk: Buffer) => void
  /** `trailers`: flat (name, value, name, value …). */
  readonly onEnd: (trailers: readonly string[]) => void
}

/** RFC 9110 §5.6.2 and §5.6.4. */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"'
/**
 * Of a chunk: its size in hexadecimal digits that stay exact as a number, and extensions (RFC 9112 §7.1.1), which mean
 * nothing here. Some readers see other things where there are bad ones, or bad whitespace, so there may be none.
 */
const SIZE_LINE = new RegExp(`^([0-9A-Fa-f]{1,12})(?:;${TOKEN}(?:=(?:${TOKEN}|${QUOTED}))?)*$`)
/** RFC 9110 §6.5.1. */
const FRAMING = /^(?:content-length|transfer-encoding)$/i
const LONGEST_LINE = 4096
const MOST_TRAILERS = 16 * 1024

type State = 'size' | 'data' | 'data_end' | 'trailers' | 'over'

export function createChunkedBody(sink: ChunkedBodySink): ChunkedBody {
  let state: State = 'over'
  let left = 0
  /** What came of a line, or of the trailers, with the ends of lines. */
  let text = ''

  /** Takes a line, or as much as there is of it; null: it goes on. */
  function readLine(bytes: Buffer, at: number, most: number): number | null {
    const found = bytes.indexOf(0x0a, at)
    const end = found === -1 ? bytes.length : found + 1
    if (text.length + end - at > most) throw new UnreadableAnswer('a line of a chunked body is too long')
    text += bytes.toString('latin1', at, end)
    if (found === -1) return null
    if (!text.endsWith('\r\n')) throw new UnreadableAnswer('the end of a line of a chunked body')
    return end
  }

  function beginChunk(): void {
    const size = SIZE_LINE.exec(text.slice(0, -2))
    if (size === null) throw new UnreadableAnswer('the size of a chunk')
    text = ''
    left = Number.parseInt(size[1] ?? '', 16)
    state = left === 0 ? 'trailers' : 'data'
  }

  function endChunk(): void {
    if (text !== '\r\n') throw new UnreadableAnswer('the end of a chunk')
    text = ''
    state = 'size'
  }

  /** `text` ends with a whole line; the trailers do with an empty one. */
  function endTrailers(): void {
    if (text !== '\r\n' && !text.endsWith('\r\n\r\n')) return
    const trailers = text === '\r\n' ? [] : readFields(text.slice(0, -4))
    if (trailers.some((name, at) => at % 2 === 0 && FRAMING.test(name))) {
      throw new UnreadableAnswer('trailers that frame another message')
    }
    text = ''
    state = 'over'
    sink.onEnd(trailers)
  }

  function readData(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + left)
    left -= end - at
    if (left === 0) state = 'data_end'
    sink.onData(bytes.subarray(at, end))
    return end
  }

  return {
    begin() {
      state = 'size'
      text = ''
    },
    stop() {
      state = 'over'
    },
    read(bytes, from) {
      let at = from
      while (at < bytes.length && state !== 'over') {
        if (state === 'data') {
          at = readData(bytes, at)
          continue
        }
        const end = readLine(bytes, at, state === 'trailers' ? MOST_TRAILERS : LONGEST_LINE)
        if (end === null) return bytes.length
        at = end
        if (state === 'size') beginChunk()
        else if (state === 'data_end') endChunk()
        else endTrailers()
      }
      return at
    }
  }
}
