import type { IncomingMessage, ServerResponse } from 'node:http'
import { Problem } from '../problems.js'
import type { RequestHandler } from './attempt.js'
import { createClientResponse } from './client-response.js'
import { createInterimResponses, type InterimResponses } from './interim-response.js'
import { lingerAfter } from './linger.js'
import { openTunnel, type Upgrading } from './open-tunnel.js'
import { createRequestBody, refuseLargeBody } from './request-body.js'
import { responseHeaders } from './response-headers.js'
import { responseTrailers } from './response-trailers.js'
import { upstreamProblem } from './upstream-problem.js'
import type { UpstreamTarget } from './upstreams.js'

export interface Forwarding {
  readonly upstream: UpstreamTarget
  /** The canonical path as judged; `strip_prefix` is taken off here and nowhere else. */
  readonly path: string
  readonly query: string
  /** The most octets that the request's body may have; null: any number. */
  readonly maxBody: number | null
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
  /** The WebSocket that is asked for; null: none is. */
  readonly upgrading: Upgrading | null
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

const NO_FIELDS = () => []

/**
 * Sends one request to its upstream and streams the answer back, with back-pressure both ways. Whether it may be sent
 * again is for the upstream to say. Resolves when the exchange is over; rejects with a Problem (408, 413, 502, 503, 504)
 * as long as nothing has been written to the client. A response that breaks off later breaks off for the client too.
 */
export function forward(request: IncomingMessage, response: ServerResponse, to: Forwarding): Promise<Forwarded> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const { idleTimeoutMs, timeoutMs } = to.upstream
    let abort: ((reason: Error) => void) | null = null
    let resume: (() => void) | null = null
    let over = false
    let interim: InterimResponses | null = null
    refuseLargeBody(request, to.maxBody)
    const body = hasBody(request) ? createRequestBody(request, to.maxBody) : null
    let awaitsContinue = body !== null && expectsContinue(request)
    const client = createClientResponse(response)

    function settle(outcome: () => void) {
      if (over) return
      over = true
      response.off('close', onClose)
      interim?.end()
      body?.destroy()
      outcome()
    }

    /** As long as the response has not begun: refuses in place of the upstream, and leaves it. */
    function giveUp(problem: Problem) {
      settle(() => reject(problem))
      abort?.(problem)
    }

    // The client is gone, or has all of its answer: whatever the upstream still sends is for nobody.
    function onClose() {
      const complete = response.writableFinished
      settle(() => resolve({ complete }))
      if (!complete) abort?.(new Error('client left'))
    }

    const exchange: RequestHandler = {
      onWait(leave) {
        abort = leave
        if (over) leave(new Error('nobody waits any more'))
      },
      onConnect(abortUpstream, resumeUpstream) {
        abort = abortUpstream
        resume = resumeUpstream
        if (over) abortUpstream(new Error('nobody waits any more'))
        // RFC 9110 §10.1.1: only now, when the request may pass and can, is the client asked for its body.
        else if (awaitsContinue) response.writeContinue()
        awaitsContinue = false
      },
      onUpgrade(fields, socket) {
        if (over) return void socket.destroy()
        const answer = { fields, socket, upstreamMs: performance.now() - started }
        settle(() => resolve(openTunnel(request, response, to, answer)))
      },
      onInterim({ status, fields }) {
        // Clients take whatever comes first for the answer to their handshake.
        if (to.upgrading !== null) return
        interim ??= createInterimResponses(response, timeoutMs, giveUp)
        interim.pass(status, responseHeaders(fields, status, request, { ...to, responseHeaders: NO_FIELDS }))
      },
      onHead({ status, reason, fields }) {
        interim?.end()
        const upstreamMs = performance.now() - started
        const headers = responseHeaders(fields, status, request, to)
        if (body !== null && !request.complete) lingerAfter(response)
        client.begin(status, reason, headers)
        to.onStart(upstreamMs)
      },
      onData(chunk) {
        if (client.write(chunk)) return true
        // One read of small chunks may bring thousands, and one listener is enough for all of them.
        if (resume !== null && response.listenerCount('drain') === 0) response.once('drain', resume)
        return false
      },
      onEnd: (trailers) => client.end(responseTrailers(trailers)),
      onError(error) {
        if (over) return
        if (response.headersSent) client.breakOff()
        else settle(() => reject(upstreamProblem(error)))
      }
    }

    // The upstream's silence is timed by its pool; here it is the client that stopped sending, or reading.
    function onIdle() {
      const awaitsBody = body !== null && !request.complete && !request.isPaused()
      if (response.headersSent && response.writableNeedDrain) response.destroy()
      else if (!response.headersSent && awaitsBody) {
        response.shouldKeepAlive = false
        giveUp(new Problem('request_timeout'))
      } else request.socket.setTimeout(idleTimeoutMs)
    }

    response.on('close', onClose)
    response.setTimeout(idleTimeoutMs, onIdle)
    if (response.closed || request.destroyed) {
      onClose()
      return
    }
    to.upstream.dispatch(
      {
        method: request.method ?? '',
        path: stripPrefix(to.path, to.upstream.stripPrefix) + to.query,
        upgrade: to.upgrading !== null,
        headers: to.headers,
        body
      },
      exchange
    )
  })
}
