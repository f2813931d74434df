import { Client, type Dispatcher, errors } from 'undici'
import type { Transport } from './transport.js'
import { createWaitingLine } from './waiting-line.js'

export interface PoolOptions {
  readonly origin: string
  readonly timeoutMs: number
  readonly idleTimeoutMs: number
  readonly keepAliveMs: number
  readonly connections: { readonly max: number; readonly maxWaiting: number }
}

/** The connection that a request is sent over. */
export interface Connection {
  /** Answers that came over it since it was made: more than none, and the other side may just be closing it. */
  answers: number
}

/** A request as the pool has it: what the client of the library tells of it, and where it is sent. */
export interface Exchange extends Dispatcher.DispatchHandler {
  connection: Connection | null
  /** Set when the outcome has been told. */
  over: boolean
  /** Called when it has to wait; the function gives it up. */
  readonly onWait: (giveUp: (reason?: Error) => void) => void
  readonly onError: (error: Error) => void
}

/** The connections of one origin: so many at most, and so many requests that wait for one. */
export interface ConnectionPool {
  /** False while a request that comes would have to wait. */
  readonly hasRoom: () => boolean
  /** `fresh`: over a connection that has not been used yet. */
  readonly dispatch: (options: Dispatcher.DispatchOptions, exchange: Exchange, fresh: boolean) => void
  readonly figures: () => { readonly connections: number; readonly waiting: number }
  /** Connections end as soon as their exchange has; what still comes is served. */
  readonly retire: () => void
  /** Ends whatever goes on. */
  readonly destroy: () => Promise<void>
}

interface Pooled extends Connection {
  readonly client: Client
  connected: boolean
  busy: boolean
}

interface Waiting {
  readonly options: Dispatcher.DispatchOptions
  readonly exchange: Exchange
}

/** A hint of the server's (`Keep-Alive: timeout=…`) counts more than the setting, up to this. */
const LONGEST_KEEP_ALIVE_MS = 60_000

const poolFull = () => Object.assign(new Error('no connection to the upstream is free'), { code: 'UPSTREAM_POOL_FULL' })

/**
 * A stack of clients of one connection each, the last used on top: those below, if the load does not need them, grow
 * old and end. Undici's own pool keeps neither its bound nor sight of a client that once could not connect.
 */
export function createConnectionPool(options: PoolOptions, transport: Transport): ConnectionPool {
  const { max, maxWaiting } = options.connections
  const all = new Set<Pooled>()
  const idle: Pooled[] = []
  let retired = false
  let destroyed = false

  const line = createWaitingLine<Waiting>(options.timeoutMs, ({ exchange }) => exchange.onError(poolFull()))

  function open(): Pooled {
    const client = new Client(options.origin, {
      pipelining: 1,
      keepAliveTimeout: options.keepAliveMs,
      keepAliveMaxTimeout: Math.max(LONGEST_KEEP_ALIVE_MS, options.keepAliveMs),
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.idleTimeoutMs,
      connect: transport.connect
    })
    const pooled: Pooled = { client, answers: 0, connected: false, busy: false }
    client.on('connect', () => {
      pooled.connected = true
      pooled.answers = 0
    })
    client.on('disconnect', () => {
      pooled.connected = false
      if (!pooled.busy) discard(pooled)
    })
    client.on('drain', () => {
      if (pooled.busy && all.has(pooled)) giveBack(pooled)
    })
    all.add(pooled)
    return pooled
  }

  function discard(pooled: Pooled) {
    all.delete(pooled)
    const place = idle.indexOf(pooled)
    if (place >= 0) idle.splice(place, 1)
    pooled.client.close(() => {})
  }

  function giveBack(pooled: Pooled) {
    pooled.busy = false
    const next = line.next()
    if (next !== undefined) send(pooled, next)
    else if (retired || !pooled.connected) discard(pooled)
    else idle.push(pooled)
  }

  function take(fresh: boolean): Pooled | null {
    if (!fresh) {
      const pooled = idle.pop()
      if (pooled !== undefined) return pooled
    }
    if (all.size < max) return open()
    const [oldest] = idle
    if (oldest === undefined) return null
    discard(oldest)
    return open()
  }

  function send(pooled: Pooled, { options, exchange }: Waiting) {
    pooled.busy = true
    exchange.connection = pooled
    pooled.client.dispatch(options, exchange)
    // Refused as it stands: of that the client says nothing more.
    if (!exchange.over) return
    discard(pooled)
    const next = line.next()
    if (next !== undefined) send(open(), next)
  }

  return {
    hasRoom: () => idle.length > 0 || all.size < max,
    dispatch(options, exchange, fresh) {
      if (destroyed) return exchange.onError(new errors.ClientDestroyedError())
      const pooled = take(fresh)
      const waiting = { options, exchange }
      if (pooled !== null) return send(pooled, waiting)
      if (line.length() >= maxWaiting) return exchange.onError(poolFull())
      line.join(waiting)
      // Until it is sent, it is given up here.
      exchange.onWait((reason) => {
        line.leave(waiting)
        exchange.onError(reason ?? new errors.RequestAbortedError())
      })
    },
    figures: () => ({ connections: all.size, waiting: line.length() }),
    retire() {
      retired = true
      for (const pooled of [...idle]) discard(pooled)
    },
    async destroy() {
      destroyed = true
      for (let next = line.next(); next !== undefined; next = line.next()) {
        next.exchange.onError(new errors.ClientDestroyedError())
      }
      await Promise.all([...all].map(({ client }) => client.destroy()))
    }
  }
}
