import type { Exchange } from './exchange.js'

/** The requests whose responses are not over. */
export interface InFlight {
  readonly size: () => number
  readonly add: (exchange: Exchange) => void
  readonly remove: (exchange: Exchange) => void
  readonly all: () => Iterable<Exchange>
}

/**
 * An array in which each knows its seat. A Set would do, were it not that each table it grows out of points to the next
 * one: of what came and went, the collector would keep nearly half alive until it looks at everything.
 */
export function createInFlight(): InFlight {
  const seats: Exchange[] = []
  return {
    size: () => seats.length,
    add(exchange) {
      exchange.seat = seats.push(exchange) - 1
    },
    remove(exchange) {
      const last = seats.pop()
      if (last === undefined || last === exchange) return
      seats[exchange.seat] = last
      last.seat = exchange.seat
    },
    all: () => seats
  }
}
