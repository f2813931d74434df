import type { Socket } from 'node:net'
import { type AnswerHead, UnreadableAnswer } from './answer-head.js'
import { createAnswerReader } from './answer-reader.js'
import { createDeadline } from './deadline.js'
import { readDistrust } from './distrust.js'
import { framingOfRequest, type RequestFraming, type UpstreamRequest, writeRequestHead } from './request-head.js'
import { type SentBody, sendBody } from './send-body.js'
import { keepUnread, wasReset } from './unread-answer.js'

/** What is told of a request, in this order; an error thrown by any of it ends the exchange. */
export interface AnswerHandler {
  /**
   * The connection is there, and the request is being sent. `abort` ends the exchange with `onError`; `resume` is to be
   * called when `onData` had answered false and there is room again.
   */
  readonly onConnect: (abort: (reason: Error) => void, resume: () => void) => void
  /** The first octet came. */
  readonly onResponseStarted: () => void
  readonly onInterim: (head: AnswerHead) => void
  readonly onHead: (head: AnswerHead) => void
  /** `chunk` is read into again after the call: who keeps it copies it. False: there is no room for more now. */
  readonly onData: (chunk: Buffer) => boolean
  readonly onEnd: (trailers: readonly string[]) => void
  /** The connection is the handler's from now on. */
  readonly onUpgrade: (fields: string[], socket: Socket) => void
  /** Instead of `onEnd` and `onUpgrade`, and once. */
  readonly onError: (error: Error) => void
}

export interface ConnectionOptions {
  /** To the header section of the final answer, counted from when the request was whole. */
  readonly timeoutMs: number
  /** Silence within an answer's body. */
  readonly idleTimeoutMs: number
  /** Between two exchanges, unless the server says how long it waits. */
  readonly keepAliveMs: number
}

/** Who keeps the connection. */
export interface ConnectionOwner {
  /** An exchange is over and another may follow. */
  readonly onIdle: () => void
  /** It has ended, or ends with what goes on: nothing more may be sent. */
  readonly onClosed: () => void
}

/** One connection to an upstream that carries one exchange at a time. */
export interface Connection {
  readonly send: (request: UpstreamRequest, handler: AnswerHandler) => void
  /** What came, unless the socket emits it as `data`. */
  readonly read: (bytes: Buffer) => void
  /** At once, with whatever goes on. */
  readonly destroy: (reason: Error) => void
}

const closed = () => Object.assign(new Error('the upstream closed the connection'), { code: 'UPSTREAM_CLOSED' })
const silent = (what: string, code: string) => Object.assign(new Error(`the upstream ${what}`), { code })

/** A server's hint counts less the time that its closing may take to arrive, and up to a bound. */
const HINT_MARGIN_MS = 1_000
const LONGEST_KEEP_ALIVE_MS = 60_000

interface Current {
  readonly request: UpstreamRequest
  readonly handler: AnswerHandler
  readonly framing: RequestFraming
  body: SentBody | null
  /** Its header section is on the way; nothing that comes before that answers it. */
  asked: boolean
  started: boolean
  /** The header section of the final answer came. */
  begun: boolean
}

export function createConnection(socket: Socket, options: ConnectionOptions, owner: ConnectionOwner): Connection {
  const { timeoutMs, idleTimeoutMs, keepAliveMs } = options
  let current: Current | null = null
  let usable = true
  let paused = false

  const deadline = createDeadline(Math.min(timeoutMs, idleTimeoutMs, keepAliveMs), expire)
  const { allow } = deadline

  /** Silence counts from now; not while it is us who do not read. */
  function awaitMore(): void {
    if (!paused) allow(current?.begun ? idleTimeoutMs : timeoutMs)
  }

  function expire(): void {
    if (current === null) close()
    else if (current.begun) fail(silent('stopped in the middle of its answer', 'UPSTREAM_BODY_TIMEOUT'))
    // A client that is slow to send its body is somebody else's to judge.
    else if (current.body?.isUnfinished() && !socket.writableNeedDrain) allow(timeoutMs)
    else fail(silent('sent no answer in time', 'UPSTREAM_HEADERS_TIMEOUT'))
  }

  // --- The end of an exchange, and of the connection. ---

  function close(): void {
    if (!usable) return
    usable = false
    deadline.end()
    reader.stop()
    // A body cut off among its chunks ends in a reset: of a mere end some servers make nothing, and wait for ever.
    const cutOff = current?.body?.isUnfinished() === true && current.framing.octets === null
    current?.body?.leave()
    if (cutOff && !('encrypted' in socket)) socket.resetAndDestroy()
    else socket.destroy()
    owner.onClosed()
  }

  function fail(error: Error): void {
    const failed = current
    close()
    current = null
    failed?.handler.onError(error)
  }

  function finish(trailers: readonly string[]): void {
    const finished = current
    if (finished === null) return
    const { persists, hintMs } = reader.persistence()
    const isWhole = finished.body?.isUnfinished() !== true
    if (!isWhole || !persists || finished.framing.isLast) close()
    current = null
    finished.handler.onEnd(trailers)
    if (!usable) return
    if (paused) socket.resume()
    paused = false
    const keptMs =
      hintMs === null ? keepAliveMs : Math.min(hintMs - HINT_MARGIN_MS, Math.max(LONGEST_KEEP_ALIVE_MS, keepAliveMs))
    if (keptMs <= 0) close()
    else {
      allow(keptMs)
      owner.onIdle()
    }
  }

  // --- The answer. ---

  function resume(): void {
    if (!paused) return
    paused = false
    awaitMore()
    socket.resume()
  }

  const reader = createAnswerReader({
    onInterim: (head) => current?.handler.onInterim(head),
    onHead(head) {
      if (current === null) return
      current.begun = true
      allow(idleTimeoutMs)
      current.handler.onHead(head)
    },
    onData(chunk) {
      if (current === null || current.handler.onData(chunk) || paused) return
      // Who does not read is somebody else's to judge, too.
      paused = true
      deadline.suspend()
      socket.pause()
    },
    onEnd: finish,
    onUpgrade({ fields }, rest) {
      const upgraded = current
      current = null
      usable = false
      owner.onClosed()
      deadline.end()
      socket.off('data', onOctets)
      socket.off('end', onEnd)
      socket.off('error', onError)
      socket.off('close', onClose)
      if (rest.length > 0) socket.unshift(rest)
      try {
        upgraded?.handler.onUpgrade(fields, socket)
      } catch (error) {
        socket.destroy()
        throw error
      }
    }
  })

  function onOctets(bytes: Buffer): void {
    const exchange = current
    if (exchange === null) {
      // Nobody asked: the connection says something that would be taken for the next answer.
      close()
      return
    }
    try {
      if (!exchange.asked) throw new UnreadableAnswer('it came before its request')
      if (!exchange.started) {
        exchange.started = true
        exchange.handler.onResponseStarted()
      }
      if (exchange.begun) awaitMore()
      if (!reader.read(bytes)) close()
    } catch (error) {
      fail(error instanceof Error ? error : new UnreadableAnswer(String(error)))
    }
  }

  function onEnd(): void {
    try {
      // Where the connection's end is the body's, it has to be a good one.
      if (current?.begun && wasReset(socket)) fail(closed())
      else if (reader.end()) close()
      else fail(closed())
    } catch (error) {
      fail(error instanceof Error ? error : closed())
    }
  }

  const onClose = () => fail(closed())
  const onError = (error: Error) => fail(readDistrust(error))

  keepUnread(socket)
  socket.on('data', onOctets)
  socket.on('end', onEnd)
  socket.on('error', onError)
  socket.on('close', onClose)

  return {
    send(request, handler) {
      const framing = framingOfRequest(request)
      const exchange: Current = { request, handler, framing, body: null, asked: false, started: false, begun: false }
      current = exchange
      const abort = (reason: Error) => {
        if (current === exchange) fail(reason)
      }
      try {
        handler.onConnect(abort, () => {
          if (current === exchange) resume()
        })
        if (current !== exchange) return
        reader.begin(request.method, request.upgrade)
        paused = false
        allow(timeoutMs)
        const head = writeRequestHead(request, framing)
        if (request.body === null) {
          socket.write(head, 'latin1')
          exchange.asked = true
          return
        }
        exchange.body = sendBody(request.body, socket, framing.octets, {
          writeHead(isEmpty) {
            socket.write(
              isEmpty ? writeRequestHead({ ...request, body: null }, { ...framing, octets: 0 }) : head,
              'latin1'
            )
            exchange.asked = true
          },
          onProgress: awaitMore,
          onEnd: awaitMore,
          onFailure: abort
        })
      } catch (error) {
        abort(error as Error)
      }
    },
    read: onOctets,
    destroy: fail
  }
}
