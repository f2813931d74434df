import type { Path } from './findings.js'

/** Keys that a later version will know; `*` is any name or place. A typing error is something else. */
const planned = ['workers', 'max_staleness', 'limits.*.on_store_failure', 'listener_limit.on_store_failure'].map(
  (key) => key.split('.')
)

export function isPlanned(path: Path): boolean {
  return planned.some((steps) => {
    return steps.length === path.length && steps.every((step, index) => step === '*' || step === path[index])
  })
}
