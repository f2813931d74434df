import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Exchange } from './connection-pool.js'
import type { Endpoint } from './endpoint.js'

/** What is to be sent, and what has been tried already. */
export interface Sending {
  readonly options: Dispatcher.DispatchOptions
  readonly handler: Dispatcher.DispatchHandler
  /** `performance.now()` when the first attempt began. */
  readonly startedMs: number
  /** Endpoints where it failed. */
  readonly tried: readonly Endpoint[]
}

/** A request on its way to one endpoint, and how far it has come. */
export interface Attempt extends Exchange {
  readonly endpoint: Endpoint
  readonly sending: Sending
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
  readonly onUpgrade: (attempt: Attempt, socket: Duplex) => void
  /** True: the request is sent again, and the handler need not know. */
  readonly onFailure: (attempt: Attempt, error: Error) => boolean
}

/** Puts a request's handler under observation; whatever comes is passed on as it is. */
export function createAttempt(sending: Sending, endpoint: Endpoint, observer: AttemptObserver): Attempt {
  const { handler } = sending
  const attempt: Attempt = {
    endpoint,
    sending,
    connection: null,
    over: false,
    sent: false,
    reused: false,
    answered: false,
    status: 0,
    onWait: (giveUp) => handler.onConnect?.(giveUp),
    onConnect(abort) {
      if (attempt.over) return abort()
      attempt.sent = true
      attempt.reused = (attempt.connection?.answers ?? 0) > 0
      handler.onConnect?.(abort)
    },
    onResponseStarted() {
      attempt.answered = true
    },
    onUpgrade(status, headers, socket) {
      attempt.over = true
      attempt.status = status
      observer.onUpgrade(attempt, socket)
      handler.onUpgrade?.(status, headers, socket)
    },
    onHeaders(status, headers, resume, statusText) {
      if (status >= 200) {
        attempt.status = status
        observer.onStatus(attempt)
      }
      return handler.onHeaders?.(status, headers, resume, statusText) ?? true
    },
    onData: (chunk) => handler.onData?.(chunk) ?? true,
    onComplete(trailers) {
      attempt.over = true
      if (attempt.connection !== null) attempt.connection.answers += 1
      observer.onSuccess(attempt)
      handler.onComplete?.(trailers)
    },
    onError(error) {
      if (attempt.over) return
      attempt.over = true
      if (!observer.onFailure(attempt, error)) handler.onError?.(error)
    }
  }
  return attempt
}
