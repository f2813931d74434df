import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { Problem, type ProblemCode } from '../problems.js'
import { createRequestBody } from './request-body.js'
import { createResponseHeaders, responseTrailers } from './response-headers.js'
import type { UpstreamTarget } from './upstreams.js'

export interface Forwarding {
  readonly upstream: UpstreamTarget
  /** The canonical path as judged; `strip_prefix` is taken off here and nowhere else. */
  readonly path: string
  readonly query: string
  /** Flat list for the upstream, complete: see `createRequestHeaders`. */
  readonly headers: readonly string[]
  /** What becomes of the upstream's response fields, flat, before the gateway adds its own. */
  readonly editResponse: (fields: string[]) => string[]
  /**
   * Flat list of what the gateway adds to the response; the upstream's fields of the same names are removed. Asked when
   * the response begins.
   */
  readonly responseHeaders: () => readonly string[]
  /**
   * Called once, when the response to the client has begun and can no longer be replaced by a refusal; `upstreamMs`:
   * from dispatch to the upstream's response headers.
   */
  readonly onStart: (upstreamMs: number) => void
}

export interface Forwarded {
  /** False when the client or the upstream left before the response was whole. */
  readonly complete: boolean
}

/** The path that the upstream gets: the canonical one less a prefix of whole segments. */
export function stripPrefix(path: string, prefix: string | null): string {
  if (prefix === null || !path.startsWith(prefix)) return path
  if (path.length === prefix.length) return '/'
  return path.charCodeAt(prefix.length) === 0x2f ? path.slice(prefix.length) : path
}

const hasBody = (request: IncomingMessage) =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0

/** Whether the client waits for a 100 before it sends the body; HTTP/1.0 knows no 1xx (RFC 9110 §15.2). */
export const expectsContinue = ({ headers, httpVersionMinor }: IncomingMessage) =>
  headers.expect !== undefined && /^100-continue$/i.test(headers.expect) && httpVersionMinor > 0

const MESSAGES: Readonly<Record<string, [code: ProblemCode, detail: string]>> = {
  UND_ERR_HEADERS_TIMEOUT: ['upstream_timeout', 'The upstream sent no response in time.'],
  UND_ERR_CONNECT_TIMEOUT: ['upstream_timeout', 'The upstream accepted no connection in time.'],
  ETIMEDOUT: ['upstream_timeout', 'The upstream accepted no connection in time.'],
  ECONNREFUSED: ['upstream_unavailable', 'The upstream refused the connection.'],
  EHOSTUNREACH: ['upstream_unavailable', 'The upstream cannot be reached.'],
  ENETUNREACH: ['upstream_unavailable', 'The upstream cannot be reached.'],
  ENOTFOUND: ['upstream_unavailable', 'The upstream cannot be found.'],
  EAI_AGAIN: ['upstream_unavailable', 'The upstream cannot be found.'],
  // The only one who destroys a pool is the gateway itself, when the time to drain is over.
  UND_ERR_DESTROYED: ['shutting_down', 'The gateway stops, and the upstream has not answered yet.']
}

/** An error of the connection as the client may know it: never its address, never a library's words. */
function upstreamProblem(error: Error & { code?: string }): Problem {
  const [code, detail] = MESSAGES[error.code ?? ''] ?? [
    'upstream_error',
    'The upstream broke off or sent no valid response.'
  ]
  return new Problem(code, { detail, cause: error })
}

/**
 * Sends one request to its upstream and streams the answer back, with back-pressure both ways. Each request is sent
 * once: nothing is retried. Resolves when the exchange is over; rejects with a Problem (502, 504) as long as nothing
 * has been written to the client. A response that breaks off later breaks off for the client too.
 */
export function createForward() {
  const responseHeaders = createResponseHeaders()

  return function forward(request: IncomingMessage, response: ServerResponse, to: Forwarding): Promise<Forwarded> {
    return new Promise((resolve, reject) => {
      const started = performance.now()
      let abort: ((reason?: Error) => void) | null = null
      let over = false
      // The first piece of a body is held until the turn ends: a small answer that came whole leaves in one write.
      let held: Buffer | null = null
      let released = false
      const body = hasBody(request) ? createRequestBody(request) : null
      // RFC 9110 §10.1.1: only now, when the request may pass, is the client asked for its body.
      if (body !== null && expectsContinue(request)) response.writeContinue()

      function settle(outcome: () => void) {
        if (over) return
        over = true
        response.off('close', onClose)
        body?.destroy()
        outcome()
      }

      // The client is gone, or has all of its answer: whatever the upstream still sends is for nobody.
      function onClose() {
        const complete = response.writableFinished
        settle(() => resolve({ complete }))
        if (!complete) abort?.(new Error('client left'))
      }

      /** A stream may not send its first piece for long, and its header section must not wait for it. */
      function release() {
        if (released || response.writableEnded || response.destroyed) return
        released = true
        if (held === null) response.flushHeaders()
        else response.write(held)
        held = null
      }

      const exchange: Dispatcher.DispatchHandler = {
        onConnect(abortUpstream) {
          abort = abortUpstream
          if (over) abortUpstream()
        },
        onHeaders(status, rawHeaders, resume, statusText) {
          if (status < 200) return true
          const upstreamMs = performance.now() - started
          const headers = responseHeaders(rawHeaders as unknown as Buffer[], to)
          response.writeHead(status, isReasonPhrase(statusText) ? statusText : STATUS_CODES[status], headers)
          to.onStart(upstreamMs)
          response.on('drain', resume)
          process.nextTick(release)
          return true
        },
        onData(chunk) {
          if (!released && held === null && chunk.length <= LARGEST_HELD) {
            held = chunk
            return true
          }
          release()
          return response.write(chunk)
        },
        onComplete(trailers) {
          const fields = responseTrailers(trailers as unknown as Buffer[] | null)
          if (fields.length > 0) response.addTrailers(fields)
          if (held !== null) writeAtOnce(response, held)
          held = null
          response.end()
        },
        onError(error) {
          if (over) return
          if (response.headersSent) {
            release()
            breakOff(response)
            return
          }
          settle(() => reject(upstreamProblem(error)))
        }
      }

      // The upstream's silence is timed by its pool; here it is the client that stopped sending, or reading.
      function onIdle() {
        const awaitsBody = body !== null && !request.complete && !request.isPaused()
        if (response.headersSent && response.writableNeedDrain) response.destroy()
        else if (!response.headersSent && awaitsBody) {
          response.shouldKeepAlive = false
          settle(() => reject(new Problem('request_timeout')))
          abort?.(new Error('client stopped sending'))
        } else request.socket.setTimeout(to.upstream.idleTimeoutMs)
      }

      response.on('close', onClose)
      response.setTimeout(to.upstream.idleTimeoutMs, onIdle)
      if (response.closed || request.destroyed) {
        onClose()
        return
      }
      to.upstream.pool.dispatch(
        {
          method: request.method as Dispatcher.HttpMethod,
          path: stripPrefix(to.path, to.upstream.stripPrefix) + to.query,
          headers: to.headers as string[],
          body: body as Readable | null
        },
        exchange
      )
    })
  }
}

/** RFC 9112 §4; one that is none would be refused by `writeHead`, then and for any other answer in its place. */
const isReasonPhrase = (text: string) => /^[\t\x20-\x7e\x80-\xff]+$/.test(text)

/** RFC 9112 §8: an incomplete message must not look complete; HTTP/1.0 may have no other end than the connection's. */
function breakOff(response: ServerResponse): void {
  if (response.req.httpVersionMinor === 0) response.socket?.resetAndDestroy()
  response.destroy()
}

/** Beyond this, copying costs more than a second system call. */
const LARGEST_HELD = 16 * 1024

/**
 * Writes a body in one buffer with the header section before it: as text, since Node joins the two only then, and
 * uncorked at once, since what `end` adds would make a vectored write of it, at twice the price.
 */
function writeAtOnce(response: ServerResponse, body: Buffer): void {
  const { socket } = response
  socket?.cork()
  response.write(body.toString('latin1'), 'latin1')
  socket?.uncork()
}
