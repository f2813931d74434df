import { type AnswerHead, readAnswerHead, UnreadableAnswer } from './answer-head.js'
import { framingOf, isDoubtful, keepAliveHint, persists } from './body-framing.js'
import { createChunkedBody } from './chunked-body.js'

/** What is told of an answer, in this order; whatever throws ends the connection. */
export interface AnswerSink {
  /** 102 to 199: the final one is still to come. */
  readonly onInterim: (head: AnswerHead) => void
  readonly onHead: (head: AnswerHead) => void
  readonly onData: (chunk: Buffer) => void
  /** `trailers`: flat (name, value, name, value …). */
  readonly onEnd: (trailers: readonly string[]) => void
  /** A 101: the connection is no longer HTTP's; `rest` came with it. */
  readonly onUpgrade: (head: AnswerHead, rest: Buffer) => void
}

/** Reads the answers of one connection, each begun before its request is sent. */
export interface AnswerReader {
  /** `method`: of the request, on which it depends whether a body follows. */
  readonly begin: (method: string, upgrades: boolean) => void
  /** Throws `UnreadableAnswer`. False: octets are left that belong to no answer. */
  readonly read: (bytes: Buffer) => boolean
  /** Nothing more is read, nor told: for a sink that gives up while it is told something. */
  readonly stop: () => void
  /** The connection ended; whether the answer is whole with that. */
  readonly end: () => boolean
  /** After a whole answer: whether another request may follow, and for how long (ms) if the server says so. */
  readonly persistence: () => { readonly persists: boolean; readonly hintMs: number | null }
}

/** Longer than any that is meant; what Node's own client bears. */
const LONGEST_HEAD = 16 * 1024
const END_OF_HEAD = Buffer.from('\r\n\r\n')
const NO_TRAILERS: readonly string[] = []

type State = 'head' | 'octets' | 'chunked' | 'connection' | 'over'

export function createAnswerReader(sink: AnswerSink): AnswerReader {
  let state: State = 'over'
  let method = ''
  let upgrades = false
  /** The beginning of a header section that goes on. */
  let held: Buffer | null = null
  let left = 0
  let final: AnswerHead | null = null
  /** Nothing may follow on the connection, whatever the answer says. */
  let isLast = false
  let stopped = false

  const end = (trailers: readonly string[]) => {
    state = 'over'
    sink.onEnd(trailers)
  }
  const chunks = createChunkedBody({ onData: sink.onData, onEnd: end })

  function takeHead(bytes: Buffer, at: number): number {
    const all = held === null ? bytes : Buffer.concat([held, bytes])
    const from = held === null ? at : 0
    const found = all.indexOf(END_OF_HEAD, held === null ? at : Math.max(0, held.length - 3))
    if ((found === -1 ? all.length : found) - from > LONGEST_HEAD) {
      throw new UnreadableAnswer('its header section is too long', 'UPSTREAM_UNREADABLE_HEADERS_TOO_LONG')
    }
    if (found === -1) {
      // The buffer is read into again.
      held = Buffer.from(all.subarray(from))
      return bytes.length
    }
    const after = found + END_OF_HEAD.length - (held?.length ?? 0)
    held = null
    const head = readAnswerHead(all.toString('latin1', from, found))
    if (head.status !== 101) {
      begin(head)
      return after
    }
    if (!upgrades) throw new UnreadableAnswer('it switches protocols, which nobody asked for')
    state = 'over'
    sink.onUpgrade(head, bytes.subarray(after))
    return bytes.length
  }

  function begin(head: AnswerHead): void {
    const framing = framingOf(head, method)
    if (framing.kind === 'connection' || isDoubtful(head)) isLast = true
    if (head.status < 200) {
      if (!persists(head)) throw new UnreadableAnswer('an interim one that ends the connection')
      // RFC 9110 §15.2: an unasked 100 may come all the same, and says nothing.
      if (head.status > 100) sink.onInterim(head)
      return
    }
    final = head
    sink.onHead(head)
    if (stopped) return
    if (framing.kind === 'none') {
      end(NO_TRAILERS)
      return
    }
    state = framing.kind
    if (framing.kind === 'octets') left = framing.octets
    if (framing.kind === 'chunked') chunks.begin()
  }

  function takeOctets(bytes: Buffer, at: number): number {
    const to = Math.min(bytes.length, at + left)
    left -= to - at
    sink.onData(bytes.subarray(at, to))
    if (left === 0 && !stopped) end(NO_TRAILERS)
    return to
  }

  return {
    begin(asked, mayUpgrade) {
      method = asked
      upgrades = mayUpgrade
      state = 'head'
      final = null
      isLast = false
    },
    read(bytes) {
      let at = 0
      while (at < bytes.length && state !== 'over' && !stopped) {
        if (state === 'head') at = takeHead(bytes, at)
        else if (state === 'octets') at = takeOctets(bytes, at)
        else if (state === 'chunked') at = chunks.read(bytes, at)
        else {
          sink.onData(bytes.subarray(at))
          at = bytes.length
        }
      }
      return at === bytes.length || stopped
    },
    stop() {
      stopped = true
      chunks.stop()
    },
    end() {
      if (state !== 'connection' || stopped) return false
      end(NO_TRAILERS)
      return true
    },
    persistence: () => ({
      persists: final !== null && !isLast && persists(final),
      hintMs: final === null ? null : keepAliveHint(final)
    })
  }
}
