import type { Test } from 'tap'

export interface Clock {
  readonly advance: (seconds: number) => void
  /** NumericDate. */
  readonly seconds: () => number
}

/** Stops `Date.now` until the test ends, on a whole second. */
export function freezeClock(t: Test): Clock {
  const real = Date.now
  let now = Math.floor(real() / 1000) * 1000
  Date.now = () => now
  t.teardown(() => {
    Date.now = real
  })
  return {
    advance(seconds) {
      now = Math.round(now + seconds * 1000)
    },
    seconds: () => now / 1000
  }
}
