import { LRUCache } from 'lru-cache'
import type { Limit } from '../domain.js'

/** What @fastify/rate-limit asks of a store: how often the key came, and how many milliseconds until it may come again. */
export interface Count {
  readonly current: number
  readonly ttl: number
}

export type Consume = (key: string, now: number) => Count

/** Keys remembered a limit; the least recently seen one is forgotten first. About 100 bytes each. */
const REMEMBERED_KEYS = 200_000

/** A window opens with a key's first request and closes `windowMs` later; refused requests do not lengthen it. */
function fixedWindow({ windowMs }: Limit): Consume {
  const windows = new LRUCache<string, { current: number; closesAt: number }>({ max: REMEMBERED_KEYS })
  return (key, now) => {
    const window = windows.get(key)
    // A clock that was set back must not lock anybody out for longer than a window.
    if (window === undefined || now >= window.closesAt || window.closesAt - now > windowMs) {
      windows.set(key, { current: 1, closesAt: now + windowMs })
      return { current: 1, ttl: windowMs }
    }
    window.current += 1
    return { current: window.current, ttl: window.closesAt - now }
  }
}

/**
 * A bucket of `requests` tokens that refills evenly over the window. What is missing in it is kept in units of which a
 * token has `windowMs` and `requests` flow in each millisecond: whole numbers, so that no rounding adds up to a token.
 */
function tokenBucket({ windowMs, requests }: Limit): Consume {
  const capacity = requests * windowMs
  const buckets = new LRUCache<string, { missing: number; at: number }>({ max: REMEMBERED_KEYS })
  return (key, now) => {
    let bucket = buckets.get(key)
    if (bucket === undefined) {
      bucket = { missing: 0, at: now }
      buckets.set(key, bucket)
    }
    // A clock that was set back adds nothing, and goes on from where it is.
    bucket.missing = Math.max(0, bucket.missing - Math.max(0, now - bucket.at) * requests)
    bucket.at = now
    const short = bucket.missing + windowMs - capacity
    if (short > 0) return { current: requests + 1, ttl: Math.ceil(short / requests) }
    bucket.missing += windowMs
    return { current: Math.ceil(bucket.missing / windowMs), ttl: bucket.missing / requests }
  }
}

/** Counts of one limit, per key; `now` in milliseconds. */
export function createBucket(limit: Limit): Consume {
  return limit.algorithm === 'token_bucket' ? tokenBucket(limit) : fixedWindow(limit)
}
