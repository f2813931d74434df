import { setTimeout as pause } from 'node:timers/promises'

/** Waits until `holds`; rejects when that takes too long. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string, mostMs = 5_000): Promise<void> {
  const endMs = Date.now() + mostMs
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`never: ${what}`)
    await pause(10)
  }
}
