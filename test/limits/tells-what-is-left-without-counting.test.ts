import fc from 'fast-check'
import fastify from 'fastify'
import t from 'tap'
import type { Limit } from '../../gateway/domain.js'
import { createLimits } from '../../gateway/limits/index.js'
import { freezeClock } from '../helpers/clock.js'

// A few, since each takes its memory when it is first counted; what is counted is told apart by key.
const limit = fc.constantFrom<Limit>(
  { name: 'one', by: 'ip', requests: 1, windowMs: 700, algorithm: 'fixed_window' },
  { name: 'three', by: 'ip', requests: 3, windowMs: 1_500, algorithm: 'fixed_window' },
  { name: 'drop', by: 'ip', requests: 1, windowMs: 300, algorithm: 'token_bucket' },
  { name: 'bucket', by: 'ip', requests: 3, windowMs: 1_100, algorithm: 'token_bucket' }
)

t.test('what is left is what the next request finds, however often it is asked for', async (t) => {
  const clock = freezeClock(t)
  const app = fastify()
  t.teardown(() => app.close())
  const { consume, peek } = await createLimits(app)
  let runs = 0
  let exceeded = 0
  fc.assert(
    fc.property(limit, fc.array(fc.integer({ min: 0, max: 250 }), { maxLength: 20 }), (limit, pauses) => {
      const key = `key ${runs++}`
      if (peek(limit, key).remaining !== limit.requests) return false
      for (const pause of pauses) {
        clock.advance(pause / 1000)
        peek(limit, key)
        const told = peek(limit, key)
        const counted = consume(limit, key)
        if (told.exceeded !== counted.exceeded) return false
        if (!told.exceeded && told.remaining !== counted.remaining + 1) return false
        if (told.exceeded && told.resetMs !== counted.resetMs) return false
        exceeded += told.exceeded ? 1 : 0
      }
      return peek(limit, 'another').remaining === limit.requests
    }),
    { numRuns: 300, interruptAfterTimeLimit: 1000, markInterruptAsFailure: false }
  )
  t.ok(exceeded > 50, `${exceeded} were over`)
})
