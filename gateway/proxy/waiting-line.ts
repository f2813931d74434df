/** Who waits for a place, first come first served. */
export interface WaitingLine<T> {
  readonly length: () => number
  readonly join: (one: T) => void
  /** The one that waits longest leaves the line. */
  readonly next: () => T | undefined
  /** False: it is not in line. */
  readonly leave: (one: T) => boolean
}

/** Nobody waits longer than `longestMs`; one timer sees to it for all of them. */
export function createWaitingLine<T>(longestMs: number, giveUp: (one: T) => void): WaitingLine<T> {
  // One → when it will have waited long enough. A map keeps the order in which they came.
  const line = new Map<T, number>()
  let timed = false

  function expireIn(ms: number) {
    timed = true
    setTimeout(expire, ms).unref()
  }

  function expire() {
    timed = false
    const now = performance.now()
    for (const [one, until] of line) {
      if (until > now) {
        expireIn(until - now)
        return
      }
      line.delete(one)
      giveUp(one)
    }
  }

  return {
    length: () => line.size,
    join(one) {
      line.set(one, performance.now() + longestMs)
      if (!timed) expireIn(longestMs)
    },
    next() {
      const [first] = line.keys()
      if (first !== undefined) line.delete(first)
      return first
    },
    leave: (one) => line.delete(one)
  }
}
