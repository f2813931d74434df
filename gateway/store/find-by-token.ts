import type { RefreshTokenKey } from '../domain.js'
import type { Database } from './driver.js'
import type { SessionRow } from './session-row.js'

/** A session found by one of its refresh tokens, and which of them that is; neither flag: one spent earlier. */
export interface FoundSession extends SessionRow {
  readonly previous_hash: Uint8Array | null
  readonly is_current: number
  readonly is_previous: number
}

/** Finds a session by any refresh token ever issued in it; null: the session never had that token, or is gone. */
export type FindByToken = (token: RefreshTokenKey) => FoundSession | null

/**
 * Whoever sees an access token can name its session, so naming one proves nothing: the hash must be one of the
 * session's, and a made-up token changes nothing.
 */
export function createFindByToken(database: Database): FindByToken {
  const select = database.prepare(`
    SELECT *, current_hash = ?1 AS is_current, previous_hash IS ?1 AS is_previous FROM sessions WHERE id = ?2`)
  const selectSpent = database.prepare('SELECT 1 FROM spent_tokens WHERE session_id = ? AND hash = ?')

  return ({ sessionId, tokenHash }) => {
    const found = select.get(tokenHash, sessionId) as FoundSession | undefined
    // The driver for Node without SQLite of its own ends a text at its first NUL, so another name may have found it.
    if (found?.id !== sessionId) return null
    const known = found.is_current === 1 || found.is_previous === 1 || selectSpent.get(sessionId, tokenHash)
    return known ? found : null
  }
}
