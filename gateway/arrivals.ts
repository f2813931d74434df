/** Every request as it comes: whether there is room for it, and by which of two ways it is answered. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Door } from './door.js'
import { beginExchange, type Exchange } from './exchange.js'
import type { InFlight } from './in-flight.js'
import { closeWithConnection } from './queued-responses.js'
import type { Serving } from './serving.js'
import type { Steps } from './steps.js'

export interface ArrivalOptions {
  readonly serving: () => Serving
  readonly nextId: () => string
  readonly door: Pick<Door, 'refusalOf'>
  readonly steps: Pick<Steps, 'judge' | 'forward'>
  readonly inFlight: InFlight
  /** Told of each exchange when its response is over. */
  readonly account: (exchange: Exchange) => void
  /** The way by the router, which has routes for all that is answered here, and for refusals. */
  readonly route: (request: IncomingMessage, response: ServerResponse) => void
}

const nothing = () => {}

/**
 * Makes the listener for requests. What rules judge is judged here, before any router: most of it at once, and what is
 * allowed at once is forwarded from here. All else takes the router's way: our own endpoints, inquiries, refusals, and
 * what judging has to wait for.
 */
export function createArrivals(options: ArrivalOptions) {
  const { serving, nextId, door, steps, inFlight, account, route } = options

  function byRouter(exchange: Exchange, refusal: unknown): void {
    exchange.refusal = refusal
    route(exchange.request, exchange.response)
  }

  function judge(exchange: Exchange): void {
    try {
      exchange.judging = steps.judge(exchange) ?? null
    } catch (refusal) {
      byRouter(exchange, refusal)
      return
    }
    if (exchange.judging !== null || exchange.preflight) byRouter(exchange, undefined)
    else steps.forward(exchange, nothing).catch((refusal) => byRouter(exchange, refusal))
  }

  return function arrive(request: IncomingMessage, response: ServerResponse): void {
    const exchange = beginExchange(request, response, serving(), nextId)
    // Before it is counted as one in flight, and before anything is done for it.
    const refusal = door.refusalOf(exchange.endpoint)
    inFlight.add()
    response.once('close', () => {
      inFlight.remove()
      account(exchange)
    })
    closeWithConnection(request, response)
    if (refusal === undefined && exchange.endpoint === null && exchange.inquiry === null) judge(exchange)
    else byRouter(exchange, refusal)
  }
}
