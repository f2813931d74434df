const AT_MOST_EVERY_MS = 10_000
/** Beyond so many kinds of things none is rare. */
const MOST_KINDS = 1_000

/**
 * Makes what tells whether a thing that may happen very often, as an attacker likes, is to be told of: at once for the
 * first time, and then at most every 10 seconds. Answers how often it was since it was told last, or null: not now.
 */
export function createRareNotice(): (kind: string) => number | null {
  const told = new Map<string, { readonly atMs: number; untold: number }>()
  return (kind) => {
    const nowMs = performance.now()
    const last = told.get(kind)
    if (last !== undefined && nowMs - last.atMs < AT_MOST_EVERY_MS) {
      last.untold += 1
      return null
    }
    if (told.size >= MOST_KINDS) told.clear()
    told.set(kind, { atMs: nowMs, untold: 0 })
    return (last?.untold ?? 0) + 1
  }
}
