import { type ConnectionPool, createConnectionPool, type PoolOptions } from './connection-pool.js'
import { createTransport, type TlsOptions, type Transport } from './transport.js'

/**
 * How an exchange with an endpoint ended, as far as the endpoint is judged by it. `unreachable`: no connection;
 * `timed_out`, `broken`: a connection, but no answer or half a one; `left`: the client or the gateway ended it;
 * `overloaded`: the gateway had no room, and nothing was sent.
 */
export type Outcome = 'answered' | 'unreachable' | 'timed_out' | 'broken' | 'left' | 'overloaded'

export interface EndpointOptions extends PoolOptions {
  readonly origin: string
  readonly tls: TlsOptions
}

/** One of the places where an upstream is served, and what is known of it. */
export interface Endpoint {
  /** scheme://host:port. */
  readonly origin: string
  /** As Host names it. */
  readonly authority: string
  readonly transport: Transport
  readonly pool: ConnectionPool
  /** Requests and tunnels, waiting ones included. */
  inFlight: number
  /** What active checks found; `unknown` until the first one is over. */
  health: 'unknown' | 'healthy' | 'unhealthy'
  /** Requests in a row that failed. */
  failures: number
  /** Times in a row that it was ejected, and until when (`Date.now()`) it is. */
  ejections: number
  ejectedUntil: number
  readonly counts: Counts
}

/** Since the gateway knows this origin by this upstream. */
export interface Counts {
  readonly outcomes: Record<Outcome, number>
  ejections: number
}

const createCounts = (): Counts => ({
  outcomes: { answered: 0, unreachable: 0, timed_out: 0, broken: 0, left: 0, overloaded: 0 },
  ejections: 0
})

/** `before`: the same place under other options. What was known of it stays known; connections are made anew. */
export function createEndpoint(options: EndpointOptions, before: Endpoint | null): Endpoint {
  const transport = createTransport(options.origin, options)
  return {
    origin: options.origin,
    authority: new URL(options.origin).host,
    transport,
    pool: createConnectionPool(options, transport),
    inFlight: 0,
    health: before?.health ?? 'unknown',
    failures: 0,
    ejections: before?.ejections ?? 0,
    ejectedUntil: before?.ejectedUntil ?? 0,
    counts: before?.counts ?? createCounts()
  }
}

const isEjected = ({ ejectedUntil }: Endpoint) => ejectedUntil !== 0 && ejectedUntil > Date.now()

/** Whether requests should go there, as long as there is any other place. */
export const isUsable = (endpoint: Endpoint) => endpoint.health !== 'unhealthy' && !isEjected(endpoint)

export type EndpointState = 'healthy' | 'unhealthy' | 'ejected'

/** In one word; one that nothing is known of is taken for healthy. */
export function stateOf(endpoint: Endpoint): EndpointState {
  if (endpoint.health === 'unhealthy') return 'unhealthy'
  return isEjected(endpoint) ? 'ejected' : 'healthy'
}
