import type { Principal, Revocations as StoredRevocations } from '../domain.js'

export interface Revocations {
  /** A look-up in memory; nothing is asked of the store. */
  isRevoked: (principal: Principal) => boolean
  /** The session ended; nothing issued in it is alive after `until`. */
  addSession: (sessionId: string, until: number) => void
  /** Tokens of the user with a smaller generation are revoked; none of them is alive after `until`. */
  addGeneration: (userId: string, generation: number, until: number) => void
  /** One access token that belongs to no session; it expires at `until`. */
  addToken: (tokenId: string, until: number) => void
  /** How many revocations are held. */
  size: () => number
}

/** How many additions pass between two sweeps of what has expired. */
const SWEEP_EVERY = 1024

/**
 * What ends access tokens before they expire, for as long as one can still be alive: memory is bounded by the
 * sessions and tokens ended and users changed within one access lifetime. `until` in seconds.
 */
export function createRevocations(stored: StoredRevocations): Revocations {
  const sessions = new Map<string, number>()
  const tokens = new Map<string, number>()
  const generations = new Map<string, { generation: number; until: number }>()
  let additions = 0

  function sweep() {
    additions += 1
    if (additions % SWEEP_EVERY !== 0) return
    const now = Date.now() / 1000
    for (const ended of [sessions, tokens]) {
      for (const [id, until] of ended) if (until < now) ended.delete(id)
    }
    for (const [id, { until }] of generations) if (until < now) generations.delete(id)
  }

  function addSession(sessionId: string, until: number) {
    sessions.set(sessionId, Math.max(until, sessions.get(sessionId) ?? 0))
    sweep()
  }

  function addGeneration(userId: string, generation: number, until: number) {
    const held = generations.get(userId)
    generations.set(userId, {
      generation: Math.max(generation, held?.generation ?? 0),
      until: Math.max(until, held?.until ?? 0)
    })
    sweep()
  }

  function addToken(tokenId: string, until: number) {
    tokens.set(tokenId, until)
    sweep()
  }

  for (const { tokenId, until } of stored.tokens) addToken(tokenId, until)
  for (const { sessionId, until } of stored.sessions) addSession(sessionId, until)
  for (const { userId, generation, until } of stored.generations) addGeneration(userId, generation, until)

  return {
    isRevoked(principal) {
      if (principal.sessionId !== null && sessions.has(principal.sessionId)) return true
      if (principal.tokenId !== null && tokens.has(principal.tokenId)) return true
      const held = generations.get(principal.subject)
      return held !== undefined && principal.generation !== null && principal.generation < held.generation
    },
    addSession,
    addGeneration,
    addToken,
    size: () => sessions.size + tokens.size + generations.size
  }
}
