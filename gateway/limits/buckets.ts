import { LRUCache } from 'lru-cache'
import type { Limit } from '../domain.js'

/** What @fastify/rate-limit asks of a store: how often the key came, and how many milliseconds until it may come again. */
export interface Count {
  readonly current: number
  readonly ttl: number
}

/** The counts of one limit; `now` in milliseconds. */
export interface Bucket {
  readonly consume: (key: string, now: number) => Count
  /** What stands counted without counting; `ttl` 0: nothing does. */
  readonly peek: (key: string, now: number) => Count
}

const NOTHING: Count = { current: 0, ttl: 0 }

/** Keys remembered a limit; the least recently seen one is forgotten first. About 100 bytes each. */
const REMEMBERED_KEYS = 200_000

/** A window opens with a key's first request and closes `windowMs` later; refused requests do not lengthen it. */
function fixedWindow({ windowMs }: Limit): Bucket {
  const windows = new LRUCache<string, { current: number; closesAt: number }>({ max: REMEMBERED_KEYS })
  // A clock that was set back must not lock anybody out for longer than a window.
  const isOpen = (closesAt: number, now: number) => now < closesAt && closesAt - now <= windowMs
  return {
    consume(key, now) {
      const window = windows.get(key)
      if (window === undefined || !isOpen(window.closesAt, now)) {
        windows.set(key, { current: 1, closesAt: now + windowMs })
        return { current: 1, ttl: windowMs }
      }
      window.current += 1
      return { current: window.current, ttl: window.closesAt - now }
    },
    peek(key, now) {
      const window = windows.peek(key)
      if (window === undefined || !isOpen(window.closesAt, now)) return NOTHING
      return { current: window.current, ttl: window.closesAt - now }
    }
  }
}

/**
 * A bucket of `requests` tokens that refills evenly over the window. What is missing in it is kept in units of which a
 * token has `windowMs` and `requests` flow in each millisecond: whole numbers, so that no rounding adds up to a token.
 */
function tokenBucket({ windowMs, requests }: Limit): Bucket {
  const capacity = requests * windowMs
  const buckets = new LRUCache<string, { missing: number; at: number }>({ max: REMEMBERED_KEYS })
  // A clock that was set back adds nothing, and goes on from where it is.
  const missingNow = ({ missing, at }: { missing: number; at: number }, now: number) =>
    Math.max(0, missing - Math.max(0, now - at) * requests)
  return {
    consume(key, now) {
      let bucket = buckets.get(key)
      if (bucket === undefined) {
        bucket = { missing: 0, at: now }
        buckets.set(key, bucket)
      }
      bucket.missing = missingNow(bucket, now)
      bucket.at = now
      const short = bucket.missing + windowMs - capacity
      if (short > 0) return { current: requests + 1, ttl: Math.ceil(short / requests) }
      bucket.missing += windowMs
      return { current: Math.ceil(bucket.missing / windowMs), ttl: bucket.missing / requests }
    },
    peek(key, now) {
      const bucket = buckets.peek(key)
      if (bucket === undefined) return NOTHING
      const missing = missingNow(bucket, now)
      const short = missing + windowMs - capacity
      return { current: Math.ceil(missing / windowMs), ttl: Math.ceil((short > 0 ? short : missing) / requests) }
    }
  }
}

/** The bucket of one limit, in memory. */
export function createBucket(limit: Limit): Bucket {
  return limit.algorithm === 'token_bucket' ? tokenBucket(limit) : fixedWindow(limit)
}
