import { setTimeout as pause } from 'node:timers/promises'

/** Waits until `holds`; rejects when that takes longer than it does on the busiest machine. `Date.now` may stand still. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string,
  mostMs = 20_000
): Promise<void> {
  const endMs = performance.now() + mostMs
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`never: ${what}`)
    await pause(10)
  }
}
