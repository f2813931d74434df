import type { Path } from './findings.js'

/** Keys that a later version will know; `*` is any name or place. A typing error is something else. */
const planned = [
  'tls',
  'workers',
  'compat',
  'max_staleness',
  'users.source',
  'identity.assertion',
  'limits.*.on_store_failure',
  'listener_limit.on_store_failure',
  'upstreams.*.urls',
  'upstreams.*.health'
].map((key) => key.split('.'))

export function isPlanned(path: Path): boolean {
  return planned.some((steps) => {
    return steps.length === path.length && steps.every((step, index) => step === '*' || step === path[index])
  })
}
