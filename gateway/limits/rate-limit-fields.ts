import type { Consumption } from './limits.js'

/**
 * `RateLimit-Policy` and `RateLimit` of a response, flat (name, value, name, value), one item a limit
 * (draft-ietf-httpapi-ratelimit-headers-10: q quota, w window, r remaining, t seconds to reset).
 */
export function rateLimitFields(consumptions: readonly Consumption[]): string[] {
  if (consumptions.length === 0) return []
  const policies: string[] = []
  const states: string[] = []
  for (const { limit, remaining, resetMs } of consumptions) {
    policies.push(`"${limit.name}";q=${limit.requests};w=${Math.ceil(limit.windowMs / 1000)}`)
    states.push(`"${limit.name}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`)
  }
  return ['RateLimit-Policy', policies.join(', '), 'RateLimit', states.join(', ')]
}
