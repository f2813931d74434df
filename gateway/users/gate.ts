import { Problem } from '../problems.js'

/** Runs a task when there is room for it; rejects with `overloaded` when too many wait already. */
export type Gate = <Result>(task: () => Promise<Result>) => Promise<Result>

/** At most `concurrency` tasks at once, the rest in order of arrival, of whom at most `queue` wait. */
export function createGate(concurrency: number, queue: number): Gate {
  const waiting: (() => void)[] = []
  let running = 0

  return async (task) => {
    if (running < concurrency) running += 1
    else if (waiting.length >= queue) throw new Problem('overloaded', { retryAfter: 1 })
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await task()
    } finally {
      // The place is handed on, not given back, so that nobody who comes later can take it first.
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
