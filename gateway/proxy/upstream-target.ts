import type { Socket } from 'node:net'
import { type Attempt, createAttempt, type RequestHandler, type Sending } from './attempt.js'
import { type Balance, createBalance } from './balance.js'
import { type EjectionOptions, isFailure, noteAnswer, noteFailure } from './ejection.js'
import type { Endpoint, Outcome } from './endpoint.js'
import { outcomeOf, type RetryReason, reasonToRepeat, wasStale } from './failure.js'
import type { UpstreamRequest } from './http1/request-head.js'
import { createRetryBudget } from './retry-budget.js'

export interface TargetOptions {
  /** Whose Host the upstream sees. */
  readonly host: 'client' | 'upstream'
  /** To the response's header fields. */
  readonly timeoutMs: number
  readonly balance: Balance
  /** null: no endpoint is ever ejected. */
  readonly ejection: EjectionOptions | null
  readonly retries: RetryOptions
}

export interface RetryOptions {
  /** Of one request, after the first attempt. */
  readonly attempts: number
  /** Of all requests: 0.2 for one in five. */
  readonly budget: number
}

/** Where requests for an upstream go to. */
export interface Target {
  /** Sends a request to one of the endpoints, and again where that is safe; the handler is told what comes of it. */
  readonly dispatch: (request: UpstreamRequest, handler: RequestHandler) => void
}

/** Since the gateway knows the upstream. */
export interface RetryCounts {
  readonly done: Record<RetryReason, number>
  /** Would have been safe, had the budget not been spent. */
  refused: number
}

export const createRetryCounts = (): RetryCounts => ({ done: { unreachable: 0, stale: 0 }, refused: 0 })

const NOWHERE: readonly Endpoint[] = []

/** With the Host of the endpoint in place of that of the first one; the list begins with it. */
const hostedBy = (request: UpstreamRequest, { authority }: Endpoint): UpstreamRequest => ({
  ...request,
  headers: request.headers.with(1, authority)
})

/** `onEjection` is told of an endpoint that is left out, and of the failure that was one too many. */
export function createTarget(
  options: TargetOptions,
  endpoints: readonly Endpoint[],
  counts: RetryCounts,
  onEjection: (endpoint: Endpoint, error: Error) => void
): Target {
  const { ejection, retries, timeoutMs } = options
  const choose = createBalance(options.balance, endpoints)
  const budget = createRetryBudget(retries.budget)
  const severalHosts = options.host === 'upstream' && endpoints.length > 1

  function release(endpoint: Endpoint, outcome: Outcome) {
    endpoint.inFlight -= 1
    endpoint.counts.outcomes[outcome] += 1
  }

  function blame(endpoint: Endpoint, error: Error) {
    if (ejection !== null && noteFailure(endpoint, ejection)) onEjection(endpoint, error)
  }

  function mayRepeat({ sending, endpoint }: Attempt, reason: RetryReason): boolean {
    const { tried, startedMs } = sending
    if (tried.length >= retries.attempts || performance.now() - startedMs >= timeoutMs) return false
    // Who has just refused will refuse again; of a stale connection another one of the same endpoint knows nothing.
    if (reason === 'unreachable' && endpoints.every((one) => one === endpoint || tried.includes(one))) return false
    if (budget.spend()) return true
    counts.refused += 1
    return false
  }

  const observer = {
    onStatus({ endpoint, status }: Attempt) {
      if (ejection === null) return
      if (ejection.statuses.has(status)) blame(endpoint, new Error(`status ${status}`))
      else noteAnswer(endpoint)
    },
    onSuccess: ({ endpoint }: Attempt) => release(endpoint, 'answered'),
    onUpgrade({ endpoint }: Attempt, socket: Socket) {
      if (ejection !== null) noteAnswer(endpoint)
      socket.once('close', () => release(endpoint, 'answered'))
    },
    onFailure(attempt: Attempt, error: Error): boolean {
      const { endpoint, sending } = attempt
      const outcome = outcomeOf(attempt, error)
      release(endpoint, outcome)
      if (isFailure(outcome, attempt.status > 0) && !wasStale(attempt, error)) blame(endpoint, error)
      const reason = reasonToRepeat(attempt, outcome, error)
      if (reason === null || !mayRepeat(attempt, reason)) return false
      counts.done[reason] += 1
      send({ ...sending, tried: [...sending.tried, endpoint] })
      return true
    }
  }

  function send(sending: Sending) {
    const endpoint = choose(sending.tried)
    endpoint.inFlight += 1
    const attempt = createAttempt(sending, endpoint, observer)
    const request = severalHosts ? hostedBy(sending.request, endpoint) : sending.request
    endpoint.pool.dispatch(request, attempt, sending.tried !== NOWHERE)
  }

  return {
    dispatch(request, handler) {
      budget.earn()
      send({ request, handler, startedMs: performance.now(), tried: NOWHERE })
    }
  }
}
