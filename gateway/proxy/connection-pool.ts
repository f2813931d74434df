import type { Socket } from 'node:net'
import { type AnswerHandler, type Connection, createConnection } from './http1/connection.js'
import type { UpstreamRequest } from './http1/request-head.js'
import type { Transport } from './transport.js'
import { createWaitingLine } from './waiting-line.js'

export interface PoolOptions {
  readonly timeoutMs: number
  readonly idleTimeoutMs: number
  readonly keepAliveMs: number
  readonly connections: { readonly max: number; readonly maxWaiting: number }
}

/** A request as the pool has it. */
export interface Exchange extends AnswerHandler {
  /** The connection that it is sent over, and how many answers came over that before. */
  place: { answers: number } | null
  /** Called when it has to wait for a connection; until it has one, the function gives it up. */
  readonly onWait: (giveUp: (reason: Error) => void) => void
}

/** The connections of one origin: so many at most, and so many requests that wait for one. */
export interface ConnectionPool {
  /** False while a request that comes would have to wait. */
  readonly hasRoom: () => boolean
  /** `fresh`: over a connection that has not been used yet; a WebSocket always is. */
  readonly dispatch: (request: UpstreamRequest, exchange: Exchange, fresh: boolean) => void
  readonly figures: () => { readonly connections: number; readonly waiting: number }
  /** Connections end as soon as their exchange has; what still comes is served. */
  readonly retire: () => void
  /** Ends whatever goes on. */
  readonly destroy: () => void
}

interface Place {
  answers: number
  /** null: not open yet. */
  connection: Connection | null
  /** What is sent over it next, when all that has come by now is read. */
  due: Waiting | null
  /** Ends it, and whatever it is there for. */
  end: (reason: Error) => void
}

interface Waiting {
  readonly request: UpstreamRequest
  readonly exchange: Exchange
  /** Not over a connection that was used before. */
  readonly fresh: boolean
}

const poolFull = () => Object.assign(new Error('no connection to the upstream is free'), { code: 'UPSTREAM_POOL_FULL' })
const destroyed = () => Object.assign(new Error('the gateway stops'), { code: 'UPSTREAM_POOL_DESTROYED' })
const retiredError = () => new Error('the connection is not needed any more')

/**
 * A stack of connections, the last used on top: those below, if the load does not need them, grow old and end. Who finds
 * none waits in line.
 */
export function createConnectionPool(options: PoolOptions, transport: Transport): ConnectionPool {
  const { max, maxWaiting } = options.connections
  const all = new Set<Place>()
  const idle: Place[] = []
  let soon: Place[] = []
  let retired = false
  let isDestroyed = false

  const line = createWaitingLine<Waiting>(options.timeoutMs, ({ exchange }) => exchange.onError(poolFull()))

  /** Opens a connection for a request that needs one now. */
  function open(waiting: Waiting): void {
    const { exchange } = waiting
    let givenUp = false
    const place: Place = { answers: 0, connection: null, due: null, end: giveUp }
    all.add(place)

    function giveUp(reason: Error) {
      if (givenUp || place.connection !== null) return
      givenUp = true
      cancel(reason)
      leave(place)
      exchange.onError(reason)
    }

    function onOpened(error: Error | null, socket: Socket | null) {
      if (givenUp || socket === null) socket?.destroy()
      else use(place, socket, waiting)
      if (error !== null) giveUp(error)
    }
    // What comes of an upgrade is read as a stream.
    const cancel = waiting.request.upgrade
      ? transport.connect(onOpened)
      : transport.connect(onOpened, (bytes) => place.connection?.read(bytes))
    exchange.onWait(giveUp)
  }

  function use(place: Place, socket: Socket, waiting: Waiting): void {
    const connection = createConnection(socket, options, {
      onIdle: () => giveBack(place),
      onClosed: () => leave(place)
    })
    place.connection = connection
    place.end = connection.destroy
    send(place, connection, waiting)
  }

  /** It is gone, and so who was to use it, or somebody who waits, may open another. */
  function leave(place: Place): void {
    if (!all.delete(place)) return
    const at = idle.indexOf(place)
    if (at >= 0) idle.splice(at, 1)
    const next = place.due ?? line.next()
    if (next === undefined) return
    if (isDestroyed) next.exchange.onError(destroyed())
    else open(next)
  }

  function giveBack(place: Place): void {
    const next = line.next()
    if (next?.fresh) replace(place, next)
    else if (next !== undefined) sendSoon(place, next)
    else if (retired) place.end(retiredError())
    else idle.push(place)
  }

  /** Opens another connection in place of one that is in order, but was used. */
  function replace(place: Place, next: Waiting): void {
    place.due = next
    place.end(retiredError())
  }

  /**
   * Sends over a connection that was used before, when all that has come by now is read: octets after an answer would be
   * taken for the next one, to another request, and their connection ends instead. So does one that the other side closed.
   */
  function sendSoon(place: Place, waiting: Waiting): void {
    place.due = waiting
    if (soon.push(place) === 1) setImmediate(sendNow)
  }

  function sendNow(): void {
    const places = soon
    soon = []
    for (const place of places) {
      const { connection, due } = place
      // One that is gone has found another place.
      if (connection === null || due === null || !all.has(place)) continue
      place.due = null
      send(place, connection, due)
    }
  }

  function send(place: Place, connection: Connection, { request, exchange }: Waiting): void {
    exchange.place = place
    connection.send(request, exchange)
  }

  function dispatch(request: UpstreamRequest, exchange: Exchange, fresh: boolean): void {
    const waiting = { request, exchange, fresh: fresh || request.upgrade }
    const place = waiting.fresh ? undefined : idle.pop()
    // Who wants a new one gets it in place of the one that was used least recently.
    if (waiting.fresh && all.size >= max) idle[0]?.end(retiredError())
    if (isDestroyed) exchange.onError(destroyed())
    else if (place !== undefined) sendSoon(place, waiting)
    else if (all.size < max) open(waiting)
    else if (line.length() < maxWaiting) wait(waiting)
    else exchange.onError(poolFull())
  }

  function wait(waiting: Waiting): void {
    const { exchange } = waiting
    line.join(waiting)
    exchange.onWait((reason) => {
      if (line.leave(waiting)) exchange.onError(reason)
    })
  }

  return {
    hasRoom: () => idle.length > 0 || all.size < max,
    dispatch,
    figures: () => ({ connections: all.size, waiting: line.length() }),
    retire() {
      retired = true
      for (const place of [...idle]) place.end(retiredError())
    },
    destroy() {
      isDestroyed = true
      for (let next = line.next(); next !== undefined; next = line.next()) next.exchange.onError(destroyed())
      for (const place of [...all]) place.end(destroyed())
    }
  }
}
