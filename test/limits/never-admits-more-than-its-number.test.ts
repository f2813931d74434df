import fc from 'fast-check'
import fastify, { type FastifyRequest } from 'fastify'
import t from 'tap'
import type { Limit } from '../../gateway/domain.js'
import { createBucket } from '../../gateway/limits/buckets.js'
import { createLimits } from '../../gateway/limits/index.js'
import { freezeClock } from '../helpers/clock.js'

const limitOf = (algorithm: Limit['algorithm']) =>
  fc.record({
    name: fc.constant('limit'),
    by: fc.constant<'ip'>('ip'),
    requests: fc.integer({ min: 1, max: 30 }),
    windowMs: fc.integer({ min: 1, max: 20_000 }),
    algorithm: fc.constant(algorithm)
  })
/** Pauses in milliseconds: mostly none, sometimes longer than a window. */
const pauses = fc.array(fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(200), fc.nat(30_000)), {
  minLength: 1,
  maxLength: 150
})

/** When requests passed, and what was said to those that did not. */
async function run(
  t: Parameters<typeof freezeClock>[0],
  limit: Limit,
  waits: readonly number[],
  clock: ReturnType<typeof freezeClock>
) {
  const app = fastify()
  const limits = await createLimits(app)
  const request = { routeOptions: {} } as FastifyRequest
  t.teardown(() => app.close())
  const passed: number[] = []
  const refused: { at: number; resetMs: number }[] = []
  for (const [index, wait] of waits.entries()) {
    clock.advance(wait / 1000)
    // By either way in turn: they count in one bucket.
    const byRoute = index % 2 === 0
    const consumed = byRoute ? await limits.consumeByRoute(request, limit, 'key') : limits.consume(limit, 'key')
    const { exceeded, resetMs, remaining } = consumed
    const at = Date.now()
    if (exceeded) refused.push({ at, resetMs })
    else passed.push(at)
    if (remaining < 0 || remaining > limit.requests || resetMs <= 0) throw new Error(`${remaining} ${resetMs}`)
  }
  return { passed, refused }
}

t.test('a fixed window admits at most its number from its first request to its end', async (t) => {
  const clock = freezeClock(t)
  await fc.assert(
    fc.asyncProperty(limitOf('fixed_window'), pauses, async (limit, waits) => {
      const { passed, refused } = await run(t, limit, waits, clock)
      let opened = Number.NEGATIVE_INFINITY
      let inside = 0
      for (const at of passed) {
        if (at >= opened + limit.windowMs) {
          opened = at
          inside = 0
        }
        inside += 1
        if (inside > limit.requests) return false
      }
      return refused.every(({ resetMs }) => resetMs <= limit.windowMs)
    }),
    { numRuns: 500, interruptAfterTimeLimit: 700 }
  )
})

t.test('a token bucket admits at most its size and what flowed in, over any span', async (t) => {
  const clock = freezeClock(t)
  await fc.assert(
    fc.asyncProperty(limitOf('token_bucket'), pauses, async (limit, waits) => {
      const { passed } = await run(t, limit, waits, clock)
      for (let from = 0; from < passed.length; from += 1) {
        for (let to = from; to < passed.length; to += 1) {
          const elapsed = (passed[to] ?? 0) - (passed[from] ?? 0)
          if (to - from + 1 > limit.requests + (elapsed * limit.requests) / limit.windowMs + 1e-3) return false
        }
      }
      return true
    }),
    { numRuns: 500, interruptAfterTimeLimit: 700 }
  )
})

t.test('whoever waits as long as they were told passes', async (t) => {
  const clock = freezeClock(t)
  await fc.assert(
    fc.asyncProperty(fc.oneof(limitOf('token_bucket'), limitOf('fixed_window')), async (limit) => {
      const app = fastify()
      const { consume } = await createLimits(app)
      for (let i = 0; i < limit.requests; i += 1) {
        if (consume(limit, 'key').exceeded) return false
      }
      const refused = consume(limit, 'key')
      clock.advance(Math.ceil(refused.resetMs) / 1000)
      const again = consume(limit, 'key')
      await app.close()
      return refused.exceeded && !again.exceeded
    }),
    { numRuns: 300, interruptAfterTimeLimit: 700 }
  )
})

t.test('a fast token bucket is exact too', async (t) => {
  const clock = freezeClock(t)
  const app = fastify()
  t.teardown(() => app.close())
  const { consume } = await createLimits(app)
  const limit: Limit = { name: 'limit', by: 'ip', requests: 7_000, windowMs: 1_000, algorithm: 'token_bucket' }
  const passing = (attempts: number) => {
    let passed = 0
    for (let i = 0; i < attempts; i += 1) if (!consume(limit, 'key').exceeded) passed += 1
    return passed
  }
  t.equal(passing(10_000), 7_000)
  clock.advance(0.1)
  t.equal(passing(1_000), 700)
})

t.test('a key is forgotten when too many others came after it, and not before', async (t) => {
  const limit: Limit = { name: 'limit', by: 'ip', requests: 1, windowMs: 1_000_000, algorithm: 'fixed_window' }
  const { consume } = createBucket(limit)
  const exceeded = (key: string) => consume(key, 0).current > 1
  t.equal(exceeded('victim'), false)
  for (let i = 0; i < 199_000; i += 1) exceeded(`key ${i}`)
  t.equal(exceeded('victim'), true, '199,000 others do not push it out')
  for (let i = 0; i < 200_000; i += 1) exceeded(`more ${i}`)
  t.equal(exceeded('victim'), false, 'memory is bounded')
})
