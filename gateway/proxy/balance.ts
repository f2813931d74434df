import { type Endpoint, isUsable } from './endpoint.js'

export type Balance = 'round_robin' | 'least_requests'

/** Chooses the endpoint of the next exchange; `avoid`: those where it has just failed. */
export type Choose = (avoid: readonly Endpoint[]) => Endpoint

/** Rather one with room than one without, rather a usable one than another, and where it failed last of all. */
function reluctance(endpoint: Endpoint, avoid: readonly Endpoint[]): number {
  const failed = avoid.length > 0 && avoid.includes(endpoint) ? 4 : 0
  return failed + (isUsable(endpoint) ? 0 : 2) + (endpoint.pool.hasRoom() ? 0 : 1)
}

/**
 * Makes the function that chooses. When no endpoint is usable all are used: that all have failed says more about how
 * they are checked, or about us, than that a refusal would serve anybody (Envoy calls it panic).
 */
export function createBalance(balance: Balance, endpoints: readonly Endpoint[]): Choose {
  const [only, ...others] = endpoints
  if (only === undefined) throw new TypeError('an upstream has an endpoint')
  if (others.length === 0) return () => only
  let last = 0

  return function choose(avoid) {
    let chosen = only
    let least = Number.POSITIVE_INFINITY
    let place = last
    // In turn from the one behind the last: those that are left out hand their share to all others evenly.
    for (let step = 1; step <= endpoints.length; step += 1) {
      const index = (last + step) % endpoints.length
      const endpoint = endpoints[index] ?? only
      const reluctant = reluctance(endpoint, avoid)
      const fewer = balance === 'least_requests' && reluctant === least && endpoint.inFlight < chosen.inFlight
      if (reluctant > least || (reluctant === least && !fewer)) continue
      chosen = endpoint
      least = reluctant
      place = index
      if (least === 0 && balance === 'round_robin') break
    }
    last = place
    return chosen
  }
}
