/** How many requests may be sent a second time, so that an outage is not met with twice the load. */
export interface RetryBudget {
  /** A request has come. */
  readonly earn: () => void
  /** Whether one may be repeated; if so, it is counted. */
  readonly spend: () => boolean
}

/** Whatever the share: a service with few requests would otherwise have no retry when it needs one. */
const LEAST_PER_SECOND = 10
/** What can be saved up. */
const MOST = 100

/** `share`: of the requests that come, 0.2 for one in five. */
export function createRetryBudget(share: number): RetryBudget {
  let saved = MOST
  let since = performance.now()
  return {
    earn() {
      if (saved < MOST) saved += share
    },
    spend() {
      const now = performance.now()
      saved = Math.min(MOST, saved + ((now - since) / 1000) * LEAST_PER_SECOND)
      since = now
      if (saved < 1) return false
      saved -= 1
      return true
    }
  }
}
