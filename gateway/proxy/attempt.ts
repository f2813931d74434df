import type { Socket } from 'node:net'
import type { Exchange } from './connection-pool.js'
import type { Endpoint } from './endpoint.js'
import type { AnswerHandler } from './http1/connection.js'
import type { UpstreamRequest } from './http1/request-head.js'

/** What is to be sent, and what has been tried already. */
export interface Sending {
  readonly request: UpstreamRequest
  readonly handler: RequestHandler
  /** `performance.now()` when the first attempt began. */
  readonly startedMs: number
  /** Endpoints where it failed. */
  readonly tried: readonly Endpoint[]
}

/** Who sends a request, and is told what becomes of it. */
export interface RequestHandler extends Omit<AnswerHandler, 'onResponseStarted'> {
  /** As long as it waits for a connection, `giveUp` ends it. */
  readonly onWait: (giveUp: (reason: Error) => void) => void
}

/** A request on its way to one endpoint, and how far it has come. */
export interface Attempt extends Exchange {
  readonly endpoint: Endpoint
  readonly sending: Sending
  /** The outcome has been told. */
  over: boolean
  /** A connection was there, and the first bytes are on it. */
  sent: boolean
  /** That connection had brought answers before. */
  reused: boolean
  /** A byte of an answer came. */
  answered: boolean
  /** Of the answer whose header section came; 0: none. */
  status: number
}

/** Who is told how attempts go, before their handlers. */
export interface AttemptObserver {
  readonly onStatus: (attempt: Attempt) => void
  readonly onSuccess: (attempt: Attempt) => void
  /** The connection is no longer HTTP's; it goes on for as long as the socket. */
  readonly onUpgrade: (attempt: Attempt, socket: Socket) => void
  /** True: the request is sent again, and the handler need not know. */
  readonly onFailure: (attempt: Attempt, error: Error) => boolean
}

/** Puts a request's handler under observation; whatever comes is passed on as it is. */
export function createAttempt(sending: Sending, endpoint: Endpoint, observer: AttemptObserver): Attempt {
  const { handler } = sending
  const attempt: Attempt = {
    endpoint,
    sending,
    place: null,
    over: false,
    sent: false,
    reused: false,
    answered: false,
    status: 0,
    onWait: handler.onWait,
    onConnect(abort, resume) {
      attempt.sent = true
      attempt.reused = (attempt.place?.answers ?? 0) > 0
      handler.onConnect(abort, resume)
    },
    onResponseStarted() {
      attempt.answered = true
    },
    onInterim: handler.onInterim,
    onHead(head) {
      attempt.status = head.status
      observer.onStatus(attempt)
      handler.onHead(head)
    },
    onData: handler.onData,
    onEnd(trailers) {
      attempt.over = true
      if (attempt.place !== null) attempt.place.answers += 1
      observer.onSuccess(attempt)
      handler.onEnd(trailers)
    },
    onUpgrade(fields, socket) {
      attempt.over = true
      attempt.status = 101
      observer.onUpgrade(attempt, socket)
      handler.onUpgrade(fields, socket)
    },
    onError(error) {
      if (attempt.over) return
      attempt.over = true
      if (!observer.onFailure(attempt, error)) handler.onError(error)
    }
  }
  return attempt
}
