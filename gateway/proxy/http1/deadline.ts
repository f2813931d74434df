/** When to give up. */
export interface Deadline {
  /** So long from now, whatever was allowed before. */
  readonly allow: (ms: number) => void
  /** For ever, until something is allowed again. */
  readonly suspend: () => void
  readonly end: () => void
}

/**
 * One timer, set anew only when it would ring too late, so that moving the deadline costs a request a number. `mostMs`: the
 * shortest time that is usually allowed, after which the timer looks in any case.
 */
export function createDeadline(mostMs: number, expire: () => void): Deadline {
  let at = Number.POSITIVE_INFINITY
  let ringsAt = Number.POSITIVE_INFINITY
  let timer: NodeJS.Timeout | undefined

  function ringIn(ms: number, now: number): void {
    clearTimeout(timer)
    ringsAt = now + ms
    timer = setTimeout(ring, ms)
    timer.unref()
  }

  function ring(): void {
    const now = performance.now()
    ringsAt = Number.POSITIVE_INFINITY
    // Timers of Node may ring a fraction of a millisecond early.
    if (at - now >= 1) ringIn(Math.min(at - now, mostMs), now)
    else expire()
  }

  return {
    allow(ms) {
      const now = performance.now()
      at = now + ms
      if (at < ringsAt) ringIn(Math.min(ms, mostMs), now)
    },
    suspend() {
      at = Number.POSITIVE_INFINITY
    },
    end: () => clearTimeout(timer)
  }
}
