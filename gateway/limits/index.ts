/**
 * Limits: how many requests, how often, per whom. Knows: named limits and keys; @fastify/rate-limit, where a route has it count.
 * Never knows: what a request is for, or who it is beyond the key it is given.
 * State: one bucket a limit and key, in memory, kept over reloads while the limit's definition stays the same.
 */

export { createClientGuard } from './client-guard.js'
export { addressKey, type Consumption, createLimits, type Limits, networkOf } from './limits.js'
export { type Attempt, createLoginGuard, type LoginGuard, type LoginLimits } from './login-guard.js'
export { rateLimitFields } from './rate-limit-fields.js'
