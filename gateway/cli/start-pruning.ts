import type { SessionStore } from '../domain.js'

const PRUNE_EVERY_MS = 10 * 60_000

/**
 * Has the store forget what nothing alive can refer to, again and again; answers what ends that. A walk that is under
 * way then is cut off by the closing of the store, which is no failure.
 */
export function startPruning(
  sessions: Pick<SessionStore, 'prune'>,
  failed: (error: unknown) => void,
  everyMs: number = PRUNE_EVERY_MS
): () => void {
  let stopped = false
  const prune = () =>
    sessions.prune(Math.floor(Date.now() / 1000)).catch((error) => {
      if (!stopped) failed(error)
    })
  const timer = setInterval(prune, everyMs)
  return () => {
    stopped = true
    clearInterval(timer)
  }
}
