import rateLimit, { normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Limit } from '../domain.js'
import { type Bucket, type Count, createBucket } from './buckets.js'

/** One request counted against one limit. */
export interface Consumption {
  readonly limit: Limit
  readonly exceeded: boolean
  readonly remaining: number
  /** Until the window closes or, when exceeded, until a request may pass again. */
  readonly resetMs: number
}

export interface Limits {
  /** Counts a request, atomically, and says whether it is over. */
  consume: (limit: Limit, key: string) => Consumption
  /** The same, by the library, for a request that its router has. */
  consumeByRoute: (request: FastifyRequest, limit: Limit, key: string) => Promise<Consumption>
  /** What stands counted against a key, without counting; `exceeded`: the next request would be over. */
  peek: (limit: Limit, key: string) => Consumption
}

interface Limiter {
  readonly limit: ReturnType<FastifyInstance['createRateLimit']>
  readonly bucket: Bucket
}

/** What is counted as one client: IPv4 by its address; IPv6 clients own a /64 at least, so they are counted by it. */
// What has no colon is no IPv6 address, and to find that out takes Node 20 a long regular expression.
export const networkOf = (address: string) => (address.includes(':') ? normalizeIP(address) : address)

export const addressKey = (address: string) => `ip:${networkOf(address)}`

const signature = (limit: Limit) => `${limit.name} ${limit.algorithm} ${limit.requests} ${limit.windowMs}`

/** The store that @fastify/rate-limit counts in: one bucket a limiter, so that a named limit is one over all its rules. */
class BucketStore {
  readonly bucket: Bucket | undefined

  constructor(options: { bucket?: Bucket }) {
    this.bucket = options.bucket
  }

  incr(key: string, callback: (error: Error | null, count: Count) => void) {
    callback(null, this.bucket?.consume(key, Date.now()) ?? { current: 0, ttl: 0 })
  }

  child(options: object) {
    return new BucketStore(options)
  }
}

function consumptionOf(limit: Limit, { current, ttl }: Count): Consumption {
  return {
    limit,
    exceeded: current > limit.requests,
    remaining: Math.max(0, limit.requests - current),
    resetMs: ttl
  }
}

/**
 * Makes the counters of a gateway. @fastify/rate-limit is asked for limiters only (`createRateLimit`): its route hook
 * runs after an authentication hook and once a request at most, so it would count neither bad tokens nor two limits.
 * What never comes to a route is counted in the very buckets that its limiters count in.
 */
export async function createLimits(app: FastifyInstance): Promise<Limits> {
  await app.register(rateLimit, { global: false, store: BucketStore as never })
  // Set before a limiter is called and read by its keyGenerator before that call gives way to another.
  let currentKey = ''
  const limiters = new Map<string, Limiter>()
  // The settings say the same limit by the same object, until they are reloaded.
  const known = new WeakMap<Limit, Limiter>()

  function limiterOf(limit: Limit): Limiter {
    const limiter = known.get(limit)
    if (limiter !== undefined) return limiter
    const made = limiterNamed(signature(limit), limit)
    known.set(limit, made)
    return made
  }

  function limiterNamed(name: string, limit: Limit): Limiter {
    let limiter = limiters.get(name)
    if (limiter === undefined) {
      // A redefined limit starts afresh, and what was counted by the old definition is freed.
      for (const old of limiters.keys()) if (old.startsWith(`${limit.name} `)) limiters.delete(old)
      const bucket = createBucket(limit)
      const options = {
        bucket,
        max: limit.requests,
        timeWindow: limit.windowMs,
        keyGenerator: () => currentKey
      }
      limiter = { limit: app.createRateLimit(options), bucket }
      limiters.set(name, limiter)
    }
    return limiter
  }

  return {
    consume: (limit, key) => consumptionOf(limit, limiterOf(limit).bucket.consume(key, Date.now())),
    async consumeByRoute(request, limit, key) {
      currentKey = key
      const counted = await limiterOf(limit).limit(request)
      if (counted.isAllowed) throw new Error('a limiter without an allow list allowed a key')
      return { limit, exceeded: counted.isExceeded, remaining: counted.remaining, resetMs: counted.ttl }
    },
    peek(limit, key) {
      const counted = limiters.get(signature(limit))?.bucket.peek(key, Date.now()) ?? { current: 0, ttl: 0 }
      const remaining = Math.max(0, limit.requests - counted.current)
      return { limit, exceeded: remaining === 0, remaining, resetMs: counted.ttl }
    }
  }
}
